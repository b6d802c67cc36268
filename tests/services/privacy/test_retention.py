"""Retention: rows that are deleted after the customer's days, and rows that must stay."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain, repeat
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import (
    BackgroundJob,
    BackgroundJobKind,
    Call,
    CallHistory,
    CallState,
    ContactClaim,
    Customer,
    PlanfixRequest,
    RememberedContact,
    UserSession,
    WebhookEvent,
)
from integrations.services.contacts.creation_lock import acquire_creation_lock
from integrations.services.privacy.retention import prune, prune_all
from tests.factories import call_facts, make_call, make_customer, make_event, make_request, make_superuser

pytestmark = pytest.mark.django_db


def make_day(customer: Customer, days_ago: int, state: str = CallState.DELIVERED) -> Call:
    """A call with an event and a request, this many days old."""
    moment = timezone.now() - timedelta(days=days_ago)
    call = make_call(customer, call_facts(exact_start=moment), state=state)
    make_event(call, received_at=moment)
    make_request(call, sent_at=moment)
    return call


def link_of(call: Call) -> str:
    call.refresh_from_db()
    return call.folded.recording_url


def test_rows_older_than_the_retention_are_deleted_and_newer_ones_stay() -> None:
    customer = make_customer()
    old, young = make_day(customer, 91), make_day(customer, 89)

    done = prune(customer, days=90)

    assert done == {
        "events": 1,
        "planfix_requests": 1,
        "history": 0,
        "routing_answers": 0,
        "client_names": 0,
        "read_backs": 0,
        "recording_links": 1,
    }
    assert [event.call for event in WebhookEvent.objects.all()] == [young]
    assert [request.call for request in PlanfixRequest.objects.all()] == [young]
    assert (link_of(old), bool(link_of(young))) == ("", True)


def test_name_of_a_client_without_recent_calls_is_forgotten_and_the_contact_stays_known() -> None:
    customer = make_customer()
    for number, days_ago in [("+380501112231", 91), ("+380501112232", 89)]:
        moment = timezone.now() - timedelta(days=days_ago)
        make_call(customer, call_facts(e164=number, caller=number, exact_start=moment))
        RememberedContact.objects.create(customer=customer, number=number, contact_id=8, name="Olha Koval")

    assert prune(customer, days=90)["client_names"] == 1

    known = RememberedContact.objects.order_by("number").values_list("contact_id", "name")
    assert list(known) == [(8, ""), (8, "Olha Koval")]


def test_older_history_of_calls_is_deleted() -> None:
    customer = make_customer()
    call = make_call(customer)
    for days_ago in (91, 89):
        CallHistory.objects.create(call=call, kind="attempt", at=timezone.now() - timedelta(days=days_ago))

    assert prune(customer, days=90)["history"] == 1

    assert CallHistory.objects.get().at > timezone.now() - timedelta(days=90)


def test_contact_creation_locks_are_deleted_after_a_day() -> None:
    customer = make_customer()
    for number, days in [("+380501112231", 2), ("+380501112232", 0)]:
        acquire_creation_lock(customer, number, searched_for=0)
        ContactClaim.objects.filter(number=number).update(held_until=timezone.now() - timedelta(days=days))
    prune_all()

    assert [claim.number for claim in ContactClaim.objects.all()] == ["+380501112232"]


def test_worker_with_a_fast_clock_deletes_no_new_rows() -> None:
    customer = make_customer()
    make_day(customer, 89)
    with patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=30)):
        done = prune(customer, days=90)

    assert set(done.values()) == {0}


def test_retention_removes_only_the_recording_link_of_an_old_call() -> None:
    call = make_day(customer := make_customer(), 91)
    columns = Call.objects.values().get()
    facts = columns.pop("facts")
    del facts["facts"]["recording_url"]

    prune(customer, days=90)

    after = Call.objects.values().get()
    assert after.pop("facts") == facts
    assert after == columns
    assert call.delivery.comment_id == 90211


def test_undelivered_call_keeps_its_recording_link() -> None:
    call = make_day(customer := make_customer(), 91, state=CallState.PENDING)

    prune(customer, days=90)

    assert link_of(call)


def test_retention_deletes_events_without_a_call_too() -> None:
    customer = make_customer()
    call = make_day(customer, 91)
    WebhookEvent.objects.update(call=None)

    prune(customer, days=90)

    assert not WebhookEvent.objects.exists()
    assert Call.objects.get() == call


def test_retention_in_batches_deletes_all_old_rows() -> None:
    customer = make_customer()
    for _number in range(5):
        make_day(customer, 91)

    with (
        patch("integrations.services.privacy.retention.BATCH", 2),
        patch("integrations.services.privacy.retention.LINKS_BATCH", 2),
    ):
        done = prune(customer, days=90)

    assert done == {
        "events": 5,
        "planfix_requests": 5,
        "history": 0,
        "routing_answers": 0,
        "client_names": 0,
        "read_backs": 0,
        "recording_links": 5,
    }
    assert not WebhookEvent.objects.exists()


def test_interrupted_retention_is_finished_by_the_next_run() -> None:
    customer = make_customer()
    for _number in range(4):
        make_day(customer, 91)
    answers = chain([False], repeat(True))

    with patch("integrations.services.privacy.retention.BATCH", 2):
        first = prune(customer, days=90, should_stop=lambda: next(answers))
        second = prune(customer, days=90)

    kept = {"history": 0, "routing_answers": 0, "client_names": 0, "read_backs": 0}
    assert first == {"events": 2, "planfix_requests": 0, "recording_links": 0} | kept
    assert second == {"events": 2, "planfix_requests": 4, "recording_links": 4} | kept


def test_each_customer_is_pruned_by_its_own_retention_days() -> None:
    usual, short, for_ever = make_customer(), make_customer(retention_days=7), make_customer(retention_days=0)
    for customer in (usual, short, for_ever):
        make_day(customer, 30)
        make_day(customer, 400)

    prune_all()

    kept = {customer: WebhookEvent.objects.filter(customer=customer).count() for customer in Customer.objects.all()}
    assert kept == {usual: 1, short: 0, for_ever: 2}


def test_recording_links_are_found_by_a_partial_index() -> None:
    """A daily job must not read ten million calls to find those of one day."""
    customer = make_customer()
    call = make_day(customer, 91)
    del call.facts["facts"]["recording_url"]
    Call.objects.bulk_create(
        Call(
            customer=customer,
            ringostat_id=f"{number}",
            facts=call.facts,
            started_at=call.started_at,
            received_at=call.started_at,
            state=CallState.DELIVERED,
        )
        for number in range(3000)
    )
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as queries:
        cursor.execute("ANALYZE integrations_call")
        prune(customer, days=90)
        forget = next(query["sql"] for query in queries if query["sql"].lstrip().startswith("UPDATE integrations_call"))
        cursor.execute(f"EXPLAIN {forget}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "call_with_recording_link" in plan


def test_old_dry_run_results_are_deleted_without_a_new_dry_run() -> None:
    customer = make_customer(retention_days=0)
    for days in (0, 2):
        finished_at = timezone.now() - timedelta(days=days)
        BackgroundJob.objects.create(
            kind=BackgroundJobKind.DRY_RUN, customer=customer, finished_at=finished_at, result={"days": days}
        )

    prune_all()

    assert BackgroundJob.objects.get().result == {"days": 0}


def test_expired_sessions_and_old_jobs_are_deleted(client: Client) -> None:
    client.force_login(make_superuser())
    young, _old = (BackgroundJob.objects.create(kind=BackgroundJobKind.CATCH_UP) for _ in range(2))
    BackgroundJob.objects.filter(pk=young.pk).update(finished_at=timezone.now() - timedelta(days=89))
    BackgroundJob.objects.exclude(pk=young.pk).update(finished_at=timezone.now() - timedelta(days=91))
    prune_all()
    assert (list(BackgroundJob.objects.all()), UserSession.objects.count()) == ([young], 1)

    UserSession.objects.update(expire_date=timezone.now() - timedelta(minutes=1))
    prune_all()
    assert UserSession.objects.count() == 0
