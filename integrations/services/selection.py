"""Which calls a piece of long work means: those of its list of numbers, or all that fit a filter of the call log.

What a filter means, and whose calls somebody may see, the call log knows. It stands above this room, so it says so here
when Django starts.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from integrations.models import Call, Work

Reading = Callable[[User, str], QuerySet[Call]]
"""The calls that a user sees with a filter, given as the query string of the list."""

_readings: list[Reading] = []


def read_filters_with(reading: Reading) -> None:
    _readings[:] = [reading]


def calls_meant_by(work: Work) -> QuerySet[Call]:
    """By its argument `calls`, else by `filter` as who asked for the work sees it now. Raises ImproperlyConfigured."""
    if "calls" in work.arguments:
        return Call.objects.filter(pk__in=work.arguments["calls"])
    if work.asked_by is None:
        raise ImproperlyConfigured(_("Who asked for this is no longer a user here, so nothing was done."))
    [reading] = _readings
    return reading(work.asked_by, work.arguments["filter"])
