"""Reads the state of the processes, the queue and the database for operators. Shows no secrets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Min, Q

from integrations.domain.numbering_plans import library_date
from integrations.models import Alert, Call, CallState, CatchUpCursor, DirectoryAccount
from integrations.services.queue.queue_load import QueueLoad, last_periodic_runs, queue_load, worker_last_seen
from ringofix import __version__

SWEEP, ALERTS, CATCH_UP_ALL = "sweep", "alerts", "catch_up_all"
"""The names of periodic jobs."""

DATABASE = """
SELECT current_setting('server_version'), pg_database_size(current_database()),
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
       current_setting('max_connections')::integer
"""


@dataclass(frozen=True, kw_only=True)
class DatabaseFacts:
    version: str
    bytes: int
    connections: int
    most_connections: int


@dataclass(frozen=True, kw_only=True)
class SystemFacts:
    version: str
    """The version of Ringofix."""
    load: QueueLoad
    worker_seen_at: datetime | None
    waiting_calls: int
    oldest_waiting_at: datetime | None
    last_sweep_at: datetime | None
    last_alert_check_at: datetime | None
    last_catch_up_at: datetime | None
    """The newest end of a call list reading, of all customers."""
    unreadable_lists: int
    directories: int
    """Contact directories of Planfix accounts."""
    unreadable_directories: int
    open_alerts: int
    mailed_to: int
    """The number of addresses that get alerts."""
    encryption_keys: int
    numbers_from: date | None
    """The date of the phone number library's data."""
    database: DatabaseFacts


def system_facts() -> SystemFacts:
    waiting = Call.objects.filter(due_at__isnull=False, state=CallState.PENDING).aggregate(
        count=Count("pk"), oldest=Min("due_since")
    )
    lists = CatchUpCursor.objects.aggregate(newest=Max("read_until"), unreadable=Count("pk", filter=~Q(trouble="")))
    directories = DirectoryAccount.objects.aggregate(count=Count("pk"), unreadable=Count("pk", filter=~Q(error="")))
    runs = last_periodic_runs()
    return SystemFacts(
        version=__version__,
        load=queue_load(),
        worker_seen_at=worker_last_seen(),
        waiting_calls=waiting["count"],
        oldest_waiting_at=waiting["oldest"],
        last_sweep_at=runs.get(SWEEP),
        last_alert_check_at=runs.get(ALERTS),
        last_catch_up_at=lists["newest"],
        unreadable_lists=lists["unreadable"],
        directories=directories["count"],
        unreadable_directories=directories["unreadable"],
        open_alerts=Alert.objects.filter(resolved_at=None).count(),
        mailed_to=len(settings.ALERT_EMAILS),
        encryption_keys=len(settings.ENCRYPTION_KEYS),
        numbers_from=library_date(),
        database=_database(),
    )


def _database() -> DatabaseFacts:
    with connection.cursor() as cursor:
        cursor.execute(DATABASE)
        version, size, connections, most = cursor.fetchone()
    return DatabaseFacts(version=version, bytes=size, connections=connections, most_connections=most)
