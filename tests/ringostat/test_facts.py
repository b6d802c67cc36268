"""Ringostat's parameters become facts under every name and in every spelling."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.domain.calls import CallFacts
from integrations.ringostat.facts import read_facts
from integrations.ringostat.names import folded
from integrations.ringostat.times import exact_time_of, local_time_of
from integrations.ringostat.values import link_of, seconds_of, seconds_of_milliseconds
from integrations.ringostat.vocabulary import ANALYSIS, DOUBTFUL, PARAMETERS, RATING

KYIV = ZoneInfo("Europe/Kyiv")
NOON = datetime(2026, 9, 30, 12, 37, 18, tzinfo=UTC)

SAMPLES: dict[str, tuple[str, object]] = {
    "call_type": ("OUT", "out"),
    "status": ("no_answer", "NO ANSWER"),
    "exact_start": ("1790771838000000", NOON),
    "local_start": ("2026-09-30 15:37:18", NOON),
    "total_seconds": ("14", 14),
    "wait_seconds": ("11", 11),
    "talk_seconds": ("3", 3),
    "has_recording": ("1", True),
    "recording_url": ("https://app.ringostat.com/a.wav", "https://app.ringostat.com/a.wav"),
    "card_url": ("https://app.ringostat.com/a", "https://app.ringostat.com/a"),
}
ALIASES = [(fact, name) for fact, names in PARAMETERS.items() for name in names if not fact.endswith("_ms")]


@pytest.mark.parametrize(("fact", "name"), ALIASES)
def test_every_name_of_a_fact_is_known_in_any_case(fact: str, name: str) -> None:
    raw, value = SAMPLES.get(fact, ("some words", "some words"))
    facts = read_facts({name.upper().replace("_", " "): raw}, KYIV)
    assert getattr(facts, fact) == value
    assert facts.parameters == {}


@pytest.mark.parametrize("fact", [fact for fact in PARAMETERS if fact not in SAMPLES and not fact.endswith("_ms")])
def test_most_trusted_of_several_names_of_a_fact_decides(fact: str) -> None:
    names = PARAMETERS[fact]
    values = {name: f"value {position}" for position, name in reversed(list(enumerate(names)))}
    assert getattr(read_facts(values, KYIV), fact) == "value 0"


def test_no_parameter_name_belongs_to_two_facts() -> None:
    tables = (PARAMETERS, ANALYSIS, RATING, DOUBTFUL)
    names = [folded(name) for table in tables for names in table.values() for name in names]
    assert sorted(names) == sorted(set(names))


def test_every_fact_of_the_vocabulary_is_a_field_of_call_facts() -> None:
    assert {fact for fact in PARAMETERS if not fact.endswith("_ms")} <= {field.name for field in fields(CallFacts)}


def test_empty_value_of_a_name_gives_way_to_the_next_name() -> None:
    facts = read_facts(
        {"uniqueid": "", "call_id": "null", "cdr_id": "1.1", "employee_number": "-1", "staffid": "7"}, KYIV
    )
    assert (facts.ringostat_id, facts.staff_id) == ("1.1", "7")


def test_empty_value_gives_way_to_the_same_name_in_another_case() -> None:
    assert read_facts({"Status": "BUSY", "status": ""}, KYIV).status == "BUSY"


def test_direction_is_found_beside_a_word_without_a_direction() -> None:
    assert read_facts({"call_type": "client", "type": "OUT"}, KYIV).call_type == "out"


def test_unknown_call_type_is_kept_without_a_direction() -> None:
    facts = read_facts({"call_type": "Conference"}, KYIV)
    assert (facts.call_type, facts.direction) == ("conference", None)


def test_duration_in_milliseconds_is_used_only_without_seconds() -> None:
    assert read_facts({"duration_ms": "52999"}, KYIV).total_seconds == 52
    assert read_facts({"duration_ms": "52999", "duration": "50"}, KYIV).total_seconds == 50


def test_parameters_keep_their_own_names_within_limits() -> None:
    facts = read_facts({"UTM_Source": "google", "My-Name": "x" * 3000, "n" * 100: "1", "empty": "(not set)"}, KYIV)
    assert facts.parameters == {"utm_source": "google", "My-Name": "x" * 2000, "n" * 64: "1"}


def test_utm_tags_are_kept_among_too_many_parameters() -> None:
    facts = read_facts({**{f"a{number}": "1" for number in range(300)}, "utm_term": "авто"}, KYIV)
    assert len(facts.parameters) == 100
    assert facts.parameters["utm_term"] == "авто"


@pytest.mark.parametrize("raw", ["(direct)", "(none)"])
def test_words_with_a_meaning_in_analytics_are_kept(raw: str) -> None:
    assert read_facts({"utm_source": raw}, KYIV).parameters == {"utm_source": raw}


@pytest.mark.parametrize("raw", ["", "  ", "(not set)", "(Not Set)", "null", "undefined", "NaN"])
def test_words_for_nothing_are_not_kept(raw: str) -> None:
    assert read_facts({"utm_source": raw, "employee_fio": raw}, KYIV) == CallFacts(ringostat_id="")


@given(st.dictionaries(st.sampled_from([name for _, name in ALIASES]), st.text(max_size=30)))
def test_any_value_of_a_known_name_is_read_without_an_error(parameters: dict[str, str]) -> None:
    facts = read_facts(parameters, KYIV)
    assert all(
        getattr(facts, name) is None or 0 <= getattr(facts, name) <= 864_000
        for name in ("total_seconds", "talk_seconds")
    )


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        ("3", 3),
        (" 3 ", 3),
        ("3.0", 3),
        ("3.9", 3),
        ("0", 0),
        ("864000", 864_000),
        ("864001", None),
        ("-3", None),
        ("NaN", None),
        ("1e3", None),
        ("٣", None),
        ("²", None),
        ("9" * 5000, None),
        ("", None),
    ],
)
def test_seconds_are_read_from_whole_and_decimal_numbers(raw: str, seconds: int | None) -> None:
    assert seconds_of(raw) == seconds


@pytest.mark.parametrize(("raw", "seconds"), [("52999", 52), ("999", 0), ("864001000", None), ("-1", None)])
def test_milliseconds_are_read_as_whole_seconds(raw: str, seconds: int | None) -> None:
    assert seconds_of_milliseconds(raw) == seconds


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("1790771838", NOON),
        ("1790771838000", NOON),
        ("1790771838000000", NOON),
        ("1790771838219025", NOON.replace(microsecond=219025)),
        ("1790771838.219025", NOON.replace(microsecond=219025)),
        ("2026-09-30T15:37:18+0300", NOON),
        ("2026-09-30T15:37:18+03:00", NOON),
        ("2026-09-30 15:37:18 +0300", NOON),
        ("2026-09-30T15:37:18 0300", NOON),
        ("2026-09-30T12:37:18Z", NOON),
        ("2026-09-30T12:37:18.219025Z", NOON.replace(microsecond=219025)),
        ("2026-09-30 15:37:18", None),
        ("946684799", None),
        ("5000000000", None),
        ("1999-12-31T23:59:59Z", None),
        ("2101-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("2026-13-30T12:37:18Z", None),
        ("123", None),
        ("", None),
    ],
)
def test_start_with_an_offset_or_epoch_is_exact(raw: str, moment: datetime | None) -> None:
    assert exact_time_of(raw) == moment


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2026-09-30 15:37:18", NOON),
        ("2026-09-30T15:37:18", NOON),
        ("2026-09-30 15:37", NOON.replace(second=0)),
        ("2026-09-30 15:37:18.5", NOON.replace(microsecond=500_000)),
        ("30.09.2026 15:37:18", NOON),
        ("2026/09/30 15:37:18", NOON),
        ("2026-12-01 15:37:18", datetime(2026, 12, 1, 13, 37, 18, tzinfo=UTC)),
        ("2026-09-30T15:37:18+0300", None),
        ("2026-09-30", None),
        ("20260930", None),
        ("0001-01-01 00:00:00", None),
        ("1999-12-31 23:59:59", None),
        ("0000-00-00 00:00:00", None),
        ("yesterday", None),
    ],
)
def test_date_without_an_offset_is_local_time_of_the_customer(raw: str, moment: datetime | None) -> None:
    assert local_time_of(raw, KYIV) == moment


@pytest.mark.parametrize(
    ("raw", "link"),
    [
        ("http://app.ringostat.com/a.wav?token=1", "https://app.ringostat.com/a.wav?token=1"),
        ("HTTP://Ringostat.com:80/a", "https://Ringostat.com/a"),
        ("http://api.ringostat.net", "https://api.ringostat.net"),
        ("https://app.ringostat.com/a?x=1&amp;copy=2", "https://app.ringostat.com/a?x=1&copy=2"),
        ("http://app.ringostat.com:8080/a", "http://app.ringostat.com:8080/a"),
        ("http://ringostat.com.evil.example/a", "http://ringostat.com.evil.example/a"),
        ("http://ringostat.com@evil.example/a", "http://ringostat.com@evil.example/a"),
        ("http://notringostat.com/a", "http://notringostat.com/a"),
        ("http://127.0.0.1:8900/a.wav", "http://127.0.0.1:8900/a.wav"),
        ("ftp://app.ringostat.com/a", ""),
        ("javascript:alert(1)", ""),
        ("yes", ""),
        ("https://app.ringostat.com/" + "x" * 1000, ""),
    ],
)
def test_only_web_links_are_read_and_ringostats_become_https(raw: str, link: str) -> None:
    assert link_of(raw) == link
