"""The part of the webhook page that shows what the customer's webhooks contain: parameters, delay, repeats, gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from integrations.domain.calls import EventKind
from integrations.models import Customer
from integrations.services.monitoring.webhook_statistics import (
    FINAL_KINDS,
    DayShare,
    Needed,
    Presence,
    Share,
    WebhookStatistics,
    webhook_statistics,
)
from integrations.ui.labels import EVENTS, LazyText


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter that Ringofix needs, and what is missing without it."""

    label: LazyText
    cost: LazyText


PARAMETERS: Mapping[Needed, Parameter] = {
    Needed.NUMBER: Parameter(
        label=gettext_lazy("Client's number"),
        cost=gettext_lazy("Calls without it are skipped: no contact can be found."),
    ),
    Needed.START: Parameter(
        label=gettext_lazy("Time of the call"),
        cost=gettext_lazy("Without it, calls get the time of receipt."),
    ),
    Needed.OUTCOME: Parameter(
        label=gettext_lazy("Call status or talk time"),
        cost=gettext_lazy("Without both, a call waits until Ringostat's call list says whether it was answered."),
    ),
    Needed.TALK: Parameter(
        label=gettext_lazy("Talk time"),
        cost=gettext_lazy("Without it, answered calls in Planfix have no duration."),
    ),
    Needed.EMPLOYEE: Parameter(
        label=gettext_lazy("Employee"),
        cost=gettext_lazy("Calls without it are skipped, or written under the fallback employee's name."),
    ),
    Needed.RECORDING: Parameter(
        label=gettext_lazy("Recording link"),
        cost=gettext_lazy(
            "Without it, recordings come later from Ringostat's call list, or not at all without Auth-key."
        ),
    ),
    Needed.UTM: Parameter(
        label=gettext_lazy("UTM parameters"),
        cost=gettext_lazy("Calls without them have no traffic source in Planfix."),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """How often one event brings a parameter."""

    text: str
    color: str = ""
    """The kind of colour; "" for an event that did not come."""


@dataclass(frozen=True, kw_only=True)
class ParameterRow:
    parameter: Parameter
    cells: tuple[Cell, ...]
    is_complete: bool


BAR, GAP, HEIGHT = 5, 2, 28
"""In units of the drawing."""
LEAST = 2
"""One call among many stays visible."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    x: int
    y: int
    height: int
    label: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A bar per day. `text` has the numbers, for screen readers."""

    bars: tuple[Bar, ...]
    text: str
    width: int
    height: int = HEIGHT
    bar: int = BAR


@dataclass(frozen=True, kw_only=True)
class Statistics:
    requests: int
    events: tuple[LazyText, ...]
    rows: tuple[ParameterRow, ...]
    delay: str
    repeats: str
    gaps: str
    chart: Chart | None


NO_EVENT = Cell(text="–")
COLORS = {Presence.ALWAYS: "success", Presence.SOMETIMES: "warning", Presence.NEVER: "danger"}


def statistics(customer: Customer) -> Statistics:
    found = webhook_statistics(customer)
    return Statistics(
        requests=found.requests,
        events=tuple(EVENTS[kind] for kind in FINAL_KINDS),
        rows=tuple(_parameter_row(needed, shares) for needed, shares in found.shares.items()),
        delay=_delay(found),
        repeats=ngettext("%(count)s repeated request", "%(count)s repeated requests", found.repeats)
        % {"count": found.repeats},
        gaps=_gaps(found.days),
        chart=_chart(found.days),
    )


def _parameter_row(needed: Needed, shares: Mapping[EventKind, Share]) -> ParameterRow:
    is_complete = all(share.presence is Presence.ALWAYS for share in shares.values())
    cells = tuple(_cell(shares.get(kind)) for kind in FINAL_KINDS)
    return ParameterRow(parameter=PARAMETERS[needed], cells=cells, is_complete=is_complete)


def _cell(share: Share | None) -> Cell:
    if share is None:
        return NO_EVENT
    texts = {
        Presence.ALWAYS: _("always"),
        Presence.SOMETIMES: _("sometimes: %(came)s of %(all)s"),
        Presence.NEVER: _("never"),
    }
    return Cell(text=texts[share.presence] % {"came": share.came, "all": share.requests}, color=COLORS[share.presence])


def _delay(found: WebhookStatistics) -> str:
    if found.delay is None:
        return _("The delay is not known: the requests do not say when calls end.")
    text = _("Webhooks come %(median)s s after the end of the call, 95%% of them within %(p95)s s.")
    return text % {"median": found.delay.median, "p95": found.delay.p95}


def _gaps(days: Sequence[DayShare]) -> str:
    calls, by_webhook = (sum(getattr(day, name) for day in days) for name in ("calls", "by_webhook"))
    if not calls:
        return ""
    text = _("%(percent)s%% of the calls came only from Ringostat's call list: %(missing)s of %(calls)s.")
    missing = calls - by_webhook
    return text % {"percent": round(100 * missing / calls), "missing": missing, "calls": calls}


def _chart(days: Sequence[DayShare]) -> Chart | None:
    """Each bar is the share of the day's calls that a webhook reported."""
    if not any(day.calls for day in days):
        return None
    bars = tuple(_bar(index, day) for index, day in enumerate(days))
    text = _("Calls that a webhook reported, per day. %(days)s") % {"days": "; ".join(bar.label for bar in bars)}
    return Chart(bars=bars, text=text, width=len(days) * (BAR + GAP) - GAP)


def _bar(index: int, day: DayShare) -> Bar:
    height = max(round(HEIGHT * day.by_webhook / day.calls), LEAST) if day.by_webhook else 0
    return Bar(x=index * (BAR + GAP), y=HEIGHT - height, height=height, label=_day(day))


def _day(day: DayShare) -> str:
    text = _("%(day)s: %(came)s of %(calls)s")
    return text % {"day": date_format(day.day, _("j M")), "came": day.by_webhook, "calls": day.calls}
