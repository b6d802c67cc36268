"""Runs jobs until it is told to stop. Any number of workers may run, on any number of machines."""

from __future__ import annotations

import asyncio
import math
import multiprocessing
import signal
import threading
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import psycopg
import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from procrastinate import PsycopgConnector
from procrastinate.app import App
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.worker import Worker
from psycopg import AsyncConnection
from psycopg.errors import RaiseException

from ringofix.processes import freeze_gc, run_in_processes

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 3
RECONNECT_SECONDS = 2
REGISTRATION_SECONDS = 5
"""How long a worker that is told to stop waits for the registration it has asked for."""
LOST = (ConnectorException, DatabaseError, psycopg.Error, OSError)
"""A lost connection, as the queue, Django, the pool and the network report it."""
POLLING_SECONDS = 1.0
"""A notification tells the worker of a new job at once. Polling covers two cases: a job that comes while the worker
looks and finds nothing, and a job that waits for its customer's last job to end.
"""


class Command(BaseCommand):
    help = "Delivers calls to Planfix. SIGTERM or Ctrl-C: finishes the calls in hand, then stops."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--concurrency", type=int, default=64, help="how many customers are served at once (default: 64)"
        )
        parser.add_argument(
            "--processes", type=int, default=multiprocessing.cpu_count(), help="in how many processes (default: cores)"
        )

    def handle(self, *args: Any, concurrency: int, processes: int, **options: Any) -> None:
        freeze_gc()
        if processes <= 1:
            _work_in_this_process(concurrency)
        else:
            _share_connections(processes)
            run_in_processes(processes, partial(_work_in_this_process, math.ceil(concurrency / processes)))


def _share_connections(processes: int) -> None:
    """Divides DATABASE_POOL_SIZE by the number of processes, so that the worker needs no more connections in all."""
    if pool := connection.settings_dict["OPTIONS"].get("pool"):
        pool["max_size"] = max(2, math.ceil(pool["max_size"] / processes))


def _work_in_this_process(concurrency: int) -> None:
    asyncio.run(_work(concurrency))


class RegisteredWorker(Worker):
    """Procrastinate's worker, which may pause for so long that others take it for dead. It ends its registration when
    a job could be stuck under it. A new worker with a new registration follows.
    """

    def __init__(self, worker_app: App, concurrency: int) -> None:
        self._leaving = threading.Event()
        super().__init__(
            worker_app,
            concurrency=concurrency,
            delete_jobs="always",
            additional_context={"stopping": self._leaving},
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
            fetch_job_polling_interval=POLLING_SECONDS,
        )

    async def run(self) -> None:
        """Run until cancelled. A cancellation while the worker registers waits until it can sign off again."""
        running = asyncio.ensure_future(super().run())  # type: ignore[no-untyped-call]
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            deadline = asyncio.get_running_loop().time() + REGISTRATION_SECONDS
            while self.worker_id is None and not running.done() and asyncio.get_running_loop().time() < deadline:
                await asyncio.sleep(0.02)
            running.cancel()
            await running
            raise

    async def _persist_job_status(self, job: Job, *outcome: Any, **named: Any) -> None:
        try:
            await super()._persist_job_status(job, *outcome, **named)
        except ConnectorException as error:
            if isinstance(error.__cause__, RaiseException):
                log.warning("another worker has freed the job meanwhile", job=job.call_string)
                return
            # The job would count as running, and block its customer's next job, while this registration has a
            # heartbeat.
            log.warning("job could not be ended", job=job.call_string, error=repr(error.__cause__))
            self.stop()  # type: ignore[no-untyped-call]

    async def _shutdown(self, side_tasks: list[asyncio.Task[Any]]) -> None:
        # Reached after a signal, a lost database, or a registration that another worker has deleted. The worker takes
        # no new job until the open ones end, and some could go on for hours: they see `stopping`.
        self._leaving.set()
        await super()._shutdown(side_tasks)


async def _work(concurrency: int) -> None:
    stopping = threading.Event()
    # asyncio's own pool has 6 threads on 2 cores; deliveries mostly wait, so there may be many. Two more look
    # up the database's address.
    threads = ThreadPoolExecutor(concurrency + 2, thread_name_prefix="delivery")
    asyncio.get_running_loop().set_default_executor(threads)
    await asyncio.to_thread(_touch_database)
    log.info("worker started", concurrency=concurrency)
    while not stopping.is_set():
        running = asyncio.ensure_future(_work_while_registered(concurrency))
        _stop_on_signal(running, stopping)
        try:
            await running
        except asyncio.CancelledError:
            if not stopping.is_set():
                raise
        except LOST as error:
            log.warning("database or registration lost, trying again", error=repr(error.__cause__ or error))
        if not stopping.is_set():
            await asyncio.sleep(RECONNECT_SECONDS)
    log.info("worker stopped")


async def _work_while_registered(concurrency: int) -> None:
    await asyncio.to_thread(_touch_database)
    pool = PsycopgConnector(kwargs=connector_params(), configure=_use_no_transactions)
    # Not with_connector(): its second app would leave the periodic jobs to Django's connection of one thread. Nothing
    # renews that connection once it is broken, and the sweep would stop for ever.
    with app.replace_connector(pool) as worker_app:
        worker_app.perform_import_paths()  # type: ignore[no-untyped-call]
        async with worker_app.open_async():
            await RegisteredWorker(worker_app, concurrency).run()


async def _use_no_transactions(connection: AsyncConnection[Any]) -> None:
    """Each step of the queue is one statement: a transaction around it would make it three."""
    await connection.set_autocommit(True)


def _stop_on_signal(running: asyncio.Future[None], stopping: threading.Event) -> None:
    """Stops also when the process that would end or replace this one is gone."""
    loop, parent = asyncio.get_running_loop(), multiprocessing.parent_process()

    def stop() -> None:
        if parent:
            loop.remove_reader(parent.sentinel)  # it stays readable
        if not stopping.is_set():  # a second cancellation would keep the worker from signing off
            stopping.set()
            running.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    if parent:
        loop.add_reader(parent.sentinel, stop)


def _touch_database() -> None:
    """Opens and returns a connection, which starts the embedded server when there is none."""
    connection.ensure_connection()
    connection.close()
