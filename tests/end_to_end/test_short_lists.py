"""The short lists of the webhook page: with these names and no others, calls reach Planfix completely."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.admin.customer.webhooks.addresses import SHORT_LISTS
from integrations.domain.calls import EventKind
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, UTM, recorded

VALUES = {
    "uniqueid": CALL_ID,
    "call_timestamp": "1790771838000000",
    "E164": CLIENT,
    "dst": CLIENT.lstrip("+"),
    "employee_number": "331851",
    "disposition": "ANSWERED",
    "billsec": "124",
}
MOST_NAMES = 18


def body_of(kind: EventKind, sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    values = {**VALUES, "recording": recorded(sandbox)["recording"], **changes}
    return {name: values[name] for name in SHORT_LISTS[kind]}


def test_answered_incoming_call_with_the_short_list_is_complete_in_planfix(
    scenario: Scenario, sandbox: Sandbox
) -> None:
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    scenario.post(body_of(EventKind.AFTER_CALL, sandbox) | UTM, event="after_call")
    scenario.deliver()

    (comment,) = scenario.account.comments
    (entry,) = scenario.account.tag_entries
    assert (comment.author, entry.tag.name, len(comment.files)) == ("user:5", "Call", 1)
    assert (entry.values["Date"], entry.values["Type"], entry.values["Duration (sec.)"]) == (
        *("30-09-2026", "Incoming", "124"),
    )
    assert entry.values["Employee"] == "Iryna Bondar"
    assert {name: entry.values[name] for name in UTM} == UTM


@pytest.mark.parametrize(("billsec", "tag"), [("124", "Call"), ("0", "Missed call")])
def test_outgoing_call_with_the_short_list_is_complete_in_planfix(
    scenario: Scenario, sandbox: Sandbox, billsec: str, tag: str
) -> None:
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    body = body_of(EventKind.AFTER_OUTGOING_CALL, sandbox, billsec=billsec)
    scenario.post(body, event="after_outgoing_call")
    scenario.deliver()

    (comment,) = scenario.account.comments
    (entry,) = scenario.account.tag_entries
    assert (comment.author, entry.tag.name) == ("user:5", tag)
    assert entry.values["Type"] == "Outgoing"


def test_missed_incoming_call_with_the_short_list_is_complete_in_planfix(scenario: Scenario, sandbox: Sandbox) -> None:
    contact = scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    changes = {"disposition": "NO ANSWER", "billsec": "0", "employee_number": "-1", "recording": ""}
    scenario.post(body_of(EventKind.AFTER_CALL, sandbox, **changes) | UTM, event="after_call")
    scenario.deliver()

    (comment,) = scenario.account.comments
    (entry,) = scenario.account.tag_entries
    assert (comment.author, entry.tag.name) == (f"contact:{contact.id}", "Missed call")


def test_short_lists_have_few_names() -> None:
    names = sum(len(names) for names in SHORT_LISTS.values()) + len(UTM)
    assert names <= MOST_NAMES
