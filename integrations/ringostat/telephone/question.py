"""Reads the question of a webhook forwarding number: which client calls, and how Ringostat names the call.

The parameters and their names are chosen in Ringostat (help.ringostat.com, article 6325129), so the reader of webhooks
reads them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from integrations.domain.calls import CallFacts, Direction
from integrations.domain.parties import ClientNumber, NumberProblem, client_number
from integrations.ringostat.body import RawRequest, read_body
from integrations.ringostat.facts import read_facts
from integrations.ringostat.problems import NotUnderstood
from integrations.ringostat.values import MAX_ID

OTHER_IDS = ("uuid", "unique_id", "callid")
"""Names of the call's ID beside those of webhooks."""

NO_NUMBER = ClientNumber(number=None, raw="", problem=NumberProblem.MISSING)


@dataclass(frozen=True, kw_only=True)
class RoutingQuestion:
    client: ClientNumber = NO_NUMBER
    call_id: str = ""
    """Ringostat's call ID, or another one; "" without one."""
    rpc_id: str | int | None = None
    """Of a JSON-RPC request."""


def read_question(raw: RawRequest, *, timezone: ZoneInfo, region: str) -> RoutingQuestion:
    """Reads the question. Never raises: an unreadable question has no number."""
    try:
        fields = read_body(raw)
        facts = replace(read_facts(fields, timezone), direction=Direction.INCOMING)
    except NotUnderstood:
        return RoutingQuestion(rpc_id=_rpc_id(raw.body))
    return RoutingQuestion(client=client_number(facts, region), call_id=_call_id(facts), rpc_id=_rpc_id(raw.body))


def _call_id(facts: CallFacts) -> str:
    others = (facts.parameters.get(name, "") for name in OTHER_IDS)
    return facts.ringostat_id or next(filter(None, others), "")[:MAX_ID]


def _rpc_id(body: bytes) -> str | int | None:
    if b"jsonrpc" not in body:
        return None
    try:
        found = json.loads(body)["id"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return found if isinstance(found, str | int) else None
