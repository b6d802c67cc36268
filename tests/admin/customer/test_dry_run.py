"""The dry run page: its inputs and its result in sentences."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.admin.customer.dry_run import lines
from integrations.background_jobs import run_job
from integrations.models import BackgroundJob, BackgroundJobKind, Customer
from integrations.services.dry_run.report import Comment, Decided, DryRunReport
from tests.conftest import NEW_CLIENT, Scenario
from tests.end_to_end.bodies import CLIENT, answered, missed
from tests.factories import make_call, make_customer, make_employee, make_event, make_specialist

pytestmark = pytest.mark.django_db


@pytest.fixture
def console(client: Client) -> Client:
    client.force_login(make_specialist())
    return client


def address(customer: Customer, query: str = "") -> str:
    return reverse("admin:integrations_customer_dry_run", args=[customer.pk]) + query


def enqueue(console: Client, customer: Customer, **answers: Any) -> BackgroundJob | None:
    console.post(address(customer), answers)
    return BackgroundJob.objects.filter(customer=customer, kind=BackgroundJobKind.DRY_RUN).first()


def test_dry_run_of_a_typed_number_is_enqueued(console: Client) -> None:
    customer = make_customer()
    employee = make_employee(customer)
    answers = {"number": CLIENT, "direction": "incoming", "outcome": "missed", "employee": employee.pk}

    response = console.post(address(customer), {"form": "number", **answers})

    job = BackgroundJob.objects.get()
    assert job.arguments == answers
    assert response.headers["Location"] == address(customer, f"?work={job.pk}")
    assert "Waiting for the worker" in console.get(response.headers["Location"]).content.decode()


def test_dry_run_of_a_pasted_body_is_enqueued(console: Client) -> None:
    job = enqueue(console, make_customer(), form="body", event_name="after_call", body='{"call_id": "1"}')

    assert job
    assert job.arguments == {"event_name": "after_call", "body": '{"call_id": "1"}'}


@pytest.mark.parametrize("name", ["event", "call"])
def test_dry_run_of_a_stored_event_or_call_is_offered_and_enqueued(console: Client, name: str) -> None:
    customer = make_customer()
    call = make_call(customer)
    row = {"event": make_event(call), "call": call}[name]

    html = console.get(address(customer, f"?{name}={row.pk}")).content.decode()
    job = enqueue(console, customer, form="stored", **{name: row.pk})

    assert f'<input type="hidden" name="{name}" value="{row.pk}">' in html
    assert job
    assert job.arguments == {name: row.pk}


@pytest.mark.parametrize("name", ["event", "call"])
def test_dry_run_of_another_customers_event_or_call_is_not_found(console: Client, name: str) -> None:
    customer, call = make_customer(), make_call(make_customer())
    row = {"event": make_event(call), "call": call}[name]

    assert console.get(address(customer, f"?{name}={row.pk}")).status_code == 404
    assert enqueue(console, customer, form="stored", **{name: row.pk}) is None


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"form": "stored"},
        {"form": "nothing"},
        {"form": "number", "number": "", "direction": "incoming", "outcome": "missed"},
        {"form": "number", "number": CLIENT, "direction": "sideways", "outcome": "missed"},
        {"form": "body", "body": ""},
        {"form": "body", "body": "{}", "event_name": "explosion"},
    ],
    ids=str,
)
def test_dry_run_with_invalid_input_is_not_enqueued(console: Client, answers: dict[str, str]) -> None:
    customer = make_customer()

    assert console.post(address(customer), answers).status_code == 200
    assert not BackgroundJob.objects.exists()


def test_dry_run_of_another_customer_is_not_shown(console: Client) -> None:
    job = BackgroundJob.objects.create(
        kind=BackgroundJobKind.DRY_RUN, customer=make_customer(), result={"not_over": True}
    )

    html = console.get(address(make_customer(), f"?work={job.pk}")).content.decode()

    assert "What would happen" not in html


# --- the answer ---


def answer(console: Client, scenario: Scenario, body: dict[str, Any]) -> str:
    job = enqueue(console, scenario.customer, form="body", event_name="after_call", body=json.dumps(body))
    assert job
    run_job(job.pk)
    return console.get(address(scenario.customer, f"?work={job.pk}")).content.decode()


def test_dry_run_shows_each_step_and_each_write(console: Client, scenario: Scenario) -> None:
    scenario.account.add_contact(name="Olha", lastname="Koval", phones=[CLIENT])

    html = answer(console, scenario, answered(utm_source="<b>google</b>"))

    for sentence in (
        "Request understood: after the call.",
        f"Answered incoming call from {CLIENT}.",
        "The employee is Iryna Bondar, matched by the SIP login or phone number.",
        "Olha Koval has this number.",
        "Comment in the name of Iryna Bondar:",
        "Data tag “Call”:",
        "Nothing was written. Planfix received one request.",
    ):
        assert sentence in html
    assert "<b>Incoming call</b>" in html
    assert "<b>google</b>" not in html


def test_dry_run_of_a_new_clients_missed_call_names_the_new_contact_as_author(
    console: Client, scenario: Scenario
) -> None:
    html = answer(console, scenario, missed(NEW_CLIENT))

    assert "No matching contact in Planfix. A new one would be created." in html
    assert "Comment in the name of the new contact:" in html


DECIDED = {"skip": "", "seen": "", "matched_by": "", "direction": "incoming", "outcome": "missed", "number": CLIENT}
CONTACT = {"id": 812, "name": "", "is_new": False, "is_gone": False, "found": 0}
TARGET = {"was_looked_for": False, "task": None}


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        ({"not_over": True}, "The call is in progress"),
        ({"understood": "not_understood", "why_not": "It is no JSON."}, "It is no JSON."),
        ({"understood": "failed", "why_not": ""}, "Ringofix could not parse it"),
        ({"understood": "ignored", "why_not": "no_call_id"}, "it has no call ID"),
        ({"understood": "ignored", "why_not": "test"}, "it is a test"),
        ({"decided": {**DECIDED, "skip": "hidden_number", "detail": ""}}, "Skipped: number is hidden."),
        ({"decided": {**DECIDED, "employee": "", "fallback_for": None}}, "A missed call needs no employee"),
        (
            {"decided": {**DECIDED, "employee": "Oleh", "fallback_for": ""}},
            "(unknown). It is logged under the fallback employee, Oleh",
        ),
        (
            {"contact": {**CONTACT, "found": 2}, "target": TARGET},
            "2 contacts have this number. The first one, Contact 812",
        ),
        ({"contact": CONTACT, "target": TARGET}, "Contact 812 is known from an earlier call"),
        ({"contact": {**CONTACT, "is_gone": True}, "target": TARGET}, "would be searched for again"),
        ({"contact": CONTACT, "target": TARGET, "unknown_contact": True}, "creating one is off"),
        ({"contact": CONTACT, "target": {"was_looked_for": True, "task": 7}}, "last active task, 7"),
        ({"contact": CONTACT, "target": {"was_looked_for": True, "task": None}}, "has no active task"),
        ({"left_out": ["utm_term"]}, "Planfix has no field for it: utm_term."),
        ({"trouble": "The token is unknown."}, "The delivery would stop here. The token is unknown."),
        ({"writes": [{"step": "recording", "name": "1.mp3"}]}, "copied to Planfix as 1.mp3"),
    ],
    ids=str,
)
def test_each_dry_run_fact_has_its_own_sentence(report: dict[str, Any], sentence: str) -> None:
    assert any(sentence in line.text for line in lines(DryRunReport.from_json(report), make_customer()))


def test_dry_run_page_lists_stored_requests_by_their_event(console: Client) -> None:
    customer = make_customer()
    make_event(make_call(customer))

    assert "after the call</span>" in console.get(address(customer)).content.decode()


def test_dry_run_says_that_the_account_ignores_the_author() -> None:
    customer = make_customer()
    decided = Decided(employee="Iryna Bondar", direction="incoming", outcome="answered", matched_by="name")
    warning = "Planfix writes this account's comments in the token's name. The text names the employee."
    honoured = DryRunReport(decided=decided, writes=[Comment(author="Iryna Bondar", by_employee=True)])
    assert warning not in [line.text for line in lines(honoured, customer)]

    ignored = DryRunReport(decided=decided, writes=[Comment(by_token=True, text="Incoming call · Iryna Bondar")])

    shown = [line.text for line in lines(ignored, customer)]
    assert warning in shown
    assert "Comment in the name of the token's employee:" in shown
