"""A worker that is killed in the middle of a call: the call ends once in Planfix, whatever was under way."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from integrations.models import Call, CallState
from integrations.sandbox.demo_day import customer_file
from integrations.sandbox.stage import DEFAULT_TOKEN, Stage, wait_until

NUMBER = "+380671234567"

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "request_in_hand",
    ["/contact/list", "/contact/", "/file/from-url/", "/contact/*/comments/", "/contact/*/datatags/*"],
)
def test_a_call_ends_once_when_its_worker_is_killed_at(stage: Stage, request_in_hand: str) -> None:
    stage.start_sandbox()
    webhook = stage.import_customer(customer_file("Acme", stage.sandbox_url, DEFAULT_TOKEN, 100))
    stage.start_web(workers=1)
    # The answer never comes, but what was asked is done: the hardest moment to be killed in.
    stage.control(
        "POST", "/faults", {"path": request_in_hand, "kind": "hang", "seconds": 60, "when": "after", "times": 1}
    )
    stage.start_worker()
    post_answered_call(stage, webhook)
    wait_until(lambda: is_in_hand(stage, request_in_hand), f"{request_in_hand} to be sent")

    stage.kill("worker")
    stage.start_worker()
    wait_until(lambda: Call.objects.get().state == CallState.DELIVERED, "the call to be delivered", seconds=90)

    state = stage.control("GET", "/accounts/default")
    assert [contact["phones"][0]["number"] for contact in state["contacts"]] == [NUMBER]
    assert [comment["author"] for comment in state["comments"]] == ["user:5"]
    assert len(state["tag_entries"]) == 1
    assert len(state["comments"][0]["files"]) == 1


def post_answered_call(stage: Stage, webhook: str) -> None:
    body = {
        "uniqueid": "ua9_-1790775438.2139025",
        "call_type": "in",
        "E164": NUMBER,
        "dst": "380442223344",
        "connected_with": "acmecom_iryna",
        "disposition": "ANSWERED",
        "billsec": "3",
        "has_recording": "1",
        "recording": f"{stage.sandbox_url}/recordings/ua9_-1790775438.2139025.wav?token={'0' * 32}",
    }
    requests.post(f"{webhook}after_call/", json=body, timeout=10).raise_for_status()


def is_in_hand(stage: Stage, path: str) -> bool:
    """Has the request with the fault reached the sandbox?"""
    faults: list[dict[str, Any]] = stage.control("GET", "/faults")
    return any(fault["path"] == path and fault["hits"] for fault in faults)
