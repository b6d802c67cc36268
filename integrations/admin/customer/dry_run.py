"""The dry run page: what would be found, decided and written for a call, and why. The worker asks Planfix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from integrations.admin.customer.pages import address_of, customer_page, render_page
from integrations.domain.calls import Direction, Outcome
from integrations.domain.employees import MatchedBy
from integrations.models import (
    BackgroundJob,
    BackgroundJobKind,
    Call,
    Customer,
    Employee,
    EventResult,
    WebhookEvent,
)
from integrations.planfix.links import contact_url, task_url
from integrations.services.dry_run.report import (
    CallbackTask,
    Comment,
    Contact,
    CopiedRecording,
    Decided,
    DryRunReport,
    NewContact,
    TagEntry,
    Target,
    Write,
)
from integrations.services.queue.background import enqueue
from integrations.ui.labels import EVENTS, KIND_SENTENCES, LazyText, reason_label
from integrations.ui.parse_pk import parse_pk
from integrations.ui.webhook_findings import IGNORED_REASONS, note_sentence

NEWEST = 10
"""The number of stored requests to choose from."""

MAX_BODY = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class Line:
    """A sentence of the result with its table, comment or link to Planfix."""

    text: str
    icon: str
    colour: str = ""
    table: list[list[str]] | None = None
    comment: SafeString | None = None
    link: str = ""


class StoredForm(forms.Form):
    """A stored request or call of this customer."""

    event = forms.ModelChoiceField(WebhookEvent.objects.none(), required=False)
    call = forms.ModelChoiceField(Call.objects.none(), required=False)

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, rows in (("event", customer.events.all()), ("call", customer.calls.all())):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows

    def arguments(self) -> dict[str, Any]:
        return {name: row.pk for name, row in self.cleaned_data.items() if row}


class NumberForm(forms.Form):
    number = forms.CharField(
        label=gettext_lazy("Client's number"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "+380671234567", "inputmode": "tel"}),
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("Direction"),
        choices=[(Direction.INCOMING, gettext_lazy("Incoming")), (Direction.OUTGOING, gettext_lazy("Outgoing"))],
        widget=UnfoldAdminSelectWidget,
    )
    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        choices=[(Outcome.ANSWERED, gettext_lazy("Answered")), (Outcome.MISSED, gettext_lazy("Missed"))],
        widget=UnfoldAdminSelectWidget,
    )
    employee = forms.ModelChoiceField(
        Employee.objects.none(),
        label=gettext_lazy("Employee"),
        required=False,
        empty_label=gettext_lazy("unknown employee"),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        employees = self.fields["employee"]
        assert isinstance(employees, forms.ModelChoiceField)
        employees.queryset = customer.employees.all()
        employees.initial = customer.employees.filter(participates=True).first()

    def arguments(self) -> dict[str, Any]:
        employee = self.cleaned_data["employee"]
        return {**self.cleaned_data, "employee": employee.pk if employee else None}


class BodyForm(forms.Form):
    event_name = forms.ChoiceField(
        label=gettext_lazy("Event"),
        required=False,
        choices=[("", gettext_lazy("detect from the body")), *EVENTS.items()],
        widget=UnfoldAdminSelectWidget,
    )
    body = forms.CharField(
        label=gettext_lazy("Webhook body"),
        max_length=MAX_BODY,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    def arguments(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


FORMS: Mapping[str, type[StoredForm] | type[NumberForm] | type[BodyForm]] = {
    "stored": StoredForm,
    "number": NumberForm,
    "body": BodyForm,
}


@customer_page
def dry_run(request: HttpRequest, customer: Customer) -> HttpResponse:
    """Query parameters: ?event= and ?call= offer a stored one, ?work= shows a result."""
    filled = {name: form(customer=customer) for name, form in FORMS.items()}
    wanted = request.POST.get("form", "")
    if request.method == "POST" and wanted in FORMS:
        form = filled[wanted] = FORMS[wanted](request.POST, customer=customer)
        if form.is_valid() and (arguments := form.arguments()):
            asked = enqueue(BackgroundJobKind.DRY_RUN, customer=customer, by=request.user, **arguments)
            return redirect(f"{address_of('dry_run', customer)}?work={asked.pk}")
    job = _asked_job(request, customer)
    context = {
        "forms": filled,
        "offered": _offered(request, customer),
        "events": _newest_events(customer),
        "job": job,
        "lines": list(lines(DryRunReport.from_json(job.result), customer)) if job and job.result is not None else [],
    }
    return render_page(request, customer, "dry_run", "dry_run.html", context)


def _offered(request: HttpRequest, customer: Customer) -> dict[str, Any] | None:
    """The event or the call that the query string names."""
    if event_id := parse_pk(request.GET.get("event", "")):
        return {"name": "event", "row": get_object_or_404(customer.events.all(), pk=event_id)}
    if call_id := parse_pk(request.GET.get("call", "")):
        return {"name": "call", "row": get_object_or_404(customer.calls.all(), pk=call_id)}
    return None


def _newest_events(customer: Customer) -> list[dict[str, Any]]:
    events = customer.events.select_related("call").order_by("-received_at")[:NEWEST]
    return [{"row": event, "label": EVENTS.get(event.kind) or event.event, "call": event.call} for event in events]


def _asked_job(request: HttpRequest, customer: Customer) -> BackgroundJob | None:
    job_id = parse_pk(request.GET.get("work", ""))
    return customer.background_jobs.filter(kind=BackgroundJobKind.DRY_RUN, pk=job_id).first() if job_id else None


# --- the result in sentences ---

MATCHED_BY: Mapping[str, LazyText] = {
    MatchedBy.STAFF_ID: gettext_lazy("by the Ringostat staff ID"),
    MatchedBy.SIP_LOGIN: gettext_lazy("by the SIP login or phone number"),
    MatchedBy.EXTENSION: gettext_lazy("by the extension"),
    MatchedBy.EMAIL: gettext_lazy("by the e-mail"),
    MatchedBy.NAME: gettext_lazy("by the name"),
}


def lines(report: DryRunReport, customer: Customer) -> Iterator[Line]:
    """The report in sentences, in the order of a delivery."""
    yield from _beginning(report)
    if report.contact:
        yield from _contact(report.contact, report.unknown_contact, customer)
    if report.target:
        yield from _target(report.target, customer)
    for write in report.writes or []:
        yield _write(write)
    yield from _limits(report)
    if report.callback_task:
        yield _callback_task(report.callback_task, customer)
    if trouble := report.trouble:
        yield Line(text=_("The delivery would stop here. %(why)s") % {"why": trouble}, icon="error", colour="danger")
    if report.asked is not None:
        yield _end(report.asked)


def _limits(report: DryRunReport) -> Iterator[Line]:
    """Names the parts of the call that this account cannot store."""
    if _is_author_ignored(report):
        text = _("Planfix writes this account's comments in the token's name. The text names the employee.")
        yield Line(text=text, icon="info", colour="warning")
    if left_out := report.left_out:
        text = _("Not written, because Planfix has no field for it: %(fields)s.") % {"fields": ", ".join(left_out)}
        yield Line(text=text, icon="rule", colour="warning")


def _beginning(report: DryRunReport) -> Iterator[Line]:
    if report.understood:
        yield _understood(report)
    for note in report.notes:
        yield Line(text=note_sentence(*note), icon="info", colour="warning")
    if report.not_over:
        text = _("The call is in progress. It goes to Planfix once Ringostat reports its end.")
        yield Line(text=text, icon="ring_volume", colour="warning")
    if report.decided:
        yield from _decided(report.decided)


def _understood(report: DryRunReport) -> Line:
    result, why = report.understood, report.why_not
    if result == EventResult.CALL:
        text = _("Request understood: %(event)s.") % {"event": EVENTS.get(report.kind, report.kind)}
        return Line(text=text, icon="webhook")
    if result == EventResult.IGNORED:
        text = _("Request stored and ignored: %(why)s.") % {"why": IGNORED_REASONS.get(why, why)}
        return Line(text=text, icon="webhook", colour="warning")
    text = _("Request not understood: %(why)s") % {"why": why or _("Ringofix could not parse it.")}
    return Line(text=text, icon="error", colour="danger")


def _decided(decided: Decided) -> Iterator[Line]:
    if reason := decided.skip:
        text = _("Skipped: %(why)s – %(detail)s.") if decided.detail else _("Skipped: %(why)s.")
        names = {"why": reason_label(reason), "detail": decided.detail}
        yield Line(text=text % names, icon="block", colour="warning")
        return
    kind = str(KIND_SENTENCES[decided.direction, decided.outcome])
    yield Line(text=kind % {"number": decided.number}, icon="call")
    yield Line(text=_employee(decided), icon="badge")


def _employee(decided: Decided) -> str:
    if decided.fallback_for is not None:
        text = _(
            "No included employee took the call (%(seen)s). It is logged under the fallback employee, %(employee)s."
        )
        return text % {"seen": decided.fallback_for or _("unknown"), "employee": decided.employee}
    if decided.employee:
        names = {"employee": decided.employee, "how": MATCHED_BY.get(decided.matched_by, "")}
        return _("The employee is %(employee)s, matched %(how)s.") % names
    return _("A missed call needs no employee.")


def _contact(contact: Contact, is_unknown: bool, customer: Customer) -> Iterator[Line]:
    if is_unknown:
        text = _("No matching contact in Planfix, and creating one is off. The call would be skipped.")
        yield Line(text=text, icon="block", colour="warning")
        return
    if contact.is_new:
        text = _("No matching contact in Planfix. A new one would be created.")
        yield Line(text=text, icon="person_search")
        return
    if contact.id is None:
        return
    if contact.is_gone:
        text = _("Contact %(id)s of an earlier call was deleted. The number would be searched for again.")
        yield Line(text=text % {"id": contact.id}, icon="person_off", colour="warning")
        return
    if contact.found > 1:
        text = _("%(found)s contacts have this number. The first one, %(name)s, would be used.")
    elif contact.found == 1:
        text = _("%(name)s has this number.")
    else:
        text = _("%(name)s is known from an earlier call of this number. Planfix is not searched again.")
    name = contact.name or _("Contact %(id)s") % {"id": contact.id}
    link = contact_url(customer.planfix_url, contact.id)
    colour = "warning" if contact.found > 1 else ""
    yield Line(text=text % {"found": contact.found, "name": name}, icon="person", link=link, colour=colour)


def _target(target: Target, customer: Customer) -> Iterator[Line]:
    if target.task:
        text = _("The call would go to the contact's last active task, %(task)s.") % {"task": target.task}
        yield Line(text=text, icon="task_alt", link=task_url(customer.planfix_url, target.task))
    elif target.was_looked_for:
        yield Line(text=_("The contact has no active task. The call would go to the contact."), icon="task_alt")


def _new_contact(write: NewContact) -> Line:
    table = [
        [pgettext("of a person", "Name"), write.name],
        [_("Phone"), ", ".join(write.phones)],
        [_("Template"), str(write.template or _("default"))],
        [_("Supervisor"), write.supervisor or "–"],
        *write.values,
    ]
    return Line(text=_("Contact to be created:"), icon="person_add", table=table)


def _recording(write: CopiedRecording) -> Line:
    text = _("The recording would be copied to Planfix as %(name)s.") % {"name": write.name}
    return Line(text=text, icon="graphic_eq")


def _comment(write: Comment) -> Line:
    if write.by_employee:
        text = _("Comment in the name of %(author)s:")
    elif write.author:
        text = _("Comment in the name of the contact %(author)s:")
    elif write.by_token:
        text = _("Comment in the name of the token's employee:")
    else:
        text = _("Comment in the name of the new contact:")
    # Ringofix made this HTML and escaped its values; plain text has no < and >. Planfix would get this text.
    return Line(text=text % {"author": write.author}, icon="chat", comment=SafeString(write.text))


def _tag(write: TagEntry) -> Line:
    table = [[name, value or _("the new contact")] for name, value in write.values]
    return Line(text=_("Data tag “%(tag)s”:") % {"tag": write.name}, icon="sell", table=table)


def _callback_task(task: CallbackTask, customer: Customer) -> Line:
    if task.open_task:
        text = _("The call would be added to callback task %(task)s as a comment.") % {"task": task.open_task}
        return Line(text=text, icon="add_task", link=task_url(customer.planfix_url, task.open_task))
    text = _("A callback task would be created, unless an employee reaches the client first: %(name)s.")
    table = [[_("Assignee"), task.assignee or _("as in the template")], [_("Due"), task.due]]
    return Line(text=text % {"name": task.name}, icon="add_task", comment=SafeString(task.text), table=table)


def _write(write: Write) -> Line:
    match write:
        case NewContact():
            return _new_contact(write)
        case CopiedRecording():
            return _recording(write)
        case Comment():
            return _comment(write)
        case TagEntry():
            return _tag(write)


def _is_author_ignored(report: DryRunReport) -> bool:
    by_token = any(isinstance(write, Comment) and write.by_token for write in report.writes or [])
    return by_token and report.decided is not None and bool(report.decided.employee)


def _end(asked: int) -> Line:
    sentence = ngettext(
        "Nothing was written. Planfix received one request.",
        "Nothing was written. Planfix received %(count)s requests.",
        asked,
    )
    return Line(text=sentence % {"count": asked}, icon="check_circle", colour="success")
