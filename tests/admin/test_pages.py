"""The pages of the console open and show recorded rows without secrets."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from integrations.models import (
    Alert,
    AlertKind,
    BackgroundJob,
    BackgroundJobKind,
    Call,
    CallState,
    Customer,
    PlanfixRequest,
    WebhookEvent,
)
from integrations.services.queue.background import enqueue
from integrations.services.queue.defer import deliver_soon
from integrations.users.audit import audit_record
from tests.factories import (
    AUTH_KEY,
    PLANFIX_TOKEN,
    make_call,
    make_customer,
    make_employee,
    make_event,
    make_request,
    make_specialist,
    make_superuser,
    make_viewer,
)

pytestmark = pytest.mark.django_db

REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)
RECORDED = [Alert, Call, LogEntry, PlanfixRequest, ProcrastinateJob, WebhookEvent, BackgroundJob]


@pytest.fixture
def console(client: Client) -> Client:
    """A superuser's browser. The database has one row of each kind."""
    client.force_login(make_superuser())
    customer = make_customer()
    make_employee(customer)
    customer.viewers.add(make_viewer())
    make_request(call := make_call(customer))
    make_event(call)
    deliver_soon(customer.pk)
    make_call(customer, state=CallState.FAILED, reason="refused", detail="Planfix said no.")
    Alert.objects.create(customer=customer, kind=AlertKind.FAILED, detail="One call failed.")
    enqueue(BackgroundJobKind.CATCH_UP, customer=customer)
    audit_record(User.objects.latest("pk"), "Paused.", customer)
    return client


def address(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_every_console_list_opens(console: Client, model: Any) -> None:
    assert console.get(address(model, "changelist"), follow=True).status_code == 200


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_every_console_change_page_opens(console: Client, model: Any) -> None:
    assert console.get(address(model, "change", model.objects.latest("pk").pk)).status_code == 200


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_every_console_add_page_opens_except_for_recorded_rows(console: Client, model: Any) -> None:
    assert console.get(address(model, "add")).status_code == (403 if model in RECORDED else 200)


@pytest.mark.parametrize("model", RECORDED, ids=lambda model: model._meta.label)
def test_recorded_rows_cannot_be_changed_or_deleted(console: Client, model: Any) -> None:
    row = model.objects.latest("pk")

    changed = console.post(address(model, "change", row.pk), {})
    deleted = console.post(address(model, "delete", row.pk), {"post": "yes"})

    assert (changed.status_code, deleted.status_code) == (403, 403)
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_no_console_page_shows_a_secret_or_its_ciphertext(console: Client, model: Any) -> None:
    customer = Customer.objects.get()
    secrets = [PLANFIX_TOKEN, AUTH_KEY, customer.planfix_token.ciphertext, customer.ringostat_auth_key.ciphertext]

    pages = [
        console.get(address(model, "changelist"), follow=True),
        console.get(address(model, "change", model.objects.latest("pk").pk)),
    ]

    html = " ".join(page.content.decode() for page in pages)
    assert not [secret for secret in secrets if secret in html]


def test_first_page_of_the_console_opens(console: Client) -> None:
    assert console.get(reverse("admin:index")).status_code == 200


@pytest.mark.parametrize(
    "columns",
    [
        {"body": b'{"recording": "https://app.ringostat.com/r.wav?token=0123456789abcdef"}'},
        {"body": b"", "query_string": "recording=https%3A%2F%2Fapp.ringostat.com%2Fr.wav%3Ftoken%3D0123456789abcdef"},
    ],
)
def test_webhook_event_page_hides_the_token_of_a_recording_link(console: Client, columns: dict[str, Any]) -> None:
    event = make_event(Call.objects.first(), **columns)  # type: ignore[arg-type]

    html = console.get(f"/admin/integrations/webhookevent/{event.pk}/change/").content.decode()

    assert "token=…" in html
    assert "0123456789abcdef" not in html


def test_raw_webhook_body_is_shown_as_text(console: Client) -> None:
    event = make_event(Call.objects.first(), body=b"<script>alert(1)</script>")  # type: ignore[arg-type]

    html = console.get(address(WebhookEvent, "change", event.pk)).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_a_recorded_row_leads_to_the_page_of_its_call(console: Client) -> None:
    event = WebhookEvent.objects.get()

    html = console.get(address(WebhookEvent, "changelist")).content.decode()

    assert reverse("calllog:call", args=[event.call_id]) in html


def test_a_specialist_sees_customers_but_no_users(client: Client) -> None:
    client.force_login(make_specialist())

    customers, users = client.get(address(Customer, "changelist"), follow=True), client.get("/admin/auth/user/")

    assert (customers.status_code, users.status_code) == (200, 403)


def test_the_menu_shows_a_specialist_no_link_to_users(client: Client) -> None:
    client.force_login(make_specialist())

    html = client.get(address(Customer, "changelist"), follow=True).content.decode()

    assert "/admin/integrations/webhookevent/" in html
    assert "/admin/auth/user/" not in html


def test_viewer_cannot_open_the_console(client: Client) -> None:
    client.force_login(make_viewer(make_customer()))

    response = client.get(address(Customer, "changelist"))

    assert response.status_code == 302
    assert re.match("/admin/login/", response["Location"])


def test_recorded_rows_show_labels_and_the_customers_local_time(console: Client) -> None:
    html = console.get(address(WebhookEvent, "changelist")).content.decode()

    assert "after the call" in html
    assert "2 Mar 2026, 12:01:15" in html


def test_recorded_rows_are_filtered_by_label(console: Client) -> None:
    events = console.get(address(WebhookEvent, "changelist"), {"kind": "before_call"}).context["cl"].result_list
    requests = console.get(address(PlanfixRequest, "changelist"), {"outcome": "ok"}).context["cl"].result_list

    assert (len(events), len(requests)) == (0, 1)
