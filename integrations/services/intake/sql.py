"""The SQL of intake: finds the customer of a webhook address, and writes a call, its webhook request and its delivery
job in one statement. The statement checks the address again, so the process may remember the customer.

One statement is one round trip, one commit and a plan that the server keeps; docs/performance.md has the figures.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db import OperationalError, connection
from django.db.models import Q
from django.db.models.functions import Now

from integrations.domain.folding import Folded
from integrations.models import CallState, Customer, WebhookToken
from integrations.services.database import run_prepared
from integrations.services.queue.defer import delivery_statement

MAX_REMEMBERED = 10_000

Columns = Mapping[str, Any]
"""A row's columns and their values; Now() is the time by the database's clock."""

_CUSTOMER = "recipient AS (SELECT %(customer_id)s::bigint AS id)"
_CUSTOMER_OF_ADDRESS = """recipient AS (
    SELECT customer.id
      FROM integrations_webhooktoken AS token
      JOIN integrations_customer AS customer ON customer.id = token.customer_id
     WHERE token.token_hash = %(token_hash)s
       AND (token.valid_until IS NULL OR token.valid_until > statement_timestamp())
       AND customer.timezone = %(timezone)s AND customer.region = %(region)s
)"""

_NEW_CALL = """call AS (
    INSERT INTO integrations_call (customer_id, ringostat_id, {names})
    SELECT recipient.id, %(ringostat_id)s, {values} FROM recipient
        ON CONFLICT (customer_id, ringostat_id) DO NOTHING
    RETURNING id
)"""
_CHANGED_CALL = """call AS (
    UPDATE integrations_call AS call SET {assignments} FROM recipient
     WHERE call.id = %(call_id)s AND call.xmin = %(version)s::xid
    RETURNING call.id
)"""
_KNOWN_CALL = "call AS (SELECT %(call_id)s::bigint AS id)"
_NO_CALL = "call AS (SELECT NULL::bigint AS id)"

_EVENT = """event AS (
    INSERT INTO integrations_webhookevent (customer_id, call_id, {names})
    SELECT recipient.id, call.id, {values} FROM recipient, call
)"""
_JOB = f"job AS ({delivery_statement('WHERE EXISTS (SELECT FROM call)')})"

_WRITTEN = "SELECT call.id FROM recipient, call"
_WRITTEN_OR_FOUND = """
SELECT call.id, found.id, found.version, found.facts, found.state, found.reason
  FROM recipient
  LEFT JOIN call ON true
  LEFT JOIN LATERAL (SELECT id, xmin::text AS version, facts::text AS facts, state, reason FROM integrations_call
                      WHERE customer_id = %(customer_id)s AND ringostat_id = %(ringostat_id)s AND call.id IS NULL
                      LIMIT 1) AS found ON true"""


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """The customer that a call belongs to, with the settings that intake needs."""

    customer_id: int
    zone: ZoneInfo
    region: str
    token_hash: bytes | None = None
    """The hash of the webhook address, if there is one. A statement writes only while the address and these settings
    are valid.
    """

    @classmethod
    def of(cls, customer: Customer) -> Recipient:
        return cls(customer_id=customer.pk, zone=customer.zone, region=customer.region)


class AddressGone(Exception):
    """The webhook address is no longer valid, or its customer's settings have changed. Nothing was written."""


class CallMoved(Exception):
    """Another transaction wrote the call at the same moment. Nothing was written."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a call's facts come from: the customer, and the row of the webhook request; None for the call list."""

    recipient: Recipient
    event: Columns | None = None


@dataclass(frozen=True, kw_only=True)
class StoredCall:
    """One version of a call's row."""

    id: int
    version: str
    facts: Folded
    state: CallState
    reason: str


_remembered: dict[bytes, Recipient] = {}


