"""Reads Ringostat's call list and folds its rows into calls, so that a lost webhook costs no call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from integrations.domain.calls import CallFacts
from integrations.domain.folding import Folded, fold
from integrations.models import BackgroundJob, Call, CallState, CatchUpCursor, Customer
from integrations.ringostat.api import RingostatClient, RingostatError
from integrations.ringostat.webhook import parse_list_row
from integrations.services.clients.ringostat import ringostat_client
from integrations.services.database import database_time, release_connection
from integrations.services.intake.receive import fold_into_call
from integrations.services.intake.sql import Recipient
from integrations.services.intake.unlisted_calls import count_unlisted
from integrations.services.queue.progress import CannotBeDone, Progress

log = structlog.get_logger(__name__)

OVERLAP = timedelta(hours=2)
"""How much every run reads again: Ringostat adds rows late, and completes rows late (a recording's link)."""

PART = timedelta(days=1)
"""How much to read and store at once. A long window thus needs little memory, and an interruption loses little."""

BATCH = 500
"""Rows that one query compares with the stored calls."""

RELIABLE_AFTER = timedelta(minutes=3)
"""How long after its end a call is left to its webhook."""

NO_ANSWER_RELIABLE_AFTER = timedelta(hours=1)
"""How long after its start a NO ANSWER row without a duration is not trusted. Ringostat may list a call like this while
it goes on, and rewrite the row at its end. Delivered too early, the call would stay in Planfix as missed.
"""

LONGEST_USUAL_CALL = OVERLAP
"""The same when a webhook has reported the start of the call: a webhook will also report its end."""

LONGEST_CALL = timedelta(hours=12)
"""How long the cursor waits for a call that is still open."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """A window of start times: calls that started between `start` and `end`."""

    start: datetime
    end: datetime


class Fate(StrEnum):
    """What was done with a row of the call list."""

    NEW = "new"
    COMPLETED = "completed"
    ADDED_TO = "added_to"
    """The call was complete; the row added facts."""
    UNCHANGED = "unchanged"
    LEFT = "left"
    """Not reliable yet. The webhook or the next run reads it."""
    UNUSABLE = "unusable"
    """The row has no call id, or an error of ours, which the log shows, kept us from storing it."""


@dataclass(frozen=True, kw_only=True)
class CatchUpReport:
    customer: str
    fates: Mapping[Fate, int]
    dropped_fields: tuple[str, ...] = ()
    """Fields of the call list that the Ringostat project refused."""
    skipped: str = ""
    """Why no request was sent."""
    error: str = ""
    """Why the run ended early. Rows read before are stored."""

    def as_json(self) -> dict[str, object]:
        return {
            "customer": self.customer,
            "rows": sum(self.fates.values()),
            **{fate.value: self.fates.get(fate, 0) for fate in Fate},
            "dropped_fields": list(self.dropped_fields),
            "skipped": self.skipped,
            "error": self.error,
        }


def customers_to_catch_up() -> list[int]:
    """The ids of customers with a Ringostat Auth-key."""
    return list(Customer.objects.exclude(ringostat_auth_key="").order_by("pk").values_list("pk", flat=True))


def catch_up(
    customer: Customer, *, window: Window | None = None, should_stop: Callable[[], bool] = lambda: False
) -> CatchUpReport:
    """Folds rows of the call list into the customer's calls: the window's rows, or the new rows since the last run.

    The first run without a window starts at the customer's creation, so that it does not import years. It may run at
    any time, any number of times, and may be killed. Raises OperationalError or InterfaceError when the database is
    unreachable; the report names any other error.
    """
    reading = _Reading(customer)
    client: RingostatClient | None = None
    error = ""
    try:
        client = ringostat_client(customer)
        if client is None:
            skipped = _("The customer has no Ringostat Auth-key.")
            return CatchUpReport(customer=customer.name, fates={}, skipped=skipped)
        reading.read(client, window, should_stop)
    except RingostatError as problem:
        error = str(problem)
        log.warning("call list not read", customer_id=customer.pk, error=error, retryable=problem.retryable)
    except (OperationalError, InterfaceError):
        raise
    except Exception as problem:
        error = repr(problem)[:300]
        log.exception("catch-up failed", customer_id=customer.pk)
    dropped_fields = tuple(client.dropped_fields) if client else ()
    _remember(customer, error, dropped_fields)
    report = CatchUpReport(customer=customer.name, fates=reading.fates, dropped_fields=dropped_fields, error=error)
    if reading.fates.keys() & {Fate.NEW, Fate.COMPLETED}:
        log.info("caught up", customer_id=customer.pk, **{fate.value: count for fate, count in reading.fates.items()})
    return report


def _remember(customer: Customer, error: str, dropped_fields: Iterable[str]) -> None:
    """Stores why reading fails, for pages and alerts; clears it when reading works again."""
    cursor = CatchUpCursor.objects.filter(customer=customer)
    if error:
        CatchUpCursor.objects.get_or_create(customer=customer, defaults={"read_until": customer.created_at})
        cursor.update(trouble=error, trouble_since=Coalesce("trouble_since", Now()))
        return
    cursor.exclude(trouble="").update(trouble="", trouble_since=None)
    cursor.exclude(refused_fields=list(dropped_fields)).update(refused_fields=list(dropped_fields))


def catch_up_job(job: BackgroundJob, progress: Progress) -> dict[str, Any]:
    """Catches up as a background job. Its arguments `start` and `end`, ISO times, are the window."""
    assert job.customer is not None  # A customer's page enqueues it.
    start, end = (datetime.fromisoformat(job.arguments[name]) for name in ("start", "end"))
    parts = list(_parts(Window(start=start, end=end)))
    progress.expect(len(parts))
    fates: Counter[str] = Counter()
    dropped_fields: tuple[str, ...] = ()
    for part in parts:
        report = catch_up(job.customer, window=part, should_stop=progress.should_stop)
        if problem := report.error or report.skipped:
            raise CannotBeDone(problem)
        progress.add()  # Also raises Stopped when the part was left off.
        fates.update({fate.value: count for fate, count in report.fates.items()})
        dropped_fields = report.dropped_fields
    return {**fates, "rows": fates.total(), "dropped_fields": list(dropped_fields)}


class _Reading:
    """One run of catching up, for one customer."""

    def __init__(self, customer: Customer) -> None:
        self.fates: Counter[Fate] = Counter()
        self._customer = customer
        self._recipient = Recipient.of(customer)
        # The database's clock: a worker whose clock is wrong must not move the cursor past calls.
        self._now = database_time()
        self._open_since = self._now
        self._recent_ids: set[str] = set()

    def read(self, client: RingostatClient, window: Window | None, should_stop: Callable[[], bool]) -> None:
        for part in _parts(window or self._since_last_run()):
            if should_stop() or not self._read_part(client, part, should_stop):
                return
            if window is None:
                self._advance(min(part.end, self._open_since))
        if window is None:
            count_unlisted(self._customer, self._recent_ids, self._now)

    def _read_part(self, client: RingostatClient, part: Window, should_stop: Callable[[], bool]) -> bool:
        """Returns True when the whole part was read and stored."""
        release_connection()
        rows = client.calls(part.start, part.end, self._customer.zone)
        for first in range(0, len(rows), BATCH):
            if should_stop():
                return False
            self._take_batch(rows[first : first + BATCH])
        return True

    def _since_last_run(self) -> Window:
        created_at = self._customer.created_at
        cursor, _is_new = CatchUpCursor.objects.get_or_create(
            customer=self._customer, defaults={"read_until": created_at}
        )
        # The cursor may lie in the future, if the clock was ahead for a while.
        start = min(cursor.read_until, self._now) - OVERLAP
        return Window(start=max(start, created_at), end=self._now)

    def _advance(self, read_until: datetime) -> None:
        """Moves the cursor forward, never back: another run may have read further."""
        CatchUpCursor.objects.filter(customer=self._customer, read_until__lt=read_until).update(read_until=read_until)

    def _take_batch(self, rows: Sequence[Mapping[str, Any]]) -> None:
        parsed = [parse_list_row(row, timezone=self._customer.zone) for row in rows]
        recent = self._now - OVERLAP
        self._recent_ids |= {facts.ringostat_id for facts in parsed if facts and (facts.started_at or recent) >= recent}
        known = self._known([facts.ringostat_id for facts in parsed if facts])
        for facts in parsed:
            self.fates[self._take(facts, known) if facts else Fate.UNUSABLE] += 1

    def _known(self, ringostat_ids: list[str]) -> dict[str, tuple[str, Folded]]:
        calls = Call.objects.filter(customer=self._customer, ringostat_id__in=ringostat_ids)
        return {row[0]: (row[1], row[2]) for row in calls.values_list("ringostat_id", "state", "facts")}

    def _take(self, facts: CallFacts, known: dict[str, tuple[str, Folded]]) -> Fate:
        state, stored = known.get(facts.ringostat_id, ("", None))
        in_progress = state == CallState.IN_PROGRESS
        reliable = is_reliable(facts, now=self._now, in_progress=in_progress)
        if not (reliable and facts.is_final):
            self._wait_for(facts)
        if not reliable:
            return Fate.LEFT
        folded = fold(stored, facts)
        if folded == stored:
            return Fate.UNCHANGED
        if not self._fold_in(facts):
            return Fate.UNUSABLE
        known[facts.ringostat_id] = (CallState.PENDING if facts.is_final else state or CallState.IN_PROGRESS, folded)
        if stored is None:
            return Fate.NEW
        return Fate.COMPLETED if facts.is_final and not stored["final"] else Fate.ADDED_TO

    def _fold_in(self, facts: CallFacts) -> bool:
        try:
            with transaction.atomic():
                fold_into_call(self._recipient, facts, self._now)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # One row that we cannot store must not block the rows after it.
            log.exception("row not stored", customer_id=self._customer.pk, ringostat_id=facts.ringostat_id)
            return False
        return True

    def _wait_for(self, facts: CallFacts) -> None:
        """Keeps the cursor before a call that must be read again."""
        if facts.started_at and self._now - facts.started_at < LONGEST_CALL:
            self._open_since = min(self._open_since, facts.started_at)


def is_reliable(facts: CallFacts, *, now: datetime, in_progress: bool) -> bool:
    """Tells whether a row can be trusted: it shows the call's final state, or it says that the call still goes on.

    `in_progress`: webhooks have reported the call but not its end.
    """
    if not facts.is_final or facts.started_at is None:
        return True
    seconds = (
        facts.total_seconds
        if facts.total_seconds is not None
        else (facts.wait_seconds or 0) + (facts.talk_seconds or 0)
    )
    if now - facts.started_at - timedelta(seconds=seconds) < RELIABLE_AFTER:
        return False
    if facts.status != "NO ANSWER" or seconds or facts.talk_seconds:
        return True
    return now - facts.started_at >= (LONGEST_USUAL_CALL if in_progress else NO_ANSWER_RELIABLE_AFTER)


def _parts(window: Window) -> Iterator[Window]:
    start = window.start
    while start < window.end:
        end = min(start + PART, window.end)
        yield Window(start=start, end=end)
        start = end
