"""What holds for every job, whatever it does."""

from __future__ import annotations

from threading import Event
from typing import Any
from unittest.mock import Mock

import pytest
from procrastinate.contrib.django import app

from integrations import tasks

OURS = [task for task in app.tasks.values() if task.func.__module__ == tasks.__name__]


@pytest.mark.parametrize("task", OURS, ids=lambda task: task.name)
def test_a_job_that_breaks_closes_its_connections_all_the_same(task: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "close_old_connections", close := Mock())
    context = [Mock(additional_context={"stopping": Event()})] if task.pass_context else []
    with pytest.raises(RuntimeError, match="Database access not allowed"):  # this test asks for no database
        task(*context, 1)

    close.assert_called_once_with()


def test_there_are_such_jobs() -> None:
    assert {"deliver_calls", "sweep", "prune"} <= {task.name for task in OURS}