def recipient_of(token: str) -> Recipient | None:
    """Finds the customer of a webhook token with one indexed query. None for an unknown or expired token."""
    token_hash = WebhookToken.hash_of(token)
    valid = WebhookToken.objects.filter(Q(valid_until=None) | Q(valid_until__gt=Now()), token_hash=token_hash)
    row = valid.values_list("customer_id", "customer__timezone", "customer__region").first()
    if row is None:
        return None
    recipient = Recipient(customer_id=row[0], zone=ZoneInfo(row[1]), region=row[2], token_hash=token_hash)
    if len(_remembered) >= MAX_REMEMBERED:
        _remembered.clear()
    _remembered[token_hash] = recipient
    return recipient


def remembered_recipient_of(token: str) -> Recipient | None:
    """The last result of recipient_of(), which may be out of date."""
    return _remembered.get(WebhookToken.hash_of(token))


def forget_recipient_of(token: str) -> None:
    _remembered.pop(WebhookToken.hash_of(token), None)


def write_new(origin: Origin, ringostat_id: str, columns: Columns) -> int | StoredCall:
    """Writes a new call and its event, and returns the call's id. If the call already exists, writes nothing and
    returns it.

    Raises AddressGone, CallMoved.
    """
    call = _NEW_CALL.format(names=", ".join(columns), values=", ".join(_values("", columns)))
    arguments = _arguments("", columns) | {"ringostat_id": ringostat_id}
    rows = _write(origin, call, arguments, _WRITTEN_OR_FOUND, is_due=bool(columns.get("due_at")))
    if not rows:
        raise AddressGone
    written, found, version, facts, state, reason = rows[0]
    if written is not None:
        return int(written)
    if found is None:  # Another transaction committed the call after this statement had searched for it.
        raise CallMoved
    return StoredCall(id=found, version=version, facts=json.loads(facts), state=CallState(state), reason=reason)


def write_change(origin: Origin, call: StoredCall, columns: Columns) -> None:
    """Changes a stored call and writes its event. Raises CallMoved when the row has changed meanwhile, or when the
    address is gone.
    """
    assignments = (f"{name} = {value}" for name, value in zip(columns, _values("", columns), strict=True))
    arguments = _arguments("", columns) | {"call_id": call.id, "version": call.version}
    changed = _CHANGED_CALL.format(assignments=", ".join(assignments))
    if not _write(origin, changed, arguments, _WRITTEN, is_due=bool(columns.get("due_at"))):
        raise CallMoved


def write_event(origin: Origin, call: StoredCall | None) -> None:
    """Writes a request that changes no call. Raises AddressGone."""
    known = (_KNOWN_CALL, {"call_id": call.id}) if call else (_NO_CALL, {})
    if not _write(origin, *known, _WRITTEN, is_due=False):
        raise AddressGone


def _write(origin: Origin, call: str, arguments: dict[str, Any], answer: str, *, is_due: bool) -> list[tuple[Any, ...]]:
    recipient = origin.recipient
    parts = [_CUSTOMER_OF_ADDRESS if recipient.token_hash else _CUSTOMER, call]
    arguments |= {
        "customer_id": recipient.customer_id,
        "token_hash": recipient.token_hash,
        "timezone": recipient.zone.key,
        "region": recipient.region,
    }
    if origin.event:
        parts.append(_EVENT.format(names=", ".join(origin.event), values=", ".join(_values("event_", origin.event))))
        arguments |= _arguments("event_", origin.event)
    if is_due:
        parts.append(_JOB)
    return _run(f"WITH {', '.join(parts)} {answer}", arguments)


def _values(prefix: str, columns: Columns) -> list[str]:
    return [
        "statement_timestamp()" if isinstance(value, Now) else f"%({prefix}{name})s" for name, value in columns.items()
    ]


def _arguments(prefix: str, columns: Columns) -> dict[str, Any]:
    return {prefix + name: _argument(value) for name, value in columns.items()}


def _argument(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def _run(statement: str, arguments: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Runs a statement. Tries again with a new connection when the old one is dead: a web thread may have been idle for
    hours. If the first try was carried out after all, the second finds the call and changes nothing.
    """
    try:
        return run_prepared(statement, arguments)
    except OperationalError:
        if connection.in_atomic_block or connection.connection is None or not connection.connection.closed:
            raise
    connection.close()
    return run_prepared(statement, arguments)
