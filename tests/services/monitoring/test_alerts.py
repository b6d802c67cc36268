"""Alerts: each problem is mailed once at its start and once at its end, and a failing mail server loses none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any
from unittest.mock import patch

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from structlog.testing import capture_logs

from integrations.models import Alert, AlertKind, Call, CallState, CatchUpCursor, Customer, Secret
from integrations.services.intake.stale_calls import close_all_stale_calls
from integrations.services.monitoring.alerts import check_alerts
from tests.factories import PLANFIX_TOKEN, make_call, make_customer, make_event

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

pytestmark = pytest.mark.django_db

Outbox = list[EmailMessage]


@pytest.fixture(autouse=True)
def _somebody_is_told(settings: Any) -> None:
    settings.ALERT_EMAILS = ["on.call@example.com"]
    settings.PUBLIC_URL = "https://ringofix.example"


def pause(customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(paused_reason="The token is switched off.")


def resume(customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(paused_reason="")


def let_a_call_fail(customer: Customer, ago: timedelta = MINUTE) -> Call:
    return make_call(customer, state=CallState.FAILED, reason="refused", finished_at=timezone.now() - ago)


def let_a_call_be_late(customer: Customer, since: timedelta = HOUR, **columns: Any) -> Call:
    """Makes a call late: an attempt has failed and another one is due."""
    now = timezone.now()
    columns = {"due_at": now + 5 * MINUTE, "due_since": now - since, "reason": "unavailable"} | columns
    return make_call(customer, state=CallState.PENDING, **columns)


def settle_calls(customer: Customer) -> None:
    customer.calls.update(state=CallState.DELIVERED, due_at=None)


def lose_the_call_list(customer: Customer, since: timedelta = HOUR) -> None:
    now = timezone.now()
    error = {"trouble": "Ringostat answered 401: the Auth-key is wrong.", "trouble_since": now - since}
    CatchUpCursor.objects.update_or_create(customer=customer, defaults={"read_until": now, **error})


def read_the_call_list(customer: Customer) -> None:
    CatchUpCursor.objects.update(trouble="", trouble_since=None)


def skip_every_call(customer: Customer) -> None:
    now = timezone.now()
    for _ in range(6):
        make_call(customer, state=CallState.SKIPPED, reason="unknown_employee", started_at=now - HOUR)


def silence(customer: Customer) -> None:
    customer.events.all().delete()
    make_event(make_call(customer), received_at=timezone.now() - 4 * 24 * HOUR)


def receive_a_webhook(customer: Customer) -> None:
    customer.events.update(received_at=timezone.now())


Change = Callable[[Customer], object]
TROUBLES: list[Any] = [
    pytest.param(pause, resume, "paused", id="paused"),
    pytest.param(let_a_call_fail, settle_calls, "failed", id="failed"),
    pytest.param(let_a_call_be_late, settle_calls, "late", id="late"),
    pytest.param(skip_every_call, settle_calls, "skipped", id="skipped"),
    pytest.param(silence, receive_a_webhook, "webhook", id="silent"),
    pytest.param(lose_the_call_list, read_the_call_list, "catch_up", id="catch_up"),
]


def open_alerts() -> set[str]:
    return set(Alert.objects.filter(resolved_at=None).values_list("kind", flat=True))


@pytest.mark.parametrize(("begin", "end", "kind"), TROUBLES)
def test_problem_is_mailed_at_its_start_and_at_its_end(
    mailoutbox: Outbox, begin: Change, end: Change, kind: str
) -> None:
    customer = make_customer(name="Acme")
    check_alerts()
    assert mailoutbox == []

    begin(customer)
    check_alerts()
    check_alerts()

    [mail] = mailoutbox
    assert (mail.subject, mail.to) == ("Ringofix: Acme needs attention", ["on.call@example.com"])
    assert open_alerts() == {kind}

    end(customer)
    check_alerts()
    check_alerts()

    assert [mail.subject for mail in mailoutbox[1:]] == ["Ringofix: problem resolved for Acme"]
    assert open_alerts() == set()


@pytest.mark.parametrize(("begin", "end", "kind"), TROUBLES)
def test_returning_problem_is_a_new_alert(mailoutbox: Outbox, begin: Change, end: Change, kind: str) -> None:
    customer = make_customer()
    for change in (begin, end, begin):
        change(customer)
        check_alerts()

    assert len(mailoutbox) == 3
    assert [(alert.kind, alert.resolved_at is None) for alert in Alert.objects.order_by("pk")] == [
        (kind, False),
        (kind, True),
    ]


def test_alert_mail_describes_the_problem_and_links_to_it(mailoutbox: Outbox) -> None:
    customer = make_customer(name="Acme")
    pause(customer)
    for _ in range(3):
        let_a_call_fail(customer)

    check_alerts()

    body = mailoutbox[0].body
    assert "Acme has been paused since" in body
    assert "The token is switched off." in body
    assert f"https://ringofix.example/admin/integrations/customer/{customer.pk}/change/" in body
    assert "3 calls failed." in body
    assert f"https://ringofix.example/calls/?customer={customer.pk}&state=failed" in body


def test_alert_mail_shows_times_in_the_customers_zone(mailoutbox: Outbox) -> None:
    customer = make_customer(timezone="Asia/Tokyo")
    let_a_call_be_late(customer, due_since="2026-03-02T10:00Z")

    check_alerts()

    assert "since 2 Mar, 19:00 (Asia/Tokyo)" in mailoutbox[0].body


@pytest.mark.parametrize("page", ["/admin/integrations/customer/{}/change/", "/calls/?customer={}&state=failed"])
def test_links_in_the_alert_mail_open(admin_client: Client, page: str) -> None:
    assert admin_client.get(page.format(make_customer().pk)).status_code == 200


def test_one_mail_lists_all_new_alerts(mailoutbox: Outbox) -> None:
    customers = [make_customer() for _ in range(3)]
    for customer in customers[:2]:
        pause(customer)
    check_alerts()
    resume(customers[0])
    let_a_call_fail(customers[2])

    check_alerts()

    assert [mail.subject for mail in mailoutbox] == [
        "Ringofix: 2 customers need attention",
        f"Ringofix: {customers[2].name} needs attention",
    ]
    assert f"{customers[0].name} is no longer paused" in mailoutbox[1].body
    assert customers[1].name not in mailoutbox[1].body


@pytest.mark.parametrize(
    "number",
    ["+380671234567", "380671234567", "067 123 45 67", "+38 (067) 123-45-67", "+48.22.123.45.67"],
)
def test_no_phone_number_and_no_secret_is_mailed(mailoutbox: Outbox, number: str) -> None:
    Customer.objects.filter(pk=make_customer().pk).update(
        paused_reason=f"HTTP 401, code 1 (no {number} here). Do it anew."
    )

    with capture_logs() as logs:
        check_alerts()

    for text in (mailoutbox[0].body, str(logs)):
        assert "HTTP 401, code 1 (no … here). Do it anew." in text
        assert PLANFIX_TOKEN not in text


def test_customer_name_with_line_breaks_does_not_stop_the_mail(mailoutbox: Outbox) -> None:
    pause(make_customer(name="Acme\nBcc: everybody@example.com"))

    check_alerts()

    assert mailoutbox[0].subject == "Ringofix: Acme Bcc: everybody@example.com needs attention"


# --- when a call list is missed ---


@pytest.mark.parametrize(
    ("since", "auth_key", "is_missed"),
    [(31 * MINUTE, "key", True), (29 * MINUTE, "key", False), (HOUR, "", False)],
    ids=["31 minutes", "29 minutes", "the key was taken away"],
)
def test_unread_call_list_raises_an_alert_after_the_limit(
    mailoutbox: Outbox, since: timedelta, auth_key: str, is_missed: bool
) -> None:
    customer = make_customer(ringostat_auth_key=Secret.of(auth_key))
    lose_the_call_list(customer, since)

    check_alerts()

    assert ["the Auth-key is wrong" in mail.body for mail in mailoutbox] == [True] * is_missed


# --- which calls are late ---


@pytest.mark.parametrize(
    ("since", "changes", "is_late"),
    [
        (31 * MINUTE, {}, True),
        (29 * MINUTE, {}, False),
        (HOUR, {"state": CallState.DELIVERED}, False),
        (HOUR, {"state": CallState.FAILED, "due_at": None}, False),
    ],
    ids=["31 minutes", "29 minutes", "delivered, an addition waits", "failed"],
)
def test_due_call_raises_an_alert_after_the_limit(since: timedelta, changes: dict[str, Any], is_late: bool) -> None:
    let_a_call_be_late(make_customer(), since)
    Call.objects.update(**changes | {"detail": ""})

    check_alerts()

    assert ("late" in open_alerts()) is is_late


def test_alert_limit_is_a_setting(settings: Any) -> None:
    settings.ALERT_AFTER_MINUTES = 120
    let_a_call_be_late(make_customer())

    check_alerts()

    assert open_alerts() == set()


def test_late_calls_of_a_paused_customer_raise_no_own_alert(mailoutbox: Outbox) -> None:
    customer = make_customer()
    pause(customer)
    let_a_call_be_late(customer)

    check_alerts()

    assert open_alerts() == {"paused"}


def test_pause_does_not_end_the_alert_of_late_calls() -> None:
    customer = make_customer()
    let_a_call_be_late(customer)
    check_alerts()
    pause(customer)

    check_alerts()

    assert open_alerts() == {"paused", "late"}


# --- failed calls ---


def test_further_failures_within_a_day_belong_to_the_same_alert(mailoutbox: Outbox) -> None:
    customer = make_customer()
    for ago in (20 * HOUR, HOUR):
        let_a_call_fail(customer, ago)
        check_alerts()

    assert len(mailoutbox) == 1


def test_old_failed_call_does_not_hide_a_later_one(mailoutbox: Outbox) -> None:
    customer = make_customer()
    let_a_call_fail(customer)
    check_alerts()
    Call.objects.update(finished_at=timezone.now() - 25 * HOUR)
    check_alerts()
    let_a_call_fail(customer)
    check_alerts()

    assert ["needs attention" in mail.subject for mail in mailoutbox] == [True, False, True]


# --- when no mail goes out ---


def test_failing_mail_server_loses_no_alert(mailoutbox: Outbox) -> None:
    first, second = make_customer(name="First"), make_customer(name="Second")
    pause(first)
    with patch.object(EmailMessage, "send", side_effect=SMTPServerDisconnected("Connection unexpectedly closed")):
        check_alerts()
        pause(second)
        check_alerts()
    assert list(Alert.objects.values_list("notified_at", flat=True)) == [None, None]

    check_alerts()
    check_alerts()

    [mail] = mailoutbox
    assert mail.subject == "Ringofix: 2 customers need attention"


def test_problem_that_ended_before_its_mail_is_mailed_once(mailoutbox: Outbox) -> None:
    customer = make_customer(name="Acme")
    pause(customer)
    with patch.object(EmailMessage, "send", side_effect=OSError):
        check_alerts()
    resume(customer)

    check_alerts()
    check_alerts()

    assert [mail.subject for mail in mailoutbox] == ["Ringofix: problem resolved for Acme"]


def test_alerts_are_logged_without_mail_addresses(mailoutbox: Outbox, settings: Any) -> None:
    settings.ALERT_EMAILS = []
    customer = make_customer()
    pause(customer)

    with capture_logs() as logs:
        check_alerts()
        check_alerts()
        resume(customer)
        check_alerts()

    assert mailoutbox == []
    assert [(line["event"], line["kind"], line["customer_id"]) for line in logs] == [
        ("alert", "paused", customer.pk),
        ("alert resolved", "paused", customer.pk),
    ]
    settings.ALERT_EMAILS = ["new@example.com"]
    check_alerts()
    assert mailoutbox == []


def test_metrics_count_open_alerts_by_kind(client: Client) -> None:
    pause(make_customer())
    pause(over := make_customer())
    check_alerts()
    resume(over)
    check_alerts()

    figures = client.get("/metrics").content.decode().splitlines()

    assert 'ringofix_alerts_open{kind="paused"} 1.0' in figures
    assert {f'ringofix_alerts_open{{kind="{kind}"}} 0.0' for kind in (AlertKind.FAILED, AlertKind.LATE)} <= set(figures)


@pytest.mark.parametrize("look", [check_alerts, close_all_stale_calls])
def test_alert_checks_do_not_scan_all_calls(look: Callable[[], None]) -> None:
    customer = make_customer()
    call = make_call(customer)
    columns = {
        field.attname: getattr(call, field.attname) for field in Call._meta.concrete_fields if field.name != "id"
    }
    Call.objects.bulk_create(Call(**columns | {"ringostat_id": f"call {number}"}) for number in range(3000))
    let_a_call_be_late(customer)
    let_a_call_fail(customer)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE integrations_call")

    with CaptureQueriesContext(connection) as queries:
        look()

    asked = [query["sql"] for query in queries if 'FROM "integrations_call"' in query["sql"]]
    assert asked
    with connection.cursor() as cursor:
        for sql in asked:
            cursor.execute("EXPLAIN " + sql)
            assert "Seq Scan on integrations_call " not in str(cursor.fetchall()), sql
