"""Delivers calls until it is told to stop. Any number of workers may run, on any number of machines."""

from __future__ import annotations

import asyncio
import signal
import threading
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import connection
from procrastinate import PsycopgConnector
from procrastinate.app import App
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from psycopg import AsyncConnection

log = structlog.get_logger(__name__)

HEARTBEAT_SECONDS = 3
RECONNECT_SECONDS = 2
POLLING_SECONDS = 1.0
"""A job is noticed at once, by a notification. Two cases are left: one that comes while the worker looks and finds
nothing, and one that had to wait for its customer's last job to end.
"""


class Command(BaseCommand):
    help = "Delivers calls to Planfix. SIGTERM or Ctrl-C: finishes the calls in hand, then stops."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--concurrency", type=int, default=64, help="how many customers are served at once (default: 64)"
        )

    def handle(self, *args: Any, concurrency: int, **options: Any) -> None:
        asyncio.run(_work(concurrency))


async def _work(concurrency: int) -> None:
    stopping = threading.Event()
    loop = asyncio.get_running_loop()
    # asyncio's own pool has 6 threads on 2 cores; deliveries mostly wait, so there may be many. Two more are for
    # the sweep.
    loop.set_default_executor(ThreadPoolExecutor(concurrency + 2, thread_name_prefix="delivery"))
    log.info("worker started", concurrency=concurrency)
    while not stopping.is_set():
        try:
            await _work_while_connected(concurrency, stopping)
        except (ConnectorException, OSError) as error:
            log.warning("database lost, trying again", error=type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)
    log.info("worker stopped")


async def _work_while_connected(concurrency: int, stopping: threading.Event) -> None:
    await asyncio.to_thread(_touch_database)
    worker_app: App = app.with_connector(PsycopgConnector(kwargs=connector_params(), configure=_use_no_transactions))
    async with worker_app.open_async():
        running = asyncio.ensure_future(
            worker_app.run_worker_async(
                concurrency=concurrency,
                delete_jobs="always",
                additional_context={"stopping": stopping},
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                fetch_job_polling_interval=POLLING_SECONDS,
            )
        )
        _stop_on_signal(running, stopping)
        try:
            await running
        except asyncio.CancelledError:
            if not stopping.is_set():
                raise


async def _use_no_transactions(connection: AsyncConnection[Any]) -> None:
    """Each step of the queue is one statement: a transaction around it would make it three."""
    await connection.set_autocommit(True)


def _stop_on_signal(running: asyncio.Future[None], stopping: threading.Event) -> None:
    def stop() -> None:
        stopping.set()
        running.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def _touch_database() -> None:
    """Opens and returns a connection, which starts the embedded server when there is none."""
    connection.ensure_connection()
    connection.close()
