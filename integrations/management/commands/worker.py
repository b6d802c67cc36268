"""Runs jobs until it is told to stop. Any number of workers may run, on any number of machines."""

from __future__ import annotations

import asyncio
import math
import multiprocessing
import os
import signal
import threading
import time
from argparse import ArgumentParser
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from procrastinate import JobContext, PsycopgConnector
from procrastinate.app import App
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job
from procrastinate.worker import Worker
from psycopg import AsyncConnection

from integrations.services.queue.defer import QUEUE
from integrations.services.queue.job_threads import JobThreads, QueuedJob
from ringofix.processes import freeze_gc, run_in_processes

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 3
RECONNECT_SECONDS = 2
NICENESS = 10
AUTOGROUP = Path("/proc/self/autogroup")
"""The niceness of this session against others. Linux compares that of processes only within a session: sched(7)."""
REGISTRATION_SECONDS = 5
"""How long a worker that is told to stop waits for the registration it has asked for."""
LOST = (ConnectorException, DatabaseError, psycopg.Error, OSError)
"""A lost connection, as the queue, Django, the pool and the network report it."""


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
        _give_way_to_web()
        if processes <= 1:
            _work_in_this_process(concurrency)
        else:
            _share_connections(processes)
            run_in_processes(processes, partial(_work_in_this_process, math.ceil(concurrency / processes)))


def _give_way_to_web() -> None:
    """Runs after the web processes on a busy machine: a ringing telephone waits for those, and none for the worker."""
    with suppress(DatabaseError):
        _touch_database()  # an embedded server that starts later would run last too
    connection.close_pool()  # type: ignore[attr-defined]  # the processes open connections of their own
    os.nice(NICENESS)
    with suppress(OSError):  # not Linux, or without such groups
        AUTOGROUP.write_text(str(NICENESS))


def _share_connections(processes: int) -> None:
    """Divides DATABASE_POOL_SIZE by the number of processes, so that the worker needs no more connections in all."""
    if pool := connection.settings_dict["OPTIONS"].get("pool"):
        pool["max_size"] = max(2, math.ceil(pool["max_size"] / processes))


def _work_in_this_process(concurrency: int) -> None:
    asyncio.run(_work(concurrency))


class RegisteredWorker(Worker):
    """Procrastinate's worker: its registration, heartbeat and periodic jobs. Threads of our own take and run the jobs.

    After a long pause other workers may consider it dead. It ends its registration when a job could be stuck under it,
    and a new worker registers.
    """

    def __init__(self, worker_app: App, concurrency: int) -> None:
        self._leaving = threading.Event()
        super().__init__(
            worker_app,
            concurrency=concurrency,
            listen_notify=False,
            additional_context={"stopping": self._leaving},
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT_SECONDS,
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

    async def _fetch_and_process_jobs(self) -> None:
        """Procrastinate 3.10 calls this to take and run jobs, and again until the worker stops.

        Reached its end after a signal, a lost database, or a registration that another worker has deleted: then open
        jobs see `stopping`, because some could go on for hours.
        """
        if self._stop_event.is_set() or self.worker_id is None:
            return
        threads = JobThreads(
            worker_id=self.worker_id, concurrency=self.concurrency, run=self._run_job, stopping=self._leaving
        )
        working = asyncio.ensure_future(asyncio.to_thread(threads.work))
        stopped = asyncio.ensure_future(self._stop_event.wait())
        await asyncio.wait([working, stopped], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        threads.stop()
        try:
            await working
        finally:
            self.stop()  # type: ignore[no-untyped-call]

    def _run_job(self, job: QueuedJob) -> None:
        task = self.app.tasks[job.task]
        context = [self._context(job)] if task.pass_context else []
        task(*context, **job.arguments)

    def _context(self, job: QueuedJob) -> JobContext:
        return JobContext(
            app=self.app,
            job=Job(id=job.number, queue=QUEUE, lock=None, queueing_lock=None, task_name=job.task),
            start_timestamp=time.time(),
            additional_context=self.additional_context or {},
            abort_reason=lambda: None,
        )


async def _work(concurrency: int) -> None:
    stopping = threading.Event()
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
    pool = PsycopgConnector(kwargs=connector_params(), configure=_use_no_transactions, min_size=1, max_size=2)
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
    """Stops the worker on a signal, and also when its parent process is gone, which would end or replace it."""
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
