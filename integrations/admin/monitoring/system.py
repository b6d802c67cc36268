"""The page of the system: workers, queue, calls, database and release, each with advice when it has a problem."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.cache import never_cache

from integrations.admin.monitoring.phone_library_age import age_of_number_library
from integrations.models import CallState
from integrations.services.monitoring.customer_status import late_before
from integrations.services.monitoring.system import SystemFacts, system_facts
from integrations.ui.durations import rough_duration, time_ago

STALLED_AFTER = timedelta(minutes=2)
"""The sweep runs every five seconds, the alert check every minute."""
OLD_JOB_SECONDS = 300
FULL_SHARE = 0.8
"""The share of the database's connections in use above which it is nearly full."""


@dataclass(frozen=True, kw_only=True)
class Line:
    label: str
    value: str
    advice: str = ""
    """What to do about a problem; "" without one."""
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Card:
    title: str
    lines: tuple[Line, ...]


@never_cache
def system(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("integrations.view_customer"):
        raise PermissionDenied
    facts, now = system_facts(), timezone.now()
    cards = [_workers(facts, now), _calls(facts, now), _database(facts), _release(facts, now)]
    context = {**admin.site.each_context(request), "title": pgettext("page", "System"), "cards": cards}
    return render(request, "admin/monitoring/system.html", context)


def _workers(facts: SystemFacts, now: datetime) -> Card:
    load, workers = facts.load, facts.load.workers
    stalled = _("Look at the worker's log; restart the worker.")
    is_old = load.oldest_job_seconds > OLD_JOB_SECONDS
    return Card(
        title=_("Workers and queue"),
        lines=(
            Line(
                label=_("Workers running"),
                value=str(workers),
                advice=_("Start a worker: manage.py worker. Calls wait until then; none is lost.")
                if not workers
                else "",
            ),
            Line(label=_("Last heartbeat"), value=_ago(facts.worker_seen_at, now)),
            Line(
                label=_("Jobs waiting"),
                value=str(load.waiting_jobs),
                address=reverse("admin:procrastinate_procrastinatejob_changelist"),
            ),
            Line(
                label=_("Oldest waiting job"),
                value=rough_duration(load.oldest_job_seconds) if load.waiting_jobs else "–",
                advice=_("Start another worker if this lasts.") if is_old else "",
            ),
            Line(
                label=_("Last sweep"),
                value=_ago(facts.last_sweep_at, now),
                advice=stalled if _is_stalled(facts.last_sweep_at, now) else "",
            ),
            Line(
                label=_("Last alert check"),
                value=_ago(facts.last_alert_check_at, now),
                advice=stalled if _is_stalled(facts.last_alert_check_at, now) else "",
            ),
        ),
    )


def _calls(facts: SystemFacts, now: datetime) -> Card:
    oldest = facts.oldest_waiting_at
    return Card(
        title=_("Calls"),
        lines=(
            Line(
                label=_("Calls waiting"),
                value=str(facts.waiting_calls),
                address=f"{reverse('calllog:list')}?state={CallState.PENDING.value}",
            ),
            Line(
                label=_("Oldest waiting call"),
                value=rough_duration((now - oldest).total_seconds()) if oldest else "–",
                advice=_("See which customers are late.") if oldest and oldest < late_before(now) else "",
                address=reverse("admin:index"),
            ),
            Line(label=_("Call lists read up to"), value=_ago(facts.last_catch_up_at, now)),
            Line(label=_("Unreadable call lists"), value=str(facts.unreadable_lists)),
            Line(
                label=_("Contact directories"),
                value=str(facts.directories),
                advice=_("Some cannot be read: see the page Contacts of their customers.")
                if facts.unreadable_directories
                else "",
            ),
            Line(
                label=_("Open alerts"),
                value=str(facts.open_alerts),
                address=f"{reverse('admin:integrations_alert_changelist')}?open=yes",
            ),
            Line(
                label=_("Addresses that get alerts"),
                value=str(facts.mailed_to),
                advice="" if facts.mailed_to else _("Nobody gets alerts: set ALERT_EMAILS."),
            ),
        ),
    )


def _database(facts: SystemFacts) -> Card:
    database = facts.database
    is_full = database.connections > FULL_SHARE * database.most_connections
    return Card(
        title=_("Database"),
        lines=(
            Line(label=_("PostgreSQL"), value=database.version),
            Line(label=_("Size"), value=filesizeformat(database.bytes)),
            Line(
                label=_("Connections"),
                value=_("%(count)s of %(most)s") % {"count": database.connections, "most": database.most_connections},
                advice=_("Raise max_connections, or lower DATABASE_POOL_SIZE.") if is_full else "",
            ),
        ),
    )


def _release(facts: SystemFacts, now: datetime) -> Card:
    made, keys = facts.numbers_from, facts.encryption_keys
    rotate = _("Run manage.py rotate_encryption_keys, then remove the old keys.")
    return Card(
        title=_("Release"),
        lines=(
            Line(label=_("Ringofix"), value=facts.version),
            Line(
                label=_("Phone number library"),
                value=date_format(made) if made else _("unknown"),
                advice=age_of_number_library(now.date()),
            ),
            Line(
                label=_("Encryption keys"),
                value=ngettext("One key", "%(count)s keys", keys) % {"count": keys},
                advice=rotate if keys > 1 else "",
            ),
        ),
    )


def _ago(at: datetime | None, now: datetime) -> str:
    return time_ago(at, now) if at else _("never")


def _is_stalled(at: datetime | None, now: datetime) -> bool:
    return at is None or now - at > STALLED_AFTER
