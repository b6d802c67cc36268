"""What of a call stands in its comment and data tag entry, from the webhook to Planfix (rules 9, 11 and 14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import CallState
from sandbox.http.faults import Fault
from sandbox.server.app import Sandbox
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
    ],
)
def test_a_call_lasts_from_its_first_ring_to_its_end(way: Scenario, seconds: dict[str, str], period: str) -> None:
    way.post(answered(**seconds))
    way.deliver()

    (entry,) = way.account.tag_entries
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
def test_the_status_is_told_where_it_says_more_than_the_heading(
    way: Scenario, body: dict[str, Any], status: str
) -> None:
    way.post(body)
    way.deliver()

    (comment,) = way.account.comments
    assert [line for line in comment.description.split("<br/>") if "status" in line] == [status] * bool(status)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("pool_name", "Main site"), ("Pool Name", "Main site"), ("client_id", "12.34"), ("disposition", "ANSWERED")],
)
def test_any_parameter_of_the_payload_may_stand_in_a_field(
    make_way: Callable[..., Scenario], parameter: str, value: str
) -> None:
    way = make_way(utm_fields=[{"parameter": parameter, "field": "utm_term"}])
    way.post(answered(**{"Client_ID": "12.34"}))
    way.deliver()

    (entry,) = way.account.tag_entries
    assert entry.values["utm_term"] == value


@pytest.mark.parametrize(("tag_name", "body"), [("Call", answered()), ("Missed call", missed())])
def test_a_standard_field_that_the_tag_lacks_is_left_out_and_told(
    way: Scenario, tag_name: str, body: dict[str, Any]
) -> None:
    tags = way.account.tags
    (tag,) = [tag for tag in tags.values() if tag.name == tag_name]
    tags[tag.id] = replace(tag, fields=tuple(field for field in tag.fields if field.name != "Contact phone"))
    way.post(body)
    way.deliver()

    (entry,) = way.account.tag_entries
    assert (entry.values["Contact"], entry.values["utm_source"]) == (CLIENT, "google")
    call = way.call(CALL_ID)
    assert (call.state, call.delivery.left_out) == (CallState.DELIVERED, ["Contact phone"])


def test_a_new_contact_is_not_asked_for_tasks(make_way: Callable[..., Scenario]) -> None:
    way = make_way(call_target="last_active_task")
    way.post(answered(NEW_CLIENT))
    way.deliver()

    (comment,), (contact,) = way.account.comments, way.account.contacts
    assert (comment.contact_id, comment.task_id) == (contact.id, None)
    assert [request.path for request in way.account.requests if request.path.startswith("/task")] == []


def test_a_comment_of_unclear_fate_is_not_taken_for_that_of_another_call(way: Scenario, sandbox: Sandbox) -> None:
    way.post(answered())
    way.deliver()
    sandbox.add_fault(Fault(kind="reset", method="POST", path="/contact/*/comments", when="before", times=1))
    way.post(answered(uniqueid="ua9_-1790775999.2139026"))
    way.deliver()
    way.customer.calls.filter(due_at__isnull=False).update(due_at=timezone.now())
    way.deliver()

    assert len(way.account.comments) == 2
    assert [comment.tags[0].tag.name for comment in way.account.comments] == ["Call", "Call"]
