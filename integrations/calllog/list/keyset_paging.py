"""Pages of calls, newest first, by keyset: a page costs the same however deep it lies, and new calls shift nothing."""

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
    """The text is no position in the list."""


@dataclass(frozen=True, kw_only=True)
class Page:
    calls: list[Call]
    older: str
    """Where the next page begins, for its address; "" on the last one."""


def page_of(parts: Sequence[QuerySet[Call]], *, rows: QuerySet[Call], before: str = "", size: int = PAGE_SIZE) -> Page:
    """The newest calls of all parts, or those older than the position `before`. `rows`: with what they come.

    Raises BadPosition.
    """
    if before:
        parts = [part.filter(_older_than(before)) for part in parts]
    found = list(rows.filter(pk__in=_newest(parts, size + 1)).order_by(*NEWEST)[: size + 1])
    return Page(
        calls=found[:size],
        older=position_of(found[size - 1]) if len(found) > size else "",
    )


def _newest(parts: Sequence[QuerySet[Call]], most: int) -> QuerySet[Call, int]:
    """The keys of each part's newest calls. An index alone tells them, even where thousands of calls have to be put in
    order: only the page's own are read.
    """
    first, *others = (part.order_by(*NEWEST).values_list("pk", flat=True)[:most] for part in parts)
    return first.union(*others, all=True) if others else first


def newer_than(calls: QuerySet[Call], after: str) -> QuerySet[Call]:
    """The calls that stand above the position; all of them when there is none. Raises BadPosition."""
    if not after:
        return calls
    started_at, pk = _moment_and_key(after)
    return calls.filter(Q(started_at__gte=started_at) & (Q(started_at__gt=started_at) | Q(pk__gt=pk)))


def position_of(call: Call) -> str:
    """Where it stands in the list, as addresses name it."""
    return f"{(call.started_at - _EPOCH) // _MICROSECOND}-{call.pk}"


def _older_than(before: str) -> Q:
    started_at, pk = _moment_and_key(before)
    # The first condition is implied by the second one, and is what the index can begin its walk with.
    return Q(started_at__lte=started_at) & (Q(started_at__lt=started_at) | Q(pk__lt=pk))


def _moment_and_key(position: str) -> tuple[datetime, int]:
    match = _POSITION.fullmatch(position)
    if match is None:
        raise BadPosition(position)
    try:
        return _EPOCH + int(match[1]) * _MICROSECOND, int(match[2])
    except OverflowError as error:
        raise BadPosition(position) from error
