"""Numbers that a customer no longer wants in Planfix, taken from many calls at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.background_jobs import run_job
from integrations.domain.reasons import Reason
from integrations.models import BackgroundJob, BackgroundJobKind, Call, CallState, Customer
from integrations.services.calls.ignored_numbers import ignore_number, numbers_among
from integrations.services.queue.background import enqueue
from tests.factories import make_call, make_customer

pytestmark = pytest.mark.django_db

COURIER, ALARM = "+380671234567", "+380501112233"


def ignored_of(*calls: Call) -> BackgroundJob:
    work = enqueue(BackgroundJobKind.IGNORE_NUMBERS, calls=[call.pk for call in calls])
    run_job(work.pk)
    work.refresh_from_db()
    return work


def test_what_can_be_ignored_is_counted_by_number_and_customer() -> None:
    """In whatever spelling; neither hidden numbers nor those that are ignored already."""
    acme, other = make_customer(), make_customer(ignored_numbers=["050 111-22-33"])
    spelled = [(acme.pk, text) for text in (COURIER, "067 123-45-67", ALARM, "anonymous", "", "acmecom_iryna")]

    found = numbers_among([*spelled, (other.pk, COURIER), (other.pk, ALARM), (other.pk, ALARM)])

    assert found.new == {
        (acme.pk, COURIER): [COURIER, "067 123-45-67"],
        (acme.pk, ALARM): [ALARM],
        (other.pk, COURIER): [COURIER],
    }
    assert (found.ignored_calls, found.unusable_calls) == (2, 3)
    assert found.by_customer == {acme.pk: 2, other.pk: 1}


def test_the_numbers_of_calls_are_ignored_by_their_own_customers() -> None:
    acme, other = make_customer(ignored_numbers=["067 123-45-67"]), make_customer()
    calls = [make_call(acme, client_number=number) for number in (COURIER, ALARM, ALARM, "anonymous")]

    work = ignored_of(*calls, make_call(other, client_number=COURIER))

    assert (work.result, work.done, work.total) == ({"numbers": 2}, 3, 3)
    assert work.result_text == "2 numbers were added to the ignore list."
    lists = Customer.objects.order_by("pk").values_list("ignored_numbers", flat=True)
    assert list(lists) == [["067 123-45-67", ALARM], [COURIER]]


def test_of_the_calls_those_that_failed_are_skipped() -> None:
    acme, other = make_customer(), make_customer()
    states = (CallState.FAILED, CallState.SKIPPED, CallState.DELIVERED, CallState.IN_PROGRESS)
    chosen = [make_call(acme, state=state) for state in states]
    left = [make_call(customer, state=CallState.FAILED) for customer in (acme, other)]

    ignored_of(*chosen)

    found = Call.objects.in_bulk()
    assert [found[call.pk].state for call in chosen] == [CallState.SKIPPED, *states[1:]]
    assert found[chosen[0].pk].reason == Reason.IGNORED_NUMBER
    assert found[chosen[0].pk].due_at is None
    assert [found[call.pk].state for call in left] == [CallState.FAILED] * 2


def test_ignoring_again_changes_nothing() -> None:
    call = make_call(make_customer(), client_number=COURIER)
    ignored_of(call)

    work = ignored_of(call)

    assert work.result == {"numbers": 0}
    assert Customer.objects.get().ignored_numbers == [COURIER]


def test_work_that_is_left_off_is_taken_up_where_it_was() -> None:
    customer = make_customer()
    calls = [make_call(customer, client_number=number, state=CallState.FAILED) for number in (COURIER, ALARM)]
    work = enqueue(BackgroundJobKind.IGNORE_NUMBERS, calls=[call.pk for call in calls])

    run_job(work.pk, should_stop=lambda: True)
    assert Customer.objects.get().ignored_numbers == [ALARM]
    assert set(Call.objects.values_list("client_number", "state")) == {
        (COURIER, CallState.FAILED),
        (ALARM, CallState.SKIPPED),
    }

    run_job(work.pk)
    assert Customer.objects.get().ignored_numbers == [ALARM, COURIER]
    assert set(Call.objects.values_list("state", flat=True)) == {CallState.SKIPPED}


def test_a_call_that_failed_is_skipped_although_its_number_is_ignored_already() -> None:
    """Work may be left off between the two."""
    call = make_call(make_customer(ignored_numbers=[COURIER]), client_number=COURIER, state=CallState.FAILED)

    ignored_of(call)

    assert Call.objects.get().state == CallState.SKIPPED


def test_what_a_person_has_settled_stays_as_it_is() -> None:
    call = make_call(make_customer(), client_number=COURIER, state=CallState.SKIPPED, reason=Reason.DISMISSED)

    ignored_of(call)

    assert Call.objects.get().reason == Reason.DISMISSED


def test_the_numbers_of_a_customer_that_is_gone_are_nobodys() -> None:
    assert numbers_among([(404, COURIER)]).new == {}
    assert ignore_number(404, COURIER) is False


def test_a_call_that_came_only_after_it_was_asked_for_is_left_alone() -> None:
    customer = make_customer()
    call = make_call(customer, client_number=COURIER)
    late = make_call(customer, client_number=ALARM, received_at=timezone.now() + timedelta(hours=1))

    ignored_of(call, late)

    assert Customer.objects.get().ignored_numbers == [COURIER]
