"""The worker's registration in the queue, without a database."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from procrastinate import App
from procrastinate.testing import InMemoryConnector

from integrations.management.commands.worker import RegisteredWorker
from integrations.services.queue.job_threads import JobThreads


def test_worker_that_is_stopped_while_it_registers_signs_off(monkeypatch: pytest.MonkeyPatch) -> None:
    connector = InMemoryConnector()
    app = App(connector=connector)
    asked, answered = asyncio.Event(), asyncio.Event()
    register = app.job_manager.register_worker

    async def registered_but_not_answered() -> int:
        number = await register()
        asked.set()
        await answered.wait()
        return number

    async def stopped_at_once() -> None:
        async with app.open_async():
            running = asyncio.ensure_future(RegisteredWorker(app, 1).run())
            await asked.wait()
            running.cancel()
            await asyncio.sleep(0)
            answered.set()
            with pytest.raises(asyncio.CancelledError):
                await running

    monkeypatch.setattr(app.job_manager, "register_worker", registered_but_not_answered)
    monkeypatch.setattr(JobThreads, "work", lambda self: None)
    with ThreadPoolExecutor(1) as thread:  # a browser of another test may leave a loop running in this one
        thread.submit(asyncio.run, stopped_at_once()).result()

    assert connector.workers == {}
