"""The background job that makes an export file, and the limits of a user's and a customer's exports."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from integrations.calllog.export.columns import table
from integrations.calllog.list.filters import CallFilter
from integrations.models import BackgroundJob, BackgroundJobKind, Customer, JobFile
from integrations.services.calls.spreadsheet_files import csv_lines, xlsx_file
from integrations.services.queue.background import enqueue, is_among_first
from integrations.services.queue.job_files import PIECE_BYTES, store_file
from integrations.services.queue.progress import CannotBeDone, Progress, Stopped

AT_ONCE = 2
"""The most exports that all workers make at once. Each keeps a processor busy."""
UNFINISHED_OF_USER = 2
FILES_OF_USER = 5
FILES_OF_CUSTOMER = 20
"""The most exports of one customer's calls, for all its users together. Both limits also count unfinished jobs."""

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class TooManyExports(Exception):
    """A limit of exports is reached. The message tells the user what to do."""


def start_export(user: User, filters: CallFilter, form: str) -> BackgroundJob:
    """Enqueues the job. `form`: a key of CONTENT_TYPES. Raises TooManyExports."""
    customer = sole_customer(filters)
    with transaction.atomic():
        # The lock makes simultaneous requests of the user count one after another.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        _check_limits(user, customer)
        return enqueue(
            BackgroundJobKind.EXPORT,
            customer=customer,
            by=user,
            user=user.pk,
            filter=filters.data.urlencode(),
            form=form,
            language=get_language() or "",
        )


def sole_customer(filters: CallFilter) -> Customer | None:
    """The customer of all exported calls; None if there may be several."""
    return filters.chosen_customer or (None if filters.offers_customers else filters.customers.first())


def export_job(job: BackgroundJob, progress: Progress) -> dict[str, int]:
    """Stores the calls that the job's user may see now. A worker that takes over the job starts again.

    Raises CannotBeDone. Raises Stopped while AT_ONCE earlier exports are running; the sweep starts the job again later.
    """
    if not is_among_first(job, AT_ONCE):
        raise Stopped
    user = job.asked_by
    if user is None or not user.is_active:
        raise CannotBeDone(_("The user who started this no longer exists, so nothing was done."))
    with override(job.arguments["language"] or None):
        filters = CallFilter.for_user(user, QueryDict(job.arguments["filter"]))
        progress.expect(filters.qs.order_by().count())
        file = store_file(
            job,
            user=user,
            name=f"calls-{timezone.now():%Y-%m-%d}.{job.arguments['form']}",
            content_type=CONTENT_TYPES[job.arguments["form"]],
            customer_ids=_customer_ids(filters),
            chunks=CONTENT[job.arguments["form"]](filters, progress),
        )
    return {"calls": job.done, "file": file.pk}


def unfinished_exports(user: User) -> QuerySet[BackgroundJob]:
    return BackgroundJob.objects.filter(kind=BackgroundJobKind.EXPORT, asked_by=user.pk, finished_at=None)


def _check_limits(user: User, customer: Customer | None) -> None:
    unfinished = unfinished_exports(user).count()
    kept = JobFile.objects.filter(is_ready=True, expires_at__gt=timezone.now())
    if unfinished >= UNFINISHED_OF_USER:
        raise TooManyExports(_("Your other exports are still being made. Wait until one is ready."))
    if unfinished + kept.filter(user=user.pk).count() >= FILES_OF_USER:
        raise TooManyExports(_("You cannot keep more files. Delete one, then export again."))
    if customer is None:
        return
    jobs = BackgroundJob.objects.filter(kind=BackgroundJobKind.EXPORT, customer=customer, finished_at=None)
    if jobs.count() + kept.filter(customer_ids=[customer.pk]).count() >= FILES_OF_CUSTOMER:
        text = _("The users of %(customer)s have too many files. Wait until some expire, then export again.")
        raise TooManyExports(text % {"customer": customer})


def _customer_ids(filters: CallFilter) -> list[int] | None:
    """The customers whose calls the file may hold; None: of all customers."""
    return [filters.chosen_customer.pk] if filters.chosen_customer else filters.customer_ids


def _csv(filters: CallFilter, progress: Progress) -> Iterator[bytes]:
    return csv_lines(*table(filters.qs, done=progress.add))


def _xlsx(filters: CallFilter, progress: Progress) -> Iterator[bytes]:
    with xlsx_file(*table(filters.qs, done=progress.add)) as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


CONTENT = {"csv": _csv, "xlsx": _xlsx}
