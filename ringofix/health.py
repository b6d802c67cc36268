"""Health checks and metrics: is the process alive, is it ready for requests, and does the product do its job?"""

from __future__ import annotations

from functools import cache

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from integrations.services.monitoring.metrics import registry


def healthz(request: HttpRequest) -> HttpResponse:
    """Answers 200 when the process works and reaches its database, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return JsonResponse({"status": "database unreachable"}, status=503)
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Answers 200 when the process is healthy and the database has all migrations of this release, else 503."""
    healthy = healthz(request)
    if healthy.status_code != 200:
        return healthy
    try:
        _require_migrations()
    except _NotMigrated as waiting:
        return JsonResponse({"status": f"waits for migrations: {waiting}"}, status=503)
    return JsonResponse({"status": "ok"})


def metrics(request: HttpRequest) -> HttpResponse:
    return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)


class _NotMigrated(Exception):
    """Some migrations are missing; the message names them."""


@cache  # Nobody reverses migrations while this release runs. The cache does not keep exceptions.
def _require_migrations() -> None:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        raise _NotMigrated(", ".join(f"{migration.app_label}.{migration.name}" for migration, _backwards in plan))
