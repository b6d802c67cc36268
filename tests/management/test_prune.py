"""manage.py prune: its options for customers, age and number."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from integrations.models import Call, Customer, WebhookEvent
from integrations.services.customers.import_export import export_customer, import_customer
from tests.factories import make_call, make_customer, make_event
from tests.management.conftest import lines

pytestmark = pytest.mark.django_db

NUMBER = "+380671234567"


@pytest.fixture
def customers() -> list[Customer]:
    """Each with an event of 5, of 50 and of 500 days ago."""
    customers = [make_customer(name="Acme"), make_customer(name="Archive", retention_days=0)]
    for customer in customers:
        call = make_call(customer)
        for days in (5, 50, 500):
            make_event(call, received_at=timezone.now() - timedelta(days=days))
    return customers


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ([], {"Acme": 2, "Archive": 3}),
        (["--days", "10"], {"Acme": 1, "Archive": 3}),
        (["--days", "10", "--customer", "Archive"], {"Acme": 3, "Archive": 1}),
        (["--customer", "Archive"], {"Acme": 3, "Archive": 3}),
        (["--customer", "Acme"], {"Acme": 2, "Archive": 3}),
    ],
)
def test_prune_deletes_events_older_than_the_retention_days(
    customers: list[Customer], arguments: list[str], left: dict[str, int]
) -> None:
    lines("prune", *arguments)

    assert {each.name: WebhookEvent.objects.filter(customer=each).count() for each in customers} == left


def test_prune_prints_deleted_rows(customers: list[Customer]) -> None:
    assert lines("prune") == [
        {
            "customer": "Acme",
            "days": 90,
            "events": 1,
            "planfix_requests": 0,
            "history": 0,
            "routing_answers": 0,
            "client_names": 0,
            "read_backs": 0,
            "recording_links": 1,
        },
        {"customer": "Archive", "days": 0},
    ]


def test_prune_erases_a_number_at_every_customer(customers: list[Customer]) -> None:
    assert lines("prune", "--number", NUMBER) == [
        {"customer": "Acme", "calls": 1, "events": 3, "planfix_requests": 0, "remembered_contacts": 0},
        {"customer": "Archive", "calls": 1, "events": 3, "planfix_requests": 0, "remembered_contacts": 0},
    ]
    assert not Call.objects.filter(client_number=NUMBER).exists()


def test_prune_erases_a_number_at_the_named_customer_only(customers: list[Customer]) -> None:
    lines("prune", "--number", NUMBER, "--customer", "Acme")

    assert Call.objects.get(client_number=NUMBER).customer == customers[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--days", "0"], "--days must be 1 or more"),
        (["--number", "1234"], "“1234” is not a phone number"),
        (["--number", NUMBER, "--days", "1"], "not allowed with argument"),
        (["--customer", "Nobody"], "There is no customer named “Nobody”"),
    ],
)
def test_prune_with_a_mistyped_argument_deletes_nothing(
    customers: list[Customer], arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("prune", *arguments)

    assert WebhookEvent.objects.count() == 6


def test_customer_file_contains_the_retention_days() -> None:
    customer = import_customer(
        {"name": "Acme", "planfix": {"url": "https://acme.planfix.com", "token": "t"}, "retention_days": 30}
    )

    assert customer.retention_days == 30
    assert export_customer(customer)["retention_days"] == 30


@pytest.mark.parametrize("days", [2_147_483_647, 10**30])
def test_retention_longer_than_the_calendar_keeps_everything(customers: list[Customer], days: int) -> None:
    lines("prune", "--days", str(days))

    assert WebhookEvent.objects.count() == 6
