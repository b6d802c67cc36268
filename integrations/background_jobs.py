"""Runs background jobs: names the function of each kind, and stores its result or its error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from integrations.calllog.bulk.jobs import dismiss_job, ignore_numbers_job, replay_job, retry_job
from integrations.calllog.export.jobs import export_job
from integrations.models import BackgroundJob, BackgroundJobKind
from integrations.planfix.http.errors import PlanfixError
from integrations.ringostat.api import RingostatError
from integrations.services.customers.connection_check import connect
from integrations.services.customers.contact_fields import create_fields
from integrations.services.customers.removal import removal_job
from integrations.services.dry_run.run import dry_run_job
from integrations.services.intake.catch_up import catch_up_job
from integrations.services.queue.background import take
from integrations.services.queue.progress import CannotBeDone, Progress, Stopped, held
from integrations.services.trial.run import trial_job

log = structlog.get_logger(__name__)

Result = dict[str, Any] | None

KINDS: Mapping[str, Callable[[BackgroundJob, Progress], Result]] = {
    BackgroundJobKind.CATCH_UP: catch_up_job,
    BackgroundJobKind.SEND_AGAIN: retry_job,
    BackgroundJobKind.REPLAY: replay_job,
    BackgroundJobKind.DISMISS: dismiss_job,
    BackgroundJobKind.IGNORE_NUMBERS: ignore_numbers_job,
    BackgroundJobKind.CONNECT: connect,
    BackgroundJobKind.CREATE_FIELDS: create_fields,
    BackgroundJobKind.DRY_RUN: dry_run_job,
    BackgroundJobKind.EXPORT: export_job,
    BackgroundJobKind.REMOVE_CUSTOMER: removal_job,
    BackgroundJobKind.TRIAL: trial_job,
}
"""Each function may be killed and started again at any time."""

TROUBLE = (CannotBeDone, PlanfixError, RingostatError, ImproperlyConfigured)
"""Errors whose messages a specialist can act on. ImproperlyConfigured: no key of the settings decrypts a secret."""


def run_job(job_id: int, *, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Runs the job, or what is left of it, unless another worker holds it.

    Raises OperationalError or InterfaceError when the database is lost.
    """
    job = take(job_id)
    if job is None:
        return
    try:
        job.result = KINDS[job.kind](job, Progress(job, should_stop))
    except Stopped:
        held(job).update(held_until=None)
        return
    except (OperationalError, InterfaceError):
        raise
    except TROUBLE as error:
        job.trouble = str(error)
    except Exception:
        log.exception("background job failed", job_id=job.pk, kind=job.kind, customer_id=job.customer_id)
        job.trouble = _("Something unexpected went wrong; the worker's log has the details.")
    end = {"result": job.result, "trouble": job.trouble, "done": job.done, "total": job.total}
    if not held(job).update(finished_at=Now(), held_until=None, **end):
        log.warning("another worker took the background job over", job_id=job.pk, kind=job.kind)
