"""Writes the answer of a webhook forwarding number in the form that is chosen in Ringostat as “data import type”."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

TEXT, JSON = "text/plain; charset=utf-8", "application/json"


@dataclass(frozen=True, kw_only=True)
class RoutingReply:
    """The body of the HTTP response."""

    body: bytes
    content_type: str


def reply(directions: Sequence[str], *, form: str, key: str, rpc_id: str | int | None) -> RoutingReply:
    """The directions, separated by commas: as a plain text, or under the key of a JSON object.

    Without directions the value is empty: Ringostat's forwarding scheme goes on. `form`: one of FORMS.
    Source: Ringostat's documentation of the webhook forwarding number.
    """
    return FORMS[form](",".join(directions), key, rpc_id)


def _plain(value: str, key: str, rpc_id: str | int | None) -> RoutingReply:
    return RoutingReply(body=value.encode(), content_type=TEXT)


def _json(value: str, key: str, rpc_id: str | int | None) -> RoutingReply:
    return RoutingReply(body=json.dumps({key: value}).encode(), content_type=JSON)


def _json_rpc(value: str, key: str, rpc_id: str | int | None) -> RoutingReply:
    body = {"jsonrpc": "2.0", "id": rpc_id, "result": {key: value}}
    return RoutingReply(body=json.dumps(body).encode(), content_type=JSON)


NO_DIRECTION = RoutingReply(body=b"", content_type=TEXT)
"""Without a direction in every form: for when the form is not known."""

FORMS: Mapping[str, Callable[[str, str, str | int | None], RoutingReply]] = {
    "plain": _plain,
    "json": _json,
    "json-rpc": _json_rpc,
}
