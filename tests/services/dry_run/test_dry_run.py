"""A dry run reports what a delivery would do, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.background_jobs import run_job
from integrations.models import (
    AccountRateLimit,
    BackgroundJob,
    BackgroundJobKind,
    Call,
    Delivery,
    PlanfixRequest,
    RememberedContact,
    WebhookEvent,
)
from integrations.services.privacy.erasure import erase_number
from integrations.services.queue.background import enqueue
from tests.conftest import NEW_CLIENT, Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, answered, dialled, missed, recorded, unanswered

IRYNA, OLEH = "Iryna Bondar", "Oleh Tkachenko"
WRITES = ("/contact/", "/comments/", "/datatags/", "/file/")


@pytest.fixture(autouse=True)
def known_client(request: pytest.FixtureRequest) -> None:
    if "scenario" in request.fixturenames:
        request.getfixturevalue("scenario").account.add_contact(name="Olha", lastname="Koval", phones=[CLIENT])


def dry_run(scenario: Scenario, **arguments: Any) -> dict[str, Any]:
    work = enqueue(BackgroundJobKind.DRY_RUN, customer=scenario.customer, **arguments)
    run_job(work.pk)
    work.refresh_from_db()
    assert not work.trouble
    assert work.result is not None
    result: dict[str, Any] = work.result
    return result


def pasted(scenario: Scenario, body: dict[str, Any], kind: str = "after_call") -> dict[str, Any]:
    return dry_run(scenario, body=json.dumps(body), event_name=kind)


def typed(scenario: Scenario, number: str, **changes: Any) -> dict[str, Any]:
    arguments = {"direction": "incoming", "outcome": "answered", "employee": None, **changes}
    return dry_run(scenario, number=number, **arguments)


def steps(result: dict[str, Any]) -> list[str]:
    return [write["step"] for write in result["writes"]]


def written(result: dict[str, Any], step: str) -> dict[str, Any]:
    found: dict[str, Any] = next(write for write in result["writes"] if write["step"] == step)
    return found


def requests_that_write(scenario: Scenario) -> list[PlanfixRequest]:
    sent = PlanfixRequest.objects.filter(customer=scenario.customer, method="POST").order_by("pk")
    return [row for row in sent if not row.path.endswith("/list")]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (answered(), "after_call"),
        (answered(NEW_CLIENT), "after_call"),
        (missed(), "after_call"),
        (missed(NEW_CLIENT), "after_call"),
        (dialled(), "after_outgoing_call"),
        (dialled(NEW_CLIENT), "after_outgoing_call"),
        (unanswered(), "after_outgoing_call"),
    ],
    ids=["answered", "answered new", "missed", "missed new", "dialled", "dialled new", "unanswered"],
)
def test_a_dry_run_reports_what_a_delivery_writes(scenario: Scenario, body: dict[str, Any], kind: str) -> None:
    said = pasted(scenario, body, kind)
    assert requests_that_write(scenario) == []

    scenario.post(body, kind)
    scenario.deliver()

    sent = requests_that_write(scenario)
    paths = [
        next(part.strip("/") for part in ("/datatags/", "/comments/", "/contact/") if part in row.path) for row in sent
    ]
    assert steps(said) == [{"datatags": "tag", "comments": "comment", "contact": "contact"}[path] for path in paths]
    comment = next(row for row in sent if "/comments/" in row.path)
    assert written(said, "comment")["text"] == comment.body["description"]
    tag = sent[-1].body["items"][0]["customFieldData"]
    assert len(written(said, "tag")["values"]) == len(tag)
    assert said["decided"]["number"] == Call.objects.get().client_number


def test_a_dry_run_stores_only_its_reading_requests(scenario: Scenario) -> None:
    pasted(scenario, answered(NEW_CLIENT))

    assert not Call.objects.exists()
    assert not WebhookEvent.objects.exists()
    assert not Delivery.objects.exists()
    assert not RememberedContact.objects.exists()
    assert {row.path for row in PlanfixRequest.objects.all()} >= {"/contact/list"}
    assert requests_that_write(scenario) == []
    assert AccountRateLimit.objects.filter(account=scenario.customer.planfix_account).exists()


def test_a_dry_run_names_a_known_client(scenario: Scenario) -> None:
    said = pasted(scenario, answered())

    assert said["contact"]["name"] == "Olha Koval"
    assert (said["contact"]["found"], said["contact"]["is_new"]) == (1, False)
    assert written(said, "comment")["author"] == IRYNA


def test_a_dry_run_of_a_missed_call_of_a_new_number_creates_its_author(scenario: Scenario) -> None:
    said = pasted(scenario, missed(NEW_CLIENT))

    assert steps(said) == ["contact", "comment", "tag"]
    assert written(said, "contact")["phones"] == [NEW_CLIENT]
    comment = written(said, "comment")
    assert (comment["author"], comment["by_employee"]) == ("", False)


def test_a_dry_run_reports_the_tag_by_field_names(scenario: Scenario) -> None:
    values = dict(written(pasted(scenario, answered()), "tag")["values"])

    assert values["utm_source"] == "google"
    assert IRYNA in values.values()
    assert "Olha Koval" in values.values()
    assert "30-09-2026" in values.values()


def test_a_dry_run_reports_a_recording_to_copy_without_its_token(scenario: Scenario, sandbox: Any) -> None:
    said = pasted(scenario, answered(**recorded(sandbox)))

    assert steps(said) == ["recording", "comment", "tag"]
    assert written(said, "comment")["with_recording"]
    assert "0" * 32 not in json.dumps(said)


def test_a_dry_run_shows_a_linked_recording_without_its_token(
    db: None, make_scenario: Callable[..., Scenario], sandbox: Any
) -> None:
    said = pasted(make_scenario(recording="link"), answered(NEW_CLIENT, **recorded(sandbox)))

    text = written(said, "comment")["text"]
    assert "/recordings/" in text
    assert "0" * 32 not in json.dumps(said)


def test_a_dry_run_finds_the_last_active_task(db: None, make_scenario: Callable[..., Scenario]) -> None:
    scenario = make_scenario(call_target="last_active_task")
    contact = scenario.account.add_contact(name="Petro", phones=[NEW_CLIENT])
    task = scenario.account.add_task(contact.id, "Order").id

    said = pasted(scenario, answered(NEW_CLIENT))

    assert said["target"] == {"was_looked_for": True, "task": task}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (answered("anonymous", caller="anonymous"), "hidden_number"),
        (answered(connected_with="acmecom_maria"), "employee_not_participating"),
        (answered(connected_with="acmecom_newcomer"), "unknown_employee"),
    ],
)
def test_a_dry_run_of_a_skipped_call_sends_no_request(scenario: Scenario, body: dict[str, Any], reason: str) -> None:
    said = pasted(scenario, body)

    assert said["decided"]["skip"] == reason
    assert "writes" not in said
    assert not PlanfixRequest.objects.exists()


def test_a_dry_run_of_an_unknown_number_is_skipped_if_contacts_are_not_created(
    db: None, make_scenario: Callable[..., Scenario]
) -> None:
    said = pasted(make_scenario(create_contacts=False), answered(NEW_CLIENT))

    assert said["unknown_contact"]
    assert said["writes"] == []


@pytest.mark.parametrize(
    ("body", "told"),
    [("<xml/>", "not_understood"), ('{"event": "deal_updated"}', "ignored"), ('{"call_id": "1"}', "call")],
)
def test_a_dry_run_of_an_unfinished_call_or_no_call_says_so(scenario: Scenario, body: str, told: str) -> None:
    said = dry_run(scenario, body=body, event_name="")

    assert said["understood"] == told
    assert "writes" not in said


def test_a_dry_run_of_a_stored_event_or_call_changes_nothing(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()
    before = (Call.objects.values().get(), Delivery.objects.values().get(), len(requests_that_write(scenario)))
    event = WebhookEvent.objects.get()

    by_event, by_call = dry_run(scenario, event=event.pk), dry_run(scenario, call=Call.objects.get().pk)

    assert written(by_event, "comment") == written(by_call, "comment")
    assert by_call["contact"]["found"] == 0  # remembered
    assert by_call["contact"]["name"] == "Olha Koval"
    assert (Call.objects.values().get(), Delivery.objects.values().get(), len(requests_that_write(scenario))) == before


@pytest.mark.parametrize(
    ("changes", "author"),
    [
        ({"direction": "incoming", "outcome": "answered"}, OLEH),
        ({"direction": "outgoing", "outcome": "answered"}, OLEH),
        ({"direction": "outgoing", "outcome": "missed"}, OLEH),
        ({"direction": "incoming", "outcome": "missed"}, "Olha Koval"),
    ],
    ids=str,
)
def test_a_dry_run_of_a_typed_number_has_the_chosen_employee(
    scenario: Scenario, changes: dict[str, str], author: str
) -> None:
    employee = scenario.customer.employees.get(name=OLEH)

    said = typed(scenario, "067 123-45-67", employee=employee.pk, **changes)

    assert said["decided"]["number"] == CLIENT
    assert written(said, "comment")["author"] == author


def test_a_dry_run_reports_a_denied_token(db: None, make_scenario: Callable[..., Scenario]) -> None:
    scenario = make_scenario()
    scenario.customer.planfix_token = "wrong-token"
    scenario.customer.save()

    said = pasted(scenario, answered())

    assert "token" in said["trouble"]
    assert "wrong-token" not in json.dumps(said)
    scenario.customer.refresh_from_db()
    assert scenario.customer.paused_reason == ""


def test_dry_run_results_are_deleted_after_a_day(scenario: Scenario) -> None:
    old = enqueue(BackgroundJobKind.DRY_RUN, customer=scenario.customer, call=1)
    yesterday = timezone.now() - timedelta(days=1, minutes=1)
    BackgroundJob.objects.filter(pk=old.pk).update(finished_at=yesterday, result={"number": CLIENT})

    pasted(scenario, answered())

    assert not BackgroundJob.objects.filter(pk=old.pk).exists()
    assert BackgroundJob.objects.count() == 1


def test_a_dry_run_cannot_read_another_customers_call(
    scenario: Scenario, make_scenario: Callable[..., Scenario]
) -> None:
    scenario.post(answered())
    other = make_scenario(name="Other")

    work = enqueue(BackgroundJobKind.DRY_RUN, customer=other.customer, call=Call.objects.get().pk)
    run_job(work.pk)

    work.refresh_from_db()
    assert work.result is None
    assert CALL_ID not in work.trouble


def test_delivery_stores_how_many_requests_the_account_has_left(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()

    left = AccountRateLimit.objects.get(account=scenario.customer.planfix_account).requests_left
    assert left is not None
    assert 0 < left == scenario.account.quota.left


def test_erasure_deletes_dry_run_results(scenario: Scenario) -> None:
    pasted(scenario, answered())

    erase_number(scenario.customer, CLIENT)

    assert not BackgroundJob.objects.exists()


def test_a_dry_run_reports_a_remembered_contact_that_is_gone(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()
    scenario.account.contacts[0].is_deleted = True

    assert dry_run(scenario, call=Call.objects.get().pk)["contact"]["is_gone"]
