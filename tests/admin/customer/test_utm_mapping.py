"""The page that maps parameters to Planfix fields."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import BackgroundJob, BackgroundJobKind, Customer
from tests.factories import call_facts, make_call, make_customer, make_superuser, make_user

pytestmark = pytest.mark.django_db


def tag(number: int, name: str, *fields: str) -> dict[str, Any]:
    rows = [{"id": number + place, "name": field, "type": 0} for place, field in enumerate(fields, start=1)]
    standard = [
        {"id": number + 50 + place, "name": name, "type": 0}
        for place, name in enumerate(("External line", "Contact phone", "External line name"))
    ]
    return {"id": number, "name": name, "fields": [*standard, *rows]}


@pytest.fixture
def console(client: Client) -> Client:
    client.force_login(make_superuser())
    return client


@pytest.fixture
def customer() -> Customer:
    """A checked customer whose tag “Missed call” lacks utm_term. No field is chosen."""
    tags = {
        "call": tag(100, "Call", "utm_source", "utm_term", "Click"),
        "missed_call": tag(200, "Missed call", "utm_source", "Click"),
    }
    customer = make_customer(planfix_tags=tags, planfix_contact_fields={"Source": 7})
    customer.utm_fields.all().delete()
    return customer


def page_of(customer: Customer) -> str:
    return reverse("admin:integrations_customer_parameters", args=[customer.pk])


def kept(customer: Customer) -> list[tuple[str, str, str]]:
    return list(customer.utm_fields.order_by("parameter").values_list("parameter", "field", "contact_field"))


def test_utm_page_offers_planfix_fields_and_parameters_of_calls(console: Client, customer: Customer) -> None:
    make_call(customer, call_facts(parameters={"gclid": "abc"}))

    html = console.get(page_of(customer)).content.decode()

    assert '<option value="utm_source" selected>' in html
    assert "for example abc" in html
    assert '<option value="Source" >' in html
    assert "External line" not in html


def test_missing_field_of_a_parameter_is_explained_step_by_step(console: Client, customer: Customer) -> None:
    html = console.get(page_of(customer)).content.decode()

    assert "Open “Missed call” and add a field of the type “Line”" in html
    assert "for each of these names: utm_term" in html


def test_chosen_fields_of_parameters_are_saved(console: Client, customer: Customer) -> None:
    chosen = {"field-utm_source": "utm_source", "contact-utm_source": "Source", "field-utm_term": ""}
    console.post(page_of(customer), chosen | {"name-other": " gclid ", "field-other": "Click"})

    assert kept(customer) == [("gclid", "Click", ""), ("utm_source", "utm_source", "Source")]
    assert not BackgroundJob.objects.exists()


def test_worker_creates_a_missing_contact_field_of_a_parameter(console: Client, customer: Customer) -> None:
    console.post(page_of(customer), {"contact-utm_term": "+", "name-other": "gclid", "contact-other": "+"})

    assert kept(customer) == [("gclid", "gclid", "gclid"), ("utm_term", "utm_term", "utm_term")]
    job = BackgroundJob.objects.get()
    assert (job.kind, job.arguments) == (BackgroundJobKind.CREATE_FIELDS, {"names": ["utm_term", "gclid"]})


def test_one_field_for_two_parameters_is_refused_with_a_message(console: Client, customer: Customer) -> None:
    response = console.post(page_of(customer), {"field-utm_source": "Click", "field-utm_term": "Click"})

    assert "Another parameter already uses this field" in response.content.decode()
    assert kept(customer) == []


def test_access_check_started_from_the_parameters_page_leads_back(console: Client, customer: Customer) -> None:
    address = reverse("admin:integrations_customer_connect", args=[customer.pk])

    assert console.post(address, {"back": "parameters"})["Location"] == page_of(customer)


def test_parameters_page_shows_remaining_steps_after_field_creation(console: Client, customer: Customer) -> None:
    BackgroundJob.objects.create(
        kind=BackgroundJobKind.CREATE_FIELDS,
        customer=customer,
        result={"made": ["utm_term"]},
        finished_at="2026-03-02T10:00Z",
    )

    assert (
        "Created in Planfix: utm_term. Now add them to the contact template"
        in console.get(page_of(customer)).content.decode()
    )


def test_parameters_page_requires_change_permission(client: Client, customer: Customer) -> None:
    client.force_login(make_user(is_staff=True))

    assert client.get(page_of(customer)).status_code == 403


def test_parameters_page_before_the_first_check_says_what_to_do(console: Client) -> None:
    html = console.get(page_of(make_customer())).content.decode()

    assert "The Planfix fields are not known yet." in html
