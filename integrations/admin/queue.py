"""What the worker is at: long work that people asked for, and the jobs of the queue. To look at."""

from __future__ import annotations

import json

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django.models import ProcrastinateJob
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.paginator import InfinitePaginator

from integrations.admin.columns import by_words, coloured, moment
from integrations.admin.read_only import ReadOnly
from integrations.models import BackgroundJob
from integrations.ui.labels import LazyText

WORK_COLOURS = {"done": "success", "trouble": "danger", "under way": "info", "waits": ""}
JOB_COLOURS = {"todo": "", "doing": "info", "succeeded": "success", "failed": "danger", "aborted": "warning"}
JOB_STATUSES: dict[str, LazyText] = {
    "todo": gettext_lazy("Waits"),
    "doing": gettext_lazy("Under way"),
    "succeeded": gettext_lazy("Done"),
    "failed": gettext_lazy("Failed"),
    "cancelled": gettext_lazy("Cancelled"),
    "aborting": gettext_lazy("Being stopped"),
    "aborted": gettext_lazy("Stopped"),
}
NOT_BEFORE = moment("scheduled_at", gettext_lazy("not before"))
ASKED = moment("asked_at", gettext_lazy("asked"))

admin.site.unregister(ProcrastinateJob)


@admin.register(BackgroundJob)
class WorkAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    """Without arguments and results: a dry run's hold numbers and names."""

    list_display = (ASKED, "kind_label", "customer", "asked_by", "state", "progress", "trouble")
    list_filter = (("customer", AutocompleteSelectFilter), ("finished_at", admin.EmptyFieldListFilter))
    list_filter_submit = True
    list_select_related = ("customer", "asked_by")
    ordering = ("-pk",)
    paginator = InfinitePaginator
    fields = (
        "kind_label",
        "customer",
        "asked_by",
        ASKED,
        moment("started_at", gettext_lazy("started")),
        moment("finished_at", gettext_lazy("finished")),
        "state",
        "progress",
        "trouble",
    )

    @admin.display(description=gettext_lazy("work"))
    def kind_label(self, work: BackgroundJob) -> str:
        return work.kind_label

    @coloured(gettext_lazy("state"), WORK_COLOURS)
    def state(self, work: BackgroundJob) -> tuple[str, str]:
        if work.trouble:
            return "trouble", _("Came to nothing")
        if work.is_finished:
            return "done", _("Done")
        return ("under way", _("Under way")) if work.started_at else ("waits", _("Waits"))

    @admin.display(description=gettext_lazy("progress"))
    def progress(self, work: BackgroundJob) -> str:
        """Until it is done: a check that finds all well may have had fewer steps than it might have."""
        if work.total is None or (work.is_finished and not work.trouble):
            return "–"
        return _("%(done)s of %(total)s") % {"done": work.done, "total": work.total}


@admin.register(ProcrastinateJob)
class JobAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    """The model is procrastinate's, whose names are English only."""

    list_display = ("id", "task", "arguments", "status_label", NOT_BEFORE, "tries")
    list_filter = (by_words("status", gettext_lazy("status"), JOB_STATUSES), "task_name")
    list_filter_submit = True
    ordering = ("-id",)
    paginator = InfinitePaginator
    fields = ("id", "task", "arguments", "status_label", "one_at_a_time", "rank", NOT_BEFORE, "tries")

    @coloured(gettext_lazy("status"), JOB_COLOURS)
    def status_label(self, job: ProcrastinateJob) -> tuple[str, str]:
        return job.status, str(JOB_STATUSES.get(job.status, job.status))

    @admin.display(description=gettext_lazy("work"), ordering="task_name")
    def task(self, job: ProcrastinateJob) -> str:
        return job.task_name

    @admin.display(description=gettext_lazy("arguments"))
    def arguments(self, job: ProcrastinateJob) -> str:
        return json.dumps(job.args)

    @admin.display(description=gettext_lazy("one at a time"))
    def one_at_a_time(self, job: ProcrastinateJob) -> str:
        return job.lock or "–"

    @admin.display(description=gettext_lazy("priority"), ordering="priority")
    def rank(self, job: ProcrastinateJob) -> int:
        return job.priority

    @admin.display(description=gettext_lazy("attempts"), ordering="attempts")
    def tries(self, job: ProcrastinateJob) -> int:
        return job.attempts
