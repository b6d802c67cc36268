"""What the operator's machines ask: is it alive, does it do its job?"""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from integrations.models import Call
from tests.conftest import Way
from tests.ways.bodies import answered


def test_a_healthy_process_says_ok(client: Client, db: None) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_a_process_without_its_database_says_so(client: Client, db: None) -> None:
    with patch("ringofix.health.connection.cursor", side_effect=OperationalError):
        assert client.get("/healthz").status_code == 503


def test_metrics_tell_how_long_the_oldest_call_has_been_due(way: Way) -> None:
    way.post(answered())
    Call.objects.update(due_at=timezone.now() - timedelta(hours=2))
    figures = dict(
        line.split() for line in way.client.get("/metrics").content.decode().splitlines() if not line.startswith("#")
    )

    assert float(figures["ringofix_calls_due"]) == 1
    assert 7200 <= float(figures["ringofix_oldest_due_call_seconds"]) < 7300
    assert float(figures["ringofix_customers_paused"]) == 0
