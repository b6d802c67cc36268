"""Points in time as people type them on a command line."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo

from django.core.management.base import CommandError


def moment(text: str, zone: tzinfo, *, ends: bool = False) -> datetime:
    """The moment of an ISO date or datetime, read in the zone unless it names its own.

    A date is the day's beginning; its end when the moment `ends` something. Raises CommandError.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"“{text}” is neither a date nor a time. Write 2026-09-30 or 2026-09-30T15:30.") from error
    if ends and _is_date(text):
        read = datetime.combine(read.date() + timedelta(days=1), time())
    return read if read.tzinfo else read.replace(tzinfo=zone)


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False
