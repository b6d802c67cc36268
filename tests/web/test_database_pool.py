"""The connections to the database that lie ready."""

from __future__ import annotations

import pytest
from django.db import connection, connections

pytestmark = pytest.mark.django_db(transaction=True)


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid: int = cursor.fetchone()[0]
    return pid


def test_a_connection_that_the_server_has_ended_meanwhile_is_not_taken() -> None:
    ended = backend()
    connection.close()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        assert other.connection.info.backend_pid != ended
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
    other.close()

    assert backend() != ended


def test_connections_that_live_are_taken_again() -> None:
    taken = []
    for _ in range(10):
        taken.append(backend())
        connection.close()

    assert len(set(taken)) < 5
