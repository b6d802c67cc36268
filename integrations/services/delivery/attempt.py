"""One attempt to deliver one call: what its steps need, the receipts of its writes, and its result. Decides nothing.

Every write happens once. Its receipt is stored before the next request, and the step in flight before its own request.
So after a crash or an unclear response, the next attempt knows what to search for before it sends anything again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from integrations.domain.calls import CallFacts
from integrations.models import Call, CallState, Customer, Delivery, RememberedContact, Step
from integrations.planfix.call_tags.schema import CallTags
from integrations.planfix.http.client import Exchange, Planfix
from integrations.planfix.http.errors import PlanfixError, PlanfixUnavailable
from integrations.services.account_traits import AccountTraits, traits_from
from integrations.services.clients.lease import HeldLease, LeaseLost, PiggybackWrites
from integrations.services.clients.planfix import log_columns
from integrations.services.database import run_prepared
from integrations.services.delivery.sql import (
    BEGIN_NEXT_ATTEMPT,
    CALL_COLUMNS,
    DELIVERY_COLUMNS,
    DUE_AT,
    DUE_NOW_IF_OUTDATED,
    END_LEASE_IF_DONE,
    LOG_REQUESTS,
    RECORD_FAILED_ATTEMPT,
    REMEMBER_CONTACT,
    SAVE_ATTEMPT_RESULT,
    SAVE_RECEIPTS,
    STATE,
    UNLESS_OUTDATED,
)
from integrations.services.read_back.choice import CHOOSE_CALL, choice_parameters

RECORDS = (("/comments", "comment"), ("/datatags", "data tag"), ("/file", "recording"))

KEPT_STATES = (CallState.PENDING, CallState.FAILED, CallState.DELIVERED)
"""The states of calls whose failed attempts go into the history. A skipped call has its reason in its own row."""


class ReceiptBook:
    """`row` holds what is known now; take_unstored() gives what is not stored yet, logged requests included."""

    def __init__(self, call: Call, row: Delivery, *, searches_first: bool = False) -> None:
        """`searches_first`: search in Planfix before each write, because a database from before a restore may already
        have written it.
        """
        self.call = call
        self.row = row
        self.searches_first = searches_first
        self.requests_left: int | None = None
        """How many requests the account has left today, by its last response."""
        self._changed: set[str] = set()
        self._log: list[dict[str, object]] = []
        self._remembered: dict[str, object] | None = None

    def note(self, **values: object) -> None:
        for name, value in values.items():
            if getattr(self.row, name) != value:
                setattr(self.row, name, value)
                self._changed.add(name)

    def log(self, exchange: Exchange) -> None:
        call = {"customer_id": self.call.customer_id, "call_id": self.call.pk}
        self._log.append(call | log_columns(exchange) | {"sent_at": exchange.sent_at.isoformat()})
        self.requests_left = exchange.requests_left
        for name in exchange.failed_fields:
            self.note_refused(f"{_record(exchange.path)}: {name}")

    def note_refused(self, part: str) -> None:
        """Notes what Planfix did not take, for the call's page."""
        entry = f"{Delivery.REFUSED}{part}"[:255]
        if entry not in self.row.skipped_fields:
            self.note(skipped_fields=[*self.row.skipped_fields, entry])

    def remember(self, number: str, contact_id: int, name: str = "", *, is_proven: bool = True) -> None:
        """Remembers the number's contact for the customer's next call with it, and its name for the call log.

        `is_proven`: Planfix has just shown the contact with this number.
        """
        self._remembered = {
            "customer_id": self.call.customer_id,
            "number": number,
            "remembered_id": contact_id,
            "remembered_name": RememberedContact.stored_name(name),
            "remembered_proven": is_proven,
        }

    def take_unstored(self) -> PiggybackWrites:
        """Everything new since the last time. The caller has to store it."""
        queries: dict[str, str] = {}
        parameters: dict[str, object] = {"call_id": self.row.pk, "attempts": self.row.attempts}
        if self._changed:
            parameters |= {name: getattr(self.row, name) for name in self._changed}
            assignments = ", ".join(f"{DELIVERY_COLUMNS[name]} = %({name})s" for name in sorted(self._changed))
            queries["receipts"] = SAVE_RECEIPTS.format(assignments=assignments)
        if self._log:
            parameters["log"] = json.dumps(self._log)
            queries["logged"] = LOG_REQUESTS
        if self._remembered:
            parameters |= self._remembered
            queries["remembered"] = REMEMBER_CONTACT
        self._changed, self._log, self._remembered = set(), [], None
        return PiggybackWrites(queries=queries, parameters=parameters)

    def write(self, step: Step, receipt: str, *, send: Callable[[], int], find: Callable[[], int | None]) -> int:
        """Does one write once: returns its receipt, or what an earlier attempt wrote, or else sends it.

        `receipt` is the attribute that holds the id. Raises PlanfixError.
        """
        done: int | None = getattr(self.row, receipt)
        if done is not None:
            return done
        if self.searches_first or self.row.in_flight_step == step:
            done = find()
        if done is None:
            done = self.send(step, send)
        self.note(**{receipt: done, "in_flight_step": ""})
        return done

    def send(self, step: Step, send: Callable[[], int]) -> int:
        """Sends a write. The step stays in flight until its receipt is noted or Planfix has certainly not done it."""
        self.note(in_flight_step=step)
        try:
            return send()
        except PlanfixError as error:
            if not (isinstance(error, PlanfixUnavailable) and error.may_have_written):
                self.note(in_flight_step="")
            raise


