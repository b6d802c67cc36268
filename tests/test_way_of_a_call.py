"""A call passes the files that docs/architecture.md lists, and few others."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from integrations import tasks
from integrations.services.customers.account_discovery import discover
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CLIENT, answered, recorded

ROOT = Path(__file__).parent.parent
PRODUCT = f"{ROOT}/integrations/"
NOT_LISTED = ("domain/", "models/")
"""Listed in the documentation by room: most steps ask them."""

MOST_FILES = {"Intake": 8, "Delivery": 20}
MORE_FILES = {
    "new contact": {
        "services/contacts/creation_limit.py",
        "services/contacts/creation_lock.py",
        "services/directory/accounts.py",
        "services/directory/store.py",
    },
    "recording": {"services/delivery/recording.py", "planfix/records/files.py"},
}

Traced = list[tuple[str, str]]
"""File below integrations/ and qualified name of each function, in the order of the calls."""


@contextmanager
def traced() -> Iterator[Traced]:
    """Notes which functions of the product this thread calls. The bodies of modules do not count."""
    calls: Traced = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(PRODUCT) and code.co_name != "<module>":
            calls.append((code.co_filename.removeprefix(PRODUCT), code.co_qualname))

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def files_of(calls: Traced, *, first: str, last: str) -> list[str]:
    """The files from the first call of one function to the last call of another, in the order of their first use."""
    names = [name for _, name in calls]
    start, end = names.index(first), len(names) - names[::-1].index(last)
    passed = dict.fromkeys(file for file, _ in calls[start:end])
    return [file for file in passed if not file.startswith(NOT_LISTED)]


def listed(way: str) -> list[str]:
    """The files of a way in docs/architecture.md, in their order."""
    text = (ROOT / "docs/architecture.md").read_text()
    [section] = re.findall(rf"^### {way}.*?$(.*?)(?=^##|\Z)", text, re.DOTALL | re.MULTILINE)
    return re.findall(r"^\d+\. `([\w/.]+)`", section, re.MULTILINE)


def delivered(scenario: Scenario) -> list[str]:
    """The files from the job to the last request to Planfix, whose body and answer they make and read."""
    context: Any = SimpleNamespace(additional_context={"stopping": SimpleNamespace(is_set=lambda: False)})
    with traced() as calls:
        tasks.deliver_calls(context, scenario.customer.pk)
    return files_of(calls, first="deliver_calls", last="PlanfixClient._send")


@pytest.fixture
def ready(scenario: Scenario) -> Scenario:
    """A customer whose account is discovered, with one contact, after one call: all caches are filled."""
    discover(scenario.customer)
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    scenario.post(answered(uniqueid="first.1"))
    scenario.deliver()
    return scenario


def test_a_due_call_passes_the_listed_files(ready: Scenario) -> None:
    ready.customer.remembered_contacts.all().delete()
    ready.post(answered())

    assert delivered(ready) == listed("Delivery")
    assert len(listed("Delivery")) <= MOST_FILES["Delivery"]
    assert len(ready.account.comments) == 2


def test_a_webhook_passes_the_listed_files(ready: Scenario) -> None:
    with traced() as calls:
        ready.post(answered())

    assert files_of(calls, first="TrafficThrottle.allow_request", last="run_prepared") == listed("Intake")
    assert len(listed("Intake")) <= MOST_FILES["Intake"]


@pytest.mark.parametrize(
    ("body", "more"),
    [
        (lambda sandbox: answered("+380501112233"), MORE_FILES["new contact"]),
        (lambda sandbox: answered() | recorded(sandbox), MORE_FILES["recording"]),
    ],
)
def test_other_calls_pass_few_further_files(
    ready: Scenario, sandbox: Sandbox, body: Callable[[Sandbox], dict[str, Any]], more: set[str]
) -> None:
    ready.post(body(sandbox))

    assert set(delivered(ready)) - set(listed("Delivery")) == more
