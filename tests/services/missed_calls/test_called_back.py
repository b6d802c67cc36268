"""Whether the client of a missed call was reached. The times of the calls decide, not their order of arrival."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from integrations.domain.calls import CallFacts
from integrations.models import Call, Customer, MissedCall, MissedCallChange
from integrations.services.intake.receive import fold_into_call
from integrations.services.intake.sql import Recipient
from integrations.services.missed_calls.called_back import fold_missed_calls
from integrations.services.privacy.erasure import erase_number
from tests.factories import MISSED, NOON, OUTGOING, call_facts, make_customer

pytestmark = pytest.mark.django_db

CLIENT, OTHER = "+380671234567", "+380501112233"
NOBODY = "+380000000000"
KINDS: dict[str, dict[str, Any]] = {
    "answered": {},
    "missed": MISSED,
    "answered_outgoing": OUTGOING,
    "attempt": MISSED | OUTGOING,
    "busy": MISSED | {"status": "BUSY"},
    "voicemail": MISSED | {"status": "VOICEMAIL"},
    "callback_not_answered": MISSED | {"call_type": "callback"},
}
INCOMING_MISSED = ("missed", "busy", "voicemail", "callback_not_answered")


def facts(name: str, kind: str, minute: int, number: str = CLIENT, *, second: int = 0) -> CallFacts:
    place = {"destination": number} if "outgoing" in kind or kind == "attempt" else {"e164": number, "caller": number}
    start = NOON + timedelta(minutes=minute, seconds=second)
    return call_facts(ringostat_id=name, exact_start=start, **{**KINDS[kind], **place})


def arrive(customer: Customer, *events: CallFacts) -> None:
    for event in events:
        fold_into_call(Recipient.of(customer), event, timezone.now())


def state_of(customer: Customer) -> dict[str, tuple[str | None, int]]:
    """Missed call → the call on which its client was reached, and the attempts before."""
    fold_missed_calls()
    rows = MissedCall.objects.filter(customer=customer).select_related("call", "called_back_in")
    for row in rows:
        assert row.called_back_at == (row.called_back_in.started_at if row.called_back_in else None)
    return {
        row.call.ringostat_id: (row.called_back_in.ringostat_id if row.called_back_in else None, row.attempts)
        for row in rows
    }


@pytest.fixture
def customer() -> Customer:
    return make_customer()


@pytest.mark.parametrize("kind", INCOMING_MISSED)
@pytest.mark.parametrize("answer", ["answered", "answered_outgoing"])
def test_first_later_answered_call_reaches_the_client(customer: Customer, kind: str, answer: str) -> None:
    arrive(customer, facts("m", kind, 0), facts("t", "attempt", 5), facts("a", answer, 12), facts("b", answer, 20))

    assert state_of(customer) == {"m": ("a", 1)}


def test_client_who_is_not_reached_waits_with_the_count_of_all_attempts(customer: Customer) -> None:
    arrive(customer, facts("a", "answered", 0), facts("m", "missed", 5))
    arrive(customer, *(facts(f"t{minute}", "attempt", minute) for minute in (6, 7, 8)))

    assert state_of(customer) == {"m": (None, 3)}


def test_calls_of_other_clients_or_customers_do_not_reach_the_client(customer: Customer) -> None:
    arrive(customer, facts("m", "missed", 0), facts("a", "answered", 5, OTHER))
    arrive(make_customer(), facts("b", "answered", 5))

    assert state_of(customer) == {"m": (None, 0)}


def test_client_with_a_number_that_cannot_be_called_does_not_wait(customer: Customer) -> None:
    arrive(customer, facts("m", "missed", 0, NOBODY), facts("h", "missed", 0, "anonymous"))

    assert state_of(customer) == {}


def test_missed_call_that_is_corrected_to_answered_no_longer_waits(customer: Customer) -> None:
    arrive(customer, facts("m", "missed", 0), facts("n", "missed", 5))
    before = state_of(customer)
    arrive(customer, facts("n", "answered", 5))

    assert before == {"m": (None, 0), "n": (None, 0)}
    assert state_of(customer) == {"m": ("n", 0)}


def test_running_call_does_not_reach_the_client_before_its_end(customer: Customer) -> None:
    running = call_facts(ringostat_id="a", exact_start=NOON + timedelta(minutes=3), is_final=False)
    arrive(customer, facts("m", "missed", 0), running)
    before = state_of(customer)
    arrive(customer, facts("a", "answered", 3))

    assert before == {"m": (None, 0)}
    assert state_of(customer) == {"m": ("a", 0)}


def test_erased_client_no_longer_waits(customer: Customer) -> None:
    arrive(customer, facts("m", "missed", 0), facts("o", "missed", 0, OTHER))
    before = state_of(customer)
    erase_number(customer, CLIENT)
    after = state_of(customer)

    assert before == {"m": (None, 0), "o": (None, 0)}
    assert after == {"o": (None, 0)}
    assert not MissedCallChange.objects.exists()


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.sampled_from(["answered", "missed", "answered_outgoing", "attempt", "busy"]),
        st.sampled_from([CLIENT, OTHER]),
    ),
    min_size=1,
    max_size=12,
)
MINUTES = st.permutations(range(7))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS, minutes=MINUTES, data=st.data())
def test_waiting_state_of_events_in_any_order_equals_that_of_sorted_calls(
    customer: Customer, events: Any, minutes: Any, data: Any
) -> None:
    """Events of seven calls in any order of arrival, repeated and corrected, with folds in between."""
    MissedCallChange.objects.all().delete()
    MissedCall.objects.all().delete()
    Call.objects.all().delete()
    for name, kind, number in events:
        arrive(customer, facts(str(name), kind, minutes[name], number))
        if data.draw(st.booleans()):
            fold_missed_calls()

    assert state_of(customer) == expected_of(list(Call.objects.filter(customer=customer).order_by("started_at")))


SECONDS = st.integers(0, 3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 6), st.sampled_from(list(KINDS)), st.sampled_from([CLIENT, OTHER]), SECONDS),
        st.tuples(
            st.just("correct"), st.integers(0, 6), st.sampled_from([CLIENT, OTHER, "", "+380000000000"]), SECONDS
        ),
        st.tuples(st.just("prune"), SECONDS),
        st.tuples(st.just("erase"), st.sampled_from([CLIENT, OTHER])),
        st.tuples(st.just("fold")),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(steps=[(0, "missed", CLIENT, 0), (1, "answered", CLIENT, 0), (2, "attempt", CLIENT, 0), ("fold",)])
@example(steps=[(0, "missed", CLIENT, 0), (1, "answered", CLIENT, 2), ("fold",), ("correct", 1, OTHER, 2)])
@example(steps=[(0, "missed", CLIENT, 1), (1, "answered", CLIENT, 2), ("fold",), ("correct", 1, CLIENT, 0)])
@example(steps=[(0, "missed", CLIENT, 0), (1, "answered", CLIENT, 2), ("fold",), ("prune", 1), ("erase", CLIENT)])
@given(steps=STEPS)
def test_waiting_state_after_corrections_and_deletions_equals_that_of_sorted_calls(
    customer: Customer, steps: Any
) -> None:
    """Calls of the same second; calls whose number, time or both are corrected; erased numbers; old calls that are
    deleted; with folds at any time.
    """
    for rows in (MissedCallChange, MissedCall, Call):
        rows.objects.all().delete()
    for step in steps:
        happen(customer, step)

    assert state_of(customer) == expected_of(list(Call.objects.filter(customer=customer).order_by("started_at", "pk")))


def happen(customer: Customer, step: Any) -> None:
    match step:
        case ("fold",):
            fold_missed_calls()
        case ("erase", number):
            erase_number(customer, number)
        case ("correct", name, number, second):
            start = NOON + timedelta(seconds=second)
            Call.objects.filter(ringostat_id=str(name)).update(client_number=number, started_at=start)
        case ("prune", second):
            Call.objects.filter(started_at__lt=NOON + timedelta(seconds=second)).delete()
        case (name, kind, number, second):
            arrive(customer, facts(str(name), kind, 0, number, second=second))


def is_missed(call: Call) -> bool:
    return (call.direction, call.outcome) == ("incoming", "missed") and call.client_number in (CLIENT, OTHER)


def expected_of(calls: list[Call]) -> dict[str, tuple[str | None, int]]:
    """`calls`: sorted. A call of the same second is not a later one."""
    expected = {}
    for call in calls:
        if not is_missed(call):
            continue
        later = [
            other for other in calls if other.client_number == call.client_number and other.started_at > call.started_at
        ]
        answered = next((at for at, other in enumerate(later) if other.outcome == "answered"), None)
        until = None if answered is None else later[answered].started_at
        between = [other for other in later if until is None or other.started_at < until]
        attempts = sum((other.direction, other.outcome) == ("outgoing", "missed") for other in between)
        expected[call.ringostat_id] = (None if answered is None else later[answered].ringostat_id, attempts)
    return expected


def test_missed_calls_of_the_past_are_folded_after_the_migration(customer: Customer) -> None:
    arrive(customer, facts("m", "missed", 0), facts("n", "missed", 2), facts("a", "answered", 12))
    MissedCallChange.objects.all().delete()
    migration = import_module("integrations.migrations.0039_past_missed_calls")
    migration.record(None, SimpleNamespace(connection=connection))

    assert state_of(customer) == {"m": ("a", 0), "n": ("a", 0)}
