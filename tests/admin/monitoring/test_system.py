"""The page of the system shows operators what runs, what waits, and what to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from integrations.models import BackgroundJobKind, CallState, DirectoryAccount
from integrations.services.queue.background import enqueue
from ringofix import __version__
from tests.factories import make_call, make_customer, make_specialist, make_superuser, make_user

pytestmark = pytest.mark.django_db

WORKER = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())"
SWEEP = """
INSERT INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp)
VALUES ('sweep', '', extract(epoch FROM now() - interval '3 s')::bigint),
       ('alerts', '', extract(epoch FROM now() - interval '60.5 minutes')::bigint)
"""


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def lines(client: Client) -> dict[str, tuple[str, str]]:
    cards = client.get("/admin/system/").context["cards"]
    return {line.label: (line.value, line.advice) for card in cards for line in card.lines}


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(make_superuser())
    return client


def test_system_page_advises_what_to_do_when_no_worker_runs(operator: Client) -> None:
    assert lines(operator)["Workers running"] == (
        "0",
        "Start a worker: manage.py worker. Calls wait until then; none is lost.",
    )

    execute(WORKER)

    assert lines(operator)["Workers running"] == ("1", "")


def test_system_page_advises_what_to_do_when_directories_cannot_be_read(operator: Client) -> None:
    directory = DirectoryAccount.objects.create(account="acme.planfix.com")
    assert lines(operator)["Contact directories"] == ("1", "")

    directory.error = "Planfix does not answer."
    directory.save()

    assert lines(operator)["Contact directories"][1]


def test_system_page_shows_when_periodic_jobs_last_ran(operator: Client) -> None:
    assert lines(operator)["Last sweep"][0] == "never"

    execute(SWEEP)

    assert lines(operator)["Last sweep"][1] == ""
    assert lines(operator)["Last alert check"] == ("60 min ago", "Look at the worker's log; restart the worker.")


def test_system_page_calls_the_oldest_waiting_call_late_after_the_limit(operator: Client) -> None:
    make_call(make_customer(), state=CallState.PENDING, due_since=timezone.now() - timedelta(hours=3))

    assert lines(operator)["Oldest waiting call"] == ("3 h", "See which customers are late.")
    assert lines(operator)["Calls waiting"][0] == "1"


def test_system_page_shows_versions_keys_and_database_without_secrets(operator: Client, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [*django_settings.ENCRYPTION_KEYS, *django_settings.ENCRYPTION_KEYS]

    shown, html = lines(operator), operator.get("/admin/system/").content.decode()

    assert shown["Ringofix"][0] == __version__
    assert shown["Encryption keys"] == ("2 keys", "Run manage.py rotate_encryption_keys, then remove the old keys.")
    assert shown["PostgreSQL"][0].split(".")[0].isdecimal()
    assert not [key for key in (*settings.ENCRYPTION_KEYS, settings.SECRET_KEY) if key in html]


def test_system_page_says_when_nobody_gets_alerts(operator: Client, settings: Any) -> None:
    settings.ALERT_EMAILS = []
    assert lines(operator)["Addresses that get alerts"][1] == "Nobody gets alerts: set ALERT_EMAILS."

    settings.ALERT_EMAILS = ["on.call@example.com"]

    assert lines(operator)["Addresses that get alerts"] == ("1", "")


@pytest.mark.parametrize(("make", "status"), [(make_specialist, 200), (lambda: make_user(is_staff=True), 403)])
def test_system_page_requires_the_permission_to_see_customers(client: Client, make: Any, status: int) -> None:
    client.force_login(make())

    assert client.get("/admin/system/").status_code == status


def test_page_of_a_waiting_job_says_that_no_worker_runs(operator: Client) -> None:
    customer = make_customer()
    enqueue(BackgroundJobKind.CONNECT, customer=customer)
    page = f"/admin/integrations/customer/{customer.pk}/change/"

    assert "No worker is running. The job starts as soon as one does." in operator.get(page).content.decode()

    execute(WORKER)

    html = operator.get(page).content.decode()
    assert "Waiting for the worker…" in html
    assert "No worker is running" not in html
