"""All events of a call in every order lead to the same single comment and data tag entry."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import permutations
from typing import Any

import pytest

from integrations.models import CallState
from sandbox.planfix.records import Comment
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, answered, dialled, missed, recorded

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

Event = tuple[str, dict[str, Any]]

BEFORE: Event = (
    "before_call",
    {
        "call_type": "in",
        "call_date_microsecond": "1790771838219025",
        "call_date": "2026-09-30 15:37:18",
        "destination": "+380442223344",
        "number_e164": CLIENT,
        "callers_number": CLIENT.lstrip("+"),
    },
)
FORWARDING: Event = ("forwarding", {"call_type": "in", "number_e164": CLIENT, "step_forward": "webhookNumber:120"})
TAKING: Event = (
    "taking_call",
    {
        "type": "in",
        "call_date": "2026-09-30 15:37:18",
        "connected_with": "acmecom_iryna",
        "number_e164": CLIENT,
        "employee_id": 331851,
        "status": None,
        "duration_conversation": None,
        "recording": None,
    },
)
BEFORE_OUTGOING: Event = (
    "before_outgoing_call",
    {"call_type": "out", "callers_number": "acmecom_oleh", "destination": CLIENT.lstrip("+")},
)
RATING: Event = ("call_rating", {"category_number": "2", "category_mark": "5", "employee_mark": "4"})
AI: Event = (
    "ai_processed",
    {"call_duration": "135", "summary": "The client asks for a price list.", "recommended_action_1": "Send it"},
)

LIVES: dict[str, list[Event]] = {
    "answered": [BEFORE, TAKING, ("after_call", answered(has_recording="1")), RATING, AI],
    "missed": [BEFORE, FORWARDING, FORWARDING, ("after_call", missed())],
    "outgoing": [BEFORE_OUTGOING, ("after_outgoing_call", dialled()), RATING, AI],
}
AUTHORS = {"answered": "user:5", "missed": "contact:{}", "outgoing": "user:6"}
TAGS = {"answered": "Call", "missed": "Missed call", "outgoing": "Call"}
LATER_TEXT = {"answered": "Send it", "missed": "", "outgoing": "Send it"}


def live(scenario: Scenario, sandbox: Sandbox, life: Iterable[Event], call_id: str, *, at_each_event: bool) -> None:
    for event, body in life:
        names = {"uniqueid": call_id, "call_id": call_id}
        link = recorded(sandbox, call_id) if body.get("has_recording") == "1" else {}
        scenario.post({**body, **names, **link}, event=event)
        if at_each_event:
            scenario.deliver()


def written(comment: Comment, call_id: str) -> tuple[object, ...]:
    """What a manager sees of a call, but for the call's own id."""
    tags = [(entry.tag.name, sorted(entry.values.items())) for entry in comment.tags]
    text = comment.description.replace(call_id, CALL_ID)
    files = [file.name.replace(call_id, CALL_ID) for file in comment.files]
    return comment.contact_id, comment.author, comment.at, text, files, tags


@pytest.mark.parametrize("at_each_event", [False, True], ids=["delivered at the end", "delivered at each event"])
@pytest.mark.parametrize("name", LIVES)
def test_call_is_written_once_and_identically_in_any_order_of_events(
    scenario: Scenario, sandbox: Sandbox, settings: Any, name: str, at_each_event: bool
) -> None:
    settings.WEBHOOKS_PER_MINUTE = 10_000  # 120 orders of five events come within seconds
    contact = scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    orders = list(permutations(LIVES[name]))
    ids = [f"ua9_-1790775438.{number:07}" for number in range(len(orders))]
    for call_id, order in zip(ids, orders, strict=True):
        live(scenario, sandbox, order, call_id, at_each_event=at_each_event)
    for _ in range(10):  # a run ends after a while, even if more calls are due
        scenario.deliver()

    assert set(scenario.customer.calls.values_list("state", "due_at")) == {(CallState.DELIVERED, None)}
    comments = {next(call_id for call_id in ids if call_id in c.description): c for c in scenario.account.comments}
    assert (sorted(comments), len(scenario.account.comments)) == (ids, len(ids))
    seen = [written(comment, call_id) for call_id, comment in comments.items()]
    assert [other for other in seen if other != seen[0]] == []
    _, author, _, text, files, tags = seen[0]
    assert author == AUTHORS[name].format(contact.id)
    assert [tag for tag, _ in tags] == [TAGS[name]]
    assert LATER_TEXT[name] in str(text)
    assert files == ([f"{CALL_ID}.wav"] if name == "answered" else [])
