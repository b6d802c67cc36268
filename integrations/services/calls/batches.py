"""Which calls a piece of long work means: those of its list of numbers, or all that fit a filter of the call log.

What a filter means, and whose calls somebody may see, the call log knows. It stands above this room, so it says so here
when Django starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from integrations.models import BackgroundJob, Call
from integrations.services.queue.progress import CannotBeDone

Reading = Callable[[User, str], QuerySet[Call]]
"""The calls that a user sees with a filter, given as the query string of the list."""

BATCH = 500
"""Calls that are changed in one transaction: webhooks of theirs wait meanwhile."""

_readings: list[Reading] = []


def read_filters_with(reading: Reading) -> None:
    _readings[:] = [reading]


def calls_meant_by(work: BackgroundJob) -> QuerySet[Call]:
    """By its argument `calls`, else by `filter` as who asked for the work sees it now. Only those that were finished
    when it was asked for, so that none is done twice, however often the work is taken up again. Raises CannotBeDone.
    """
    return _named_by(work).filter(finished_at__lte=work.asked_at)


def known_calls_meant_by(work: BackgroundJob) -> QuerySet[Call]:
    """Also those that have not ended or still wait: all that were known when it was asked for. Raises CannotBeDone."""
    return _named_by(work).filter(received_at__lte=work.asked_at)


def in_batches(calls: QuerySet[Call], done: Callable[[int], None]) -> Iterator[list[int]]:
    """The numbers of the calls as they are now, so many at once; `done` is told of each batch when it is."""
    call_ids = list(calls.order_by("pk").values_list("pk", flat=True))
    for first in range(0, len(call_ids), BATCH):
        batch = call_ids[first : first + BATCH]
        yield batch
        done(len(batch))


def _named_by(work: BackgroundJob) -> QuerySet[Call]:
    if "calls" in work.arguments:
        return Call.objects.filter(pk__in=work.arguments["calls"])
    if work.asked_by is None:
        raise CannotBeDone(_("Who asked for this is no longer a user here, so nothing was done."))
    [reading] = _readings
    return reading(work.asked_by, work.arguments["filter"])
