"""Rules for every background job."""

from __future__ import annotations

from threading import Event
from typing import Any
from unittest.mock import Mock

import pytest
from procrastinate.contrib.django import app

from integrations import tasks

OURS = [task for task in app.tasks.values() if task.func.__module__ == tasks.__name__]


class Stopped(Exception):
    """Raised by every query in these tests."""


@pytest.fixture
def failing_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise Stopped

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.ensure_connection", fail)


@pytest.mark.parametrize("task", OURS, ids=lambda task: task.name)
def test_failing_job_closes_its_database_connections(
    task: Any, failing_database: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "close_old_connections", close := Mock())
    context = [Mock(additional_context={"stopping": Event()})] if task.pass_context else []
    with pytest.raises(Stopped):
        task(*context, 1)

    close.assert_called_once_with()


def test_deliver_sweep_and_prune_jobs_are_registered() -> None:
    assert {"deliver_calls", "sweep", "prune"} <= {task.name for task in OURS}
