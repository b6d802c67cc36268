"""Dismisses failed and held calls: a person has dealt with them, or nobody needs to. Sends nothing to Planfix."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from integrations.domain.reasons import Reason
from integrations.models import Call, CallState
from integrations.services.calls.batches import in_batches
from integrations.services.calls.history import name_of

DETAIL_LENGTH = 300


def dismiss(
    calls: QuerySet[Call], *, note: str, by: User | None, done: Callable[[int], None] = lambda count: None
) -> int:
    """Dismisses the failed and held calls among these. `finished_at` then says when, `detail` by which user and why.

    Calls `done` with the size of each batch. Returns the number of dismissed calls.
    """
    return skip_failed(calls, reason=Reason.DISMISSED, detail=_detail(note, by), done=done)


def skip_failed(
    calls: QuerySet[Call], *, reason: str, detail: str = "", done: Callable[[int], None] = lambda count: None
) -> int:
    """Skips the failed and held calls among these. Calls `done` with the size of each batch. Returns the number of
    skipped calls."""
    columns = {"state": CallState.SKIPPED, "reason": reason, "detail": detail, "finished_at": Now(), "due_at": None}
    # The state again: a user may have retried one of them since the batch was read.
    batches = in_batches(dismissable(calls), done)
    return sum(dismissable(Call.objects.filter(pk__in=batch)).update(**columns) for batch in batches)


def dismissable(calls: QuerySet[Call]) -> QuerySet[Call]:
    """The calls that failed, and those that are held because of too many new contacts."""
    held = Q(state=CallState.PENDING, reason=Reason.TOO_MANY_CONTACTS)
    return calls.filter(Q(state=CallState.FAILED) | held)


def _detail(note: str, by: User | None) -> str:
    who = name_of(by)
    return f"{who}: {note}"[:DETAIL_LENGTH] if who else note[:DETAIL_LENGTH]