def _record(path: str) -> str:
    """Which of the call's records in Planfix a request is for: "contact", "comment", "data tag"."""
    return next((name for part, name in RECORDS if part in path), "contact")


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """`facts`: of the call, folded. `book`: starts with the receipts of earlier attempts."""

    call: Call
    facts: CallFacts
    customer: Customer
    planfix: Planfix
    tags: CallTags
    book: ReceiptBook
    traits: AccountTraits = field(default_factory=AccountTraits)


def begin_next_attempt(lease: HeldLease) -> tuple[Call, Delivery, AccountTraits] | None:
    """The customer's call that has been due longest, and its receipts, in which this attempt is counted; the first one
    creates them. Also the account's traits. None if no call is due. Raises LeaseLost.
    """
    parameters = {"customer_id": lease.customer.pk, "holder": lease.holder, "account": lease.account}
    rows = run_prepared(BEGIN_NEXT_ATTEMPT, parameters)
    if not rows:
        return None
    *values, traits = rows[0]
    columns, receipts = values[: len(CALL_COLUMNS)], values[len(CALL_COLUMNS) :]
    if receipts[0] is None:
        raise LeaseLost
    known = dict(zip(CALL_COLUMNS, columns, strict=True))
    call = Call(**known | {"facts": json.loads(known["facts"])})
    delivery = Delivery(**dict(zip(DELIVERY_COLUMNS, receipts, strict=True)))
    return call, delivery, traits_from(json.loads(traits or "{}"))


def finished(state: CallState, *, reason: str = "", detail: str = "") -> dict[str, object]:
    """The columns of a call that needs nothing more."""
    return {"state": state, "reason": reason, "detail": detail[:300], "due_in": None}


def save_attempt_result(attempt: Attempt, columns: Mapping[str, Any], *, lease: HeldLease | None = None) -> bool:
    """Stores the call's columns and the attempt's unstored receipts in one statement. Returns whether a call of the
    customer may be due now.

    `columns` may hold `due_in`: the time until the call's next attempt, None for none. `lease`: ends if no call is due.
    """
    state = columns.get("state", attempt.call.state)
    is_given_up = state in (CallState.SKIPPED, CallState.FAILED)
    expressions = {"state": STATE, "due_in": DUE_NOW_IF_OUTDATED if state == CallState.DELIVERED else DUE_AT}
    unstored = attempt.book.take_unstored()
    history = f"history AS ({RECORD_FAILED_ATTEMPT}), " if columns.get("reason") and state in KEPT_STATES else ""
    chosen, choice = _choice(attempt) if columns.get("state") == CallState.DELIVERED else ("", {})
    statement = SAVE_ATTEMPT_RESULT.format(
        piggyback=f"{unstored}{history}{chosen}",
        assignments=", ".join(expressions.get(name, f"{name} = %({name})s") for name in columns),
        unless_outdated=UNLESS_OUTDATED if is_given_up else "",
        end_lease=END_LEASE_IF_DONE if lease else "",
    )
    parameters = {
        "customer_id": attempt.call.customer_id,
        "state": state,
        "facts": json.dumps(attempt.call.facts),
        "account": attempt.customer.planfix_account,
        "requests_left": attempt.book.requests_left,
    }
    release = lease.release_parameters() if lease else {"remaining": timedelta()}
    rows = run_prepared(statement, {**release, **unstored.parameters, **parameters, **choice, **columns})
    is_more_due = not rows or bool(rows[0][0])
    if lease and not is_more_due:
        lease.is_held = False
    return is_more_due


def _choice(attempt: Attempt) -> tuple[str, dict[str, Any]]:
    """The part of the statement that chooses a call to be read back later, and its parameters."""
    return f"chosen AS ({CHOOSE_CALL}), ", choice_parameters(attempt.call, attempt.customer)
