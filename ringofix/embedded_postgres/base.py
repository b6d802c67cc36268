"""The database backend for the embedded PostgreSQL. The first connection starts the server, and starts it again after a
kill.
"""

from __future__ import annotations

from typing import Any

import psycopg
from django.conf import settings

from ringofix.embedded_postgres import server
from ringofix.postgres import base

_started = False


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        global _started
        if not _started:
            server.ensure_running(settings.EMBEDDED_POSTGRES)
            _started = True
        try:
            return super().get_new_connection(conn_params)
        except psycopg.OperationalError:
            server.ensure_running(settings.EMBEDDED_POSTGRES)
            return super().get_new_connection(conn_params)
