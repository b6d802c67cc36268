"""The page of problems groups failed and skipped calls by cause, and retries all calls of a cause."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from integrations.background_jobs import run_job
from integrations.domain.reasons import Reason
from integrations.models import BackgroundJob, Call, CallState, Customer
from tests.factories import call_facts, make_call, make_customer, make_specialist, make_user

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/problems/"
LIMIT = "POST /contact/: Planfix answered HTTP 400, code 23 (limit). The plan's limit of contacts is reached."
GONE = "POST /contact/812/comments/: Planfix answered HTTP 400, code 2000. There is no such contact."
GONE_TOO = "POST /contact/900/comments/: Planfix answered HTTP 400, code 2000. There is no such contact."


@pytest.fixture
def console(client: Client) -> Client:
    client.force_login(make_specialist())
    return client


def fail(customer: Customer, detail: str, reason: str = Reason.REFUSED) -> Call:
    return make_call(customer, state=CallState.FAILED, reason=reason, detail=detail, finished_at=timezone.now())


def skip(customer: Customer, reason: str) -> Call:
    facts = call_facts(exact_start=timezone.now() - timedelta(hours=1))
    return make_call(customer, facts, state=CallState.SKIPPED, reason=reason)


def groups(console: Client, name: str = "failed") -> list[Any]:
    return list(console.get(ADDRESS).context[name])


def test_failures_are_grouped_by_cause_whatever_ids_they_name(console: Client) -> None:
    acme, borshch = make_customer(name="Acme"), make_customer(name="Borshch")
    for customer, detail in ((acme, GONE), (acme, GONE_TOO), (borshch, GONE), (borshch, LIMIT)):
        fail(customer, detail)

    first, second = groups(console)

    assert (first.count, first.customers, second.count, second.customers) == (3, 2, 1, 1)
    assert first.title == "The contact was deleted in Planfix, or the token's employee cannot see it."
    assert [(share.name, share.count) for share in first.shares] == [("Acme", 2), ("Borshch", 1)]
    assert second.title == "The contact limit of the customer's Planfix plan is reached."
    assert second.detail == LIMIT


def test_internal_errors_are_grouped_by_their_message(console: Client) -> None:
    customer = make_customer()
    for number in range(3):
        fail(customer, f"KeyError: {number}", Reason.INTERNAL_ERROR)
    fail(customer, "ZeroDivisionError", Reason.INTERNAL_ERROR)

    assert [(group.count, group.title) for group in groups(console)] == [(3, "Ringofix error"), (1, "Ringofix error")]


def test_retry_button_retries_all_calls_of_its_cause_and_no_others(console: Client) -> None:
    acme, borshch = make_customer(name="Acme"), make_customer(name="Borshch")
    gone = [fail(acme, GONE), fail(borshch, GONE_TOO)]
    other = fail(acme, LIMIT)
    group = groups(console)[0]
    assert group.retry == "Retry 2 calls"

    console.post(ADDRESS, {"group": group.id})
    run_job(BackgroundJob.objects.get().pk)

    assert set(Call.objects.filter(state=CallState.PENDING)) == set(gone)
    other.refresh_from_db()
    assert other.state == CallState.FAILED
    assert {entry.object_repr for entry in LogEntry.objects.all()} == {"Acme", "Borshch"}


def test_retry_of_a_cause_that_was_fixed_meanwhile_retries_nothing(console: Client) -> None:
    fail(make_customer(), GONE)
    group = groups(console)[0]
    Call.objects.update(state=CallState.DELIVERED)

    page = console.post(ADDRESS, {"group": group.id}, follow=True)

    assert "These calls have been dealt with already." in page.content.decode()
    assert not BackgroundJob.objects.exists()


def test_skipped_calls_link_to_the_page_that_fixes_their_cause(console: Client) -> None:
    customer = make_customer()
    for reason in (Reason.UNKNOWN_EMPLOYEE, Reason.UNKNOWN_EMPLOYEE, Reason.NO_FINAL_EVENT, Reason.INTERNAL_CALL):
        skip(customer, reason)

    unknown, unended = groups(console, "skipped")
    [internal] = groups(console, "by_settings")

    assert (unknown.title, unknown.retry, unknown.shares[0].step.text) == (
        "Employee is unknown",
        "Retry 2 calls",
        "Match employees",
    )
    assert (unended.retry, unended.shares[0].step.text) == ("", "Check webhooks")
    assert internal.shares[0].step is None


def test_retry_of_skipped_calls_leaves_out_old_calls(console: Client) -> None:
    customer = make_customer()
    recent = skip(customer, Reason.UNKNOWN_EMPLOYEE)
    make_call(customer, state=CallState.SKIPPED, reason=Reason.UNKNOWN_EMPLOYEE)

    console.post(ADDRESS, {"group": groups(console, "skipped")[0].id})
    run_job(BackgroundJob.objects.get().pk)

    assert list(Call.objects.filter(state=CallState.PENDING)) == [recent]


def test_user_without_permission_on_calls_sees_no_retry_button(client: Client) -> None:
    customer = make_customer()
    fail(customer, GONE)
    user = make_user(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_customer"))
    customer.viewers.add(user)
    client.force_login(user)

    page = client.get(ADDRESS)

    assert "Retry one call" not in page.content.decode()
    assert client.post(ADDRESS, {"group": page.context["failed"][0].id}).status_code == 403


def test_problems_of_customers_that_the_user_may_not_see_are_not_shown(client: Client) -> None:
    fail(make_customer(), GONE)
    user = make_user(is_staff=True)
    client.force_login(user)
    assert client.get(ADDRESS).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_customer"))

    assert groups(client) == []
