"""Bulk actions: a preview counts the calls, then a job changes exactly those, and only visible ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from integrations.background_jobs import run_job
from integrations.calllog.bulk.views import BULK_ACTIONS, plan_of
from integrations.models import BackgroundJob, BackgroundJobKind, Call, CallState, Customer
from tests.factories import call_facts, make_call, make_customer, make_employee, make_specialist, make_user, make_viewer

pytestmark = pytest.mark.django_db

F, S, P, D = CallState.FAILED, CallState.SKIPPED, CallState.PENDING, CallState.DELIVERED


@pytest.fixture
def specialist(client: Client) -> Client:
    client.force_login(make_specialist())
    return client


def calls(customer: Customer, *states: str) -> list[Call]:
    return [make_call(customer, state=state, reason="refused" if state == F else "") for state in states]


def preview_of(client: Client, action: str, *chosen: Call, **data: str) -> Any:
    return client.post("/calls/bulk/", {"action": action, "call": [call.pk for call in chosen], **data})


def begin(client: Client, action: str, *chosen: Call, **data: str) -> BackgroundJob:
    answer = client.post("/calls/bulk/begin/", {"action": action, "call": [call.pk for call in chosen], **data})
    job = BackgroundJob.objects.latest("pk")
    assert answer["Location"].startswith(f"/calls/bulk/{job.pk}/")
    return job


def states() -> list[str]:
    return list(Call.objects.order_by("pk").values_list("state", flat=True))


def test_preview_counts_affected_calls_and_changes_none(specialist: Client) -> None:
    answer = preview_of(specialist, "send-again", *calls(make_customer(), F, F, S, P, D, D, D))

    assert answer.context["plan"].affected == 3
    assert [(count, str(why)) for count, why in answer.context["plan"].unchanged] == [
        (3, "already in Planfix"),
        (1, "already waiting to be sent"),
    ]
    assert states() == [F, F, S, P, D, D, D]
    assert "3 calls will be retried" in answer.content.decode()


def test_chosen_calls_are_retried(specialist: Client) -> None:
    chosen = calls(make_customer(name="Acme"), F, S, D)
    calls(make_customer(), F)

    job = begin(specialist, "send-again", *chosen)
    run_job(job.pk)

    job.refresh_from_db()
    assert states() == [P, P, D, F]
    assert (job.kind, job.customer.name, job.result) == (BackgroundJobKind.SEND_AGAIN, "Acme", {"calls": 2})
    assert list(LogEntry.objects.values_list("change_message", "object_repr")) == [("2 calls were retried.", "Acme")]


def test_all_calls_of_the_filter_are_retried(specialist: Client) -> None:
    acme, other = make_customer(), make_customer()
    calls(acme, F, F, D)
    calls(other, F)

    job = begin(specialist, "send-again", all="1", filter=f"customer={acme.pk}&state=failed")
    run_job(job.pk)

    assert states() == [P, P, D, F]
    assert job.arguments == {"filter": f"customer={acme.pk}&state=failed"}


def test_preview_counts_filtered_calls_that_stay_unchanged(specialist: Client) -> None:
    calls(make_customer(), F, S, P, D, D)

    plan = preview_of(specialist, "send-again", all="1", filter="direction=incoming").context["plan"]

    assert (plan.affected, [count for count, _why in plan.unchanged]) == (2, [2, 1])


def test_call_that_failed_after_the_request_is_not_retried(specialist: Client) -> None:
    customer = make_customer()
    calls(customer, F)
    job = begin(specialist, "send-again", all="1", filter="state=failed")
    make_call(customer, state=F, finished_at=timezone.now())

    run_job(job.pk)

    assert states() == [P, F]


def test_mistyped_filter_matches_no_call(specialist: Client) -> None:
    calls(make_customer(), F)

    answer = specialist.post("/calls/bulk/begin/", {"action": "send-again", "all": "1", "filter": "customer=nobody"})

    assert answer.context["plan"].affected == 0
    assert not BackgroundJob.objects.exists()


def test_several_calls_are_resolved_with_one_note(client: Client) -> None:
    client.force_login(user := make_specialist())
    chosen = calls(make_customer(), F, F, S)

    job = begin(client, "settle", *chosen, note="Planfix was moved")
    run_job(job.pk)

    assert states() == [S, S, S]
    settled = Call.objects.filter(reason="settled").values_list("detail", flat=True)
    assert list(settled) == [f"{user.username}: Planfix was moved"] * 2


def test_chosen_calls_are_replayed_with_current_settings(specialist: Client) -> None:
    """Replay updates the delivered call and decides the skipped one again."""
    customer = make_customer(name="Acme")
    chosen = calls(customer, D, S, P)
    chosen += [make_call(customer, state=S, reason=reason) for reason in ("settled", "erased")]
    plan = preview_of(specialist, "replay", *chosen).context["plan"]
    assert (plan.affected, sum(count for count, _why in plan.unchanged)) == (2, 3)

    job = begin(specialist, "replay", *chosen)
    run_job(job.pk)

    job.refresh_from_db()
    assert states() == [D, P, P, S, S]
    assert Call.objects.get(pk=chosen[0].pk).due_at
    assert (job.kind, job.result, job.done) == (BackgroundJobKind.REPLAY, {"calls": 2}, 2)
    assert job.result_text == "The webhooks of 2 calls were re-read and the calls retried."
    assert list(LogEntry.objects.values_list("change_message", "object_repr")) == [
        ("The webhooks of 2 calls were re-read and the calls retried.", "Acme")
    ]


def test_numbers_of_chosen_calls_are_ignored(specialist: Client) -> None:
    """The preview counts numbers and customers. Each customer's history says how many were added."""
    acme, other = make_customer(name="Acme"), make_customer(name="Other", ignored_numbers=["+380501112233"])
    numbers = ["+380671234567", "+380671234567", "+380501112233", "anonymous"]
    chosen = [make_call(customer, client_number=number) for customer in (acme, other) for number in numbers]
    answer = preview_of(specialist, "ignore-numbers", *chosen)
    html = answer.content.decode()
    assert "3 numbers will be added to the ignore list" in html
    assert "Calls with these numbers will no longer go to Planfix for 2 customers." in html
    assert [(count, str(why)) for count, why in answer.context["plan"].unchanged] == [
        (1, "their number is already on the ignore list"),
        (2, "they have no phone number"),
    ]
    assert Customer.objects.filter(ignored_numbers=[]).count() == 1

    job = begin(specialist, "ignore-numbers", *chosen)
    run_job(job.pk)

    assert set(Customer.objects.get(name="Acme").ignored_numbers) == {"+380671234567", "+380501112233"}
    assert Customer.objects.get(name="Other").ignored_numbers == ["+380501112233", "+380671234567"]
    assert list(LogEntry.objects.order_by("pk").values_list("object_repr", "change_message")) == [
        ("Acme", "2 numbers were added to the ignore list."),
        ("Other", "One number was added to the ignore list."),
    ]
    assert "There is nothing to do" in preview_of(specialist, "ignore-numbers", *chosen).content.decode()


