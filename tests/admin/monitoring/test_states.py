"""Each state of a customer, set up in the sandbox, shows its status, cause and next step on the first page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape as html_unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import override

from integrations.admin.monitoring.status_line import status_line
from integrations.background_jobs import run_job
from integrations.models import (
    Alert,
    BackgroundJobKind,
    Call,
    CatchUpCursor,
    Customer,
    DirectoryAccount,
    WebhookEvent,
)
from integrations.planfix.rights import Right
from integrations.services.customers.account_discovery import discover
from integrations.services.delivery.pause import pause_by_hand
from integrations.services.directory.reading import read_directory
from integrations.services.monitoring.alerts import check_alerts
from integrations.services.monitoring.customer_status import Cause, Level
from integrations.services.monitoring.status_texts import LABELS, SENTENCES, SPECIAL_SENTENCES, STEPS
from integrations.services.queue.background import enqueue
from integrations.services.read_back.run import read_back
from sandbox.http.faults import Fault
from sandbox.ringostat.api import Ringostat
from sandbox.state import Sandbox
from tests.conftest import CLIENT, Scenario
from tests.end_to_end.bodies import CALL_ID, answered, dialled, missed, recorded
from tests.factories import make_superuser
from tests.services.callback_tasks.test_run import want_tasks, write_tasks

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _a_worker_runs(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")


@pytest.fixture
def scenario(make_scenario: Callable[..., Scenario], ringostat: Ringostat) -> Scenario:
    scenario = make_scenario()
    scenario.account.add_contact(name="Olha", lastname="Koval", phones=[CLIENT])
    return scenario


def check_access(scenario: Scenario) -> None:
    run_job(enqueue(BackgroundJobKind.CONNECT, customer=scenario.customer).pk)


def local(scenario: Scenario, at: datetime) -> str:
    return at.astimezone(scenario.customer.zone).strftime("%Y-%m-%d %H:%M:%S")


def post_calls(scenario: Scenario, **changes: str) -> None:
    """Three incoming and three outgoing calls, all about an hour ago."""
    for number in range(3):
        at = local(scenario, timezone.now() - HOUR - timedelta(minutes=number))
        scenario.post(answered(uniqueid=f"in-{number}", calldate=at, **changes))
        scenario.post(dialled(call_id=f"out-{number}", date=at, **changes), "after_outgoing_call")


def deliver_calls(scenario: Scenario, **changes: str) -> None:
    post_calls(scenario, **changes)
    scenario.deliver()


# --- the states ---


def calls_arrive(scenario: Scenario, sandbox: Sandbox) -> None:
    check_access(scenario)
    deliver_calls(scenario)


def token_is_wrong(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.account.token = "another-token"
    check_access(scenario)


def planfix_denies_access(scenario: Scenario, sandbox: Sandbox) -> None:
    deliver_calls(scenario)
    scenario.account.token = "another-token"
    at = local(scenario, timezone.now() - HOUR)
    scenario.post(answered(uniqueid="denied", calldate=at))
    scenario.deliver()


def scope_is_missing(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.account.scopes = frozenset(Right) - {Right.WRITE_TAGS}
    check_access(scenario)


def nobody_is_included(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.customer.employees.update(participates=False)
    deliver_calls(scenario)


def no_webhook_came(scenario: Scenario, sandbox: Sandbox) -> None:
    check_access(scenario)


def one_event_is_missing(scenario: Scenario, sandbox: Sandbox) -> None:
    deliver_calls(scenario)
    scenario.customer.events.filter(event="after_outgoing_call").delete()


def one_event_never_came(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.post(answered(calldate=local(scenario, timezone.now() - HOUR)))
    scenario.deliver()


def requests_are_not_understood(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.post(b"")


def all_calls_are_skipped(scenario: Scenario, sandbox: Sandbox) -> None:
    deliver_calls(scenario, connected_with="nobody", caller="nobody", staffid="9")


def half_of_the_calls_fail(scenario: Scenario, sandbox: Sandbox) -> None:
    refusal = {"result": "fail", "code": 23, "error": "limit"}
    sandbox.add_fault(Fault(status=400, json=refusal, path="/contact/*/comments/", times=3))
    deliver_calls(scenario)


def calls_wait_for_long(scenario: Scenario, sandbox: Sandbox) -> None:
    sandbox.add_fault(Fault(status=503))
    deliver_calls(scenario)
    Call.objects.update(due_since=timezone.now() - HOUR)


def no_worker_runs(scenario: Scenario, sandbox: Sandbox) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_workers")
    post_calls(scenario)


def recordings_are_refused(scenario: Scenario, sandbox: Sandbox) -> None:
    deliver_calls(scenario)
    refusal = {"result": "fail", "code": 41, "error": "address"}
    sandbox.add_fault(Fault(status=400, json=refusal, path="/file/from-url/"))
    at = local(scenario, timezone.now() - HOUR)
    scenario.post(answered(uniqueid=f"{CALL_ID}9", calldate=at) | recorded(sandbox, f"{CALL_ID}9"))
    scenario.deliver()


def planfix_does_not_hold_what_was_sent(scenario: Scenario, sandbox: Sandbox) -> None:
    discover(scenario.customer)
    scenario.post(answered(calldate=local(scenario, timezone.now() - HOUR)))
    scenario.deliver()
    scenario.account.comments[0].author = "user:1"
    read_back(scenario.customer.pk)


def callback_tasks_are_refused(scenario: Scenario, sandbox: Sandbox) -> None:
    deliver_calls(scenario)
    scenario.account.enter(scenario.account.world.with_switches({"task_template": "required"}))
    want_tasks(scenario.customer)
    at = local(scenario, timezone.now() - HOUR)
    scenario.post(missed(uniqueid="missed", calldate=at))
    scenario.deliver()
    write_tasks(scenario)


def contacts_cannot_be_read(scenario: Scenario, sandbox: Sandbox) -> None:
    deliver_calls(scenario)
    Customer.objects.update(directory=True)
    sandbox.add_fault(Fault(status=503))
    read_directory(scenario.customer.pk)
    DirectoryAccount.objects.update(error_since=timezone.now() - HOUR)


def planfix_does_not_answer(scenario: Scenario, sandbox: Sandbox) -> None:
    deliver_calls(scenario)
    sandbox.add_fault(Fault(status=503))
    for call_id in ("waits", "too"):
        scenario.post(answered(uniqueid=call_id, calldate=local(scenario, timezone.now())))
    scenario.deliver()


def data_tags_are_missing(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.account.tags.clear()
    check_access(scenario)


def no_webhook_is_about_a_call(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.post({"event": "chat_started", "chat_id": "7"}, "")


def webhooks_stopped(scenario: Scenario, sandbox: Sandbox) -> None:
    deliver_calls(scenario)
    WebhookEvent.objects.update(received_at=timezone.now() - timedelta(days=5))
    Call.objects.update(started_at=timezone.now() - timedelta(days=5))


def outgoing_calls_are_not_needed(scenario: Scenario, sandbox: Sandbox) -> None:
    one_event_never_came(scenario, sandbox)
    Customer.objects.update(events_not_needed=["after_outgoing_call"])


def call_list_is_unreadable(scenario: Scenario, sandbox: Sandbox) -> None:
    deliver_calls(scenario)
    long_ago = timezone.now() - HOUR
    CatchUpCursor.objects.create(
        customer=scenario.customer, read_until=long_ago, trouble="HTTP 401", trouble_since=long_ago
    )


def a_person_paused_it(scenario: Scenario, sandbox: Sandbox) -> None:
    pause_by_hand(scenario.customer, "They move.")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The expected status on the first page, and the expected kind of alert."""

    cause: Cause
    level: Level
    sentence: str
    step: str = ""
    page: str = ""
    alert: str = ""


