"""The statements of a question are short, leave no setting behind, and survive a dead connection."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection
from psycopg.errors import QueryCanceled

from integrations.services.routing import sql
from integrations.services.routing.sql import run_bounded


@pytest.mark.django_db(transaction=True)
def test_routing_statement_times_out_and_the_connection_stays_usable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "STATEMENT_MILLISECONDS", 20)
    with pytest.raises(OperationalError) as raised:
        run_bounded("SELECT pg_sleep(5)", {})
    assert isinstance(raised.value.__cause__, QueryCanceled)

    names = "current_setting('statement_timeout'), current_setting('synchronous_commit')"
    assert run_bounded(f"SELECT {names}", {}) == [("20ms", "off")]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names}")
        assert cursor.fetchone() == ("0", "off")  # tests commit without the disk, too

    [(backend,)] = run_bounded("SELECT pg_backend_pid()", {})
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
    other.close()
    assert run_bounded("SELECT 1", {}) == [(1,)]
