"""Finds the calls of a background job: by its list of keys, or all calls that match its filter."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from integrations.calllog.list.filters import CallFilter
from integrations.models import BackgroundJob, Call
from integrations.services.queue.progress import CannotBeDone


def finished_calls_of(job: BackgroundJob) -> QuerySet[Call]:
    """The job's calls that were finished when it was enqueued. If the job runs again, it thus changes no call twice.

    Raises CannotBeDone.
    """
    return _calls_of(job).filter(finished_at__lte=job.asked_at)


def known_calls_of(job: BackgroundJob) -> QuerySet[Call]:
    """The job's calls that were known when it was enqueued, in any state. Raises CannotBeDone."""
    return _calls_of(job).filter(received_at__lte=job.asked_at)


def calls_by_filter(user: User, query: str) -> QuerySet[Call]:
    """The calls that the user sees with the filters in `query`, the list's query string.

    An invalid filter matches no call.
    """
    return CallFilter.for_user(user, QueryDict(query)).qs


def _calls_of(job: BackgroundJob) -> QuerySet[Call]:
    """The calls with the keys in the argument `calls`, else those that match `filter` and that the user may see."""
    if "calls" in job.arguments:
        return Call.objects.filter(pk__in=job.arguments["calls"])
    if job.asked_by is None:
        raise CannotBeDone(_("The user who started this no longer exists, so nothing was done."))
    return calls_by_filter(job.asked_by, job.arguments["filter"])
