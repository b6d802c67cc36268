"""Clients who wait for a call back, and how soon other clients were called back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.domain.reasons import Reason
from integrations.models import Call, CallState, Customer
from integrations.services.missed_calls.called_back import fold_missed_calls
from integrations.services.missed_calls.waiting import called_back, called_back_by, waiting_clients
from tests.factories import MISSED, OUTGOING, call_facts, make_call, make_customer, make_employee

pytestmark = pytest.mark.django_db

FIRST, SECOND = "+380671234567", "+380501112233"
NOW = timezone.now()
SINCE = NOW - timedelta(days=14)


def missed(customer: Customer, number: str, *, ago: int, **changes: Any) -> Call:
    """`ago`: minutes."""
    facts = call_facts(**MISSED | {"e164": number, "exact_start": NOW - timedelta(minutes=ago)})
    return make_call(customer, facts, **changes)


def called(customer: Customer, number: str, *, ago: int, is_answered: bool = True, **changes: Any) -> Call:
    ending = {} if is_answered else MISSED
    facts = call_facts(**ending | OUTGOING | {"destination": number, "exact_start": NOW - timedelta(minutes=ago)})
    return make_call(customer, facts, **changes)


def test_each_waiting_client_is_listed_once_and_the_longest_waiting_first() -> None:
    customer = make_customer()
    missed(customer, SECOND, ago=90)
    missed(customer, FIRST, ago=300)
    newest = missed(customer, FIRST, ago=10)
    called(customer, FIRST, ago=200, is_answered=False)
    fold_missed_calls()

    first, second = waiting_clients([customer.pk], since=SINCE, most=10)

    assert (first.number, first.calls, first.attempts, first.newest) == (FIRST, 2, 1, newest)
    assert first.waits_since == NOW - timedelta(minutes=300)
    assert (second.number, second.calls, second.attempts) == (SECOND, 1, 0)
    assert len(waiting_clients([customer.pk], since=SINCE, most=1)) == 1


def test_reached_ignored_old_and_foreign_clients_do_not_wait() -> None:
    customer, other = make_customer(), make_customer()
    missed(customer, FIRST, ago=300)
    called(customer, FIRST, ago=200)
    missed(customer, SECOND, ago=60, state=CallState.SKIPPED, reason=Reason.IGNORED_NUMBER)
    missed(customer, "+380931112233", ago=15 * 24 * 60)
    missed(other, SECOND, ago=60)
    fold_missed_calls()

    assert waiting_clients([customer.pk], since=SINCE, most=10) == []
    assert [client.customer_id for client in waiting_clients(None, since=SINCE, most=10)] == [other.pk]


def test_missed_calls_are_counted_by_when_the_client_was_called_back() -> None:
    customer = make_customer()
    employee = make_employee(customer)
    for number, ago, after in ((1, 600, 15), (2, 600, 16), (3, 600, 60), (4, 600, 61), (5, 600, None)):
        missed(customer, f"+38067123450{number}", ago=ago)
        if after:
            called(customer, f"+38067123450{number}", ago=ago - after, employee=employee)
    fold_missed_calls()

    every = called_back([customer.pk], since=SINCE)
    [source] = called_back_by("source", [customer.pk], since=SINCE)
    by_employee = {group.group: group.total for group in called_back_by("employee", [customer.pk], since=SINCE)}

    assert (every.in_quarter_hour, every.in_hour, every.later, every.not_yet) == (1, 2, 1, 1)
    assert every.share == pytest.approx(0.8)
    assert by_employee == {"Iryna Bondar": 4, "": 1}
    assert (source.group, source.total) == ("google", 5)
