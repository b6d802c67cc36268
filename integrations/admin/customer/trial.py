"""The trial page: what a trial would write, its button, its findings, and what is left of it in Planfix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from integrations.admin.customer.pages import address_of, customer_page, next_page, render_page
from integrations.domain.phones import normalize
from integrations.models import BackgroundJob, BackgroundJobKind, CallbackSettings, Customer, TrialRecordKind
from integrations.services.callback_tasks.choices import stored_choices
from integrations.services.callback_tasks.settings_file import settings_of
from integrations.services.queue.background import enqueue, newest_unfinished
from integrations.services.trial.content import author_of, new_number
from integrations.services.trial.counting_client import MOST_REQUESTS
from integrations.services.trial.receipts import abandoned_receipts, leftovers
from integrations.services.trial.report import NOT_ASKED, Finding, Outcome, TrialReport
from integrations.services.trial.run import CLEAN_UP, KEEP, NUMBER, TASK_TEMPLATE
from integrations.services.trial.texts import OUTCOMES, QUESTION_TEXTS, meaning_of, steps_of, title_of, why_left
from integrations.ui.labels import Badge
from integrations.ui.links import trial_url
from integrations.users.audit import audit_record

BADGES: Mapping[Outcome, Badge] = {
    Outcome.TROUBLE: Badge(label=OUTCOMES[Outcome.TROUBLE], icon="error", colour="danger"),
    Outcome.ADAPTED: Badge(label=OUTCOMES[Outcome.ADAPTED], icon="auto_fix_high", colour="info"),
    Outcome.UNKNOWN: Badge(label=OUTCOMES[Outcome.UNKNOWN], icon="help"),
    Outcome.OK: Badge(label=OUTCOMES[Outcome.OK], icon="check_circle", colour="success"),
}
"""In the order of the page: what needs a person comes first."""


class TrialForm(forms.Form):
    number = forms.CharField(
        label=gettext_lazy("Phone number of the trial's contact"),
        help_text=gettext_lazy("Nobody has this number. Change it if the account needs another one."),
        max_length=32,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel"}),
    )
    task = forms.BooleanField(
        label=gettext_lazy("Create a task too"),
        help_text=gettext_lazy(
            "Tests the last active task and callback tasks. Planfix notifies the assignees of the template. "
            "Afterwards Ringofix deletes the task, or closes it if Planfix deletes no tasks."
        ),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )
    task_template = forms.TypedChoiceField(
        label=gettext_lazy("Task template"),
        coerce=int,
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    keep = forms.BooleanField(
        label=gettext_lazy("Keep everything in Planfix to look at it"), required=False, widget=UnfoldBooleanSwitchWidget
    )

    def __init__(self, *args: object, customer: Customer, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._region = customer.region
        self._offer_templates(settings_of(customer))

    def _offer_templates(self, wanted: CallbackSettings) -> None:
        """Offers the templates that the access check found, and preselects that of the callback tasks. Without
        templates, offers no task.
        """
        templates = stored_choices(wanted).templates
        if not templates:
            del self.fields["task"], self.fields["task_template"]
            return
        field = self.fields["task_template"]
        assert isinstance(field, forms.ChoiceField)
        by_name = sorted(templates.items(), key=lambda template: template[1].casefold())
        field.choices = by_name
        field.initial = wanted.template_id

    @property
    def template_id(self) -> int | None:
        """The template of the task that the trial may create."""
        is_wanted = self.cleaned_data.get("task")
        return self.cleaned_data.get("task_template") if is_wanted else None

    def clean_number(self) -> str:
        typed: str = self.cleaned_data["number"]
        if number := normalize(typed, self._region):
            return number
        text = _("“%(number)s” is not a phone number. Write it in full: +380671234567.")
        raise ValidationError(text % {"number": typed})


@dataclass(frozen=True, kw_only=True)
class FindingRow:
    """A finding as the page shows it."""

    title: str
    badge: Badge
    means: str
    sent: str
    came: str
    steps: list[str]


@dataclass(frozen=True, kw_only=True)
class Left:
    """A record that is still in Planfix."""

    label: str
    name: str
    why: str
    url: str


@customer_page
def trial(request: HttpRequest, customer: Customer) -> HttpResponse:
    running = newest_unfinished(customer, BackgroundJobKind.TRIAL)
    form = TrialForm(request.POST or None, customer=customer, initial={NUMBER: new_number(customer)})
    if request.method == "POST" and running is None and _start(request, customer, form):
        return redirect(address_of("trial", customer))
    newest = _newest_trial(customer)
    report = TrialReport.from_json(newest.result) if newest and newest.result else None
    rows = rows_of(report) if report else []
    context = {
        "form": form,
        "job": running or newest,
        "report": report,
        "rows": [row for row in rows if row.badge is not BADGES[Outcome.OK]],
        "fine": [row for row in rows if row.badge is BADGES[Outcome.OK]],
        "not_asked": [title_of(finding.question) for finding in _not_asked(report)],
        "left": [] if running else left_in_planfix(customer),
        "author": author_of(customer),
        "most_requests": MOST_REQUESTS,
        "next_address": next_page(customer, "trial"),
    }
    return render_page(request, customer, "trial", "trial.html", context)


def _start(request: HttpRequest, customer: Customer, form: TrialForm) -> bool:
    """Enqueues a trial, or a clean-up after earlier trials. Returns whether it enqueued one."""
    assert isinstance(request.user, User)
    if request.POST.get("action") == CLEAN_UP:
        enqueue(BackgroundJobKind.TRIAL, customer=customer, by=request.user, **{CLEAN_UP: True})
        audit_record(request.user, _("Removed the records of a trial from Planfix."), customer)
        return True
    if not form.is_valid():
        messages.error(request, _("The trial was not started. Correct the number."))
        return False
    arguments = {
        NUMBER: form.cleaned_data["number"],
        KEEP: form.cleaned_data["keep"],
        TASK_TEMPLATE: form.template_id,
    }
    enqueue(BackgroundJobKind.TRIAL, customer=customer, by=request.user, **arguments)
    audit_record(request.user, _("Ran a trial in Planfix."), customer)
    return True


def _newest_trial(customer: Customer) -> BackgroundJob | None:
    """The newest trial of the customer's current account. Leaves out clean-up jobs, which have no findings."""
    jobs = customer.background_jobs.filter(kind=BackgroundJobKind.TRIAL).exclude(arguments__has_key=CLEAN_UP)
    return jobs.filter(result__account=customer.planfix_account).order_by("-pk").first()


def rows_of(report: TrialReport) -> list[FindingRow]:
    """The findings, beginning with those that need a person. Leaves out questions that the trial did not ask."""
    order = list(BADGES)
    asked = [finding for finding in report.findings if finding.answer != NOT_ASKED]
    return [_finding_row(finding) for finding in sorted(asked, key=lambda finding: order.index(finding.outcome))]


def _finding_row(finding: Finding) -> FindingRow:
    return FindingRow(
        title=title_of(finding.question),
        badge=BADGES[finding.outcome],
        means=meaning_of(finding),
        sent=str(QUESTION_TEXTS[finding.question].sent),
        came=finding.came,
        steps=steps_of(finding),
    )


def _not_asked(report: TrialReport | None) -> list[Finding]:
    return [finding for finding in report.findings if finding.answer == NOT_ASKED] if report else []


def left_in_planfix(customer: Customer) -> list[Left]:
    return [
        Left(
            label=str(TrialRecordKind(one.kind).label),
            name=one.name or str(one.id or ""),
            why=why_left(one.why),
            url=trial_url(
                customer.planfix_url, contact_id=one.contact_id, task_id=one.task_id, comment_id=one.comment_id
            ),
        )
        for one in leftovers(abandoned_receipts(customer))
    ]
