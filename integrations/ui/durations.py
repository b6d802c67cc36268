"""Rough durations for people: "6 s", "12 min", "3 h", "2 d". They need no time zone."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

MINUTE, HOUR, DAY = 60, 3600, 86400


def rough_duration(seconds: float) -> str:
    """Formats a duration in the largest unit that gives at least 2, so that 90 minutes are not "1 h"."""
    if seconds < 2 * MINUTE:
        return _("%(count)s s") % {"count": max(round(seconds), 0)}
    if seconds < 2 * HOUR:
        return _("%(count)s min") % {"count": int(seconds // MINUTE)}
    if seconds < 2 * DAY:
        return _("%(count)s h") % {"count": int(seconds // HOUR)}
    return _("%(count)s d") % {"count": int(seconds // DAY)}


def time_ago(at: datetime, now: datetime) -> str:
    return _("%(duration)s ago") % {"duration": rough_duration((now - at).total_seconds())}
