"""Call details in the comment and the data tag entry, from the webhook to Planfix (rules 9, 11 and 14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import CallState
from sandbox.http.faults import Fault
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, NEW_CLIENT, answered, missed

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("seconds", "period"),
    [
        ({"waittime": "50", "billsec": "124", "duration": "174"}, "15:37 - 15:40"),
        ({"waittime": "50", "billsec": "124", "duration": ""}, "15:37 - 15:40"),
        ({"waittime": "", "billsec": "124", "duration": "174"}, "15:37 - 15:40"),
        ({"waittime": "", "billsec": "124", "duration": ""}, "15:37 - 15:39"),
        ({"waittime": "", "billsec": "", "duration": ""}, "15:37 - 15:37"),
        ({"waittime": "41", "billsec": "", "duration": ""}, "15:37 - 15:37"),
        ({"waittime": "42", "billsec": "", "duration": ""}, "15:37 - 15:38"),
    ],
)
def test_data_tag_period_is_from_the_first_ring_to_the_end_of_the_call(
    scenario: Scenario, seconds: dict[str, str], period: str
) -> None:
    scenario.post(answered(**seconds))
    scenario.deliver()

    (entry,) = scenario.account.tag_entries
    assert entry.values["Time"] == period


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (answered(disposition="ANSWERED"), ""),
        (answered(disposition="PROPER"), ""),
        (answered(disposition="TRANSFERRED"), "Call status: TRANSFERRED"),
        (missed(disposition="BUSY"), "Call status: BUSY"),
        (missed(disposition="SCHEDULE CLOSED"), "Call status: SCHEDULE CLOSED"),
    ],
)
def test_comment_shows_a_status_that_says_more_than_the_heading(
    scenario: Scenario, body: dict[str, Any], status: str
) -> None:
    scenario.post(body)
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert [line for line in comment.description.split("<br/>") if "status" in line] == [status] * bool(status)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("pool_name", "Main site"), ("Pool Name", "Main site"), ("client_id", "12.34"), ("disposition", "ANSWERED")],
)
def test_any_parameter_of_the_payload_can_be_mapped_to_a_field(
    make_scenario: Callable[..., Scenario], parameter: str, value: str
) -> None:
    scenario = make_scenario(utm_fields=[{"parameter": parameter, "field": "utm_term"}])
    scenario.post(answered(**{"Client_ID": "12.34"}))
    scenario.deliver()

    (entry,) = scenario.account.tag_entries
    assert entry.values["utm_term"] == value


@pytest.mark.parametrize(("tag_name", "body"), [("Call", answered()), ("Missed call", missed())])
def test_a_standard_field_that_the_tag_lacks_is_skipped_and_reported(
    scenario: Scenario, tag_name: str, body: dict[str, Any]
) -> None:
    tags = scenario.account.tags
    (tag,) = [tag for tag in tags.values() if tag.name == tag_name]
    tags[tag.id] = replace(tag, fields=tuple(field for field in tag.fields if field.name != "Contact phone"))
    scenario.post(body)
    scenario.deliver()

    (entry,) = scenario.account.tag_entries
    assert (entry.values["Contact"], entry.values["utm_source"]) == (CLIENT, "google")
    call = scenario.call(CALL_ID)
    assert (call.state, call.delivery.skipped_fields) == (CallState.DELIVERED, ["Contact phone"])


def test_a_new_contact_is_not_asked_for_tasks(make_scenario: Callable[..., Scenario]) -> None:
    scenario = make_scenario(call_target="last_active_task")
    scenario.post(answered(NEW_CLIENT))
    scenario.deliver()

    (comment,), (contact,) = scenario.account.comments, scenario.account.contacts
    assert (comment.contact_id, comment.task_id) == (contact.id, None)
    assert [request.path for request in scenario.account.requests if request.path.startswith("/task")] == []


def test_comment_in_flight_is_not_mistaken_for_another_calls_comment(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.post(answered())
    scenario.deliver()
    sandbox.add_fault(Fault(kind="reset", method="POST", path="/contact/*/comments", when="before", times=1))
    scenario.post(answered(uniqueid="ua9_-1790775999.2139026"))
    scenario.deliver()
    scenario.customer.calls.filter(due_at__isnull=False).update(due_at=timezone.now())
    scenario.deliver()

    assert len(scenario.account.comments) == 2
    assert [comment.tags[0].tag.name for comment in scenario.account.comments] == ["Call", "Call"]