def test_numbers_of_filtered_calls_are_ignored(specialist: Client) -> None:
    acme, other = make_customer(), make_customer()
    make_call(acme, state=P, client_number="+380671234567")
    make_call(other, state=P, client_number="+380501112233")

    job = begin(specialist, "ignore-numbers", all="1", filter=f"customer={acme.pk}")
    run_job(job.pk)

    assert list(Customer.objects.order_by("pk").values_list("ignored_numbers", flat=True)) == [["+380671234567"], []]


@pytest.mark.parametrize(("calls_at_once", "numbers_at_once"), [(1, 9), (9, 1)])
def test_ignoring_too_many_numbers_at_once_is_refused(
    specialist: Client, monkeypatch: pytest.MonkeyPatch, calls_at_once: int, numbers_at_once: int
) -> None:
    monkeypatch.setattr("integrations.calllog.bulk.views.MAX_CALLS", calls_at_once)
    monkeypatch.setattr("integrations.calllog.bulk.views.MAX_NUMBERS", numbers_at_once)
    customer = make_customer()
    for number in ("+380671234567", "+380501112233"):
        make_call(customer, client_number=number)

    answer = specialist.post("/calls/bulk/begin/", {"action": "ignore-numbers", "all": "1"})

    assert b"narrow the filter" in answer.content
    assert not BackgroundJob.objects.exists()


def test_resolving_without_a_note_asks_for_the_note(specialist: Client) -> None:
    [call] = calls(make_customer(), F)

    answer = specialist.post("/calls/bulk/begin/", {"action": "settle", "call": call.pk, "note": " "})

    assert b'name="note"' in answer.content
    assert not BackgroundJob.objects.exists()


