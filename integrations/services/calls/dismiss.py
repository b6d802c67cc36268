"""Takes failed calls off the list of what waits for a person, who has dealt with them or need not. Sends nothing."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.db.models.functions import Now

from integrations.domain.reasons import Reason
from integrations.models import BackgroundJob, Call, CallState
from integrations.services.calls.batches import calls_meant_by, in_batches
from integrations.services.queue.progress import Progress

DETAIL_LENGTH = 300


def settle(
    calls: QuerySet[Call], *, note: str, by: User | None, done: Callable[[int], None] = lambda count: None
) -> int:
    """Settles those of the calls that failed; `done` is told of each batch. When it was is the call's `finished_at`,
    who it was and why its `detail`.

    Returns how many.
    """
    return skip_failed(calls, reason=Reason.DISMISSED, detail=_detail(note, by), done=done)


def skip_failed(
    calls: QuerySet[Call], *, reason: str, detail: str = "", done: Callable[[int], None] = lambda count: None
) -> int:
    """Skips those of the calls that failed; `done` is told of each batch. Returns how many."""
    columns = {"state": CallState.SKIPPED, "reason": reason, "detail": detail, "finished_at": Now()}
    # The state once more: somebody may have sent one of them again meanwhile.
    return sum(
        settleable(Call.objects.filter(pk__in=batch)).update(**columns) for batch in in_batches(settleable(calls), done)
    )


def settleable(calls: QuerySet[Call]) -> QuerySet[Call]:
    return calls.filter(state=CallState.FAILED)


def settle_as_asked(work: BackgroundJob, progress: Progress) -> dict[str, int]:
    """Long work: the calls that its arguments mean, with its argument `note`."""
    calls = calls_meant_by(work)
    progress.expect(settleable(calls).count())
    return {"calls": settle(calls, note=work.arguments["note"], by=work.asked_by, done=progress.add)}


def _detail(note: str, by: User | None) -> str:
    who = by.get_full_name() or by.get_username() if by else ""
    return f"{who}: {note}"[:DETAIL_LENGTH] if who else note[:DETAIL_LENGTH]
