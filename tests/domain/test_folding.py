"""The events of a call fold into the same facts in any order and with any repeats."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.domain.calls import CallFacts, Direction
from integrations.domain.folding import MAX_KEYS, Folded, facts_of, fold

words = st.text(max_size=4)
seconds = st.none() | st.integers(0, 5)
moments = st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
mappings = st.dictionaries(st.sampled_from(["utm_source", "utm_term", "a", "b"]), words, max_size=3)
events = st.builds(
    CallFacts,
    ringostat_id=st.just("1.1"),
    is_final=st.booleans(),
    direction=st.none() | st.sampled_from(Direction),
    status=st.sampled_from(["", "ANSWERED", "NO ANSWER", "NEW WORD"]),
    call_type=words,
    exact_start=moments,
    local_start=moments,
    total_seconds=seconds,
    wait_seconds=seconds,
    talk_seconds=seconds,
    e164=words,
    employee_name=words,
    has_recording=st.none() | st.booleans(),
    recording_url=words,
    parameters=mappings,
    analysis=mappings,
    rating=mappings,
)
INTERIM = CallFacts(
    ringostat_id="1.1", connected_with="acmecom_iryna", e164="+380671234567", total_seconds=99, talk_seconds=99
)
MISSED = CallFacts(
    ringostat_id="1.1", is_final=True, status="NO ANSWER", talk_seconds=0, total_seconds=90, destination="1"
)
ANSWERED = CallFacts(
    ringostat_id="1.1", is_final=True, status="PROPER", talk_seconds=10, total_seconds=20, destination="2"
)


def folded(several: Iterable[CallFacts]) -> Folded:
    result = reduce(fold, several, None)
    assert result is not None
    return result


def known_after(*several: CallFacts) -> CallFacts:
    return facts_of(folded(several), "1.1")


def without_empty(mapping: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in mapping.items() if text}


@given(st.lists(events, min_size=1, max_size=5).flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_folding_does_not_depend_on_the_order_of_events(orders: tuple[list[CallFacts], list[CallFacts]]) -> None:
    first, second = orders
    assert folded(first) == folded(second)


@given(st.lists(events, min_size=1, max_size=4), st.data())
def test_folding_repeated_events_changes_nothing(several: list[CallFacts], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(several), max_size=4))
    assert folded([*several, *again]) == folded(several)


@given(st.lists(events, min_size=1, max_size=4))
def test_folded_facts_are_equal_after_storage_as_json(several: list[CallFacts]) -> None:
    stored = reduce(lambda known, event: json.loads(json.dumps(fold(known, event))), several, None)
    assert stored == folded(several)


@given(events)
def test_folding_a_single_event_keeps_its_facts(event: CallFacts) -> None:
    assert known_after(event) == replace(
        event,
        parameters=without_empty(event.parameters),
        analysis=without_empty(event.analysis),
        rating=without_empty(event.rating),
    )


@given(st.lists(events, min_size=1, max_size=4))
def test_folded_call_is_final_if_any_event_is_final(several: list[CallFacts]) -> None:
    assert known_after(*several).is_final is any(event.is_final for event in several)


def test_facts_of_a_final_event_beat_those_of_an_interim_one() -> None:
    known = known_after(MISSED, INTERIM)
    assert (known.talk_seconds, known.total_seconds) == (0, 90)


def test_facts_that_only_an_interim_event_has_are_kept() -> None:
    known = known_after(INTERIM, MISSED)
    assert (known.connected_with, known.e164) == ("acmecom_iryna", "+380671234567")


@pytest.mark.parametrize("order", [(MISSED, ANSWERED), (ANSWERED, MISSED)])
def test_facts_of_an_answered_event_beat_those_of_a_missed_one(order: tuple[CallFacts, ...]) -> None:
    known = known_after(*order)
    assert (known.status, known.talk_seconds, known.total_seconds, known.destination) == ("PROPER", 10, 20, "2")


def test_facts_of_an_answered_call_of_unknown_length_beat_a_long_voicemail() -> None:
    voicemail = replace(MISSED, status="VOICEMAIL", talk_seconds=90)
    assert known_after(voicemail, replace(ANSWERED, talk_seconds=None)).status == "PROPER"


def test_facts_of_the_longer_talk_beat_those_of_the_shorter() -> None:
    longer = replace(ANSWERED, talk_seconds=11, employee_name="A")
    assert known_after(longer, replace(ANSWERED, employee_name="Z")).employee_name == "A"


@pytest.mark.parametrize("word", ["null", "anonymous", "Номер приховано"])
def test_number_from_any_event_beats_a_word_for_a_hidden_number(word: str) -> None:
    interim = CallFacts(ringostat_id="1.1", e164="+380671234567", caller=word)
    final = CallFacts(ringostat_id="1.1", is_final=True, status="ANSWERED", talk_seconds=9, e164=word, caller=word)
    for several in ([interim, final], [final, interim]):
        facts = known_after(*several)
        assert (facts.e164, facts.caller) == ("+380671234567", word)


def test_false_from_a_final_event_beats_true_from_an_interim_one() -> None:
    interim = replace(INTERIM, has_recording=True)
    assert known_after(interim, replace(MISSED, has_recording=False)).has_recording is False


def test_parameters_analysis_and_rating_fold_key_by_key() -> None:
    one = replace(INTERIM, parameters={"utm_source": "old", "landing": "/"})
    two = replace(ANSWERED, parameters={"utm_source": "new", "utm_term": ""})
    assert known_after(two, one).parameters == {"utm_source": "new", "landing": "/"}


@given(st.permutations(range(6)))
def test_number_of_folded_parameters_is_limited_in_any_order(order: list[int]) -> None:
    crowd = [
        replace(INTERIM, parameters={f"p{part}{key:02}": str(key) for key in range(40)} | {"utm_term": "авто"})
        for part in order
    ]
    known = known_after(*crowd).parameters
    assert len(known) == MAX_KEYS
    assert known == known_after(*sorted(crowd, key=lambda event: min(event.parameters))).parameters
    assert known["utm_term"] == "авто"


def test_folding_does_not_change_the_stored_form() -> None:
    stored = folded([INTERIM])
    before = json.dumps(stored)
    fold(stored, ANSWERED)
    assert json.dumps(stored) == before


def test_stored_facts_of_another_version_are_readable() -> None:
    stored = folded([ANSWERED])
    stored["facts"]["queue"] = [1, 1, 10, 20, "sales"]
    stored["topics"] = {"a": [1, 1, 10, 20, "b"]}
    del stored["rating"]
    assert facts_of(stored, "1.1") == ANSWERED


def test_folded_durations_keep_their_stored_names() -> None:
    """This release reads rows of an earlier one, and an earlier one reads rows of this release."""
    stored = fold(None, ANSWERED)
    assert stored["facts"]["talk"][-1] == 10
    assert stored["facts"]["duration"][-1] == 20
    assert facts_of({"facts": {"waiting": [1, 1, 10, 20, 7]}}, "1.1").wait_seconds == 7
