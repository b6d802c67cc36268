"""The jobs of the queue: each calls one service. The database's rows say what is due, so a lost job costs nothing: the
sweep enqueues it again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.db import close_old_connections
from procrastinate import JobContext
from procrastinate.contrib.django import app

from integrations.background_jobs import run_job
from integrations.models import Customer
from integrations.services.callback_tasks.notes import note_missed_calls
from integrations.services.callback_tasks.run import write_callback_tasks
from integrations.services.calls.counts import fold_call_counts
from integrations.services.customers.account_discovery import discover_waiting_account
from integrations.services.delivery.customer_run import customers_with_due_calls, deliver_due_calls
from integrations.services.delivery.pause import check_paused_customers
from integrations.services.delivery.resume_check import check_access
from integrations.services.directory.accounts import forget_unused_directories
from integrations.services.directory.reading import customers_to_read, read_directory
from integrations.services.intake.call_list import look_up_call
from integrations.services.intake.catch_up import catch_up, customers_to_catch_up
from integrations.services.intake.senders import forget_old_senders
from integrations.services.intake.stale_calls import close_all_stale_calls, close_stale_calls
from integrations.services.missed_calls.called_back import fold_missed_calls
from integrations.services.monitoring.alerts import check_alerts
from integrations.services.phone_book.send import customers_to_send, send_contacts
from integrations.services.privacy.retention import prune_all
from integrations.services.queue.background import unfinished_jobs
from integrations.services.queue.defer import (
    AHEAD,
    CALLBACK_TASKS,
    CATCH_UP,
    CHECK_ACCESS,
    CLOSE_STALE_CALLS,
    DELIVER_CALLS,
    DISCOVER_ACCOUNT,
    LOCK_OF_CUSTOMER,
    LOOK_UP_CALL,
    READ_BACK,
    READ_DIRECTORY,
    READ_ONLINE,
    RUN_JOB,
    SEND_CONTACTS,
    catch_up_soon,
    free_jobs_of_dead_workers,
    one_job_each,
    wake_customers,
    wake_jobs,
)
from integrations.services.queue.job_files import delete_expired_files
from integrations.services.read_back.run import customers_to_read_back, read_back
from integrations.services.routing.online import customers_to_read_online, read_online
from integrations.users.rate_limit import delete_expired_counters

P = ParamSpec("P")

STALLED_SECONDS = 10
"""A worker without a heartbeat for so long counts as dead. Its delivery leases still end in their own time. A worker
that only hung finds its jobs deleted and its leases taken, and leaves those calls to the new holder.
"""


def closes_connections(task: Callable[P, None]) -> Callable[P, None]:
    """Closes old database connections after a job. Django does so after web requests only."""

    @wraps(task)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            task(*args, **kwargs)
        finally:
            close_old_connections()

    return run


@app.task(name=DELIVER_CALLS, pass_context=True)
@closes_connections
def deliver_calls(context: JobContext, customer_id: int) -> None:
    deliver_due_calls(customer_id, should_stop=context.additional_context["stopping"].is_set)


@app.periodic(cron="* * * * * */5")  # the sixth field is the seconds
@app.task(name="sweep", queueing_lock="sweep", priority=AHEAD)
@closes_connections
def sweep(timestamp: int) -> None:
    """Frees the jobs of dead workers, and wakes every customer with due calls and every unfinished background job."""
    free_jobs_of_dead_workers(STALLED_SECONDS)
    wake_customers(customers_with_due_calls())
    wake_jobs(unfinished_jobs())


@app.task(name=CATCH_UP, pass_context=True)
@closes_connections
def catch_up_customer(context: JobContext, customer_id: int) -> None:
    customer = Customer.objects.filter(pk=customer_id).first()
    if customer:
        catch_up(customer, should_stop=context.additional_context["stopping"].is_set)


@app.periodic(cron="*/5 * * * *")
@app.task(name="catch_up_all", queueing_lock="catch_up_all", priority=AHEAD)
@closes_connections
def catch_up_all(timestamp: int) -> None:
    """Enqueues one job per customer, so that a slow answer for one delays no other."""
    catch_up_soon(customers_to_catch_up())


@app.task(name=RUN_JOB, pass_context=True)
@closes_connections
def run_background_job(context: JobContext, work_id: int) -> None:
    run_job(work_id, should_stop=context.additional_context["stopping"].is_set)


@app.task(name=DISCOVER_ACCOUNT)
@closes_connections
def discover_account(customer_id: int) -> None:
    discover_waiting_account(customer_id)


@app.task(name=LOOK_UP_CALL)
@closes_connections
def look_up_call_in_list(call_id: int) -> None:
    look_up_call(call_id)


@app.task(name=READ_BACK, pass_context=True)
@closes_connections
def read_back_customer(context: JobContext, customer_id: int) -> None:
    read_back(customer_id, should_stop=context.additional_context["stopping"].is_set)


@app.periodic(cron="* * * * *")
@app.task(name="read_back_all", queueing_lock="read_back_all", priority=AHEAD)
@closes_connections
def read_back_all(timestamp: int) -> None:
    one_job_each(READ_BACK, customers_to_read_back())


@app.task(name=READ_DIRECTORY, pass_context=True)
@closes_connections
def read_directory_of_account(context: JobContext, customer_id: int) -> None:
    read_directory(customer_id, should_stop=context.additional_context["stopping"].is_set)


@app.periodic(cron="* * * * *")
@app.task(name="read_directories", queueing_lock="read_directories", priority=AHEAD)
@closes_connections
def read_all_directories(timestamp: int) -> None:
    """Also deletes a directory soon after the last customer has stopped using it."""
    forget_unused_directories()
    one_job_each(READ_DIRECTORY, customers_to_read())


@app.task(name=READ_ONLINE)
@closes_connections
def read_online_of_customer(customer_id: int) -> None:
    read_online(customer_id)


@app.periodic(cron="* * * * * */30")
@app.task(name="read_online_all", queueing_lock="read_online_all", priority=AHEAD)
@closes_connections
def read_online_all(timestamp: int) -> None:
    one_job_each(READ_ONLINE, customers_to_read_online())


@app.task(name=SEND_CONTACTS, pass_context=True)
@closes_connections
def send_contacts_of_customer(context: JobContext, customer_id: int) -> None:
    send_contacts(customer_id, should_stop=context.additional_context["stopping"].is_set)


@app.periodic(cron="* * * * *")
@app.task(name="send_all_contacts", queueing_lock="send_all_contacts", priority=AHEAD)
@closes_connections
def send_all_contacts(timestamp: int) -> None:
    one_job_each(SEND_CONTACTS, customers_to_send())


@app.task(name=CHECK_ACCESS)
@closes_connections
def check_access_of_customer(customer_id: int) -> None:
    check_access(customer_id)


@app.periodic(cron="* * * * *")
@app.task(name="check_paused_customers", queueing_lock="check_paused_customers", priority=AHEAD)
@closes_connections
def check_all_access(timestamp: int) -> None:
    check_paused_customers()


@app.task(name=CLOSE_STALE_CALLS, pass_context=True)
@closes_connections
def close_stale_calls_of_customer(context: JobContext, customer_id: int) -> None:
    close_stale_calls(customer_id, should_stop=context.additional_context["stopping"].is_set)


@app.periodic(cron="35 * * * *")
@app.task(name="settle_all_stale_calls", queueing_lock="settle_all_stale_calls", priority=AHEAD)
@closes_connections
def settle_stale(timestamp: int) -> None:
    close_all_stale_calls()


@app.periodic(cron="* * * * * */10")
@app.task(
    name="fold_call_counts",
    queueing_lock="fold_call_counts",
    priority=AHEAD,
    lock="fold_call_counts",
    pass_context=True,
)
@closes_connections
def fold_counts(context: JobContext, timestamp: int) -> None:
    fold_call_counts(should_stop=context.additional_context["stopping"].is_set)


@app.periodic(cron="* * * * * */5")
@app.task(
    name="fold_missed_calls",
    queueing_lock="fold_missed_calls",
    priority=AHEAD,
    lock="fold_missed_calls",
    pass_context=True,
)
@closes_connections
def fold_missed(context: JobContext, timestamp: int) -> None:
    """Then enqueues the callback tasks that follow."""
    fold_missed_calls(should_stop=context.additional_context["stopping"].is_set)
    one_job_each(CALLBACK_TASKS, note_missed_calls(), lock=LOCK_OF_CUSTOMER)


@app.task(name=CALLBACK_TASKS, pass_context=True)
@closes_connections
def write_callback_tasks_of_customer(context: JobContext, customer_id: int) -> None:
    write_callback_tasks(customer_id, should_stop=context.additional_context["stopping"].is_set)


@app.periodic(cron="* * * * *")
@app.task(name="alerts", queueing_lock="alerts", priority=AHEAD, lock="alerts")
@closes_connections
def alerts(timestamp: int) -> None:
    check_alerts()


@app.periodic(cron="25 * * * *")
@app.task(name="delete_expired_files", queueing_lock="delete_expired_files", priority=AHEAD)
@closes_connections
def delete_old_files(timestamp: int) -> None:
    delete_expired_files()


@app.periodic(cron="20 2 * * *")
@app.task(name="prune", queueing_lock="prune", lock="prune", pass_context=True)
@closes_connections
def prune(context: JobContext, timestamp: int) -> None:
    forget_old_senders()
    prune_all(should_stop=context.additional_context["stopping"].is_set)
    delete_expired_counters()
