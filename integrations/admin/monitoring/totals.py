"""The numbers of all customers together: tiles, and the reasons why calls are not in Planfix as bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.models import CallState
from integrations.services.monitoring.chart_numbers import Pictures
from integrations.services.monitoring.customer_facts import Fact, Group
from integrations.services.monitoring.customer_status import BY_SETTINGS, CustomerStatus
from integrations.ui.durations import rough_duration
from integrations.ui.labels import STATES, LazyText, reason_label

MOST_REASONS = 7
NOTHING = "–"


@dataclass(frozen=True, kw_only=True)
class Tile:
    label: str
    value: str
    note: str
    address: str = ""
    colour: str = ""
    """"danger" or "warning" for a number that needs attention."""


@dataclass(frozen=True, kw_only=True)
class ReasonBar:
    state: str
    state_label: LazyText
    reason: LazyText
    count: int
    width: float
    """Percent of the longest bar."""
    address: str


def tiles_of(statuses: Sequence[CustomerStatus], pictures: Pictures, now: datetime) -> list[Tile]:
    log, problems = reverse("calllog:list"), reverse("console:problems")
    return [
        _today(pictures, log),
        _in_planfix(statuses, log),
        _delay(pictures),
        _oldest(statuses, now, log),
        _failed(statuses, now, problems),
        _skipped(statuses, problems),
    ]


def bars_of_reasons(statuses: Sequence[CustomerStatus]) -> list[ReasonBar]:
    """The most frequent reasons of failed and waiting calls, and of calls that were skipped in the last days."""
    counts: Counter[tuple[CallState, str]] = Counter()
    for fact, state in STATE_OF.items():
        for group in _groups(statuses, fact):
            counts[state, group.code] += group.count
    shown = counts.most_common(MOST_REASONS)
    longest = max((count for _key, count in shown), default=1)
    return [
        ReasonBar(
            state=state,
            state_label=STATES[state].label,
            reason=reason_label(reason) or _("not tried yet"),
            count=count,
            width=round(100 * count / longest, 1),
            address=f"{reverse('calllog:list')}?state={state.value}&reason={reason}",
        )
        for (state, reason), count in shown
    ]


STATE_OF = {Fact.FAILED: CallState.FAILED, Fact.WAITING: CallState.PENDING, Fact.SKIPPED: CallState.SKIPPED}


def _groups(statuses: Sequence[CustomerStatus], fact: Fact) -> list[Group]:
    return [group for status in statuses for group in status.facts.group(fact)]


def _today(pictures: Pictures, log: str) -> Tile:
    today, before = pictures.fleet[-1].total, pictures.fleet[-2].total
    note = _("yesterday %(count)s") % {"count": _grouped(before)}
    return Tile(label=_("Calls today"), value=_grouped(today), note=note, address=f"{log}?period=today")


def _in_planfix(statuses: Sequence[CustomerStatus], log: str) -> Tile:
    delivered = sum(status.facts.calls(CallState.DELIVERED) for status in statuses)
    total = sum(status.facts.calls() for status in statuses)
    note = _("%(count)s of %(of)s calls, 7 days") % {"count": _grouped(delivered), "of": _grouped(total)}
    # Rounded down, so that 100 % means all calls.
    value = f"{number_format(f'{1000 * delivered // total / 10:g}')} %" if total else NOTHING
    return Tile(label=_("In Planfix"), value=value, note=note, address=f"{log}?state={CallState.DELIVERED.value}")


def _delay(pictures: Pictures) -> Tile:
    label = _("Time to Planfix")
    if not pictures.delays:
        return Tile(label=label, value=NOTHING, note=_("no calls in 24 hours"))
    note = _("95 %% within %(duration)s") % {"duration": rough_duration(pictures.delays[95])}
    return Tile(label=label, value=rough_duration(pictures.delays[50]), note=note)


def _oldest(statuses: Sequence[CustomerStatus], now: datetime, log: str) -> Tile:
    oldest = min((at for status in statuses if (at := status.facts.first_at(Fact.WAITING))), default=None)
    count = sum(status.facts.count(Fact.WAITING) for status in statuses)
    is_late = any(issue.cause in ("LATE", "NO_WORKER") for status in statuses for issue in status.issues)
    return Tile(
        label=_("Oldest waiting"),
        value=rough_duration((now - oldest).total_seconds()) if oldest else NOTHING,
        note=ngettext("one call waits", "%(count)s calls wait", count) % {"count": _grouped(count)},
        address=f"{log}?state={CallState.PENDING.value}",
        colour="danger" if is_late else "",
    )


def _failed(statuses: Sequence[CustomerStatus], now: datetime, problems: str) -> Tile:
    groups = _groups(statuses, Fact.FAILED)
    first = min((group.first_at for group in groups if group.first_at), default=None)
    count = sum(group.count for group in groups)
    since = rough_duration((now - first).total_seconds()) if first else ""
    return Tile(
        label=_("Failed"),
        value=_grouped(count),
        note=_("for %(duration)s") % {"duration": since} if since else _("nothing to do"),
        address=f"{problems}#failed",
        colour="danger" if count else "",
    )


def _skipped(statuses: Sequence[CustomerStatus], problems: str) -> Tile:
    groups = _groups(statuses, Fact.SKIPPED)
    unwanted = sum(group.count for group in groups if group.code not in BY_SETTINGS)
    chosen = sum(group.count for group in groups) - unwanted
    return Tile(
        label=_("Skipped, 7 days"),
        value=_grouped(unwanted),
        note=_("%(count)s more by the settings") % {"count": _grouped(chosen)},
        address=f"{problems}#skipped",
        colour="warning" if unwanted else "",
    )


def _grouped(number: int) -> str:
    return str(number_format(number, force_grouping=True))
