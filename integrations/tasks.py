"""The jobs: each calls one service. The rows of the database say what is due; a lost job costs nothing, the sweep
finds its work.
"""

from __future__ import annotations

import asyncio

from django.db import close_old_connections
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from integrations.services.due_calls import customers_with_due_calls, deliver_due_calls
from integrations.services.jobs import DELIVER_CALLS, deliver_soon

STALLED_SECONDS = 10
"""A worker that has not been heard of for so long is taken for dead; its customers' turns still run out in their own
time.
"""


@app.task(name=DELIVER_CALLS, pass_context=True)
def deliver_calls(context: JobContext, customer_id: int) -> None:
    try:
        deliver_due_calls(customer_id, should_stop=context.additional_context["stopping"].is_set)
    finally:
        close_old_connections()


@app.periodic(cron="*/5 * * * * *")
@app.task(name="sweep", queueing_lock="sweep", pass_context=True)
async def sweep(context: JobContext, timestamp: int) -> None:
    """Frees the jobs of dead workers, and wakes every customer that has calls due."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        await manager.finish_job(job, status=Status.FAILED, delete_job=True)
    await asyncio.get_running_loop().run_in_executor(None, _wake_customers)


def _wake_customers() -> None:
    try:
        for customer_id in customers_with_due_calls():
            deliver_soon(customer_id)
    finally:
        close_old_connections()