def test_action_on_too_many_calls_is_refused(specialist: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.calllog.bulk.views.MAX_CALLS", 2)
    calls(make_customer(), F, F, F, F)

    answer = specialist.post("/calls/bulk/begin/", {"action": "send-again", "all": "1"})

    assert b"narrow the filter" in answer.content
    assert not BackgroundJob.objects.exists()


def test_bulk_job_page_shows_progress_and_result(specialist: Client) -> None:
    job = begin(specialist, "send-again", *calls(make_customer(), F), filter="state=failed")
    address = f"/calls/bulk/{job.pk}/?state=failed"
    assert b"Waiting for the worker" in specialist.get(address).content

    run_job(job.pk)

    html = specialist.get(address).content.decode()
    assert "One call was retried." in html
    assert 'href="/calls/?state=failed"' in html


def test_bulk_job_of_a_deleted_user_changes_nothing(client: Client) -> None:
    client.force_login(user := make_specialist())
    calls(make_customer(), F)
    job = begin(client, "send-again", all="1")
    LogEntry.objects.all().delete()
    user.delete()

    run_job(job.pk)

    job.refresh_from_db()
    assert "no longer exists" in job.trouble
    assert states() == [F]


def test_bulk_job_of_a_specialist_who_became_a_viewer_changes_visible_calls_only(client: Client) -> None:
    client.force_login(user := make_specialist())
    own, other = make_customer(), make_customer()
    calls(own, F)
    calls(other, F)
    job = begin(client, "send-again", all="1")
    user.groups.clear()
    own.viewers.add(user)

    run_job(job.pk)

    assert states() == [P, F]


@pytest.mark.parametrize("address", ["/calls/bulk/", "/calls/bulk/begin/"])
@pytest.mark.parametrize("action", BULK_ACTIONS)
def test_viewer_cannot_use_bulk_actions(client: Client, address: str, action: str) -> None:
    [call] = calls(make_customer(), F)
    client.force_login(make_viewer(call.customer))

    assert client.post(address, {"action": action, "call": call.pk, "note": "x"}).status_code == 403
    assert client.post(address, {"action": action, "all": "1", "note": "x"}).status_code == 403
    assert not BackgroundJob.objects.exists()


def test_other_users_cannot_see_a_bulk_job(specialist: Client) -> None:
    job = begin(specialist, "send-again", *calls(make_customer(), F))
    stranger = Client()
    stranger.force_login(make_user(is_staff=True))

    assert stranger.get(f"/calls/bulk/{job.pk}/").status_code == 403


def test_unknown_bulk_action_is_refused(specialist: Client) -> None:
    assert specialist.post("/calls/bulk/", {"action": "delete"}).status_code == 403


def test_malformed_call_numbers_in_a_bulk_action_are_ignored(specialist: Client) -> None:
    assert preview_of(specialist, "send-again", call=["x", "-1", "9" * 30, "٣"]).context["plan"].affected == 0


@pytest.mark.parametrize(
    ("action", "standing", "why"),
    [
        ("send-again", (F, "refused"), None),
        ("send-again", (F, "internal_error"), None),
        ("send-again", (S, "unknown_employee"), None),
        ("send-again", (S, "settled"), "marked as resolved"),
        ("send-again", (S, "erased"), "their details are missing"),
        ("send-again", (S, "no_final_event"), "their details are missing"),
        ("send-again", (P, "unavailable"), "already waiting to be sent"),
        ("send-again", (CallState.IN_PROGRESS, ""), "not ended yet"),
        ("replay", (D, ""), None),
        ("replay", (F, "refused"), None),
        ("replay", (S, "no_final_event"), None),
        ("replay", (S, "erased"), "their details are missing"),
        ("replay", (S, "settled"), "marked as resolved"),
        ("replay", (P, "unavailable"), "already waiting to be sent"),
        ("replay", (CallState.IN_PROGRESS, ""), "not ended yet"),
        ("settle", (F, "refused"), None),
        ("settle", (S, "unknown_employee"), "skipped, not failed"),
        ("settle", (D, ""), "already in Planfix"),
    ],
)
def test_preview_gives_a_reason_for_each_call_that_stays_unchanged(
    action: str, standing: tuple[str, str], why: str | None
) -> None:
    plan = plan_of(action, {standing: 7})

    assert plan.affected == (7 if why is None else 0)
    assert [(count, str(words)) for count, words in plan.unchanged] == ([] if why is None else [(7, why)])


def test_confirmation_of_a_retry_says_how_many_calls_would_now_go_through(specialist: Client) -> None:
    customer = make_customer()
    make_employee(customer, staff_id="331851")
    known, unknown = call_facts(), call_facts(staff_id="9", connected_with="acmecom_new", employee_name="New Comer")
    calls = [make_call(customer, known, state=CallState.SKIPPED, reason="unknown_employee")]
    for number in range(2):
        facts = replace(unknown, ringostat_id=f"ua7_-1.{number}")
        calls.append(make_call(customer, facts, state=CallState.SKIPPED, reason="unknown_employee"))

    plan = preview_of(specialist, "send-again", *calls).context["plan"]

    assert (plan.forecast.calls, plan.forecast.would_pass) == (3, 1)
    assert [(count, str(why)) for count, why in plan.forecast.skipped_again] == [(2, "employee is unknown")]


def test_retry_forecast_of_many_calls_counts_the_newest_ones(
    specialist: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.calllog.bulk.forecast.MAX_CALLS", 2)
    customer = make_customer()
    calls = [make_call(customer, state=CallState.FAILED, reason="refused") for _ in range(3)]

    plan = preview_of(specialist, "send-again", *calls).context["plan"]

    assert (plan.affected, plan.forecast.calls, plan.forecast.is_complete) == (3, 2, False)


def test_preview_lists_the_numbers_that_would_be_ignored(specialist: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.calllog.bulk.views.MAX_LISTED", 1)
    customer = make_customer()
    calls = [make_call(customer, call_facts(e164=number, caller="")) for number in ("+380671234567", "+380501112233")]

    plan = preview_of(specialist, "ignore-numbers", *calls).context["plan"]

    assert (list(plan.numbers), plan.more_numbers) == (["+380 50 111 22 33"], 1)
