"""`manage.py sandbox --answers FILE` as a process of its own: the customer that it imports sees the same failure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.live_server_helper import LiveServer

from integrations.models import Call, CallState, Customer
from integrations.services.diagnostics.file import diagnostics_of
from sandbox.harness.playback import read_file
from sandbox.harness.processes import LocalStack, this_database, wait_until
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.services.diagnostics.test_file import EMPLOYEE, fail

pytestmark = pytest.mark.slow


def test_sandbox_command_reproduces_the_failure_of_a_diagnostics_file(
    live_server: LiveServer, make_scenario: Any, sandbox: Sandbox, folder: Path
) -> None:
    scenario = make_scenario(phone_matching="any_format", employees=[EMPLOYEE])
    fail(scenario, sandbox)
    path = folder / "diagnostics.json"
    call_command("diagnostics", scenario.customer.name, output=path)
    file = read_file(path)
    Customer.objects.all().delete()
    sandbox.clear_faults()

    with LocalStack(environment=this_database() | {"PUBLIC_URL": live_server.url}, quiet=True) as stack:
        stack.start("sandbox", "sandbox", "--port", str(stack.sandbox_port), "--answers", str(path))
        wait_until(lambda: Call.objects.count() == len(file["calls"]), "the webhooks of the file")
        elsewhere = Customer.objects.get()
        assert elsewhere.planfix_url.startswith(stack.sandbox_url)
        Scenario(elsewhere, sandbox.account()).deliver()

        played = diagnostics_of(elsewhere)
        assert [failure_of(call) for call in played["calls"]] == [failure_of(call) for call in file["calls"]]
        assert {call["state"] for call in played["calls"]} == {CallState.FAILED}
        assert stack.control("GET", "/accounts/default")["comments"] == []


def failure_of(call: dict[str, Any]) -> object:
    """What an engineer sees of it: the state, the reason, and each request with the status of its answer."""
    requests = [(row["method"], row["http_status"], row["code"]) for row in call["requests"]]
    return call["outcome"], call["state"], call["reason"], requests
