"""The pool of database connections."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection, connections

pytestmark = pytest.mark.django_db(transaction=True)


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
    return pid


def test_database_pool_discards_a_connection_that_the_server_closed() -> None:
    other = connections.create_connection("default")
    # Taken before the first is given back, so that it is another one however few lie ready.
    with other.cursor() as cursor:
        ended = backend()
        connection.close()
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])

    # As often as connections may lie ready, so that the ended one has its turn.
    for _ in range(settings.POOL_SIZE):
        assert backend() != ended
        connection.close()
    other.close()


def test_database_pool_reuses_live_connections() -> None:
    taken = []
    for _ in range(3 * settings.POOL_SIZE):
        taken.append(backend())
        connection.close()

    # One after the other: as many as lie ready, which is for earlier tests to say.
    assert len(set(taken)) <= settings.POOL_SIZE
