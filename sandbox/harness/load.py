"""Load for tests and benchmarks: customers with their own accounts, calls for them, and a check of the accounts.

The tests that kill processes and the benchmarks use it.
"""

from __future__ import annotations

import fnmatch
import random
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import requests

from sandbox.harness.demo_day import customer_file
from sandbox.harness.processes import LocalStack, NotInTime

ACCOUNTS = "load-*"
CALL_ID = re.compile(r"load-\d+\.\d+")
NUMBERS = 4
"""Clients of a customer. Most calls come from a client who has called before. At first Planfix knows none of them."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """IDs of the calls of all customers that are wrong in Planfix. `contacts`: the number of duplicate contacts."""

    lost: list[str]
    doubled: list[str]
    unfinished: list[str]
    contacts: int


CLEAN = Tally(lost=[], doubled=[], unfinished=[], contacts=0)


def customer_with_account(stack: LocalStack, number: int, *, requests_per_second: float) -> dict[str, Any]:
    """Adds an account to the sandbox. Returns the customer file for it."""
    name, token = f"load-{number}", f"token-{number}"
    url = stack.control("POST", "/accounts", {"name": name, "token": token})["url"]
    stack.control("POST", f"/accounts/{name}/settings", {"allows_private_hosts": True})
    data = customer_file(name, stack.sandbox_url, token, requests_per_second)
    data["planfix"]["url"] = url
    return data


def calls(customers: int, each: int, sandbox_url: str, chance: random.Random) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields the customer's number and a webhook body: `each` finished incoming calls per customer, in turn."""
    for call in range(each):
        for customer in range(customers):
            call_id = f"load-{customer}.{call}"
            yield customer, _body(call_id, chance.randrange(NUMBERS), chance, sandbox_url)


def _body(call_id: str, client: int, chance: random.Random, sandbox_url: str) -> dict[str, Any]:
    body = {"uniqueid": call_id, "call_type": "in", "E164": f"+38067000000{client}", "dst": "380442223344"}
    if chance.random() < 0.3:
        return body | {"disposition": "NO ANSWER", "billsec": "0", "waittime": "20"}
    answered = {"connected_with": "acmecom_iryna", "disposition": "ANSWERED", "billsec": "60"}
    if chance.random() < 0.5:
        return body | answered | {"has_recording": "0"}
    recording = f"{sandbox_url}/recordings/{call_id}.wav?token={'0' * 32}"
    return body | answered | {"has_recording": "1", "recording": recording}


def post_until_accepted(address: str, body: dict[str, Any], *, seconds: float) -> None:
    """Posts until the response is 200. Raises NotInTime."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if requests.post(f"{address}after_call/", json=body, timeout=10).status_code == 200:
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise NotInTime(f"Waited {seconds:.0f} s for {body['uniqueid']} to be accepted.")


def tally(stack: LocalStack, accepted: Iterable[dict[str, Any]]) -> Tally:
    """Compares the accounts with the accepted bodies. Each call must have one comment with one data tag entry, and its
    recording if it has one. Each number must have one contact.
    """
    files = {body["uniqueid"]: int(body.get("has_recording", "0")) for body in accepted}
    found: Counter[str] = Counter()
    unfinished: list[str] = []
    contacts = 0
    for account in (stack.control("GET", f"/accounts/{name}") for name in accounts(stack)):
        for comment in account["comments"]:
            call_id = _call_id(comment)
            found[call_id] += 1
            if len(comment["tags"]) != 1 or len(comment["files"]) != files.get(call_id):
                unfinished.append(call_id)
        numbers = [phone for contact in account["contacts"] for phone in contact["phones"]]
        contacts += len(numbers) - len(set(numbers))
    return Tally(
        lost=sorted(set(files) - set(found)),
        doubled=[call_id for call_id, times in found.items() if times > 1],
        unfinished=unfinished,
        contacts=contacts,
    )


def accounts(stack: LocalStack) -> list[str]:
    """Names of the accounts that customer_with_account added."""
    return fnmatch.filter((account["name"] for account in stack.control("GET", "/accounts")), ACCOUNTS)


def _call_id(comment: dict[str, Any]) -> str:
    match = CALL_ID.search(comment["description"])
    return match[0] if match else f"comment {comment['id']} without a call"
