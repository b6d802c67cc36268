"""Pages of calls, newest first, by keyset. Every page costs the same, and new calls do not shift the pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet

from integrations.models import Call

PAGE_SIZE = 30
NEWEST = ("-started_at", "-pk")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_POSITION = re.compile(r"(-?[0-9]{1,18})-([0-9]{1,18})")


class BadPosition(ValueError):
    """The text is not a position in the list."""


@dataclass(frozen=True, kw_only=True)
class Page:
    calls: list[Call]
    older: str
    """The position at which the next page begins; "" on the last page."""


def page_of(parts: Sequence[QuerySet[Call]], *, rows: QuerySet[Call], before: str = "", size: int = PAGE_SIZE) -> Page:
    """Loads the newest calls of all parts, or the newest that are older than the position `before`.

    `rows`: the queryset that loads calls with their related objects. Raises BadPosition.
    """
    if before:
        parts = [part.filter(_older_than(before)) for part in parts]
    found = list(rows.filter(pk__in=_newest(parts, size + 1)).order_by(*NEWEST)[: size + 1])
    return Page(
        calls=found[:size],
        older=position_of(found[size - 1]) if len(found) > size else "",
    )


def _newest(parts: Sequence[QuerySet[Call]], most: int) -> QuerySet[Call, int]:
    """The keys of each part's newest calls. PostgreSQL reads them from an index alone, so it loads only calls of the
    page.
    """
    first, *others = (part.order_by(*NEWEST).values_list("pk", flat=True)[:most] for part in parts)
    return first.union(*others, all=True) if others else first


def newer_than(calls: QuerySet[Call], after: str) -> QuerySet[Call]:
    """The calls newer than the position `after`; all calls if it is "". Raises BadPosition."""
    if not after:
        return calls
    started_at, pk = _parse_position(after)
    return calls.filter(Q(started_at__gte=started_at) & (Q(started_at__gt=started_at) | Q(pk__gt=pk)))


def position_of(call: Call) -> str:
    """The call's position in the list, for URLs."""
    return f"{(call.started_at - _EPOCH) // _MICROSECOND}-{call.pk}"


def _older_than(before: str) -> Q:
    started_at, pk = _parse_position(before)
    # The first condition follows from the second, but PostgreSQL needs it to find the start in the index.
    return Q(started_at__lte=started_at) & (Q(started_at__lt=started_at) | Q(pk__lt=pk))


def _parse_position(position: str) -> tuple[datetime, int]:
    match = _POSITION.fullmatch(position)
    if match is None:
        raise BadPosition(position)
    try:
        return _EPOCH + int(match[1]) * _MICROSECOND, int(match[2])
    except OverflowError as error:
        raise BadPosition(position) from error
