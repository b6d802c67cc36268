"""The addresses that monitoring asks: /healthz, /readyz and /metrics."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import OperationalError
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from integrations.models import Call, CallbackTask, CallState, DirectoryAccount, RoutingAnswer
from integrations.services.queue.defer import deliver_soon
from ringofix import health
from tests.conftest import Scenario
from tests.end_to_end.bodies import answered
from tests.factories import make_call, make_customer


def test_healthy_process_answers_ok(client: Client, db: None) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_health_pages_answer_any_host_name_without_tls(client: Client, db: None, settings: Any, path: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = client.get(path, HTTP_HOST="10.0.0.7:8000")
    assert response.status_code == 200
    assert response["Content-Length"] == str(len(response.content))


def test_process_is_ready_when_its_migrations_are_done(client: Client, db: None) -> None:
    health._require_migrations.cache_clear()
    last = MigrationRecorder.Migration.objects.filter(app="integrations").latest("name")
    last.delete()
    waiting = client.get("/readyz")
    assert (waiting.status_code, waiting.json()["status"]) == (503, f"waits for migrations: integrations.{last.name}")
    assert client.get("/healthz").status_code == 200

    last.save()
    assert client.get("/readyz").status_code == 200


def test_process_without_its_database_is_not_ready(client: Client, db: None) -> None:
    with patch("ringofix.health.connection.cursor", side_effect=OperationalError):
        assert client.get("/healthz").status_code == 503
        assert client.get("/readyz").status_code == 503


def metrics(client: Client) -> dict[str, float]:
    lines = client.get("/metrics").content.decode().splitlines()
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


def test_metrics_show_how_long_the_oldest_call_has_been_due(scenario: Scenario) -> None:
    scenario.post(answered())
    Call.objects.update(due_since=timezone.now() - timedelta(hours=2))
    seen = metrics(scenario.client)

    assert seen["ringofix_calls_due"] == 1
    assert 7200 <= seen["ringofix_oldest_due_call_seconds"] < 7300
    assert seen["ringofix_customers_paused"] == 0


def test_failed_attempt_keeps_the_age_of_the_oldest_call(scenario: Scenario) -> None:
    scenario.post(answered())
    now = timezone.now()
    Call.objects.update(due_since=now - timedelta(days=2), due_at=now + timedelta(hours=1))
    seen = metrics(scenario.client)

    assert seen["ringofix_oldest_due_call_seconds"] >= 2 * 24 * 3600
    assert (seen["ringofix_calls_due"], seen['ringofix_calls{state="pending"}']) == (0, 1)


def test_call_that_waits_only_for_its_recording_is_not_counted_as_due(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()
    Call.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    seen = metrics(scenario.client)

    assert (seen["ringofix_calls_due"], seen["ringofix_oldest_due_call_seconds"]) == (0, 0)
    assert seen['ringofix_calls{state="pending"}'] == 0


def test_metrics_count_recent_webhooks_and_requests(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.post("no call", event="after_call")
    assert metrics(scenario.client)['ringofix_calls{state="pending"}'] == 1

    scenario.deliver()

    seen = metrics(scenario.client)
    assert seen['ringofix_webhooks_lately{result="call"}'] == 1
    assert seen['ringofix_webhooks_lately{result="not_understood"}'] == 1
    assert seen['ringofix_planfix_requests_lately{outcome="ok"}'] >= 3
    assert seen['ringofix_planfix_requests_lately{outcome="refused"}'] == 0
    assert seen['ringofix_calls{state="pending"}'] == 0


def test_metrics_count_failed_calls(scenario: Scenario) -> None:
    scenario.post(answered())
    Call.objects.update(state=CallState.FAILED, due_at=None)
    assert metrics(scenario.client)['ringofix_calls{state="failed"}'] == 1


def test_metrics_count_directories_by_state(client: Client, db: None) -> None:
    now = timezone.now()
    read = {"first_read_at": now, "changes_read_at": now}
    DirectoryAccount.objects.create(account="a", **read)
    DirectoryAccount.objects.create(account="b")
    DirectoryAccount.objects.create(account="c", **read | {"changes_read_at": now - timedelta(hours=1)})
    DirectoryAccount.objects.create(account="d", **read, error="Planfix lists no contacts.")
    seen = metrics(client)

    for state in ("ready", "first_reading", "behind", "unreadable"):
        assert seen[f'ringofix_directories{{state="{state}"}}'] == 1


def test_metrics_count_open_callback_tasks(client: Client, db: None) -> None:
    customer, now = make_customer(), timezone.now()
    closed = {"task_id": 4, "due_at": None, "closed_at": now}
    rows: list[dict[str, Any]] = [
        {"due_at": now - timedelta(minutes=5)},
        {"task_id": 3},
        {"problem": "Planfix refused it."},
        closed,
    ]
    for number, columns in enumerate(rows):
        kept = {"kind": "missed_call", "subject": str(number), "call": make_call(customer)} | columns
        CallbackTask.objects.create(customer=customer, **kept)
    seen = metrics(client)

    for state in ("due", "written", "refused"):
        assert seen[f'ringofix_callback_tasks{{state="{state}"}}'] == 1
    assert 300 <= seen["ringofix_oldest_due_callback_task_seconds"] < 360


def test_metrics_count_recent_routing_answers(client: Client, db: None) -> None:
    customer = make_customer()
    answers: list[dict[str, Any]] = [
        {"directions": ["acmecom_iryna"], "milliseconds": 8},
        {"reason": "unknown_client"},
        {"reason": "too_slow", "milliseconds": 1500},
        {"reason": "trouble"},
        {"directions": ["acmecom_iryna"], "asked_at": timezone.now() - timedelta(hours=1)},
    ]
    for columns in answers:
        RoutingAnswer.objects.create(customer=customer, **columns)
    seen = metrics(client)

    for result in ("answered", "empty", "too_slow", "trouble"):
        assert seen[f'ringofix_routing_answers_lately{{result="{result}"}}'] == 1
    assert seen["ringofix_slowest_routing_answer_seconds"] == 1.5


def test_metrics_count_waiting_jobs(scenario: Scenario) -> None:
    before = metrics(scenario.client)["ringofix_jobs_waiting"]
    deliver_soon(scenario.customer.pk)

    seen = metrics(scenario.client)
    assert seen["ringofix_jobs_waiting"] == before + 1
    assert 0 <= seen["ringofix_oldest_waiting_job_seconds"] < 60
    assert seen["ringofix_workers"] == 0
