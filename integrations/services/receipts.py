"""The receipts of one call: what of it exists in Planfix, and which write is in hand. Knows nothing of what is written.

Every write happens once. Its receipt is stored before the next request, and the step in hand before its own, so that
whoever continues after a crash or an unclear answer knows what to look for before sending anything again.
"""

from __future__ import annotations

from collections.abc import Callable

from integrations.models import Call, Delivery, Step
from integrations.planfix.errors import PlanfixError, PlanfixUnavailable


class ReceiptBook:
    """`row` is what is known now; `store` writes what has changed since the last time."""

    def __init__(self, call: Call) -> None:
        self.row = _begin(call)
        self._changed: set[str] = set()

    def note(self, **values: object) -> None:
        for name, value in values.items():
            if getattr(self.row, name) != value:
                setattr(self.row, name, value)
                self._changed.add(name)

    def store(self) -> None:
        if self._changed:
            columns = {name: getattr(self.row, name) for name in self._changed}
            # Nothing once another attempt has begun: who was held up for so long knows less than that one.
            Delivery.objects.filter(pk=self.row.pk, attempts=self.row.attempts).update(**columns)
            self._changed = set()

    def write(self, step: Step, receipt: str, *, send: Callable[[], int], find: Callable[[], int | None]) -> int:
        """Does one write once: by its receipt, else by what an unclear answer left in Planfix, else by sending it.

        `receipt` is the column that keeps the id. Raises PlanfixError.
        """
        done: int | None = getattr(self.row, receipt)
        if done is not None:
            return done
        if self.row.unclear == step:
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


def _begin(call: Call) -> Delivery:
    """The call's row, with this attempt counted: one statement, and the first attempt makes the row."""
    rows = Delivery.objects.raw(
        """
        INSERT INTO integrations_delivery AS delivery
               (call_id, attempts, contact_created, contacts_found, target_known, recording_refused,
                recording_attached, recording_tries, text_digest, left_out, unclear)
        VALUES (%s, 1, false, 0, false, '', false, 0, '', '{}', '')
        ON CONFLICT (call_id) DO UPDATE SET attempts = delivery.attempts + 1
        RETURNING *
        """,
        [call.pk],
    )
    return rows[0]
