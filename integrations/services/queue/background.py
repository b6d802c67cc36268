"""Long work that a page asks for: put down with its job in one transaction, carried out by one worker, taken up again
after a crash. What each kind does stands in its own service.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _

from integrations.models import BackgroundJob, BackgroundJobKind, Customer
from integrations.planfix.http.errors import PlanfixError
from integrations.ringostat.api import RingostatError
from integrations.services.calls.dismiss import settle_as_asked
from integrations.services.calls.ignored_numbers import ignore_as_asked
from integrations.services.calls.replay import replay_as_asked, send_again_as_asked
from integrations.services.customers.connection_check import connect
from integrations.services.customers.contact_fields import create_fields
from integrations.services.customers.removal import remove_as_asked
from integrations.services.dry_run.run import dry_run_as_asked
from integrations.services.intake.catch_up import catch_up_as_asked
from integrations.services.queue.defer import work_soon
from integrations.services.queue.progress import LEASE, CannotBeDone, Progress, Stopped, held

log = structlog.get_logger(__name__)

Result = dict[str, Any] | None

KINDS: Mapping[str, Callable[[BackgroundJob, Progress], Result]] = {
    BackgroundJobKind.CATCH_UP: catch_up_as_asked,
    BackgroundJobKind.SEND_AGAIN: send_again_as_asked,
    BackgroundJobKind.REPLAY: replay_as_asked,
    BackgroundJobKind.SETTLE: settle_as_asked,
    BackgroundJobKind.IGNORE_NUMBERS: ignore_as_asked,
    BackgroundJobKind.CONNECT: connect,
    BackgroundJobKind.CREATE_FIELDS: create_fields,
    BackgroundJobKind.DRY_RUN: dry_run_as_asked,
    BackgroundJobKind.REMOVE_CUSTOMER: remove_as_asked,
}
"""Each may be killed and begun again at any time."""

TROUBLE = (CannotBeDone, PlanfixError, RingostatError, ImproperlyConfigured)
"""Errors that are sentences for a specialist. Django's is that of a secret which no key of the settings opens."""


def ask(
    kind: BackgroundJobKind,
    *,
    customer: Customer | None = None,
    by: User | AnonymousUser | None = None,
    **arguments: Any,
) -> BackgroundJob:
    """Puts the work down. The same work that already waits or is under way is not asked for twice: it is returned."""
    with transaction.atomic():
        same = BackgroundJob.objects.filter(kind=kind, customer=customer, arguments=arguments, finished_at=None).first()
        asked_by = by.pk if by else None
        work = same or BackgroundJob.objects.create(
            kind=kind, customer=customer, arguments=arguments, asked_by_id=asked_by
        )
        work_soon([work.pk])
    return work


def unfinished_work() -> list[int]:
    """What the sweep must wake, should its job be lost: nobody is at it."""
    return list(_free().order_by("asked_at").values_list("pk", flat=True))


def run_job(work_id: int, *, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Does the work, or what is left of it, unless somebody else is at it. Raises OperationalError or InterfaceError
    when the database is lost.
    """
    work = _taken(work_id)
    if work is None:
        return
    try:
        work.result = KINDS[work.kind](work, Progress(work, should_stop))
    except Stopped:
        held(work).update(held_until=None)
        return
    except (OperationalError, InterfaceError):
        raise
    except TROUBLE as error:
        work.trouble = str(error)
    except Exception:
        log.exception("work failed", work_id=work.pk, kind=work.kind, customer_id=work.customer_id)
        work.trouble = _("Something unexpected went wrong; the worker's log has the details.")
    end = {"result": work.result, "trouble": work.trouble, "done": work.done, "total": work.total}
    if not held(work).update(finished_at=Now(), held_until=None, **end):
        log.warning("work was taken over by another worker", work_id=work.pk, kind=work.kind)


def _free() -> QuerySet[BackgroundJob]:
    return BackgroundJob.objects.filter(finished_at=None).exclude(held_until__gt=Now())


def _taken(work_id: int) -> BackgroundJob | None:
    """The work, held by who called; None if it is finished or another's. Of several at once one gets it."""
    holder = uuid.uuid4()
    now = Now()
    _free().filter(pk=work_id).update(holder=holder, held_until=now + LEASE, started_at=Coalesce("started_at", now))
    return BackgroundJob.objects.select_related("customer").filter(pk=work_id, holder=holder).first()
