"""The end of an attempt: where a call stands, written with what is known of it by then. Decides nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db import connection

from integrations.models import CallState, Customer
from integrations.services.delivery.receipts import ReceiptBook

END = """
    WITH {unstored} told AS (
        UPDATE integrations_accountpace SET requests_left = %(requests_left)s
         WHERE account = %(account)s AND requests_left IS DISTINCT FROM COALESCE(%(requests_left)s, requests_left)
    )
    UPDATE integrations_call SET {assignments}
     WHERE id = %(call_id)s {unless_outdated}
       AND EXISTS (SELECT FROM integrations_delivery WHERE call_id = %(call_id)s AND attempts = %(attempts)s)
"""
STATE = "state = %(state)s, finished_at = statement_timestamp()"
"""A delivery tells the state of calls that are finished, and of no others."""
DUE_AT = "due_at = statement_timestamp() + %(due_in)s::interval"
"""By the database's clock, which decides what is due: this machine's own may be wrong."""
DUE_AT_ONCE_IF_OUTDATED = """
    due_at = statement_timestamp() + CASE WHEN facts = %(facts)s::jsonb THEN %(due_in)s::interval ELSE '0' END
"""
"""What a webhook has added while we were at it is not in Planfix yet: that makes the call due again."""
UNLESS_OUTDATED = "AND facts = %(facts)s::jsonb"
"""A call is not given up for what was known of it before: it stays due, and is decided anew at once."""


def finished(state: CallState, *, reason: str = "", detail: str = "") -> dict[str, object]:
    """The columns of a call that needs nothing more."""
    return {"state": state, "reason": reason, "detail": detail[:300], "due_in": None}


def write_end(book: ReceiptBook, customer: Customer, columns: Mapping[str, Any]) -> None:
    """Stores what the book has still to store, and the call's columns, in one statement. `due_in`, if given, is the
    time until the call's next attempt, None for none.

    Where the call stands is for the attempt to say that began last.
    """
    state = columns.get("state", book.call.state)
    is_given_up = state in (CallState.SKIPPED, CallState.FAILED)
    own_words = {"state": STATE, "due_in": DUE_AT_ONCE_IF_OUTDATED if state == CallState.DELIVERED else DUE_AT}
    unstored = book.unstored()
    statement = END.format(
        unstored=unstored,
        assignments=", ".join(own_words.get(name, f"{name} = %({name})s") for name in columns),
        unless_outdated=UNLESS_OUTDATED if is_given_up else "",
    )
    parameters = {
        "facts": json.dumps(book.call.facts),
        "account": customer.planfix_account,
        "requests_left": book.requests_left,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, {**unstored.parameters, **parameters, **columns})
