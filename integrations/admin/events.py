"""Read-only lists of webhook events, calls and Planfix requests."""

from __future__ import annotations

import json

from django.contrib import admin
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.paginator import InfinitePaginator

from integrations.admin.columns import by_label, coloured, link, time_column
from integrations.admin.read_only import ReadOnly, as_text
from integrations.models import Call, CallState, EventResult, PlanfixRequest, WebhookEvent
from integrations.ui.labels import BADGE_CLASSES, EVENTS, REASONS, REQUEST_OUTCOMES, STATES, LazyText, reason_label
from integrations.ui.request_log import outcome_badge, readable, webhook_text
from integrations.ui.webhook_findings import IGNORED_REASONS, note_sentences, problem_label

RESULT_COLOURS: dict[str, str] = {
    EventResult.CALL: "success",
    EventResult.IGNORED: "",
    EventResult.NOT_UNDERSTOOD: "warning",
    EventResult.FAILED: "danger",
}
STATE_COLOURS: dict[str, str] = {state: look.colour for state, look in STATES.items()}
OUTCOMES = {outcome: look.label for outcome, look in REQUEST_OUTCOMES.items()}
COLOURS = {colour: colour for colour in BADGE_CLASSES}


RECEIVED = time_column("received_at", _("received"))
SENT = time_column("sent_at", _("sent"))
STARTED = time_column("started_at", _("started"))


@admin.display(description=_("call"))
def call_link(row: WebhookEvent | PlanfixRequest) -> str | SafeString:
    if row.call is None:
        return "–"
    return link(reverse("calllog:call", args=[row.call.pk]), row.call.client_number or row.call.ringostat_id)


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = (RECEIVED, "customer", "what", call_link, "result_label", "why")
    list_filter = ("result", by_label("kind", _("event"), EVENTS), ("customer", AutocompleteSelectFilter))
    list_filter_submit = True
    list_select_related = ("customer", "call")
    ordering = ("-pk",)
    paginator = InfinitePaginator
    fields = (
        RECEIVED,
        "customer",
        call_link,
        "what",
        "event",
        "result",
        "problem_in_words",
        "why",
        "notes_in_words",
        "method",
        "content_type",
        "content_encoding",
        "query_string_as_text",
        "body_as_text",
    )

    @admin.display(description=_("event"))
    def what(self, event: WebhookEvent) -> LazyText:
        return EVENTS.get(event.kind, event.kind or event.event or "–")

    @coloured(_("result"), RESULT_COLOURS)
    def result_label(self, event: WebhookEvent) -> tuple[str, str]:
        return event.result, event.get_result_display()

    @admin.display(description=_("query string"))
    def query_string_as_text(self, event: WebhookEvent) -> SafeString:
        return as_text(readable(event.query_string))

    @admin.display(description=_("reason"))
    def why(self, event: WebhookEvent) -> LazyText:
        return IGNORED_REASONS.get(event.reason, event.reason) or "–"

    @admin.display(description=_("body"))
    def body_as_text(self, event: WebhookEvent) -> SafeString:
        return as_text(webhook_text(event))

    @admin.display(description=_("problem"))
    def problem_in_words(self, event: WebhookEvent) -> LazyText:
        return problem_label(event.problem) or "–"

    @admin.display(description=_("notes"))
    def notes_in_words(self, event: WebhookEvent) -> str:
        return "\n".join(note_sentences(event)) or "–"


@admin.register(PlanfixRequest)
class PlanfixRequestAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = (SENT, "customer", "what", call_link, "status", "time_taken", "outcome_label")
    list_filter = (by_label("outcome", _("outcome"), OUTCOMES), "http_status", ("customer", AutocompleteSelectFilter))
    list_filter_submit = True
    list_select_related = ("customer", "call")
    ordering = ("-pk",)
    paginator = InfinitePaginator
    fields = (
        SENT,
        "time_taken",
        "customer",
        call_link,
        "what",
        "status",
        "outcome_words",
        "body_as_text",
        "answer_as_text",
    )

    @admin.display(description=_("request"))
    def what(self, sent: PlanfixRequest) -> str:
        return f"{sent.method} {sent.path}"

    @admin.display(description=_("status"))
    def status(self, sent: PlanfixRequest) -> str:
        parts = [str(number) for number in (sent.http_status, sent.code) if number is not None]
        return " / ".join(parts) or "–"

    @admin.display(description=_("seconds"))
    def time_taken(self, sent: PlanfixRequest) -> str:
        return f"{sent.seconds:.2f}"

    @coloured(_("outcome"), COLOURS)
    def outcome_label(self, sent: PlanfixRequest) -> tuple[str, str]:
        return outcome_badge(sent).colour, self.outcome_words(sent)

    @admin.display(description=_("outcome"))
    def outcome_words(self, sent: PlanfixRequest) -> str:
        return str(outcome_badge(sent).label)

    @admin.display(description=_("request body"))
    def body_as_text(self, sent: PlanfixRequest) -> SafeString:
        return as_text("" if sent.body is None else json.dumps(sent.body, ensure_ascii=False, indent=2))

    @admin.display(description=_("response"))
    def answer_as_text(self, sent: PlanfixRequest) -> SafeString:
        return as_text(readable(sent.answer))


@admin.register(Call)
class CallAdmin(ReadOnly, ModelAdmin):  # type: ignore[misc]
    list_display = (STARTED, "customer", "direction", "outcome", "client_number", "state_label", "why", "page")
    list_filter = (
        "state",
        by_label("reason", _("reason"), REASONS),
        "direction",
        "outcome",
        ("customer", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("customer", "employee")
    ordering = ("-started_at", "-pk")
    paginator = InfinitePaginator
    fields = (
        "page",
        "customer",
        "ringostat_id",
        STARTED,
        RECEIVED,
        time_column("finished_at", _("finished")),
        "direction",
        "outcome",
        "client_number",
        "employee",
        "state",
        "why",
        "detail",
        time_column("due_at", _("next attempt")),
    )

    @coloured(_("state"), STATE_COLOURS)
    def state_label(self, call: Call) -> tuple[str, str]:
        return call.state, str(CallState(call.state).label)

    @admin.display(description=_("reason"))
    def why(self, call: Call) -> str:
        return str(reason_label(call.reason)) or "–"

    @admin.display(description=_("call log"))
    def page(self, call: Call) -> SafeString:
        return link(reverse("calllog:call", args=[call.pk]), pgettext("link", "Open"))
