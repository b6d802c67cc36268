"""The fields of a call tag by type, order and name, and a call as their values. Pure."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.domain.calls import Direction, Outcome
from integrations.planfix.call_tags.entries import CallEntry, entry_values
from integrations.planfix.call_tags.schema import CallTag, CallTags, TagField, roles_of, text_field

KYIV = ZoneInfo("Europe/Kyiv")

CALL_TYPES = (3, 6, 8, 1, 13, 13, 0, 0, 0)
MISSED_TYPES = (5, 8, 10, 0, 0, 0)

CALL_FIELDS = {
    "en": "Date|Time|Type|Duration (sec.)|Employee|Contact|External line|Contact phone|External line name",
    "ru": "Дата|Время|Тип|Продолжительность (сек.)|Сотрудник|Контакт|Внешняя линия|Номер контакта"
    "|Название внешней линии",
    "uk": "Дата|Час|Тип|Тривалість (сек.)|Співробітник|Контакт|Зовнішня лінія|Номер контакту|Назва зовнішньої лінії",
    "pl": "Data|Czas|Typ|Czas trwania (sek.)|Pracownik|Kontakt|Linia zewnętrzna|Numer kontaktu|Nazwa linii zewnętrznej",
    "de": "Datum|Zeit|Art|Dauer (Sek.)|Mitarbeiter|Ansprechpartner|Externe Leitung|Telefon|Name der Leitung",
}
MISSED_FIELDS = {
    "en": "Date and time|Type|Contact|External line|Contact phone|External line name",
    "ru": "Дата и время|Тип|Контакт|Внешняя линия|Номер контакта|Название внешней линии",
    "uk": "Дата і час|Тип|Контакт|Зовнішня лінія|Номер контакту|Назва зовнішньої лінії",
    "pl": "Data i godzina|Typ|Kontakt|Linia zewnętrzna|Numer kontaktu|Nazwa linii zewnętrznej",
    "de": "Datum und Zeit|Art|Ansprechpartner|Externe Leitung|Telefon|Name der Leitung",
}
CALL_ROLES = ["DATE", "PERIOD", "TYPE", "DURATION", "EMPLOYEE", "CONTACT", "LINE", "CLIENT_NUMBER", "LINE_NAME"]
MISSED_ROLES = ["MOMENT", "TYPE", "CONTACT", "LINE", "CLIENT_NUMBER", "LINE_NAME"]


def fields(names: str, types: tuple[int, ...]) -> tuple[TagField, ...]:
    """Fields with the ids 1, 2, 3… in order."""
    pairs = zip(names.split("|"), types, strict=True)
    return tuple(TagField(id=n, name=name, type=kind) for n, (name, kind) in enumerate(pairs, start=1))


def field(field_id: int, name: str, kind: int) -> TagField:
    return TagField(id=field_id, name=name, type=kind)


def role_ids(tag_fields: tuple[TagField, ...], outcome: Outcome = Outcome.ANSWERED) -> dict[str, int]:
    return {role.name: found.id for role, found in roles_of(tag_fields, outcome).items()}


CALL = CallTag(id=7025, name="Call", fields=fields(CALL_FIELDS["en"], CALL_TYPES))
MISSED = CallTag(id=7027, name="Missed call", fields=fields(MISSED_FIELDS["en"], MISSED_TYPES))
ENTRY = CallEntry(
    direction=Direction.INCOMING,
    started_at=datetime(2026, 8, 20, 9, 15, 30, tzinfo=UTC),
    ended_at=datetime(2026, 8, 20, 9, 17, 50, tzinfo=UTC),
    talk_seconds=124,
    employee_id=5,
    contact_id=812,
    line="+380442223344",
    client_number="+380671234567",
    line_name="Main site",
    extra={},
)


def values(tag: CallTag = CALL, outcome: Outcome = Outcome.ANSWERED, zone: ZoneInfo = KYIV, **changes: object):
    """The values by field id."""
    entry = replace(ENTRY, **changes)  # type: ignore[arg-type]
    return {row["field"]["id"]: row["value"] for row in entry_values(tag, entry, zone, outcome)}


@pytest.mark.parametrize("language", CALL_FIELDS)
def test_standard_fields_of_the_tag_call_are_recognised_in_every_language(language):
    roles = role_ids(fields(CALL_FIELDS[language], CALL_TYPES))

    assert roles == {role: n for n, role in enumerate(CALL_ROLES, start=1)}


@pytest.mark.parametrize("language", MISSED_FIELDS)
def test_standard_fields_of_the_tag_missed_call_are_recognised_in_every_language(language):
    roles = role_ids(fields(MISSED_FIELDS[language], MISSED_TYPES), Outcome.MISSED)

    assert roles == {role: n for n, role in enumerate(MISSED_ROLES, start=1)}


@pytest.mark.parametrize("language", ["en", "ru", "uk", "pl"])
def test_custom_fields_between_standard_fields_do_not_shift_them(language):
    own = tuple(field(100 + kind, "utm_source", kind) for kind in (0, 1, 3, 6, 8, 13))

    roles = role_ids(own + fields(CALL_FIELDS[language], CALL_TYPES))

    assert roles == {role: n for n, role in enumerate(CALL_ROLES, start=1)}


def test_named_standard_fields_are_recognised_in_any_order():
    roles = role_ids(tuple(reversed(CALL.fields)))

    assert roles == {role: n for n, role in enumerate(CALL_ROLES, start=1)}


def test_custom_field_does_not_replace_a_missing_standard_field():
    tag = CallTag(id=1, name="Call", fields=(*CALL.fields[:8], field(50, "utm_source", 0)))

    assert "LINE_NAME" not in role_ids(tag.fields)
    assert tag.missing(Outcome.ANSWERED) == ("External line name",)


def test_field_with_the_right_name_and_the_wrong_type_is_not_recognised():
    tag = CallTag(id=1, name="Call", fields=(field(1, "Date", 0), field(2, "Duration (sec.)", 0)))

    assert role_ids(tag.fields).keys() == {"LINE", "CLIENT_NUMBER"}


def test_fields_of_hand_made_tags_may_have_the_types_contact_and_employee():
    tag_fields = (field(1, "Сотрудник", 11), field(2, "Контакт", 10))

    assert role_ids(tag_fields) == {"EMPLOYEE": 1, "CONTACT": 2}


def test_standard_fields_that_a_tag_lacks_are_listed():
    assert replace(CALL, fields=CALL.fields[1:]).missing(Outcome.ANSWERED) == ("Date",)
    assert replace(MISSED, fields=MISSED.fields[:5]).missing(Outcome.MISSED) == ("External line name",)


def test_complete_tag_lacks_no_standard_field():
    assert CALL.missing(Outcome.ANSWERED) == MISSED.missing(Outcome.MISSED) == ()


def test_call_tags_are_equal_after_storage_as_json():
    typed = replace(CALL, fields=(*CALL.fields, TagField(id=99, name="Тип", type=8, values=("А", "Б"))))
    tags = CallTags(call=typed, missed_call=MISSED)

    assert CallTags.from_json(json.loads(json.dumps(tags.to_json()))) == tags


def test_answered_and_missed_calls_have_different_tags():
    tags = CallTags(call=CALL, missed_call=MISSED)

    assert (tags.of(Outcome.ANSWERED), tags.of(Outcome.MISSED)) == (CALL, MISSED)


@pytest.mark.parametrize(
    ("wanted", "field_id"),
    [
        ("utm_source", 1),
        (" utm_source ", 1),
        ("UTM_SOURCE", 2),
        ("Utm_Source", 1),
        ("utm_medium", 3),
        ("3", 3),
        (3, 3),
        ("77", 6),
        ("amount", None),
        (4, None),
        ("utm_term", None),
        ("", None),
    ],
)
def test_text_field_of_a_tag_is_found_by_name_or_id(wanted, field_id):
    tag = CallTag(
        id=1,
        name="Call",
        fields=(
            field(1, "utm_source", 0),
            field(2, "UTM_SOURCE", 0),
            field(3, "utm_medium", 2),
            field(4, "amount", 1),
            field(77, "landing", 0),
            field(6, "77", 0),
        ),
    )

    found = text_field(tag, wanted)

    assert (found.id if found else None) == field_id


@pytest.mark.parametrize(
    ("wanted", "outcome", "field_id"),
    [
        ("1", Outcome.ANSWERED, 1),
        ("1", Outcome.MISSED, 11),
        ("11", Outcome.ANSWERED, 1),
        ("utm_source", Outcome.MISSED, 11),
        ("2", Outcome.MISSED, None),
        ("3", Outcome.MISSED, None),
    ],
)
def test_field_id_of_one_tag_names_the_field_of_both_tags(wanted, outcome, field_id):
    call = (field(1, "utm_source", 0), field(2, "utm_term", 0))
    missed_call = (field(11, "utm_source", 0),)
    tags = CallTags(
        call=CallTag(id=1, name="Call", fields=call), missed_call=CallTag(id=2, name="Missed call", fields=missed_call)
    )

    found = tags.text_field(outcome, wanted)

    assert (found.id if found else None) == field_id


def test_an_answered_call_fills_every_standard_field():
    assert values() == {
        1: {"date": "20-08-2026"},
        2: {"from": {"time": "12:15"}, "to": {"time": "12:17"}},
        3: "Incoming",
        4: 124,
        5: {"id": "user:5"},
        6: {"id": "contact:812"},
        7: "+380442223344",
        8: "+380671234567",
        9: "Main site",
    }


def test_a_missed_call_fills_every_standard_field():
    assert values(MISSED, Outcome.MISSED, direction=Direction.OUTGOING) == {
        1: {"date": "20-08-2026", "time": "12:15"},
        2: "Outgoing",
        3: {"id": "contact:812"},
        4: "+380442223344",
        5: "+380671234567",
        6: "Main site",
    }


@pytest.mark.parametrize(
    ("started", "ended", "date", "from_", "to"),
    [
        ("2026-08-20T20:58", "2026-08-20T20:59", "20-08-2026", "23:58", "23:59"),
        ("2026-08-20T20:58", "2026-08-20T21:00", "20-08-2026", "23:58", "24:00"),
        ("2026-08-20T20:58", "2026-08-20T21:07", "20-08-2026", "23:58", "24:00"),
        ("2026-08-20T21:00", "2026-08-20T21:07", "21-08-2026", "00:00", "00:07"),
        ("2026-12-31T21:59", "2026-12-31T22:01", "31-12-2026", "23:59", "24:00"),
        # Planfix takes 00:00–00:00 for a whole day.
        ("2026-08-20T21:00", "2026-08-20T21:00", "21-08-2026", "00:00", "00:01"),
        # Clocks go forward at 01:00 UTC on 29 March, back at 01:00 UTC on 25 October 2026.
        ("2026-03-29T00:59", "2026-03-29T01:01", "29-03-2026", "02:59", "04:01"),
        ("2026-10-25T00:58", "2026-10-25T01:02", "25-10-2026", "03:58", "03:58"),
        ("2026-10-25T00:58", "2026-10-25T02:02", "25-10-2026", "03:58", "04:02"),
        # Bad data: ends before it starts, even on the day before.
        ("2026-08-20T09:15", "2026-08-20T09:10", "20-08-2026", "12:15", "12:15"),
        ("2026-08-20T21:01", "2026-08-20T20:59", "21-08-2026", "00:01", "00:01"),
        ("2026-08-20T09:15", "2026-08-20T09:15", "20-08-2026", "12:15", "12:15"),
    ],
)
def test_tag_period_stays_within_the_customers_day(started, ended, date, from_, to):
    shown = values(
        started_at=datetime.fromisoformat(started).replace(tzinfo=UTC),
        ended_at=datetime.fromisoformat(ended).replace(tzinfo=UTC),
    )

    assert shown[1] == {"date": date}
    assert shown[2] == {"from": {"time": from_}, "to": {"time": to}}


@given(
    start=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2035, 1, 1)),
    seconds=st.integers(min_value=-100, max_value=200_000),
    zone=st.sampled_from(["Europe/Kyiv", "Europe/Warsaw", "Asia/Almaty", "UTC", "America/New_York"]),
)
def test_tag_period_never_ends_before_it_begins(start, seconds, zone):
    started = start.replace(tzinfo=UTC)
    shown = values(zone=ZoneInfo(zone), started_at=started, ended_at=started + timedelta(seconds=seconds))

    assert shown[2]["from"]["time"] <= shown[2]["to"]["time"] <= "24:00"


@pytest.mark.parametrize(
    ("listed", "direction", "word"),
    [
        ((), Direction.INCOMING, "Incoming"),
        ((), Direction.OUTGOING, "Outgoing"),
        (("Входящий", "Исходящий"), Direction.INCOMING, "Входящий"),
        (("Входящий", "Исходящий"), Direction.OUTGOING, "Исходящий"),
        (("Вхідний",), Direction.OUTGOING, "Outgoing"),
    ],
)
def test_call_type_is_written_as_the_list_field_spells_it(listed, direction, word):
    tag = CallTag(id=1, name="Call", fields=(TagField(id=3, name="Type", type=8, values=listed),))

    assert values(tag, direction=direction) == {3: word}


@pytest.mark.parametrize(
    ("changes", "field_id"),
    [
        ({"employee_id": None}, 5),
        ({"talk_seconds": None}, 4),
        ({"line": ""}, 7),
        ({"client_number": ""}, 8),
        ({"line_name": ""}, 9),
    ],
)
def test_unknown_value_is_left_out_of_the_tag_entry(changes, field_id):
    assert set(values(**changes)) == set(range(1, 10)) - {field_id}


def test_talk_time_of_zero_seconds_is_written():
    assert values(talk_seconds=0)[4] == 0


def test_texts_of_a_tag_entry_are_cut_to_255_characters():
    shown = values(line_name="я" * 300, extra={50001: "x" * 300})

    assert (shown[9], shown[50001]) == ("я" * 255, "x" * 255)


def test_extra_texts_of_a_tag_entry_are_written_by_field_id_unless_empty():
    shown = values(extra={50001: "google", 50002: ""})

    assert shown[50001] == "google"
    assert 50002 not in shown


def test_extra_text_never_overwrites_a_standard_field():
    assert values(extra={8: "google"})[8] == "+380671234567"


def test_tag_without_standard_fields_gets_only_the_extra_texts():
    assert values(CallTag(id=1, name="Call"), extra={50001: "google"}) == {50001: "google"}
