"""Stores what a trial's findings teach about the account, as traits that other rooms consult."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from integrations.models import BackgroundJob, Customer
from integrations.services.account_traits import FilesOnUpdate, NumberStorage, Value, learn_each, shape_of
from integrations.services.trial.readings import Readings
from integrations.services.trial.report import NO_RIGHT, REFUSED, Finding, Question

TRAITS: Mapping[Question, tuple[str, Mapping[str, Value]]] = {
    Question.NUMBER_STORAGE: ("number_storage", {value: value for value in NumberStorage}),
    Question.FILTER_MATCHES: ("finds_parts", {"parts": True, "whole_numbers": False, "same_text": False}),
    Question.FILTERS_COMBINED: ("combines_filters", {"all": True, "any": False}),
    Question.COMPANIES: ("separates_companies", {"separate": True, "mixed": False}),
    Question.DELETED_CONTACTS: ("hides_deleted_contacts", {"hidden": True, "marked": False, "not_marked": False}),
    Question.RECORDING_COPIED: ("copies_recordings", {"copied": True, REFUSED: False}),
    Question.EMPLOYEE_AUTHOR: ("honours_employee_author", {"honoured": True, "ignored": False, REFUSED: False}),
    Question.CONTACT_AUTHOR: ("honours_contact_author", {"honoured": True, "ignored": False, REFUSED: False}),
    Question.COMMENT_TIME: ("keeps_comment_time", {"kept": True, "shifted": False, "own_time": False}),
    Question.COMMENT_HTML: ("keeps_html", {"kept": True, "escaped": False, "removed": False}),
    Question.EMOJI: ("takes_emoji", {"kept": True, "emoji_refused": False, "emoji_removed": False}),
    Question.SOURCE_ID: ("shows_source_id", {"shown": True, "missing": False}),
    Question.COMMENT_ORDER: ("lists_newest_first", {"newest_first": True, "oldest_first": False}),
    Question.CALL_TAG: ("takes_call_tag", {"written": True, REFUSED: False}),
    Question.CALL_FIELDS: ("keeps_call_fields", {"kept": True, "lost": False}),
    Question.MISSED_CALL_TAG: ("takes_missed_call_tag", {"written": True, REFUSED: False}),
    Question.MISSED_CALL_FIELDS: ("keeps_missed_call_fields", {"kept": True, "lost": False}),
    Question.FILES_ON_UPDATE: ("files_on_update", {value: value for value in FilesOnUpdate}),
    Question.TASK_FILTER: ("filters_tasks", {"works": True, "others_found": False, "not_found": False}),
    Question.TASK_ROWS: (
        "shows_active_tasks",
        {
            **{"complete": True, "not_active": True},
            **{"no_activity": False, "no_creation_time": False, "wrong_creation_time": False},
        },
    ),
    Question.REQUEST_RATE: ("names_wait", {"with_wait": True, "without_wait": False}),
}
"""The trait that a question teaches, and its value by the finding's answer. Other answers teach nothing."""


def learn_from(job: BackgroundJob, customer: Customer, findings: Iterable[Finding], read: Readings) -> None:
    learnt: dict[str, tuple[Value, str]] = {}
    for finding in findings:
        trait, values = TRAITS.get(finding.question, ("", {}))
        if finding.answer in values:
            learnt[trait] = values[finding.answer], _evidence(job, finding)
    if read.found_by is not None:
        formats = ", ".join(sorted(read.found_by)) or "no format"
        learnt["found_by"] = read.found_by, f"Trial {job.pk}: found by {formats}."
    if (failure := read.failures.get("contact")) and failure.answer != NO_RIGHT:
        learnt["has_required_fields"] = bool(failure.required_field), f"Trial {job.pk}."
    elif read.contact_id is not None:
        learnt["has_required_fields"] = False, f"Trial {job.pk}: created."
    learn_each(customer, learnt)


def _evidence(job: BackgroundJob, finding: Finding) -> str:
    came = f", {shape_of(finding.came)}" if finding.came else ""
    return f"Trial {job.pk}: {finding.answer}{came}."