STATES: dict[Callable[[Scenario, Sandbox], None], Shown] = {
    calls_arrive: Shown(cause=Cause.CONNECTED, level=Level.FINE, sentence="6 of 6 calls of the last 7 days are in"),
    token_is_wrong: Shown(
        cause=Cause.NO_ACCESS,
        level=Level.PROBLEM,
        sentence="Planfix does not know the token.",
        step="Check access",
        page="change/#connection",
    ),
    planfix_denies_access: Shown(
        cause=Cause.PAUSED,
        level=Level.PROBLEM,
        sentence="Calls wait, because Planfix denies access. Planfix does not know the token.",
        step="Check access",
        page="change/#connection",
        alert="paused",
    ),
    scope_is_missing: Shown(
        cause=Cause.RIGHTS_MISSING,
        level=Level.PROBLEM,
        sentence="The token is missing permissions: fill data tags.",
        step="Check access",
        page="change/#connection",
    ),
    nobody_is_included: Shown(
        cause=Cause.NO_EMPLOYEES,
        level=Level.PROBLEM,
        sentence="6 of 6 calls were skipped, because no employee is included.",
        step="Match employees",
        page="employees/",
        alert="skipped",
    ),
    no_webhook_came: Shown(
        cause=Cause.NEW,
        level=Level.NOTICE,
        sentence="No webhook has arrived yet.",
        step="Set up webhooks",
        page="webhook-setup/",
    ),
    one_event_is_missing: Shown(
        cause=Cause.EVENT_MISSING,
        level=Level.WARNING,
        sentence="The webhook “after an outgoing call” does not arrive.",
        step="Add the webhook",
        page="webhook-setup/",
        alert="webhook",
    ),
    one_event_never_came: Shown(
        cause=Cause.EVENT_MISSING,
        level=Level.NOTICE,
        sentence="No outgoing call arrives.",
        step="Add the webhook",
        page="webhook-setup/",
    ),
    requests_are_not_understood: Shown(
        cause=Cause.NOT_UNDERSTOOD,
        level=Level.PROBLEM,
        sentence="One webhook request of the last 7 days was not understood.",
        step="Show requests",
        page="webhook-setup/",
        alert="webhook",
    ),
    all_calls_are_skipped: Shown(
        cause=Cause.SKIPPED,
        level=Level.PROBLEM,
        sentence="6 of 6 calls were skipped: employee is unknown.",
        step="Match employees",
        page="employees/",
        alert="skipped",
    ),
    half_of_the_calls_fail: Shown(
        cause=Cause.FAILED,
        level=Level.PROBLEM,
        sentence="calls failed. Last error: The contact limit of the customer",
        step="Show failed calls",
        page="state=failed",
        alert="failed",
    ),
    calls_wait_for_long: Shown(
        cause=Cause.LATE,
        level=Level.PROBLEM,
        sentence="6 calls wait. The oldest has been waiting since",
        step="Show waiting calls",
        page="state=pending",
        alert="late",
    ),
    no_worker_runs: Shown(
        cause=Cause.NO_WORKER,
        level=Level.PROBLEM,
        sentence="6 calls wait, because no worker is running.",
        step="Start a worker",
        page="/admin/system/",
    ),
    recordings_are_refused: Shown(
        cause=Cause.RECORDINGS_REFUSED,
        level=Level.WARNING,
        sentence="One recording was not copied into Planfix.",
        step="Check access",
        page="change/#connection",
    ),
    call_list_is_unreadable: Shown(
        cause=Cause.CALL_LIST_UNREADABLE,
        level=Level.WARNING,
        sentence="The Ringostat call list cannot be read",
        step="Check access",
        page="change/#connection",
        alert="catch_up",
    ),
    planfix_does_not_hold_what_was_sent: Shown(
        cause=Cause.DIFFERENT,
        level=Level.WARNING,
        sentence="One call in Planfix differs from what was sent.",
        step="Show differences",
        page="overview/",
        alert="differs",
    ),
    callback_tasks_are_refused: Shown(
        cause=Cause.TASKS_REFUSED,
        level=Level.WARNING,
        sentence="Planfix refused one callback task.",
        step="Check callback tasks",
        page="callback-tasks/",
    ),
    contacts_cannot_be_read: Shown(
        cause=Cause.DIRECTORY_UNREADABLE,
        level=Level.WARNING,
        sentence="Ringofix cannot read the contacts of the account in advance.",
        step="Check the directory",
        page="directory/",
    ),
    planfix_does_not_answer: Shown(
        cause=Cause.WAITING,
        level=Level.WARNING,
        sentence="Planfix does not answer. Next attempt at",
        step="Show waiting calls",
        page="state=pending",
    ),
    data_tags_are_missing: Shown(
        cause=Cause.ACCOUNT_INCOMPLETE,
        level=Level.PROBLEM,
        sentence="data tag",
        step="Check access",
        page="change/#connection",
    ),
    no_webhook_is_about_a_call: Shown(
        cause=Cause.NO_CALL,
        level=Level.WARNING,
        sentence="Webhooks arrive, but none of them is about a call.",
        step="Set up webhooks",
        page="webhook-setup/",
    ),
    webhooks_stopped: Shown(
        cause=Cause.SILENT,
        level=Level.WARNING,
        sentence="No webhook has arrived since",
        step="Check webhooks",
        page="webhook-setup/",
        alert="webhook",
    ),
    outgoing_calls_are_not_needed: Shown(
        cause=Cause.CONNECTED, level=Level.FINE, sentence="1 of 1 call of the last 7 days is in Planfix."
    ),
    a_person_paused_it: Shown(
        cause=Cause.PAUSED_BY_HAND,
        level=Level.NOTICE,
        sentence="Paused by hand: They move.",
        step="Resume customer",
        page="overview/#pausing",
    ),
}


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_customer_in_each_state_shows_its_status_and_next_step_everywhere(
    scenario: Scenario, sandbox: Sandbox, client: Client, state: Callable[[Scenario, Sandbox], None]
) -> None:
    expected = STATES[state]
    state(scenario, sandbox)
    client.force_login(make_superuser())

    page = client.get("/admin/")
    overview = client.get(f"/admin/integrations/customer/{scenario.customer.pk}/overview/")
    figures = client.get("/metrics").content.decode().splitlines()
    check_alerts()

    [row] = page.context["rows"]
    assert (row.status.cause, row.status.level) == (expected.cause, expected.level)
    assert expected.sentence in row.line.sentence
    assert (row.line.step.text if row.line.step else "") == expected.step
    assert expected.page in (row.line.step.address if row.line.step else "")
    for html in (page.content.decode(), overview.content.decode()):
        assert str(LABELS[expected.cause]) in html
        assert expected.sentence.split(".")[0] in re.sub(r"\s+", " ", html)
    for language in ("uk", "pl", "ru"):
        assert_shown(client.get("/admin/", headers={"accept-language": language}), language)
    assert f'ringofix_customers_by_status{{status="{expected.cause.value.lower()}"}} 1.0' in figures
    assert set(Alert.objects.values_list("kind", flat=True)) == ({expected.alert} if expected.alert else set())


def assert_shown(page: Any, language: str) -> None:
    """Asserts that the page shows status, cause and next step in this language."""
    [row], html = page.context["rows"], html_unescape(page.content.decode())
    with override(language):
        line = status_line(row.status.issue, row.status.customer, timezone.now())
    shown = (str(line.badge.label), line.sentence, line.step.text if line.step else "")
    assert [text for text in shown if text not in html] == [], language


def test_only_a_connected_customer_of_the_table_is_green() -> None:
    assert {shown.cause for shown in STATES.values() if shown.level is Level.FINE} == {Cause.CONNECTED}


@pytest.mark.parametrize("texts", [LABELS, SENTENCES, SPECIAL_SENTENCES, {c: step[0] for c, step in STEPS.items()}])
def test_every_status_text_is_translated_when_it_is_shown(texts: dict[object, object]) -> None:
    assert [text for text in texts.values() if not isinstance(text, Promise)] == []


def test_every_cause_of_a_status_has_a_label_and_a_next_step() -> None:
    assert LABELS.keys() == STEPS.keys() == set(Cause)
