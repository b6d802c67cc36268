"""What comes after a call is delivered: a late recording, what the AI said, a rating. All of it on the same comment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import Call, CallState
from integrations.services.delivery import call_delivery
from sandbox.http.faults import Fault
from sandbox.ringostat.api import Ringostat
from sandbox.server.app import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, answered, missed, recorded
from tests.end_to_end.test_contacts import merge

AI = {
    "call_id": CALL_ID,
    "summary": "The client asks for <b>a price list</b>.",
    "client_mood": "neutral",
    "recommended_action_1": "Send the price list",
    "recommended_action_2": "Call back on Monday",
    "dialogue_quality_score": "8.5",
}
RATING = {"call_id": CALL_ID, "category_mark": "5", "employee_mark": "4"}


@pytest.fixture(autouse=True)
def fresh_ringostat(sandbox: Sandbox) -> Iterator[None]:
    sandbox.ringostat = Ringostat()
    yield
    sandbox.ringostat = Ringostat()


def a_while_later() -> None:
    """Makes whatever waits for its time due."""
    Call.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_recording_whose_link_comes_later_hangs_on_the_same_comment(way: Scenario, sandbox: Sandbox) -> None:
    way.post(answered(has_recording="1"))
    way.deliver()
    (comment,) = way.account.comments
    assert comment.files == []

    way.post(answered(**recorded(sandbox)))
    way.deliver()

    (comment,) = way.account.comments
    assert [file.name for file in comment.files] == [f"{CALL_ID}.wav"]
    assert CALL_ID in comment.description
    assert len(way.account.tag_entries) == 1
    call = way.call(CALL_ID)
    assert (call.state, call.due_at) == (CallState.DELIVERED, None)


def test_a_recording_that_was_not_ready_is_linked_and_copied_later(way: Scenario, sandbox: Sandbox) -> None:
    sandbox.ringostat.not_ready = {CALL_ID}
    way.post(answered(**recorded(sandbox)))
    way.deliver()
    (comment,) = way.account.comments
    assert (comment.files, "/recordings/" in comment.description) == ([], True)

    sandbox.ringostat.not_ready = set()
    a_while_later()
    way.deliver()

    (comment,) = way.account.comments
    assert len(comment.files) == 1
    assert "/recordings/" not in comment.description


def test_a_recording_that_never_comes_is_looked_for_a_few_times_only(way: Scenario, sandbox: Sandbox) -> None:
    sandbox.ringostat.not_ready = {CALL_ID}
    way.post(answered(**recorded(sandbox)))
    for _ in range(8):
        way.deliver()
        a_while_later()

    call = way.call(CALL_ID)
    assert (call.state, call.due_at) == (CallState.DELIVERED, None)
    asked = [request for request in way.account.requests if request.path == "/file/from-url/"]
    assert len(asked) == 4
    assert "/recordings/" in way.account.comments[0].description


def test_a_missing_link_is_asked_of_ringostats_call_list(way: Scenario, sandbox: Sandbox) -> None:
    way.post(answered(has_recording="1"))
    way.deliver()
    sandbox.ringostat.calls = [
        {
            "uniqueid": CALL_ID,
            "calldate": "2026-09-30T15:37:18+0300",
            "call_type": "in",
            "disposition": "ANSWERED",
            "billsec": 124,
            "duration": 135,
            **recorded(sandbox),
        }
    ]
    a_while_later()
    way.deliver()

    (comment,) = way.account.comments
    assert [file.name for file in comment.files] == [f"{CALL_ID}.wav"]


@pytest.mark.parametrize("body", [missed(), answered(disposition="VOICEMAIL")], ids=["missed", "voicemail"])
def test_a_call_without_a_conversation_has_no_recording_and_waits_for_none(
    way: Scenario, sandbox: Sandbox, body: dict[str, str]
) -> None:
    way.post({**body, **recorded(sandbox)})
    way.deliver()

    (comment,) = way.account.comments
    assert (comment.files, "/recordings/" in comment.description) == ([], False)
    assert way.call(CALL_ID).due_at is None


def test_a_recording_from_a_foreign_host_is_not_waited_for(way: Scenario, as_in_production: Callable[[], None]) -> None:
    way.post(answered(has_recording="1", recording="https://evil.example/a.wav"))
    as_in_production()
    way.deliver()

    call = way.call(CALL_ID)
    assert (call.state, call.due_at) == (CallState.DELIVERED, None)


def test_what_the_ai_said_is_added_to_the_comment(way: Scenario) -> None:
    way.post(answered())
    way.deliver()
    way.post(AI, event="ai_processed")
    way.deliver()

    (comment,) = way.account.comments
    for text in ("The client asks for &lt;b&gt;a price list&lt;/b&gt;.", "neutral", "8.5", "Send the price list"):
        assert text in comment.description
    assert comment.description.index("Send the price list") < comment.description.index("Call back on Monday")
    assert comment.author == "user:5"


def test_what_comes_later_is_added_to_the_comment_in_a_task_too(
    make_way: Callable[..., Scenario], db: None, sandbox: Sandbox
) -> None:
    way = make_way(call_target="last_active_task")
    contact = way.account.add_contact(name="Olha", phones=[CLIENT])
    order = way.account.add_task(contact.id, "Order")
    way.post(answered(has_recording="1"))
    way.deliver()
    way.post(answered(**recorded(sandbox)))
    way.post(AI, event="ai_processed")
    way.deliver()

    (comment,) = way.account.comments
    assert comment.task_id == order.id
    assert "Send the price list" in comment.description
    assert [file.name for file in comment.files] == [f"{CALL_ID}.wav"]


def test_a_rating_is_added_to_the_comment(way: Scenario) -> None:
    way.post(answered())
    way.deliver()
    way.post(RATING, event="call_rating")
    way.deliver()

    (comment,) = way.account.comments
    assert "Mark of the employee: 4" in comment.description


def test_an_analysis_that_comes_first_waits_for_the_call_and_goes_out_with_it(way: Scenario) -> None:
    way.post(AI, event="ai_processed")
    way.deliver()
    assert way.account.comments == []

    way.post(answered())
    way.deliver()

    (comment,) = way.account.comments
    assert "Send the price list" in comment.description
    assert not [request for request in way.account.requests if request.path.endswith(f"/comments/{comment.id}")]


@pytest.mark.parametrize(("event", "body"), [("ai_processed", AI), ("call_rating", RATING)], ids=["AI", "rating"])
def test_a_customer_may_want_no_analysis_in_planfix(
    make_way: Callable[..., Scenario], db: None, event: str, body: dict[str, str]
) -> None:
    way = make_way(add_analysis=False)
    way.post(answered())
    way.deliver()
    (comment,) = way.account.comments
    text, asked = comment.description, len(way.account.requests)
    way.post(body, event=event)
    way.deliver()

    assert comment.description == text
    assert len(way.account.requests) == asked
    folded = way.call(CALL_ID).folded
    assert {**folded.analysis, **folded.rating}


def test_a_repeated_analysis_asks_planfix_nothing(way: Scenario) -> None:
    for _ in range(2):
        way.post(answered())
        way.post(AI, event="ai_processed")
        way.deliver()
    asked = len(way.account.requests)
    way.post(AI, event="ai_processed")
    way.deliver()

    assert len(way.account.requests) == asked


@pytest.mark.parametrize("is_delivered", [False, True], ids=["during the delivery", "during a follow-up"])
def test_an_addition_that_comes_while_the_worker_is_at_the_call_is_not_lost(
    way: Scenario, monkeypatch: pytest.MonkeyPatch, is_delivered: bool
) -> None:
    way.post(answered())
    if is_delivered:
        way.deliver()
        way.post(RATING, event="call_rating")
    name = "update_comment" if is_delivered else "write_tag"
    original = getattr(call_delivery, name)

    def interrupted(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(call_delivery, name, original)
        way.post(AI, event="ai_processed")
        return original(*arguments, **options)

    monkeypatch.setattr(call_delivery, name, interrupted)
    way.deliver()

    assert "Send the price list" in way.account.comments[0].description
    assert way.call(CALL_ID).due_at is None


def test_a_call_that_stands_in_planfix_as_missed_stays_missed(way: Scenario, sandbox: Sandbox) -> None:
    """Ringostat may think better of it; author and data tag cannot, so the text must not say otherwise."""
    way.post(missed())
    way.deliver()
    (before,) = way.account.comments
    text = before.description
    way.post(answered(**recorded(sandbox)))
    way.deliver()

    (comment,) = way.account.comments
    assert (comment.description, comment.files) == (text, [])
    assert [entry.tag.name for entry in way.account.tag_entries] == ["Missed call"]
    call = way.call(CALL_ID)
    assert (call.state, call.outcome, call.due_at) == (CallState.DELIVERED, "missed", None)


def test_an_addition_to_a_comment_that_was_deleted_is_left_out_and_told(way: Scenario) -> None:
    way.account.add_contact(name="Olha", phones=[CLIENT])
    way.post(answered())
    way.deliver()
    way.account.comments[0].is_deleted = True
    way.post(AI, event="ai_processed")
    way.deliver()

    assert way.account.comments == []
    call = way.call(CALL_ID)
    assert (call.state, call.due_at, call.reason) == (CallState.DELIVERED, None, "not_added")
    assert "It is deleted in Planfix" in call.detail


def test_an_addition_follows_a_comment_whose_contact_was_merged_into_another(way: Scenario) -> None:
    lost = way.account.add_contact(name="Olha", phones=[CLIENT])
    way.post(answered())
    way.deliver()
    survivor = way.account.add_contact(name="Olha Koval", phones=[])
    merge(way.account, lost, survivor)
    way.post(AI, event="ai_processed")
    way.deliver()

    assert "Send the price list" in way.account.comments[0].description
    call = way.call(CALL_ID)
    assert (call.due_at, call.reason, call.delivery.contact_id) == (None, "", survivor.id)


def test_an_addition_that_planfix_refuses_leaves_the_call_delivered(way: Scenario, sandbox: Sandbox) -> None:
    way.account.add_contact(name="Olha", phones=[CLIENT])
    way.post(answered())
    way.deliver()
    refused = {"result": "fail", "code": 41, "error": "Invalid value"}
    sandbox.add_fault(Fault(path="/contact/*/comments/*", kind="status", status=400, json=refused, times=1))
    way.post(AI, event="ai_processed")
    way.deliver()

    call = way.call(CALL_ID)
    assert (call.state, call.due_at, call.reason) == (CallState.DELIVERED, None, "not_added")

    way.post(RATING, event="call_rating")
    way.deliver()
    assert way.call(CALL_ID).reason == ""


def test_an_addition_waits_when_planfix_is_unavailable(way: Scenario, sandbox: Sandbox) -> None:
    way.post(answered())
    way.deliver()
    sandbox.add_fault(Fault(path="/contact/*/comments/*", kind="status", status=503, times=1))
    way.post(AI, event="ai_processed")
    way.deliver()
    call = way.call(CALL_ID)
    assert call.state == CallState.DELIVERED
    assert call.due_at is not None

    a_while_later()
    way.deliver()

    assert "Send the price list" in way.account.comments[0].description
    assert way.call(CALL_ID).due_at is None
