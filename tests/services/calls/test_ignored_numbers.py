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
    job = enqueue(BackgroundJobKind.IGNORE_NUMBERS, calls=[call.pk for call in calls])
    run_job(job.pk)
    job.refresh_from_db()
    return job


def test_ignorable_numbers_are_counted_by_number_and_customer() -> None:
    """Spellings of one number count once. Hidden and already ignored numbers do not count."""
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


def test_number_is_ignored_only_by_the_customer_of_its_call() -> None:
    acme, other = make_customer(ignored_numbers=["067 123-45-67"]), make_customer()
    calls = [make_call(acme, client_number=number) for number in (COURIER, ALARM, ALARM, "anonymous")]

    job = ignored_of(*calls, make_call(other, client_number=COURIER))

    assert (job.result, job.done, job.total) == ({"numbers": 2}, 3, 3)
    assert job.result_text == "2 numbers were added to the ignore list."
    lists = Customer.objects.order_by("pk").values_list("ignored_numbers", flat=True)
    assert list(lists) == [["067 123-45-67", ALARM], [COURIER]]


def test_failed_calls_of_ignored_numbers_are_skipped() -> None:
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


def test_ignoring_a_number_again_changes_nothing() -> None:
    call = make_call(make_customer(), client_number=COURIER)
    ignored_of(call)

    job = ignored_of(call)

    assert job.result == {"numbers": 0}
    assert Customer.objects.get().ignored_numbers == [COURIER]


def test_interrupted_job_to_ignore_numbers_continues_where_it_stopped() -> None:
    customer = make_customer()
    calls = [make_call(customer, client_number=number, state=CallState.FAILED) for number in (COURIER, ALARM)]
    job = enqueue(BackgroundJobKind.IGNORE_NUMBERS, calls=[call.pk for call in calls])

    run_job(job.pk, should_stop=lambda: True)
    assert Customer.objects.get().ignored_numbers == [ALARM]
    assert set(Call.objects.values_list("client_number", "state")) == {
        (COURIER, CallState.FAILED),
        (ALARM, CallState.SKIPPED),
    }

    run_job(job.pk)
    assert Customer.objects.get().ignored_numbers == [ALARM, COURIER]
    assert set(Call.objects.values_list("state", flat=True)) == {CallState.SKIPPED}


def test_failed_call_of_an_already_ignored_number_is_skipped() -> None:
    """A job may stop between the two steps."""
    call = make_call(make_customer(ignored_numbers=[COURIER]), client_number=COURIER, state=CallState.FAILED)

    ignored_of(call)

    assert Call.objects.get().state == CallState.SKIPPED


def test_resolved_call_of_an_ignored_number_stays_unchanged() -> None:
    call = make_call(make_customer(), client_number=COURIER, state=CallState.SKIPPED, reason=Reason.DISMISSED)

    ignored_of(call)

    assert Call.objects.get().reason == Reason.DISMISSED


def test_numbers_of_a_deleted_customer_are_not_ignored() -> None:
    assert numbers_among([(404, COURIER)]).new == {}
    assert ignore_number(404, COURIER) is False


def test_call_received_after_the_request_to_ignore_is_not_changed() -> None:
    customer = make_customer()
    call = make_call(customer, client_number=COURIER)
    late = make_call(customer, client_number=ALARM, received_at=timezone.now() + timedelta(hours=1))

    ignored_of(call, late)

    assert Customer.objects.get().ignored_numbers == [COURIER]
