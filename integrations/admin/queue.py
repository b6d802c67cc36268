"""Read-only lists of background jobs and of the queue."""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from procrastinate.contrib.django.models import ProcrastinateJob
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.paginator import InfinitePaginator

from integrations.admin.columns import by_label, coloured, time_column
from integrations.admin.read_only import ReadOnly
from integrations.models import BackgroundJob
from integrations.ui.labels import LazyText

STATE_COLOURS = {"done": "success", "failed": "danger", "running": "info", "waiting": ""}
JOB_COLOURS = {"todo": "", "doing": "info", "succeeded": "success", "failed": "danger", "aborted": "warning"}
JOB_STATUSES: dict[str, LazyText] = {
    "todo": gettext_lazy("Waiting"),
    "doing": gettext_lazy("Running"),
    "succeeded": gettext_lazy("Done"),
    "failed": pgettext_lazy("job", "Failed"),
    "cancelled": gettext_lazy("Cancelled"),
    "aborting": gettext_lazy("Stopping"),
    "aborted": gettext_lazy("Stopped"),
}
NOT_BEFORE = time_column("scheduled_at", gettext_lazy("not before"))
ASKED = time_column("asked_at", gettext_lazy("requested"))

admin.site.unregister(ProcrastinateJob)


# procrastinate 3 names its application and its model in English only.
apps.get_app_config("procrastinate").verbose_name = gettext_lazy("Queue")
ProcrastinateJob._meta.verbose_name = gettext_lazy("queue job")
ProcrastinateJob._meta.verbose_name_plural = gettext_lazy("queue jobs")


class FinishedFilter(DropdownFilter):  # type: ignore[misc]
    title = gettext_lazy("status")
    parameter_name = "finished"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, LazyText]]:
        return [("no", gettext_lazy("Not finished")), ("yes", gettext_lazy("Finished"))]

    def queryset(self, request: HttpRequest, jobs: QuerySet[BackgroundJob]) -> QuerySet[BackgroundJob]:
        return jobs.filter(finished_at__isnull=self.value() == "no") if self.value() else jobs


@admin.register(BackgroundJob)
class BackgroundJobAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    """The list of background jobs. Leaves out arguments and results: a dry run's hold phone numbers and names."""

    list_display = (ASKED, "kind_label", "customer", "asked_by", "state", "progress", "problem")
    list_filter = (("customer", AutocompleteSelectFilter), FinishedFilter)
    list_filter_submit = True
    list_select_related = ("customer", "asked_by")
    ordering = ("-pk",)
    paginator = InfinitePaginator
    fields = (
        "kind_label",
        "customer",
        "asked_by",
        ASKED,
        time_column("started_at", gettext_lazy("started")),
        time_column("finished_at", gettext_lazy("finished")),
        "state",
        "progress",
        "problem",
    )

    @admin.display(description=gettext_lazy("job"))
    def kind_label(self, job: BackgroundJob) -> str:
        return job.kind_label

    @coloured(gettext_lazy("state"), STATE_COLOURS)
    def state(self, job: BackgroundJob) -> tuple[str, str]:
        if job.trouble:
            return "failed", pgettext("job", "Failed")
        if job.is_finished:
            return "done", _("Done")
        return ("running", _("Running")) if job.started_at else ("waiting", _("Waiting"))

    @admin.display(description=gettext_lazy("problem"))
    def problem(self, job: BackgroundJob) -> str:
        return job.trouble or "–"

    @admin.display(description=gettext_lazy("progress"))
    def progress(self, job: BackgroundJob) -> str:
        """The progress of a job that is unfinished or has failed. A job that succeeded shows none: it may have needed
        fewer steps than expected."""
        if job.total is None or (job.is_finished and not job.trouble):
            return "–"
        return _("%(done)s of %(total)s") % {"done": job.done, "total": job.total}


@admin.register(ProcrastinateJob)
class QueueJobAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    """The list of queued jobs. The model belongs to procrastinate, whose labels are English only."""

    list_title = gettext_lazy("Queue")

    list_display = ("id", "task", "arguments", "status_label", NOT_BEFORE, "tries")
    list_filter = (by_label("status", gettext_lazy("status"), JOB_STATUSES), "task_name")
    list_filter_submit = True
    ordering = ("-id",)
    paginator = InfinitePaginator
    fields = ("id", "task", "arguments", "status_label", "one_at_a_time", "rank", NOT_BEFORE, "tries")

    @coloured(gettext_lazy("status"), JOB_COLOURS)
    def status_label(self, job: ProcrastinateJob) -> tuple[str, str]:
        return job.status, str(JOB_STATUSES.get(job.status, job.status))

    @admin.display(description=gettext_lazy("job"), ordering="task_name")
    def task(self, job: ProcrastinateJob) -> str:
        return job.task_name

    @admin.display(description=gettext_lazy("arguments"))
    def arguments(self, job: ProcrastinateJob) -> str:
        return json.dumps(job.args)

    @admin.display(description=gettext_lazy("lock"))
    def one_at_a_time(self, job: ProcrastinateJob) -> str:
        return job.lock or "–"

    @admin.display(description=gettext_lazy("priority"), ordering="priority")
    def rank(self, job: ProcrastinateJob) -> int:
        return job.priority

    @admin.display(description=gettext_lazy("attempts"), ordering="attempts")
    def tries(self, job: ProcrastinateJob) -> int:
        return job.attempts
