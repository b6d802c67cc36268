"""The receipts of one call: what of it exists in Planfix, and which write is in hand. Knows nothing of what is written.

Every write happens once. Its receipt is stored before the next request, and the step in hand before its own, so that
whoever continues after a crash or an unclear answer knows what to look for before sending anything again.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from django.db import connection

from integrations.models import Call, Delivery, Step
from integrations.planfix.http.client import Exchange
from integrations.planfix.http.errors import PlanfixError, PlanfixUnavailable
from integrations.services.clients.lease import HeldLease, LeaseLost
from integrations.services.clients.piggyback import PiggybackWrites
from integrations.services.clients.planfix import LOG_COLUMNS, log_columns

STORE = """
    UPDATE integrations_delivery SET {assignments} WHERE call_id = %(call_id)s AND attempts = %(attempts)s
"""
"""Nothing once another attempt has begun: who was held up for so long knows less than that one."""

LOG = f"""
    INSERT INTO integrations_planfixrequest ({LOG_COLUMNS})
    SELECT {LOG_COLUMNS} FROM jsonb_populate_recordset(NULL::integrations_planfixrequest, %(log)s::jsonb)
"""  # noqa: S608 - our own column names

REMEMBER = """
    INSERT INTO integrations_rememberedcontact (customer_id, number, contact_id)
    SELECT %(customer_id)s, %(number)s, %(remembered_id)s
      FROM integrations_delivery WHERE call_id = %(call_id)s AND attempts = %(attempts)s
    ON CONFLICT (customer_id, number) DO UPDATE SET contact_id = EXCLUDED.contact_id
"""

COLUMNS = [field.attname for field in Delivery._meta.concrete_fields]
BEGIN = f"""
    WITH held AS (
        SELECT FROM integrations_turn WHERE customer_id = %(customer_id)s AND holder = %(holder)s FOR SHARE
    )
    INSERT INTO integrations_delivery AS delivery
           (call_id, attempts, contact_created, contacts_found, target_known, recording_refused,
            recording_attached, recording_tries, text_digest, left_out, unclear)
    SELECT %(call_id)s, 1, false, 0, false, '', false, 0, '', '{{}}', '' FROM held
    ON CONFLICT (call_id) DO UPDATE SET attempts = delivery.attempts + 1
    RETURNING {", ".join(COLUMNS)}
"""  # noqa: S608 - the model's own columns
"""An attempt is begun by the turn's holder only, and nobody takes the turn meanwhile: a worker that stood still and has
lost its turn would begin one beside its successor's, whose receipts would then not be stored any more.
"""


def begin_attempt(call: Call, turn: HeldLease) -> Delivery:
    """The call's row, with this attempt counted: one statement, and the first attempt makes the row.

    Raises LeaseLost.
    """
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, {"call_id": call.pk, "customer_id": call.customer_id, "holder": turn.holder})
        row = cursor.fetchone()
    if row is None:
        raise LeaseLost
    return Delivery(**dict(zip(COLUMNS, row, strict=True)))


class ReceiptBook:
    """`row` is what is known now; `unstored` is what has still to be stored of it, and of the requests made."""

    def __init__(self, call: Call, row: Delivery, *, looks_first: bool = False) -> None:
        """`looks_first`: what has no receipt may have been written all the same, by whom this database knows nothing
        of.
        """
        self.call = call
        self.row = row
        self.looks_first = looks_first
        self.requests_left: int | None = None
        """What the account said of itself last."""
        self._changed: set[str] = set()
        self._log: list[dict[str, object]] = []
        self._remembered: tuple[str, int] | None = None

    def note(self, **values: object) -> None:
        for name, value in values.items():
            if getattr(self.row, name) != value:
                setattr(self.row, name, value)
                self._changed.add(name)

    def log(self, exchange: Exchange) -> None:
        call = {"customer_id": self.call.customer_id, "call_id": self.call.pk}
        self._log.append(call | log_columns(exchange) | {"sent_at": exchange.sent_at.isoformat()})
        self.requests_left = exchange.requests_left

    def remember(self, number: str, contact_id: int) -> None:
        """The contact that this number leads to, for the customer's next call from it."""
        self._remembered = (number, contact_id)

    def unstored(self) -> PiggybackWrites:
        """What has come to be known since the last time; whoever takes it has to store it."""
        queries: dict[str, str] = {}
        parameters: dict[str, object] = {"call_id": self.row.pk, "attempts": self.row.attempts}
        if self._changed:
            parameters |= {name: getattr(self.row, name) for name in self._changed}
            queries["stored"] = STORE.format(assignments=", ".join(f"{name} = %({name})s" for name in self._changed))
        if self._log:
            parameters["log"] = json.dumps(self._log)
            queries["logged"] = LOG
        if self._remembered:
            number, contact_id = self._remembered
            parameters |= {"customer_id": self.call.customer_id, "number": number, "remembered_id": contact_id}
            queries["remembered"] = REMEMBER
        self._changed, self._log, self._remembered = set(), [], None
        return PiggybackWrites(queries=queries, parameters=parameters)

    def write(self, step: Step, receipt: str, *, send: Callable[[], int], find: Callable[[], int | None]) -> int:
        """Does one write once: by its receipt, else by what an unclear answer left in Planfix, else by sending it.

        `receipt` is the column that keeps the id. Raises PlanfixError.
        """
        done: int | None = getattr(self.row, receipt)
        if done is not None:
            return done
        if self.looks_first or self.row.unclear == step:
            done = find()
        if done is None:
            done = self.send(step, send)
        self.note(**{receipt: done, "unclear": ""})
        return done

    def send(self, step: Step, send: Callable[[], int]) -> int:
        """Sends a write as the step in hand, which it remains until its receipt is noted or it is surely not done."""
        self.note(unclear=step)
        try:
            return send()
        except PlanfixError as error:
            if not (isinstance(error, PlanfixUnavailable) and error.may_have_written):
                self.note(unclear="")
            raise
