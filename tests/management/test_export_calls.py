"""One line per call, for scripts and spreadsheets."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.core.management import CommandError, call_command

from integrations.models import Call
from integrations.services.missed_calls.called_back import fold_missed_calls
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, answered, dialled, missed


def exported(*arguments: str) -> str:
    out = io.StringIO()
    call_command("export_calls", *arguments, stdout=out)
    return out.getvalue()


def test_a_delivered_call_is_exported_with_its_numbers_in_planfix(scenario: Scenario) -> None:
    contact = scenario.account.add_contact(name="Olha", phones=[CLIENT])
    scenario.post(answered())
    scenario.deliver()

    (row,) = [json.loads(line) for line in exported().splitlines()]
    assert row == {
        "call_id": CALL_ID,
        "customer": "Acme",
        "started_at": "2026-09-30T12:37:18+00:00",
        "direction": "incoming",
        "outcome": "answered",
        "client_number": CLIENT,
        "employee": "Iryna Bondar",
        "state": "delivered",
        "reason": "",
        "detail": "",
        "attempts": 1,
        "contact_id": contact.id,
        "task_id": None,
        "comment_id": scenario.account.comments[0].id,
        "tag_id": scenario.account.tag_entries[0].key,
        "called_back_at": None,
        "called_back_by": None,
        "callback_attempts": None,
        "callback_task": None,
        "verified": None,
    }


def test_missed_call_is_exported_with_its_callback(scenario: Scenario) -> None:
    scenario.post(missed())
    scenario.post(dialled(call_id="ua9_-2.2", date="2026-09-30 15:49:18"), event="after_outgoing_call")
    scenario.deliver()
    fold_missed_calls()

    (row, _outgoing) = [json.loads(line) for line in exported().splitlines()]
    assert row["called_back_at"] == "2026-09-30T12:49:18+00:00"
    assert (row["called_back_by"], row["callback_attempts"]) == ("Oleh Tkachenko", 0)


def test_exported_call_without_delivery_has_no_attempts(scenario: Scenario) -> None:
    scenario.post(answered())

    (row,) = [json.loads(line) for line in exported("--customer", "Acme").splitlines()]
    assert (row["state"], row["attempts"], row["comment_id"]) == ("pending", 0, None)


def test_export_calls_csv_has_the_same_columns_and_no_formulas(scenario: Scenario) -> None:
    scenario.post(answered())
    Call.objects.update(detail="=HYPERLINK(0)")

    (row,) = csv.DictReader(io.StringIO(exported("--format", "csv")))
    assert (row["call_id"], row["client_number"], row["detail"]) == (CALL_ID, CLIENT, "'=HYPERLINK(0)")
    assert (row["reason"], row["employee"], row["comment_id"]) == ("", "", "")


def test_export_calls_exports_only_the_named_customer(scenario: Scenario) -> None:
    scenario.post(answered())

    with pytest.raises(CommandError, match="no customer named"):
        exported("--customer", "Nobody")
