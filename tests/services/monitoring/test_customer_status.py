"""The status of a customer says whose calls do not reach Planfix and why: rules as a table, and facts as stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.domain.calls import Direction, EventKind
from integrations.domain.reasons import Reason
from integrations.models import (
    BackgroundJob,
    BackgroundJobKind,
    CallState,
    CatchUpCursor,
    Customer,
    DeliveryLease,
    EventResult,
    Secret,
    WebhookEvent,
)
from integrations.services.customers.connection_report import Check, Finding
from integrations.services.customers.webhook_addresses import send_test_event
from integrations.services.intake.traffic_limit import _limited
from integrations.services.markers import mark
from integrations.services.monitoring.chart_numbers import pictures_of
from integrations.services.monitoring.customer_facts import AccessCheck, CustomerFacts, Fact, Group
from integrations.services.monitoring.customer_status import (
    Cause,
    CustomerStatus,
    Issue,
    Level,
    status_of,
    statuses_of,
)
from integrations.services.monitoring.leaked_addresses import LeakSigns
from tests.factories import OUTGOING, call_facts, make_call, make_customer, make_employee, make_event

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOT_PAUSED = Customer(name="Acme", planfix_url="https://acme.planfix.com")

# --- the rules ---

FINE = CustomerFacts(
    customer=NOT_PAUSED,
    last_webhook_at=NOW - MINUTE,
    last_call_at={Direction.INCOMING: NOW - MINUTE, Direction.OUTGOING: NOW - HOUR},
    last_delivery_at=NOW - MINUTE,
    list_read_until=NOW,
    groups={Fact.CALLS: (Group(code=CallState.DELIVERED, count=10),)},
)


def grouped(**groups: Any) -> dict[Fact, tuple[Group, ...]]:
    """Groups beside ten delivered calls."""
    return {Fact.CALLS: FINE.groups[Fact.CALLS], **{Fact(fact): tuple(rows) for fact, rows in groups.items()}}  # type: ignore[dict-item]


def group(count: int, code: str = "", *, since: timedelta = HOUR, until: timedelta = MINUTE, **more: Any) -> Group:
    return Group(code=code, count=count, first_at=NOW - since, last_at=NOW - until, **more)


def checked(*findings: Finding, ago: timedelta = timedelta(0)) -> AccessCheck:
    return AccessCheck(finished_at=NOW - ago, problems=tuple(Check(finding=finding) for finding in findings))


def paused(**columns: Any) -> Customer:
    return Customer(name="Acme", paused_reason="HTTP 401, code 1", paused_at=NOW - HOUR, **columns)


NO_CALLS: dict[Fact, tuple[Group, ...]] = {}
ALL_SKIPPED = {
    Fact.CALLS: (Group(code=CallState.SKIPPED, count=6),),
    Fact.SKIPPED: (group(6, Reason.UNKNOWN_EMPLOYEE),),
}
ALL_SKIPPED_BY_SETTINGS = {
    Fact.CALLS: (Group(code=CallState.SKIPPED, count=6),),
    Fact.SKIPPED: (group(6, Reason.INTERNAL_CALL),),
}

RULES: dict[str, tuple[dict[str, Any], Cause, Level]] = {
    "calls are delivered": ({}, Cause.CONNECTED, Level.FINE),
    "no token": ({"has_token": False}, Cause.NO_ACCESS, Level.NOTICE),
    "the token is wrong": ({"check": checked(Finding.UNKNOWN)}, Cause.NO_ACCESS, Level.PROBLEM),
    "the token was wrong, and a call arrived since": (
        {"check": checked(Finding.UNKNOWN, ago=HOUR)},
        Cause.CONNECTED,
        Level.FINE,
    ),
    "a permission is missing": ({"check": checked(Finding.RIGHT_MISSING)}, Cause.RIGHTS_MISSING, Level.PROBLEM),
    "a permission is missing, and calls arrive": (
        {"check": checked(Finding.RIGHT_MISSING, ago=HOUR)},
        Cause.RIGHTS_MISSING,
        Level.WARNING,
    ),
    "a data tag is missing": ({"check": checked(Finding.TAGS_MISSING)}, Cause.ACCOUNT_INCOMPLETE, Level.PROBLEM),
    "the Auth-key is wrong": (
        {"check": checked(Finding.KEY_UNKNOWN), "list_read_until": None},
        Cause.CALL_LIST_UNREADABLE,
        Level.WARNING,
    ),
    "the Auth-key was wrong, and the call list was read since": (
        {"check": checked(Finding.KEY_UNKNOWN, ago=HOUR)},
        Cause.CONNECTED,
        Level.FINE,
    ),
    "Planfix denies access": ({"customer": paused()}, Cause.PAUSED, Level.PROBLEM),
    "a person paused it": ({"customer": paused(paused_by_hand=True)}, Cause.PAUSED_BY_HAND, Level.NOTICE),
    "a person paused it, and calls failed": (
        {"customer": paused(paused_by_hand=True), "groups": grouped(failed=[group(1)])},
        Cause.PAUSED_BY_HAND,
        Level.NOTICE,
    ),
    "nobody is included": ({"has_employees": False}, Cause.NO_EMPLOYEES, Level.NOTICE),
    "nobody is included, and calls are skipped": (
        {"has_employees": False, "groups": ALL_SKIPPED},
        Cause.NO_EMPLOYEES,
        Level.PROBLEM,
    ),
    "no webhook": ({"last_webhook_at": None, "last_call_at": {}, "groups": NO_CALLS}, Cause.NEW, Level.NOTICE),
    "no webhook, but calls from the call list": ({"last_webhook_at": None}, Cause.NEW, Level.WARNING),
    "no webhook is about a call": ({"last_call_at": {}, "groups": NO_CALLS}, Cause.NO_CALL, Level.WARNING),
    "no webhook is understood": (
        {"last_call_at": {}, "groups": {Fact.NOT_UNDERSTOOD: (group(3, "no_call_id"),)}},
        Cause.NOT_UNDERSTOOD,
        Level.PROBLEM,
    ),
    "some webhooks are not understood": (
        {"groups": grouped(not_understood=[group(3)])},
        Cause.NOT_UNDERSTOOD,
        Level.WARNING,
    ),
    "outgoing calls come from the call list only": (
        {"groups": grouped(without_webhook=[group(3, Direction.OUTGOING)])},
        Cause.EVENT_MISSING,
        Level.WARNING,
    ),
    "never an outgoing call": (
        {"last_call_at": {Direction.INCOMING: NOW, Direction.OUTGOING: None}},
        Cause.EVENT_MISSING,
        Level.NOTICE,
    ),
    "no outgoing call for three weeks": (
        {"last_call_at": {Direction.INCOMING: NOW, Direction.OUTGOING: NOW - 21 * DAY}},
        Cause.EVENT_MISSING,
        Level.NOTICE,
    ),
    "no call at all for three weeks": (
        {"last_call_at": dict.fromkeys(Direction, NOW - 21 * DAY), "groups": NO_CALLS},
        Cause.CONNECTED,
        Level.FINE,
    ),
    "no webhook for four days": (
        {"last_webhook_at": NOW - 4 * DAY, "list_read_until": None},
        Cause.SILENT,
        Level.WARNING,
    ),
    "no webhook for four days, and no call in the call list": (
        {"last_webhook_at": NOW - 4 * DAY},
        Cause.CONNECTED,
        Level.FINE,
    ),
    "no worker runs": ({"workers": 0, "groups": grouped(waiting=[group(2)])}, Cause.NO_WORKER, Level.PROBLEM),
    "no worker runs, and nothing waits": ({"workers": 0}, Cause.CONNECTED, Level.FINE),
    "a call failed lately": ({"groups": grouped(failed=[group(1)])}, Cause.FAILED, Level.PROBLEM),
    "a call failed long ago": (
        {"groups": grouped(failed=[group(1, since=3 * DAY, until=2 * DAY)])},
        Cause.FAILED,
        Level.WARNING,
    ),
    "a call is late": ({"groups": grouped(waiting=[group(1)])}, Cause.LATE, Level.PROBLEM),
    "a call waits for a moment": (
        {"groups": grouped(waiting=[group(1, since=MINUTE)])},
        Cause.CONNECTED,
        Level.FINE,
    ),
    "every call is skipped": ({"groups": ALL_SKIPPED}, Cause.SKIPPED, Level.PROBLEM),
    "every call is skipped by a setting": ({"groups": ALL_SKIPPED_BY_SETTINGS}, Cause.SKIPPED, Level.WARNING),
    "some calls are skipped": (
        {"groups": grouped(skipped=[group(2, Reason.UNKNOWN_EMPLOYEE)])},
        Cause.SKIPPED,
        Level.WARNING,
    ),
    "most calls are skipped": (
        {"groups": grouped(skipped=[group(6, Reason.UNKNOWN_EMPLOYEE)])},
        Cause.SKIPPED,
        Level.PROBLEM,
    ),
    "some calls are skipped by a setting": (
        {"groups": grouped(skipped=[group(2, Reason.INTERNAL_CALL)])},
        Cause.CONNECTED,
        Level.FINE,
    ),
    "calls were deleted in Planfix": ({"groups": grouped(difference=[group(2)])}, Cause.DIFFERENT, Level.WARNING),
    "calls are held": (
        {"groups": grouped(waiting=[group(3, Reason.TOO_MANY_CONTACTS, since=2 * HOUR)])},
        Cause.CONTACTS_HELD,
        Level.WARNING,
    ),
    "calls are held, and another is late": (
        {"groups": grouped(waiting=[group(3, Reason.TOO_MANY_CONTACTS), group(1, Reason.UNAVAILABLE)])},
        Cause.LATE,
        Level.PROBLEM,
    ),
    "the address leaked": ({"leak": LeakSigns(unlisted=34, listed=20)}, Cause.LEAKED, Level.WARNING),
    "webhooks are refused": ({"is_limited": True}, Cause.TRAFFIC, Level.WARNING),
    "the call list cannot be read": (
        {"list_problem": "401", "list_problem_since": NOW - HOUR},
        Cause.CALL_LIST_UNREADABLE,
        Level.WARNING,
    ),
    "the call list was not read once": (
        {"list_problem": "401", "list_problem_since": NOW - MINUTE},
        Cause.CONNECTED,
        Level.FINE,
    ),
    "Planfix does not answer": ({"retry_at": NOW + MINUTE}, Cause.WAITING, Level.WARNING),
    "recordings are refused": (
        {"groups": grouped(recording_refused=[group(2)])},
        Cause.RECORDINGS_REFUSED,
        Level.WARNING,
    ),
    "callback tasks are refused": ({"groups": grouped(task_refused=[group(2)])}, Cause.TASKS_REFUSED, Level.WARNING),
    "contacts cannot be read": (
        {"directory_error": "503", "directory_error_since": NOW - HOUR},
        Cause.DIRECTORY_UNREADABLE,
        Level.WARNING,
    ),
    "contacts were not read once": (
        {"directory_error": "503", "directory_error_since": NOW - MINUTE},
        Cause.CONNECTED,
        Level.FINE,
    ),
}


@pytest.mark.parametrize("facts", RULES)
def test_status_of_a_customer_follows_from_the_facts(facts: str) -> None:
    changes, cause, level = RULES[facts]

    status = status_of(replace(FINE, **changes), NOW)

    assert (status.cause, status.level) == (cause, level)


def test_every_cause_of_a_status_has_a_rule() -> None:
    assert {cause for _changes, cause, _level in RULES.values()} == set(Cause)


def test_access_explains_failures_and_worse_issues_come_before_better_ones() -> None:
    groups = grouped(failed=[group(3)], waiting=[group(1)], recording_refused=[group(1)])
    facts = replace(
        FINE, customer=paused(), groups=groups, last_call_at={Direction.OUTGOING: NOW, Direction.INCOMING: None}
    )

    causes = [issue.cause for issue in status_of(facts, NOW).issues]

    assert causes == [Cause.PAUSED, Cause.FAILED, Cause.LATE, Cause.RECORDINGS_REFUSED, Cause.EVENT_MISSING]


def test_failed_calls_come_before_an_unfinished_set_up() -> None:
    facts = replace(FINE, has_employees=False, groups=grouped(failed=[group(3)]))

    assert status_of(facts, NOW).cause is Cause.FAILED


def test_issue_is_equal_after_storage() -> None:
    issue = Issue(cause=Cause.FAILED, level=Level.PROBLEM, code="refused", count=3, since=NOW, names={"id": "7"})

    assert Issue.from_json(issue.to_json()) == issue


# --- the facts, as the database holds them ---


def ago(time: timedelta) -> datetime:
    return timezone.now() - time


def store_call(customer: Customer, state: CallState = CallState.DELIVERED, **columns: Any) -> Any:
    """A call of an hour ago, reported by a webhook."""
    columns = {"started_at": ago(HOUR), "finished_at": ago(HOUR)} | columns
    call = make_call(customer, columns.pop("facts", None), state=state, **columns)
    make_event(call, received_at=ago(MINUTE))
    return call


def store_check(customer: Customer, finding: Finding, **names: str) -> None:
    checks = [{"finding": "reached", "names": {}}, {"finding": finding, "names": names}, {"finding": "of_tomorrow"}]
    result = {"account": customer.planfix_account, "project": customer.ringostat_project_id, "checks": checks}
    BackgroundJob.objects.create(
        kind=BackgroundJobKind.CONNECT, customer=customer, finished_at=timezone.now(), result=result
    )


def store_calls_without_webhook(customer: Customer) -> None:
    store_call(customer)
    for minutes in range(3):
        facts = call_facts(**OUTGOING)
        make_call(customer, facts, started_at=ago(HOUR + minutes * MINUTE), finished_at=ago(HOUR))


def store_refused_recording(customer: Customer) -> None:
    store_call(customer, receipts={"recording_refused": "HTTP 400, code 7002"})


def store_misunderstood_request(customer: Customer) -> None:
    event = make_event(store_call(customer), result=EventResult.NOT_UNDERSTOOD, received_at=ago(HOUR))
    WebhookEvent.objects.filter(pk=event.pk).update(call=None)


STORED: dict[str, tuple[Callable[[Customer], object], Cause]] = {
    "nothing": (lambda customer: None, Cause.NEW),
    "a test event": (send_test_event, Cause.NEW),
    "a failed access check": (lambda customer: store_check(customer, Finding.UNKNOWN), Cause.NO_ACCESS),
    "no token": (
        lambda customer: Customer.objects.filter(pk=customer.pk).update(planfix_token=Secret()),
        Cause.NO_ACCESS,
    ),
    "excluded employees only": (lambda customer: customer.employees.update(participates=False), Cause.NO_EMPLOYEES),
    "an employee without a match only": (
        lambda customer: customer.employees.update(planfix_user_id=None),
        Cause.NO_EMPLOYEES,
    ),
    "a pause": (
        lambda customer: Customer.objects.filter(pk=customer.pk).update(paused_reason="401", paused_at=ago(HOUR)),
        Cause.PAUSED,
    ),
    "an incoming call": (store_call, Cause.EVENT_MISSING),
    "calls without a webhook": (store_calls_without_webhook, Cause.EVENT_MISSING),
    "a failed call": (lambda customer: store_call(customer, CallState.FAILED), Cause.FAILED),
    "a late call, without a worker": (
        lambda customer: store_call(customer, CallState.PENDING, due_since=ago(HOUR)),
        Cause.NO_WORKER,
    ),
    "a skipped call": (
        lambda customer: store_call(customer, CallState.SKIPPED, reason=Reason.UNKNOWN_EMPLOYEE),
        Cause.SKIPPED,
    ),
    "a held call": (
        lambda customer: store_call(customer, CallState.PENDING, due_since=ago(MINUTE), reason="too_many_contacts"),
        Cause.NO_WORKER,
    ),
    "calls that are not listed": (
        lambda customer: CatchUpCursor.objects.create(
            customer=store_call(customer).customer, read_until=ago(MINUTE), listed_calls=5, unlisted_calls=30
        ),
        Cause.LEAKED,
    ),
    "a refused recording": (store_refused_recording, Cause.RECORDINGS_REFUSED),
    "a request that was not understood": (store_misunderstood_request, Cause.NOT_UNDERSTOOD),
    "refused webhooks": (
        lambda customer: mark(_limited(store_call(customer).customer_id), HOUR),
        Cause.TRAFFIC,
    ),
    "an unreadable call list": (
        lambda customer: CatchUpCursor.objects.create(
            customer=store_call(customer).customer, read_until=ago(DAY), trouble="401", trouble_since=ago(HOUR)
        ),
        Cause.CALL_LIST_UNREADABLE,
    ),
    "a planned attempt": (
        lambda customer: DeliveryLease.objects.create(
            customer=store_call(customer).customer,
            holder="00000000-0000-0000-0000-000000000000",
            held_until=ago(MINUTE),
            retry_at=ago(-MINUTE),
        ),
        Cause.WAITING,
    ),
}


def only() -> CustomerStatus:
    [status] = statuses_of(Customer.objects.all())
    return status


@pytest.fixture
def customer(db: None) -> Customer:
    customer = make_customer(name="Acme")
    make_employee(customer)
    return customer


@pytest.mark.parametrize("stored", STORED)
def test_status_has_the_cause_that_the_stored_rows_show(customer: Customer, stored: str) -> None:
    store, cause = STORED[stored]
    store(customer)

    assert only().cause is cause


def test_connected_customer_counts_its_calls(customer: Customer) -> None:
    for direction in ({}, OUTGOING):
        store_call(customer, facts=call_facts(**direction))
    store_call(customer, CallState.SKIPPED, reason=Reason.INTERNAL_CALL)

    issue = only().issue

    assert (issue.cause, issue.count, issue.of) == (Cause.CONNECTED, 2, 3)


def test_access_check_of_another_account_does_not_affect_the_status(customer: Customer) -> None:
    store_check(customer, Finding.UNKNOWN)
    Customer.objects.update(planfix_url="https://other.planfix.com")

    assert only().cause is Cause.NEW


def test_required_event_that_never_came_is_named(customer: Customer) -> None:
    store_calls_without_webhook(customer)

    issue = only().issue

    assert (issue.level, issue.code, issue.count) == (Level.WARNING, EventKind.AFTER_OUTGOING_CALL, 2)


def test_single_lost_webhook_is_no_missing_event(customer: Customer) -> None:
    store_call(customer)
    make_call(customer, call_facts(**OUTGOING), started_at=ago(HOUR))

    assert only().cause is Cause.CONNECTED


def test_retention_below_a_week_hides_no_webhook(customer: Customer) -> None:
    store_calls_without_webhook(customer)
    Customer.objects.update(retention_days=3)

    assert only().cause is Cause.CONNECTED


def test_copied_recording_is_not_missing(customer: Customer) -> None:
    store_call(customer, receipts={"recording_refused": "not ready", "file_id": 7})

    assert only().cause is Cause.EVENT_MISSING


@pytest.mark.django_db
def test_customers_are_ordered_by_problem_and_name() -> None:
    names = ["C fine", "b fine", "A late", "Z paused"]
    customers = {name: make_customer(name=name) for name in names}
    for customer in customers.values():
        make_employee(customer)
        for direction in ({}, OUTGOING):
            store_call(customer, facts=call_facts(**direction))
    store_call(customers["A late"], CallState.PENDING, due_since=ago(HOUR))
    Customer.objects.filter(name="Z paused").update(paused_reason="401", paused_at=ago(HOUR))

    found = [status.customer.name for status in statuses_of(Customer.objects.all())]

    assert found == ["Z paused", "A late", "b fine", "C fine"]


@pytest.mark.django_db
def test_status_queries_do_not_grow_with_the_number_of_customers() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            found = statuses_of(Customer.objects.all())
            pictures_of([status.customer for status in found], 14)
        return len(captured)

    store_call(make_customer())
    few = queries()
    for _ in range(5):
        store_call(make_customer())

    assert queries() == few


@pytest.mark.django_db
def test_calls_are_counted_by_the_days_of_the_customers_own_zone() -> None:
    customer = make_customer(timezone="Pacific/Auckland")
    start = timezone.now().astimezone(customer.zone).replace(hour=0, minute=30)
    make_call(customer, call_facts(exact_start=start))
    make_call(customer, call_facts(exact_start=start - HOUR))
    make_call(customer, call_facts(exact_start=start - 40 * DAY))
    make_call(make_customer(), call_facts(exact_start=start))

    days = pictures_of([customer], 14).days[customer.pk]

    assert [day.total for day in days] == [0] * 12 + [1, 1]
    assert days[-1].day == start.date()
    assert days[-1].by_state == {CallState.DELIVERED: 1}
