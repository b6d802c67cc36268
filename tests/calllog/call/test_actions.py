"""Actions on one call: their result in Planfix, and permissions."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from integrations.calllog.call.actions import ACTIONS, available_actions
from integrations.domain.folding import fold
from integrations.domain.reasons import Reason
from integrations.models import BackgroundJob, BackgroundJobKind, Call, CallState, Customer, Employee
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, answered
from tests.factories import (
    NOON,
    call_facts,
    make_call,
    make_customer,
    make_event,
    make_specialist,
    make_user,
    make_viewer,
)

pytestmark = pytest.mark.django_db

NOBODYS = {"connected_with": "acmecom_newcomer"}


@pytest.fixture
def specialist(client: Client) -> Client:
    client.force_login(make_specialist())
    return client


def do(client: Client, call: Call, action: str, **data: str) -> str:
    """Performs the action and returns the messages of the page."""
    answer = client.post(f"/calls/{call.pk}/do/{action}/", data, follow=True)
    assert answer.redirect_chain == [(f"/calls/{call.pk}/", 302)]
    call.refresh_from_db()
    return " ".join(str(message) for message in answer.context["messages"])


def audit_entries() -> list[str]:
    return list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))


# --- sending again ---


def test_skipped_call_reaches_planfix_once_its_employee_is_mapped(scenario: Scenario, specialist: Client) -> None:
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    scenario.post(answered(**NOBODYS))
    scenario.deliver()
    call = scenario.call(CALL_ID)
    assert call.reason == Reason.UNKNOWN_EMPLOYEE

    Employee.objects.filter(name="Iryna Bondar").update(sip_logins=["acmecom_newcomer"])
    assert do(specialist, call, "send-again") == "The call is being retried."
    scenario.deliver()

    assert scenario.call(CALL_ID).state == CallState.DELIVERED
    assert len(scenario.account.comments) == 1
    assert audit_entries() == [f"Call {CALL_ID} was retried."]


def test_retry_delivers_a_postponed_call_at_once(scenario: Scenario, specialist: Client) -> None:
    scenario.post(answered())
    Call.objects.update(due_at="2099-01-01T00:00:00Z", reason="unavailable")
    scenario.deliver()
    assert not scenario.account.comments

    do(specialist, scenario.call(CALL_ID), "send-again")
    scenario.deliver()

    assert len(scenario.account.comments) == 1


def test_retry_does_not_send_a_delivered_call_again(scenario: Scenario, specialist: Client) -> None:
    scenario.post(answered())
    scenario.deliver()

    assert "cannot be retried" in do(specialist, scenario.call(CALL_ID), "send-again")
    scenario.deliver()

    assert len(scenario.account.comments) == 1
    assert audit_entries() == []


@pytest.mark.parametrize("reason", ["erased", "no_final_event"])
def test_call_without_details_cannot_be_retried(specialist: Client, reason: str) -> None:
    call = make_call(make_customer(), state=CallState.SKIPPED, reason=reason)

    assert "cannot be retried" in do(specialist, call, "send-again")
    assert call.state == CallState.SKIPPED


def test_retried_call_of_a_paused_customer_waits(specialist: Client) -> None:
    call = make_call(make_customer(paused_reason="The token is switched off."), state=CallState.FAILED)

    assert "until it is resumed" in do(specialist, call, "send-again")
    assert call.state == CallState.PENDING


# --- replaying ---


def test_replay_uses_the_current_parser_and_settings(scenario: Scenario, specialist: Client) -> None:
    scenario.post(answered(**NOBODYS))
    scenario.deliver()
    wrong = call_facts(
        ringostat_id=CALL_ID, connected_with="misread", e164="+380990000000", talk_seconds=124, total_seconds=135
    )
    Call.objects.update(facts=fold(None, wrong), client_number="+380990000000")
    Employee.objects.filter(name="Iryna Bondar").update(sip_logins=["acmecom_newcomer"])

    message = do(specialist, scenario.call(CALL_ID), "replay")
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert message == "One webhook was re-read. The call is retried with today's settings."
    assert (call.state, call.client_number, call.folded.connected_with) == (
        CallState.DELIVERED,
        CLIENT,
        "acmecom_newcomer",
    )
    assert audit_entries() == [f"The webhooks of call {CALL_ID} were re-read and the call retried."]


def test_replay_keeps_facts_of_the_call_list(specialist: Client) -> None:
    call = make_call(make_customer(), call_facts(line_name="Main site"), state=CallState.SKIPPED)
    make_event(call, body=f'{{"uniqueid": "{call.ringostat_id}", "E164": "{CLIENT}", "call_type": "in"}}'.encode())

    do(specialist, call, "replay")

    assert call.folded.line_name == "Main site"
    assert call.folded.recording_url


def test_a_delivered_call_is_not_written_twice_by_a_replay(scenario: Scenario, specialist: Client) -> None:
    scenario.post(answered())
    scenario.deliver()

    for _time in range(2):
        do(specialist, scenario.call(CALL_ID), "replay")
        scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.due_at, len(scenario.account.comments)) == (CallState.DELIVERED, None, 1)


def test_replay_of_a_call_without_webhooks_uses_stored_facts(specialist: Client) -> None:
    call = make_call(make_customer(), state=CallState.SKIPPED, reason="unknown_employee")

    assert "The webhooks are no longer stored" in do(specialist, call, "replay")
    assert call.state == CallState.PENDING


def test_a_call_that_has_not_ended_is_not_sent_by_a_replay(specialist: Client) -> None:
    call = make_call(make_customer(), call_facts(is_final=False), state=CallState.IN_PROGRESS)

    do(specialist, call, "replay")

    assert (call.state, call.due_at) == (CallState.IN_PROGRESS, None)


def test_replay_of_an_erased_call_changes_nothing(specialist: Client) -> None:
    call = make_call(make_customer(), state=CallState.SKIPPED, reason="erased")

    assert "there is nothing to re-read" in do(specialist, call, "replay")
    assert call.reason == "erased"


# --- ignoring a number ---


def test_calls_of_an_ignored_number_are_not_delivered(scenario: Scenario, specialist: Client) -> None:
    scenario.post(answered())
    call = scenario.call(CALL_ID)

    assert do(specialist, call, "ignore-number") == f"Calls with {CLIENT} no longer go to Planfix."
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.reason) == (CallState.SKIPPED, Reason.IGNORED_NUMBER)
    assert not scenario.account.comments
    assert audit_entries() == [f"The number of call {CALL_ID} was added to the ignore list."]
    assert "already" in do(specialist, call, "ignore-number")
    assert Customer.objects.get().ignored_numbers == [CLIENT]


def test_a_failed_call_of_an_ignored_number_is_skipped(specialist: Client) -> None:
    call = make_call(make_customer(), state=CallState.FAILED, reason="refused")

    do(specialist, call, "ignore-number")

    assert (call.state, call.reason) == (CallState.SKIPPED, Reason.IGNORED_NUMBER)


def test_an_ignored_number_is_known_in_any_spelling(specialist: Client) -> None:
    call = make_call(make_customer(ignored_numbers=["067 123-45-67"]))

    assert not available_actions(call).can_ignore_number
    assert "already" in do(specialist, call, "ignore-number")


def test_hidden_number_cannot_be_ignored(specialist: Client) -> None:
    call = make_call(make_customer(), client_number="anonymous")

    assert "cannot be ignored" in do(specialist, call, "ignore-number")
    assert Customer.objects.get().ignored_numbers == []


# --- settling ---


def test_resolved_call_is_skipped_with_user_and_note(client: Client) -> None:
    user = make_specialist()
    user.first_name, user.last_name = "Olena", "Petrenko"
    user.save()
    client.force_login(user)
    call = make_call(make_customer(), state=CallState.FAILED, reason="refused", detail="No such template.")
    before = call.finished_at

    assert do(client, call, "settle", note="  the client was\n called back ") == "The call is marked as resolved."

    assert (call.state, call.reason, call.due_at) == (CallState.SKIPPED, "settled", None)
    assert call.detail == "Olena Petrenko: the client was called back"
    assert call.finished_at > before
    assert audit_entries() == [f"Call {call.ringostat_id} was marked as resolved."]


def test_call_is_not_resolved_without_a_note(specialist: Client) -> None:
    call = make_call(make_customer(), state=CallState.FAILED, reason="refused")

    assert "was not marked as resolved" in do(specialist, call, "settle", note="  ")
    assert (call.state, audit_entries()) == (CallState.FAILED, [])


@pytest.mark.parametrize("state", [CallState.PENDING, CallState.DELIVERED, CallState.SKIPPED, CallState.IN_PROGRESS])
def test_only_a_failed_call_is_resolved(specialist: Client, state: str) -> None:
    call = make_call(make_customer(), state=state)

    assert "Only a failed call" in do(specialist, call, "settle", note="done")
    assert call.state == state


def test_later_events_do_not_send_a_resolved_call(scenario: Scenario, specialist: Client) -> None:
    scenario.post(answered(**NOBODYS))
    scenario.deliver()
    Call.objects.update(state=CallState.FAILED)
    do(specialist, scenario.call(CALL_ID), "settle", note="called back")

    scenario.post({"call_id": CALL_ID, "summary": "They talked."}, "ai_processed")
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.reason, call.folded.analysis["summary"]) == (CallState.SKIPPED, "settled", "They talked.")


def test_resolved_call_can_be_retried(specialist: Client) -> None:
    call = make_call(make_customer(), state=CallState.SKIPPED, reason="settled")

    do(specialist, call, "send-again")

    assert (call.state, call.detail) == (CallState.PENDING, "")


# --- who may ---


@pytest.mark.parametrize("action", ACTIONS)
def test_viewer_cannot_change_visible_calls_or_find_others(client: Client, action: str) -> None:
    own = make_call(make_customer(), state=CallState.FAILED)
    foreign = make_call(make_customer(), state=CallState.FAILED)
    client.force_login(make_viewer(own.customer))

    answers = [client.post(f"/calls/{call.pk}/do/{action}/", {"note": "x"}).status_code for call in (own, foreign)]

    assert answers == [403, 404]
    assert set(Call.objects.values_list("state", flat=True)) == {CallState.FAILED}
    assert audit_entries() == []


def test_staff_without_the_specialist_role_finds_no_call(client: Client) -> None:
    client.force_login(make_user(is_staff=True))

    assert client.post(f"/calls/{make_call(make_customer()).pk}/do/replay/").status_code == 404


def test_viewer_sees_no_action_buttons(client: Client) -> None:
    call = make_call(make_customer(), state=CallState.FAILED, reason="refused")
    client.force_login(make_viewer(call.customer))

    html = client.get(f"/calls/{call.pk}/").content.decode()

    assert "/do/" not in html
    assert "Fix the problem in Planfix" not in html


def test_get_request_to_a_call_action_changes_nothing(specialist: Client) -> None:
    call = make_call(make_customer(), state=CallState.FAILED)

    assert specialist.get(f"/calls/{call.pk}/do/send-again/").status_code == 405


def test_call_action_from_another_site_is_refused(client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_specialist())

    assert strict.post(f"/calls/{make_call(make_customer()).pk}/do/send-again/").status_code == 403


def test_unknown_call_action_is_not_found(specialist: Client) -> None:
    assert specialist.post(f"/calls/{make_call(make_customer()).pk}/do/delete/").status_code == 404


def test_call_is_dry_run_with_one_click(specialist: Client) -> None:
    call = make_call(make_customer(), state=CallState.SKIPPED, reason="unknown_employee")
    html = specialist.get(f"/calls/{call.pk}/").content.decode()
    [form] = re.findall(r'<form method="post" action="/admin/[^"]*/dry-run/.*?</form>', html, re.DOTALL)
    fields = dict(re.findall(r'type="hidden" name="(form|call)" value="(\w+)"', form))

    specialist.post(unescape(re.findall(r'action="([^"]*)"', form)[0]), fields)

    job = BackgroundJob.objects.get()
    assert (job.kind, job.arguments) == (BackgroundJobKind.DRY_RUN, {"call": call.pk})


# --- available actions ---


@pytest.mark.parametrize(("state", "can_reread"), [(CallState.IN_PROGRESS, False), (CallState.PENDING, True)])
def test_webhooks_of_a_call_in_progress_cannot_be_reread(state: str, can_reread: bool) -> None:
    assert available_actions(make_call(make_customer(), state=state)).can_reread is can_reread


@pytest.mark.parametrize(
    ("columns", "send_again", "settle", "ignore"),
    [
        ({"state": CallState.FAILED, "reason": "refused"}, "Retry call", True, True),
        ({"state": CallState.SKIPPED, "reason": "unknown_employee"}, "Retry call", False, True),
        ({"state": CallState.SKIPPED, "reason": "settled"}, "Retry call", False, True),
        ({"state": CallState.SKIPPED, "reason": "no_final_event"}, "", False, True),
        (
            {"state": CallState.SKIPPED, "reason": "hidden_number", "client_number": "anonymous"},
            "Retry call",
            False,
            False,
        ),
        ({"state": CallState.SKIPPED, "reason": "erased", "client_number": "erased"}, "", False, False),
        ({"state": CallState.PENDING, "due_at": NOON}, "Retry now", False, True),
        ({"state": CallState.DELIVERED}, "", False, True),
    ],
)
def test_call_page_offers_only_possible_actions(
    columns: dict[str, Any], send_again: str, settle: bool, ignore: bool
) -> None:
    offered = available_actions(make_call(make_customer(), **columns))

    assert (str(offered.retry_label), offered.can_dismiss, offered.can_ignore_number) == (send_again, settle, ignore)


def test_an_own_line_is_suggested_for_the_ignore_list(specialist: Client) -> None:
    customer = make_customer()
    own = make_call(customer, call_facts(ringostat_id="1.1", e164="+380442223344"), client_number="+380442223344")
    hint = "Ignore the number to keep test calls out of Planfix."
    assert hint not in specialist.get(reverse("calllog:call", args=[own.pk])).content.decode()

    make_call(customer, call_facts(ringostat_id="1.2", destination="380442223344"))

    assert hint in specialist.get(reverse("calllog:call", args=[own.pk])).content.decode()
