"""Walks through many calls in batches, so that no transaction holds many rows for long."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db.models import QuerySet

from integrations.models import Call

BATCH = 500
"""Calls that are changed in one transaction: webhooks of theirs wait meanwhile."""


def in_batches(calls: QuerySet[Call], done: Callable[[int], None]) -> Iterator[list[int]]:
    """Yields the ids of the calls as they are now, BATCH at a time; calls `done` with the size of each batch."""
    call_ids = list(calls.order_by("pk").values_list("pk", flat=True))
    for first in range(0, len(call_ids), BATCH):
        batch = call_ids[first : first + BATCH]
        yield batch
        done(len(batch))
