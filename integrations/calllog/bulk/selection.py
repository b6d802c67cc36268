"""Which calls a background job of the call log means: those of its list of numbers, or all that fit a filter."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from integrations.calllog.list.filters import CallFilter
from integrations.models import BackgroundJob, Call
from integrations.services.queue.progress import CannotBeDone


def finished_calls_of(job: BackgroundJob) -> QuerySet[Call]:
    """The calls that the job means and that were finished when it was enqueued. A job that is run again thus changes no
    call twice. Raises CannotBeDone.
    """
    return _calls_of(job).filter(finished_at__lte=job.asked_at)


def known_calls_of(job: BackgroundJob) -> QuerySet[Call]:
    """The calls that the job means and that were known when it was enqueued, in whatever state. Raises CannotBeDone."""
    return _calls_of(job).filter(received_at__lte=job.asked_at)


def calls_by_filter(user: User, query: str) -> QuerySet[Call]:
    """The calls that a user sees with a filter, given as the query string of the list. A filter that is not understood
    means no call: a mistyped address must not act on all of them.
    """
    return CallFilter.for_user(user, QueryDict(query)).qs


def _calls_of(job: BackgroundJob) -> QuerySet[Call]:
    """By the job's argument `calls`, else by `filter` as the user who enqueued the job sees it now."""
    if "calls" in job.arguments:
        return Call.objects.filter(pk__in=job.arguments["calls"])
    if job.asked_by is None:
        raise CannotBeDone(_("Who asked for this is no longer a user here, so nothing was done."))
    return calls_by_filter(job.asked_by, job.arguments["filter"])
