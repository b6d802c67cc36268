"""Additions to a delivered call: a late recording, an AI analysis, a rating. All reach the same comment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Call, CallState
from integrations.services.account_traits import FilesOnUpdate, learn
from integrations.services.delivery import call_delivery, follow_up
from sandbox.http.faults import Fault
from sandbox.http.server import Reply, html_reply, json_reply
from sandbox.planfix.world import UpdatedFiles, World
from sandbox.ringostat.api import Ringostat
from sandbox.ringostat.recording_audio import recording_wav
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, NEW_CLIENT, answered, missed, recorded
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
    """Makes every waiting call due."""
    Call.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_recording_whose_link_comes_later_is_attached_to_the_same_comment(
    scenario: Scenario, sandbox: Sandbox
) -> None:
    scenario.post(answered(has_recording="1"))
    scenario.deliver()
    (comment,) = scenario.account.comments
    assert comment.files == []

    scenario.post(answered(**recorded(sandbox)))
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert [file.name for file in comment.files] == [f"{CALL_ID}.wav"]
    assert CALL_ID in comment.description
    assert len(scenario.account.tag_entries) == 1
    call = scenario.call(CALL_ID)
    assert (call.state, call.due_at) == (CallState.DELIVERED, None)


@pytest.mark.parametrize("rule", UpdatedFiles)
def test_files_that_people_added_stay_when_the_recording_is_attached(
    scenario: Scenario, sandbox: Sandbox, rule: UpdatedFiles
) -> None:
    scenario.account.enter(World(updated_files=rule))
    scenario.post(answered(has_recording="1"))
    scenario.deliver()
    (comment,) = scenario.account.comments
    comment.files.append(scenario.account.add_file(name="offer.pdf", content=b"%PDF", content_type="application/pdf"))
    scenario.post(answered(**recorded(sandbox)))
    scenario.deliver()

    assert [file.name for file in comment.files] == ["offer.pdf", f"{CALL_ID}.wav"]


def test_a_recording_that_was_not_ready_is_linked_and_copied_later(scenario: Scenario, sandbox: Sandbox) -> None:
    sandbox.ringostat.not_ready = {CALL_ID}
    scenario.post(answered(**recorded(sandbox)))
    scenario.deliver()
    (comment,) = scenario.account.comments
    assert (comment.files, "/recordings/" in comment.description) == ([], True)

    sandbox.ringostat.not_ready = set()
    a_while_later()
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert len(comment.files) == 1
    assert "/recordings/" not in comment.description


def test_a_late_recording_is_linked_where_an_update_takes_no_files(scenario: Scenario, sandbox: Sandbox) -> None:
    learn(scenario.customer, evidence="", files_on_update=FilesOnUpdate.IGNORED)
    scenario.post(answered(has_recording="1"))
    scenario.deliver()
    scenario.post(answered(**recorded(sandbox)))
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert (comment.files, scenario.account.files) == ([], [])
    assert "/recordings/" in comment.description


def test_missing_recording_is_checked_only_a_few_times(scenario: Scenario, sandbox: Sandbox) -> None:
    sandbox.ringostat.not_ready = {CALL_ID}
    scenario.post(answered(**recorded(sandbox)))
    for _ in range(8):
        scenario.deliver()
        a_while_later()

    call = scenario.call(CALL_ID)
    assert (call.state, call.due_at) == (CallState.DELIVERED, None)
    asked = [request for request in scenario.account.requests if request.path == "/file/from-url/"]
    assert asked == []
    assert call.delivery.recording_tries == 4
    assert "/recordings/" in scenario.account.comments[0].description


def test_a_missing_recording_link_is_looked_up_in_the_call_list(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.post(answered(has_recording="1"))
    scenario.deliver()
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
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert [file.name for file in comment.files] == [f"{CALL_ID}.wav"]


@pytest.mark.parametrize("body", [missed(), answered(disposition="VOICEMAIL")], ids=["missed", "voicemail"])
def test_a_call_without_a_conversation_has_no_recording_and_waits_for_none(
    scenario: Scenario, sandbox: Sandbox, body: dict[str, str]
) -> None:
    scenario.post({**body, **recorded(sandbox)})
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert (comment.files, "/recordings/" in comment.description) == ([], False)
    assert scenario.call(CALL_ID).due_at is None


def test_call_does_not_wait_for_a_recording_from_a_foreign_host(
    scenario: Scenario, as_in_production: Callable[[], None]
) -> None:
    scenario.post(answered(has_recording="1", recording="https://evil.example/a.wav"))
    as_in_production()
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.due_at) == (CallState.DELIVERED, None)


def test_the_ai_analysis_is_added_to_the_comment(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()
    scenario.post(AI, event="ai_processed")
    scenario.deliver()

    (comment,) = scenario.account.comments
    for text in ("The client asks for &lt;b&gt;a price list&lt;/b&gt;.", "neutral", "8.5", "Send the price list"):
        assert text in comment.description
    assert comment.description.index("Send the price list") < comment.description.index("Call back on Monday")
    assert comment.author == "user:5"


def test_later_additions_reach_a_comment_in_a_task(
    make_scenario: Callable[..., Scenario], db: None, sandbox: Sandbox
) -> None:
    scenario = make_scenario(call_target="last_active_task")
    contact = scenario.account.add_contact(name="Olha", phones=[CLIENT])
    order = scenario.account.add_task(contact.id, "Order")
    scenario.post(answered(has_recording="1"))
    scenario.deliver()
    scenario.post(answered(**recorded(sandbox)))
    scenario.post(AI, event="ai_processed")
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert comment.task_id == order.id
    assert "Send the price list" in comment.description
    assert [file.name for file in comment.files] == [f"{CALL_ID}.wav"]


def test_a_rating_is_added_to_the_comment(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()
    scenario.post(RATING, event="call_rating")
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert "Mark of the employee: 4" in comment.description


def test_an_analysis_that_comes_first_is_delivered_with_its_call(scenario: Scenario) -> None:
    scenario.post(AI, event="ai_processed")
    scenario.deliver()
    assert scenario.account.comments == []

    scenario.post(answered())
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert "Send the price list" in comment.description
    assert not [request for request in scenario.account.requests if request.path.endswith(f"/comments/{comment.id}")]


@pytest.mark.parametrize(("event", "body"), [("ai_processed", AI), ("call_rating", RATING)], ids=["AI", "rating"])
def test_a_customer_without_add_analysis_gets_no_analysis_in_planfix(
    make_scenario: Callable[..., Scenario], db: None, event: str, body: dict[str, str]
) -> None:
    scenario = make_scenario(add_analysis=False)
    scenario.post(answered())
    scenario.deliver()
    (comment,) = scenario.account.comments
    text, asked = comment.description, len(scenario.account.requests)
    scenario.post(body, event=event)
    scenario.deliver()

    assert comment.description == text
    assert len(scenario.account.requests) == asked
    folded = scenario.call(CALL_ID).folded
    assert {**folded.analysis, **folded.rating}


def test_a_repeated_analysis_sends_no_request(scenario: Scenario) -> None:
    for _ in range(2):
        scenario.post(answered())
        scenario.post(AI, event="ai_processed")
        scenario.deliver()
    asked = len(scenario.account.requests)
    scenario.post(AI, event="ai_processed")
    scenario.deliver()

    assert len(scenario.account.requests) == asked


@pytest.mark.parametrize("is_delivered", [False, True], ids=["during the delivery", "during a follow-up"])
def test_an_addition_that_comes_during_an_attempt_is_not_lost(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, is_delivered: bool
) -> None:
    scenario.post(answered())
    if is_delivered:
        scenario.deliver()
        scenario.post(RATING, event="call_rating")
    module, name = (follow_up, "update_comment") if is_delivered else (call_delivery, "write_tag")
    original = getattr(module, name)

    def interrupted(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(module, name, original)
        scenario.post(AI, event="ai_processed")
        return original(*arguments, **options)

    monkeypatch.setattr(module, name, interrupted)
    scenario.deliver()

    assert "Send the price list" in scenario.account.comments[0].description
    assert scenario.call(CALL_ID).due_at is None


def test_a_call_delivered_as_missed_stays_missed(scenario: Scenario, sandbox: Sandbox) -> None:
    """Author and data tag cannot be changed, so the heading agrees with them, and a line corrects it."""
    scenario.post(missed())
    scenario.deliver()
    (before,) = scenario.account.comments
    author = before.author
    scenario.post(answered(**recorded(sandbox)))
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert (comment.author, [file.name for file in comment.files]) == (author, [f"{CALL_ID}.wav"])
    assert comment.description.startswith("<b>Missed call</b> from")
    assert "Correction from Ringostat" in comment.description
    assert [entry.tag.name for entry in scenario.account.tag_entries] == ["Missed call"]
    call = scenario.call(CALL_ID)
    assert (call.state, call.outcome, call.due_at) == (CallState.DELIVERED, "missed", None)


def test_an_addition_to_a_deleted_comment_is_skipped_and_reported(scenario: Scenario) -> None:
    scenario.account.add_contact(name="Olha", phones=[CLIENT])
    scenario.post(answered())
    scenario.deliver()
    scenario.account.comments[0].is_deleted = True
    scenario.post(AI, event="ai_processed")
    scenario.deliver()

    assert scenario.account.comments == []
    call = scenario.call(CALL_ID)
    assert (call.state, call.due_at, call.reason) == (CallState.DELIVERED, None, "not_added")
    assert "It is deleted in Planfix" in call.detail


def test_an_addition_follows_a_comment_whose_contact_was_merged_into_another(scenario: Scenario) -> None:
    lost = scenario.account.add_contact(name="Olha", phones=[CLIENT])
    scenario.post(answered())
    scenario.deliver()
    survivor = scenario.account.add_contact(name="Olha Koval", phones=[])
    merge(scenario.account, lost, survivor)
    scenario.post(AI, event="ai_processed")
    scenario.deliver()

    assert "Send the price list" in scenario.account.comments[0].description
    call = scenario.call(CALL_ID)
    assert (call.due_at, call.reason, call.delivery.contact_id) == (None, "", survivor.id)


def test_an_addition_that_planfix_refuses_leaves_the_call_delivered(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.account.add_contact(name="Olha", phones=[CLIENT])
    scenario.post(answered())
    scenario.deliver()
    refused = {"result": "fail", "code": 41, "error": "Invalid value"}
    sandbox.add_fault(Fault(path="/contact/*/comments/*", kind="status", status=400, json=refused, times=1))
    scenario.post(AI, event="ai_processed")
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.due_at, call.reason) == (CallState.DELIVERED, None, "not_added")

    scenario.post(RATING, event="call_rating")
    scenario.deliver()
    assert scenario.call(CALL_ID).reason == ""


@pytest.mark.parametrize("code", [41, 7002], ids=["address refused", "over the plan's size"])
def test_recording_that_planfix_never_takes_is_linked_and_not_copied_again(
    scenario: Scenario, sandbox: Sandbox, code: int
) -> None:
    refused = {"result": "fail", "code": code, "error": "Rest API error"}
    sandbox.add_fault(Fault(path="/file/from-url", kind="status", status=400, json=refused, times=1))
    scenario.post(answered(**recorded(sandbox)))
    scenario.deliver()

    (comment,), call = scenario.account.comments, scenario.call(CALL_ID)
    assert ("/recordings/" in comment.description, comment.files) == (True, [])
    assert (call.state, call.due_at) == (CallState.DELIVERED, None)


def test_an_addition_waits_when_planfix_is_unavailable(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.post(answered())
    scenario.deliver()
    sandbox.add_fault(Fault(path="/contact/*/comments/*", kind="status", status=503, times=1))
    scenario.post(AI, event="ai_processed")
    scenario.deliver()
    call = scenario.call(CALL_ID)
    assert call.state == CallState.DELIVERED
    assert call.due_at is not None

    a_while_later()
    scenario.deliver()

    assert "Send the price list" in scenario.account.comments[0].description
    assert scenario.call(CALL_ID).due_at is None


def wav(size: bytes = b"\xff\xff\xff\xff") -> bytes:
    """A sound as a PBX streams it: the size of its data is not known."""
    whole = recording_wav(CALL_ID)
    return whole[:4] + size + whole[8:40] + size + whole[44:]


NOT_SOUND = {
    "a web page": html_reply("<html>Log in</html>", status=200),
    "a page called sound": Reply(body=b"\n<!doctype html><p>Log in", content_type="audio/wav"),
    "nothing": Reply(body=b"", content_type="audio/wav"),
    "JSON": json_reply({"error": "not ready"}, 200),
    "a refusal": json_reply({"error": "Forbidden"}, 403),
    "a login": Reply(status=302, headers={"Location": "/login"}),
    "an error": Reply(status=500),
}


@pytest.mark.parametrize("kind", NOT_SOUND)
def test_link_without_sound_is_not_copied_and_checked_again(
    scenario: Scenario, sandbox: Sandbox, ringostat: Ringostat, kind: str
) -> None:
    ringostat.recordings = {CALL_ID: NOT_SOUND[kind]}
    scenario.post(answered(**recorded(sandbox)))
    scenario.deliver()
    (comment,) = scenario.account.comments
    assert (comment.files, scenario.account.files) == ([], [])
    assert "/file/from-url/" not in {request.path for request in scenario.account.requests}

    ringostat.recordings = {CALL_ID: Reply(body=wav(), content_type="audio/wav")}
    a_while_later()
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert [file.name for file in comment.files] == [f"{CALL_ID}.wav"]


@pytest.mark.parametrize(
    ("body", "content_type", "suffix"),
    [
        (wav(), "audio/wav", ".wav"),
        (wav(b"\0\0\0\0"), "application/octet-stream", ".wav"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0" + b"\1" * 900, "audio/x-m4a", ".m4a"),
        (b"ID3\4\0\0" + b"\1" * 900, "audio/wav", ".mp3"),
        (b"OggS" + b"\1" * 900, "text/plain", ".ogg"),
    ],
)
def test_recording_is_copied_with_the_extension_of_its_format(
    scenario: Scenario, sandbox: Sandbox, ringostat: Ringostat, body: bytes, content_type: str, suffix: str
) -> None:
    ringostat.recordings = {CALL_ID: Reply(body=body, content_type=content_type)}
    scenario.post(answered(**recorded(sandbox)))
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert [(file.name, file.size) for file in comment.files] == [(f"{CALL_ID}{suffix}", -(-len(body) // 1024))]


def test_missed_call_that_turns_out_answered_is_corrected_in_the_same_comment(
    scenario: Scenario, admin_client: Client
) -> None:
    contact = scenario.account.add_contact(name="Olha", phones=[CLIENT])
    scenario.post(missed())
    scenario.deliver()
    scenario.post(answered(billsec="61"))
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert comment.contact_id == contact.id
    assert "Missed call" in comment.description
    assert "Correction from Ringostat: the call was answered</b> (1 min 1 s)" in comment.description
    assert len(scenario.account.tag_entries) == 1
    call = scenario.call(CALL_ID)
    assert (call.state, call.outcome, call.due_at) == (CallState.DELIVERED, "missed", None)
    page = admin_client.get(reverse("calllog:call", args=[call.pk])).content.decode()
    assert "Ringostat later reported that the call was answered" in page


def test_missed_call_that_turns_out_answered_is_corrected_for_an_unknown_employee_too(scenario: Scenario) -> None:
    scenario.account.add_contact(name="Olha", phones=[CLIENT])
    scenario.post(missed())
    scenario.deliver()
    scenario.post(answered(billsec="61", connected_with="acmecom_stranger", employee_number="999", employee_fio="A B"))
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert "Correction from Ringostat: the call was answered</b> (1 min 1 s)" in comment.description


def test_late_missed_event_does_not_change_an_answered_call(scenario: Scenario) -> None:
    scenario.post(answered())
    scenario.deliver()
    (before,) = [comment.description for comment in scenario.account.comments]
    scenario.post(missed())
    scenario.deliver()

    assert [comment.description for comment in scenario.account.comments] == [before]


def test_two_legs_of_one_client_are_two_calls_of_one_contact(scenario: Scenario) -> None:
    """A blind transfer: the second leg begins seconds after the first, and both overlap."""
    leg = f"{CALL_ID}9"
    scenario.post(answered(NEW_CLIENT))
    scenario.post(
        answered(NEW_CLIENT, uniqueid=leg, call_id=leg, calldate="2026-09-30 15:37:25", connected_with="acmecom_oleh")
    )
    scenario.deliver()

    assert [contact.name for contact in scenario.account.contacts] == [NEW_CLIENT]
    assert len(scenario.account.comments) == len(scenario.account.tag_entries) == 2
    assert {comment.contact_id for comment in scenario.account.comments} == {scenario.account.contacts[0].id}
    assert not any("Missed" in comment.description for comment in scenario.account.comments)
