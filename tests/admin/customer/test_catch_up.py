"""Days of the call list read again from a customer's page."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.background_jobs import run_job
from integrations.models import BackgroundJob, BackgroundJobKind, CallState, CatchUpCursor, Secret
from sandbox.ringostat.api import Ringostat
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID
from tests.end_to_end.rows import row
from tests.factories import make_specialist

pytestmark = pytest.mark.django_db


@pytest.fixture
def specialist() -> Client:
    client = Client()
    client.force_login(make_specialist())
    return client


def page_of(scenario: Scenario) -> str:
    return reverse("admin:integrations_customer_overview", args=[scenario.customer.pk])


def ask_for(client: Client, scenario: Scenario, first: date, last: date) -> str:
    days = {"action": "catch_up", "first_day": first.isoformat(), "last_day": last.isoformat()}
    return client.post(page_of(scenario), days, follow=True).content.decode()


def test_catch_up_from_the_console_adds_a_call_without_webhook(
    scenario: Scenario, specialist: Client, ringostat: Ringostat
) -> None:
    ringostat.calls = [row(ago=timedelta(days=1))]
    today = timezone.localdate(timezone=scenario.customer.zone)

    page = ask_for(specialist, scenario, today - timedelta(days=2), today)
    [job] = BackgroundJob.objects.filter(kind=BackgroundJobKind.CATCH_UP)
    run_job(job.pk)

    assert "Checking the call list of these days." in page
    assert scenario.call(CALL_ID).state == CallState.PENDING
    assert (
        "Calls in the list: 1. Were missing: 1. Were incomplete: 0."
        in specialist.get(page_of(scenario)).content.decode()
    )
    assert LogEntry.objects.filter(
        object_id=str(scenario.customer.pk), change_message__contains="Checked for missed calls"
    ).exists()


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        (2, 5, "The first day must not be after the last day."),
        (120, 0, "Choose three months at most."),
        (-3, -4, "These days are in the future."),
    ],
)
def test_catch_up_refuses_invalid_days_with_a_message(
    scenario: Scenario, specialist: Client, first: int, last: int, message: str
) -> None:
    today = timezone.localdate(timezone=scenario.customer.zone)

    assert message in ask_for(specialist, scenario, today - timedelta(days=first), today - timedelta(days=last))
    assert not BackgroundJob.objects.filter(kind=BackgroundJobKind.CATCH_UP).exists()


def test_overview_shows_how_far_catch_up_has_read_and_its_error(scenario: Scenario, specialist: Client) -> None:
    CatchUpCursor.objects.create(
        customer=scenario.customer,
        read_until=timezone.now(),
        trouble="Ringostat does not know the key.",
        refused_fields=["waittime"],
    )
    page = specialist.get(page_of(scenario)).content.decode()

    assert "Last read up to" in page
    assert "Ringostat does not know the key." in page
    assert "has no waittime" in page


def test_catch_up_needs_an_auth_key(scenario: Scenario, specialist: Client) -> None:
    scenario.customer.ringostat_auth_key = Secret()
    scenario.customer.save()

    assert "cannot be recovered without a Ringostat Auth-key" in specialist.get(page_of(scenario)).content.decode()
