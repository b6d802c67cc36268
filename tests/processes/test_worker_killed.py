"""A worker that is killed in the middle of calls: each call ends once in Planfix, whatever was under way."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from integrations.models import Call, CallState
from integrations.sandbox.demo_day import customer_file
from integrations.sandbox.stage import Stage, wait_until

NUMBER = "+380671234567"
STEPS = {
    "search": "/contact/list",
    "contact": "/contact/",
    "recording": "/file/from-url/",
    "comment": "/contact/*/comments/",
    "tag": "/contact/*/datatags/*",
}
"""A customer each, and the request that its worker waits for when it is killed."""

pytestmark = pytest.mark.slow


def test_calls_end_once_when_their_worker_is_killed_at_each_step(stage: Stage) -> None:
    stage.start_sandbox()
    stage.start_web(workers=1)
    webhooks = [customer_with_a_hanging_request(stage, name, path) for name, path in STEPS.items()]
    stage.start_worker()
    for webhook in webhooks:
        post_answered_call(stage, webhook)
    wait_until(lambda: all_requests_hang(stage), "every worker to wait for its answer")

    stage.kill("worker")
    stage.start_worker()
    wait_until(lambda: not Call.objects.exclude(state=CallState.DELIVERED).exists(), "all calls to be delivered")

    for name in STEPS:
        account = stage.control("GET", f"/accounts/{name}")
        assert [contact["phones"] for contact in account["contacts"]] == [[NUMBER]], name
        assert [comment["author"] for comment in account["comments"]] == ["user:5"], name
        assert len(account["tag_entries"]) == 1, name
        assert len(account["comments"][0]["files"]) == 1, name


def customer_with_a_hanging_request(stage: Stage, name: str, path: str) -> str:
    """The answer never comes, but what was asked is done: the hardest moment to be killed in."""
    token = f"sandbox-token-{name}"
    url = stage.control("POST", "/accounts", {"name": name, "token": token})["url"]
    stage.control("POST", f"/accounts/{name}/settings", {"allows_private_hosts": True})
    fault = {"account": name, "path": path, "kind": "hang", "seconds": 60, "when": "after", "times": 1}
    stage.control("POST", "/faults", fault)
    data = customer_file(name, stage.sandbox_url, token, requests_per_second=100)
    data["planfix"]["url"] = url
    return stage.import_customer(data)


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


def all_requests_hang(stage: Stage) -> bool:
    faults: list[dict[str, Any]] = stage.control("GET", "/faults")
    return all(fault["struck"] for fault in faults)
