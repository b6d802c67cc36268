"""Hostile requests cause no error, every accepted one is stored, and the pages that show it work."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import random
import re
from collections import Counter
from typing import Any

import pytest
from django.test import Client

from integrations.background_jobs import run_job
from integrations.models import BackgroundJob, BackgroundJobKind, Call, EventResult, JobFile, WebhookEvent
from integrations.services.customers.import_export import webhook_address
from ringofix.request import Request
from sandbox.harness.fuzz_requests import FuzzRequest, fuzz_requests
from tests.conftest import Scenario
from tests.factories import make_viewer

REQUESTS = 2000
TAKEN = ("GET", "POST", "PUT")
SCRIPT = re.compile(r"<script>alert|<img src=x|href=\"javascript:", re.IGNORECASE)


@pytest.fixture(autouse=True)
def no_limit_of_the_address(settings: Any) -> None:
    settings.WEBHOOKS_PER_MINUTE = 10_000


@pytest.fixture(autouse=True)
def requests_as_the_server_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the test client use the server's own requests instead of Django's."""
    monkeypatch.setattr("django.test.client.WSGIRequest", Request)


def expected(fuzz: FuzzRequest) -> set[int]:
    if "%2f" in fuzz.event:
        return {404, 400}  # no address of ours; 400 where the form has a NUL
    return {200, 413} if fuzz.method in TAKEN else {405}


def send(scenario: Scenario, seed: int, number: int) -> Counter[bytes]:
    """Sends hostile requests. Returns the digests of the accepted bodies."""
    accepted: Counter[bytes] = Counter()
    address = webhook_address(scenario.customer)
    client = Client(raise_request_exception=False)
    for fuzz in itertools.islice(fuzz_requests(random.Random(seed)), number):
        path = f"{address}{fuzz.event}/" if fuzz.event else address
        answer = client.generic(fuzz.method, path, fuzz.body, content_type=fuzz.content_type, QUERY_STRING=fuzz.query)
        assert answer.status_code in expected(fuzz), fuzz
        if answer.status_code == 200:
            accepted[hashlib.sha256(fuzz.body).digest()] += 1
    return accepted


@pytest.mark.django_db
@pytest.mark.parametrize(
    "charset", ["zip", "hex", "undefined", "idna", "punycode", "unicode_escape", "utf-16", "x" * 300]
)
@pytest.mark.parametrize("address", ["/calls/login/?next=ü", "/healthz", "/nowhere/"])
def test_no_charset_causes_a_server_error(charset: str, address: str) -> None:
    content_type = f"application/x-www-form-urlencoded; charset={charset}"
    for method in ("GET", "POST"):
        answer = Client().generic(method, address, b"username=a&password=%ff", content_type=content_type)

        assert answer.status_code in {200, 404}


@pytest.mark.slow
def test_hostile_webhooks_cause_no_error_and_every_accepted_one_is_stored(scenario: Scenario) -> None:
    accepted = send(scenario, 1, REQUESTS)

    stored = Counter(hashlib.sha256(event.body).digest() for event in WebhookEvent.objects.only("body"))
    assert stored == accepted
    assert accepted.total() > REQUESTS / 2
    results = Counter(WebhookEvent.objects.values_list("result", flat=True))
    assert results[EventResult.FAILED] == 0, WebhookEvent.objects.filter(result="failed").values_list("reason")[:3]
    assert min(results[EventResult.CALL], results[EventResult.NOT_UNDERSTOOD]) > 100


@pytest.mark.slow
def test_calls_of_hostile_webhooks_are_delivered_or_skipped_without_internal_errors(scenario: Scenario) -> None:
    send(scenario, 3, 400)
    for _ in range(5):  # a turn ends after a while
        scenario.deliver()

    calls = list(Call.objects.all())
    assert len(calls) > 50
    assert [(call.reason, call.detail) for call in calls if call.reason == "internal_error"] == []
    assert {call.state for call in calls} >= {"delivered", "skipped"}


@pytest.mark.slow
def test_every_page_shows_hostile_values_as_text(scenario: Scenario) -> None:
    send(scenario, 4, 400)
    client = Client()
    client.force_login(make_viewer(scenario.customer))

    pages = ["/calls/", *(f"/calls/{call}/" for call in Call.objects.values_list("pk", flat=True))]
    assert len(pages) > 50
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200
        assert not SCRIPT.search(answer.content.decode()), page
    rows = list(csv.reader(io.StringIO(client.get("/calls/export.csv").getvalue().decode("utf-8-sig"), newline="")))
    assert len(rows) == len(pages)
    assert [cell for row in rows for cell in row if re.match(r"[=@\t\r]|[+-](?!\d+$)", cell)] == []

    client.post("/calls/export.xlsx")
    run_job(BackgroundJob.objects.get(kind=BackgroundJobKind.EXPORT).pk)
    assert client.get(f"/calls/exports/{JobFile.objects.get().pk}/").getvalue().startswith(b"PK")
