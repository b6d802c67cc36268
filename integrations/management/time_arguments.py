"""Reads times that people type on a command line."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo

from django.core.management.base import CommandError

YEARS = range(2000, 2100)


def parse_time(text: str, zone: tzinfo, *, ends: bool = False) -> datetime:
    """Reads an ISO date or datetime, in `zone` unless the text names one.

    A date means the start of the day, or its end when `ends`. Raises CommandError, also for years in which no call was.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"“{text}” is neither a date nor a time. Write 2026-09-30 or 2026-09-30T15:30.") from error
    if read.year not in YEARS:
        raise CommandError(f"“{text}” is not between {YEARS[0]} and {YEARS[-1]}.")
    if ends and _is_date(text):
        read = datetime.combine(read.date() + timedelta(days=1), time())
    return read if read.tzinfo else read.replace(tzinfo=zone)


def _is_date(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False
