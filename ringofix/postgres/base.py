"""Django's PostgreSQL backend with a cheaper health check and a time limit of statements.

It checks at the socket whether a connection of the pool is still alive. Django would ask the server, which costs a
round trip more for each request to Planfix.
"""

from __future__ import annotations

import select
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        while self.pool and _has_ended(connection):
            connection.close()
            self.pool.putconn(connection)
            connection = super().get_new_connection(conn_params)
        if settings.STATEMENT_SECONDS and not hasattr(connection, "has_statement_timeout"):
            connection.execute(f"SET statement_timeout = {round(settings.STATEMENT_SECONDS * 1000)}")
            connection.commit()
            connection.has_statement_timeout = True
        return connection


def _has_ended(connection: Any) -> bool:
    """Tells whether the server has closed the connection. Unasked, a server sends only its farewell, and a socket whose
    other end is gone is readable too.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
