"""Judges a trial. For each question, a pure function compares what was sent with what was read, and makes a finding."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from integrations.models import TrialRecordKind
from integrations.planfix.call_tags.read_back import differing_fields
from integrations.planfix.http.codes import scope_of
from integrations.planfix.records.read_back import StoredTask
from integrations.planfix.rights import FOR_CALLBACK_TASKS, Right
from integrations.services.account_traits import FilesOnUpdate, NumberFormat, NumberStorage, number_storage
from integrations.services.trial.content import EMOJI, ODD_TEXT, TrialContent
from integrations.services.trial.readings import Failure, Readings, TagReading
from integrations.services.trial.report import (
    CLOSED_TASK,
    LIMIT,
    NO_RESPONSE,
    NO_RIGHT,
    NOT_ASKED,
    OPEN_TASK,
    REFUSED,
    Finding,
    Leftover,
    Outcome,
    Question,
)

T = TypeVar("T")
Judge = Callable[[TrialContent, Readings], Finding]

OK, ADAPTED, TROUBLE, UNKNOWN = Outcome.OK, Outcome.ADAPTED, Outcome.TROUBLE, Outcome.UNKNOWN


@dataclass(frozen=True, kw_only=True)
class QuestionCheck:
    """How a question is judged. `step`: the step whose requests answer it. `if_refused`: the outcome if Planfix refuses
    them.
    """

    step: str
    judge: Judge
    if_refused: Outcome = UNKNOWN
    if_failed: Callable[[TrialContent, Failure], Finding | None] = lambda content, failure: None
    """Makes the finding for a failed step where `if_refused` is not enough. None: `if_refused` applies."""
    read_by: str = ""
    """A second step that the answer needs. If it fails, the answer stays unknown."""
    with_task: bool = False
    """Asked only by a trial that may create a task."""


def judged(content: TrialContent, read: Readings) -> tuple[Finding, ...]:
    """Returns a finding for every question that the trial may ask."""
    may_create = read.task_template_id is not None
    asked = {question: check for question, check in QUESTIONS.items() if may_create or not check.with_task}
    return tuple(_judged(question, check, content, read) for question, check in asked.items())


def _judged(question: Question, check: QuestionCheck, content: TrialContent, read: Readings) -> Finding:
    if failure := read.failures.get(check.step):
        return check.if_failed(content, failure) or _failed(question, failure, check.if_refused)
    if failure := read.failures.get(check.read_by):
        return _failed(question, failure, UNKNOWN)
    try:
        return check.judge(content, read)
    except _NotRead:
        return Finding(question=question, outcome=UNKNOWN, answer=NOT_ASKED)


def _failed(question: Question, failure: Failure, if_refused: Outcome) -> Finding:
    outcome = UNKNOWN if failure.answer == NO_RESPONSE else if_refused
    return Finding(question=question, outcome=outcome, answer=failure.answer, came=failure.message)


class _NotRead(Exception):
    """The trial ended before this step."""


def _given(value: T | None) -> T:
    if value is None:
        raise _NotRead
    return value


def _access(content: TrialContent, read: Readings) -> Finding:
    if end := read.end:
        outcome = UNKNOWN if end.answer == LIMIT else TROUBLE
        return Finding(question=Question.ACCESS, outcome=outcome, answer=end.answer, came=end.message)
    if not read.has_answered:
        raise _NotRead
    return Finding(question=Question.ACCESS, outcome=OK, answer="works")


# The contact and its search


def _number_unused(content: TrialContent, read: Readings) -> Finding:
    if holders := _given(read.holders):
        names = ", ".join(str(contact.id) for contact in holders)
        return Finding(
            question=Question.NUMBER_UNUSED, outcome=TROUBLE, answer="used", came=names, names={"contacts": names}
        )
    return Finding(question=Question.NUMBER_UNUSED, outcome=OK, answer="unused")


def _contact_created(content: TrialContent, read: Readings) -> Finding:
    contact_id = str(_given(read.contact_id))
    return Finding(question=Question.CONTACT_CREATED, outcome=OK, answer="created", came=contact_id)


STORAGE: Mapping[NumberStorage, Outcome] = {
    NumberStorage.AS_WRITTEN: OK,
    NumberStorage.DIGITS: ADAPTED,
    NumberStorage.FORMATTED: ADAPTED,
    NumberStorage.NATIONAL: ADAPTED,
    NumberStorage.CHANGED: TROUBLE,
}


def _number_storage(content: TrialContent, read: Readings) -> Finding:
    phones = _given(read.contact).phones
    found = number_storage(content.number, phones, content.region)
    return Finding(question=Question.NUMBER_STORAGE, outcome=STORAGE[found], answer=found, came=", ".join(phones))


def _found_by(content: TrialContent, read: Readings) -> Finding:
    found = _given(read.found_by)
    formats = ", ".join(" ".join(parts) for form, parts in content.formats.items() if form in found)
    question = Question.FOUND_BY
    if NumberFormat.FULL in found:
        return Finding(question=question, outcome=OK, answer="full", came=formats)
    if found:
        return Finding(question=question, outcome=ADAPTED, answer="other", came=formats, names={"formats": formats})
    return Finding(question=question, outcome=TROUBLE, answer="none")


def _filter_matches(content: TrialContent, read: Readings) -> Finding:
    """Does the filter match a part of the number, the whole number in another format, or only the same text?"""
    found, question = _given(read.found_by), Question.FILTER_MATCHES
    if not found:
        raise _NotRead
    if found & {NumberFormat.LAST_SEVEN, NumberFormat.PIECES}:
        return Finding(question=question, outcome=OK, answer="parts")
    others = found - {NumberFormat.FULL}
    return Finding(question=question, outcome=ADAPTED, answer="whole_numbers" if others else "same_text")


def _filters_combined(content: TrialContent, read: Readings) -> Finding:
    is_or = _given(read.found_with_foreign_part)
    outcome, answer = (ADAPTED, "any") if is_or else (OK, "all")
    return Finding(question=Question.FILTERS_COMBINED, outcome=outcome, answer=answer)


def _companies(content: TrialContent, read: Readings) -> Finding:
    is_mixed = _given(read.found_among_companies)
    outcome, answer = (ADAPTED, "mixed") if is_mixed else (OK, "separate")
    return Finding(question=Question.COMPANIES, outcome=outcome, answer=answer)


def _deleted_contacts(content: TrialContent, read: Readings) -> Finding:
    found = _given(read.found_when_deleted)
    own = next((contact for contact in found if contact.id == read.contact_id), None)
    question = Question.DELETED_CONTACTS
    if own is None:
        return Finding(question=question, outcome=OK, answer="hidden")
    if own.is_deleted:
        return Finding(question=question, outcome=ADAPTED, answer="marked")
    return Finding(question=question, outcome=TROUBLE, answer="not_marked")


# The recording


def _recording_copied(content: TrialContent, read: Readings) -> Finding:
    file_id = str(_given(read.file_id))
    return Finding(question=Question.RECORDING_COPIED, outcome=OK, answer="copied", came=file_id)


def _own_sound_refused(content: TrialContent, failure: Failure) -> Finding | None:
    """A refusal of Ringofix's own sound teaches nothing about Ringostat's links: this server may not be public."""
    if failure.answer != REFUSED or not content.recording.is_own:
        return None
    return Finding(question=Question.RECORDING_COPIED, outcome=UNKNOWN, answer="own_refused", came=failure.message)


def _recording_file(content: TrialContent, read: Readings) -> Finding:
    name, size = _given(read.file)
    came = f"{name}, {size}"
    question = Question.RECORDING_FILE
    if size <= 0:
        return Finding(question=question, outcome=TROUBLE, answer="empty", came=came)
    if not name.startswith(f"{content.key}."):
        return Finding(question=question, outcome=ADAPTED, answer="renamed", came=came)
    return Finding(question=question, outcome=OK, answer="same", came=came)


# The comments


def _employee_author(content: TrialContent, read: Readings) -> Finding:
    employee = _given(content.employee)
    owner = _given(read.comment(read.answered_id)).owner
    question, names = Question.EMPLOYEE_AUTHOR, {"employee": employee.name}
    if owner != f"user:{employee.planfix_user_id}":
        return Finding(question=question, outcome=ADAPTED, answer="ignored", came=owner, names=names)
    missed = read.comment(read.missed_id)
    if missed and missed.owner == owner:
        # Planfix writes everything in this name, so it is the token's own.
        return Finding(question=question, outcome=UNKNOWN, answer="same_as_token", came=owner, names=names)
    return Finding(question=question, outcome=OK, answer="honoured", came=owner, names=names)


def _contact_author(content: TrialContent, read: Readings) -> Finding:
    owner = _given(read.comment(read.missed_id)).owner
    is_honoured = owner == f"contact:{read.contact_id}"
    outcome, answer = (OK, "honoured") if is_honoured else (ADAPTED, "ignored")
    return Finding(question=Question.CONTACT_AUTHOR, outcome=outcome, answer=answer, came=owner)


MOST_OFFSET_HOURS = 14
"""No time zone is further from UTC."""


def _comment_time(content: TrialContent, read: Readings) -> Finding:
    comment, question = _given(read.comment(read.answered_id)), Question.COMMENT_TIME
    at = _given(comment.at)
    if not comment.has_zone:
        at = at.replace(tzinfo=content.customer.zone).astimezone(UTC)
    minutes = round((at - content.answered_at).total_seconds() / 60)
    came = at.strftime("%Y-%m-%d %H:%M UTC")
    if abs(minutes) <= 1:
        return Finding(question=question, outcome=OK, answer="kept", came=came)
    if abs(minutes) <= MOST_OFFSET_HOURS * 60 and minutes % 15 == 0:
        hours = f"{minutes / 60:+g}"
        return Finding(question=question, outcome=TROUBLE, answer="shifted", came=came, names={"hours": hours})
    return Finding(question=question, outcome=ADAPTED, answer="own_time", came=came)


BOLD, BREAK = re.compile(r"<(?:b|strong)\b", re.IGNORECASE), re.compile(r"<(?:br|p|div)\b", re.IGNORECASE)
ELEMENT = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)


def _comment_html(content: TrialContent, read: Readings) -> Finding:
    text, question = _given(read.comment(read.answered_id)).text, Question.COMMENT_HTML
    if BOLD.search(text) and BREAK.search(text):
        return Finding(question=question, outcome=OK, answer="kept")
    is_shown = BOLD.search(html.unescape(text)) is not None
    return Finding(question=question, outcome=ADAPTED, answer="escaped" if is_shown else "removed", came=text)


def _comment_characters(content: TrialContent, read: Readings) -> Finding:
    text = _given(read.comment(read.answered_id)).text
    # If Planfix removes all tags, the remaining < > are part of the text.
    is_kept = ODD_TEXT in _readable(text) or ODD_TEXT in html.unescape(text)
    outcome, answer = (OK, "kept") if is_kept else (TROUBLE, "changed")
    return Finding(question=Question.COMMENT_CHARACTERS, outcome=outcome, answer=answer, came="" if is_kept else text)


def _readable(text: str) -> str:
    """The comment as people read it. Unescapes twice, in case Planfix escapes the text once more."""
    return html.unescape(html.unescape(ELEMENT.sub(" ", text)))


def _emoji(content: TrialContent, read: Readings) -> Finding:
    text, question = _readable(_given(read.comment(read.answered_id)).text), Question.EMOJI
    if EMOJI in text:
        return Finding(question=question, outcome=OK, answer="kept")
    answer = "refused" if read.answered_attempts > 1 else "removed"
    return Finding(question=question, outcome=ADAPTED, answer=f"emoji_{answer}")


def _comment_visible(content: TrialContent, read: Readings) -> Finding:
    is_hidden = _given(read.comment(read.answered_id)).is_hidden
    outcome, answer = (TROUBLE, "hidden") if is_hidden else (OK, "visible")
    return Finding(question=Question.COMMENT_VISIBLE, outcome=outcome, answer=answer)


def _source_id(content: TrialContent, read: Readings) -> Finding:
    stamp = _given(read.comment(read.answered_id)).source_object_id
    is_ours = stamp == str(content.source_object_id("answered"))
    outcome, answer = (OK, "shown") if is_ours else (ADAPTED, "missing")
    return Finding(question=Question.SOURCE_ID, outcome=outcome, answer=answer, came=stamp)


def _comment_order(content: TrialContent, read: Readings) -> Finding:
    """Compares the order of the two comments. The missed call is the later one."""
    own = [comment.id for comment in _given(read.comments) if comment.id in (read.answered_id, read.missed_id)]
    if len(own) < 2:
        raise _NotRead
    outcome, answer = (OK, "newest_first") if own[0] == read.missed_id else (ADAPTED, "oldest_first")
    return Finding(question=Question.COMMENT_ORDER, outcome=outcome, answer=answer)


FILES: Mapping[FilesOnUpdate, Outcome] = {
    FilesOnUpdate.ADDED: OK,
    FilesOnUpdate.REPLACED: OK,
    FilesOnUpdate.IGNORED: ADAPTED,
}


def _files_on_update(content: TrialContent, read: Readings) -> Finding:
    files = _given(read.updated).file_ids
    answer = FilesOnUpdate.REPLACED if read.file_id not in files else FilesOnUpdate.ADDED
    if read.second_file_id not in files:
        answer = FilesOnUpdate.IGNORED
    came = ", ".join(map(str, files))
    return Finding(question=Question.FILES_ON_UPDATE, outcome=FILES[answer], answer=answer, came=came)


# The data tags


def _tag_written(question: Question, reading: TagReading | None) -> Finding:
    return Finding(question=question, outcome=OK, answer="written", came=str(_given(reading).key))


def _tag_fields(question: Question, reading: TagReading | None) -> Finding:
    """Compares all fields except the times of a call over midnight, which have their own question (MIDNIGHT)."""
    reading = _given(reading)
    differing = _differing(reading) - {reading.period_field}
    fields = ", ".join(reading.names.get(number or 0, str(number)) for number in differing)
    if fields:
        return Finding(question=question, outcome=TROUBLE, answer="lost", came=fields, names={"fields": fields})
    return Finding(question=question, outcome=OK, answer="kept")


def _differing(reading: TagReading) -> set[int | None]:
    return set(differing_fields(reading.written, _given(reading.stored)))


def _midnight(content: TrialContent, read: Readings) -> Finding:
    reading = _given(read.answered_tag)
    field_id = _given(reading.period_field)
    is_lost = field_id in _differing(reading)
    outcome, answer = (ADAPTED, "changed") if is_lost else (OK, "kept")
    came = str((reading.stored or {}).get(field_id))
    return Finding(question=Question.MIDNIGHT, outcome=outcome, answer=f"period_{answer}", came=came)


# Tasks, requests, rights


def _task_created(content: TrialContent, read: Readings) -> Finding:
    task_id = str(_given(read.task_id))
    return Finding(question=Question.TASK_CREATED, outcome=OK, answer="created", came=task_id)


def _task_filter(content: TrialContent, read: Readings) -> Finding:
    question = Question.TASK_FILTER
    if read.tasks_of_trial:
        return Finding(question=question, outcome=TROUBLE, answer="others_found")
    if read.task_id is not None:
        return _own_task_found(read, _given(read.own_tasks))
    tasks = _given(read.tasks)
    if read.tasks_of_one is None:
        return Finding(question=question, outcome=UNKNOWN, answer="no_tasks")
    first = next(task for task in tasks if task.counterparty)
    has_it = any(task.id == first.id for task in read.tasks_of_one)
    has_others = any(task.counterparty != first.counterparty for task in read.tasks_of_one)
    if has_it and not has_others:
        return Finding(question=question, outcome=OK, answer="works")
    return Finding(question=question, outcome=TROUBLE, answer="others_found" if has_others else "not_found")


def _own_task_found(read: Readings, found: Sequence[StoredTask]) -> Finding:
    question = Question.TASK_FILTER
    if any(task.counterparty != read.contact_id for task in found):
        return Finding(question=question, outcome=TROUBLE, answer="others_found")
    if read.task_id not in {task.id for task in found}:
        return Finding(question=question, outcome=TROUBLE, answer="not_found")
    return Finding(question=question, outcome=OK, answer="works")


def _task_rows(content: TrialContent, read: Readings) -> Finding:
    question = Question.TASK_ROWS
    if own := next((task for task in read.own_tasks or [] if task.id == read.task_id), None):
        return _own_task_row(own, _given(read.task_created_at))
    tasks = _given(read.tasks)
    if not tasks:
        return Finding(question=question, outcome=UNKNOWN, answer="no_tasks")
    if all(task.is_active is None for task in tasks):
        return Finding(question=question, outcome=TROUBLE, answer="no_activity")
    if all(task.created is None for task in tasks):
        return Finding(question=question, outcome=TROUBLE, answer="no_creation_time")
    return Finding(question=question, outcome=OK, answer="complete")


def _own_task_row(own: StoredTask, sent_at: datetime) -> Finding:
    question = Question.TASK_ROWS
    if own.is_active is None:
        return Finding(question=question, outcome=TROUBLE, answer="no_activity")
    if own.created is None:
        return Finding(question=question, outcome=TROUBLE, answer="no_creation_time")
    came = own.created.strftime("%Y-%m-%d %H:%M")
    # A time without a zone may be off by the zone's offset, the same for all tasks: that does no harm.
    if abs(own.created - sent_at) > timedelta(hours=MOST_OFFSET_HOURS + 1):
        return Finding(question=question, outcome=TROUBLE, answer="wrong_creation_time", came=came)
    if not own.is_active:
        return Finding(question=question, outcome=ADAPTED, answer="not_active", came=came)
    return Finding(question=question, outcome=OK, answer="complete", came=came)


def _task_comments(content: TrialContent, read: Readings) -> Finding:
    comment_id = str(_given(read.task_comment_id))
    return Finding(question=Question.TASK_COMMENTS, outcome=OK, answer="taken", came=comment_id)


TASK_ENDS: Mapping[str, tuple[Outcome, str]] = {CLOSED_TASK: (OK, "closed"), OPEN_TASK: (ADAPTED, "stays_open")}
"""Outcome and answer by the reason why the task still exists."""


def _task_closed(content: TrialContent, read: Readings) -> Finding:
    question, left = Question.TASK_CLOSED, _given(read.left)
    if read.is_kept or read.task_id is None:
        raise _NotRead
    own = next((one for one in left if one.kind == TrialRecordKind.TASK), None)
    if own is None:
        return Finding(question=question, outcome=OK, answer="deleted")
    outcome, answer = TASK_ENDS.get(own.why, (UNKNOWN, "not_tried"))
    return Finding(question=question, outcome=outcome, answer=answer, came="" if own.why in TASK_ENDS else own.why)


def _request_rate(content: TrialContent, read: Readings) -> Finding:
    rate, question = _given(read.rate), Question.REQUEST_RATE
    if not rate.is_refused:
        return Finding(question=question, outcome=OK, answer="accepted")
    came = ", ".join(f"{name} {value}" for name, value in (("HTTP", rate.status), ("code", rate.code)) if value)
    if rate.wait is None:
        return Finding(question=question, outcome=ADAPTED, answer="without_wait", came=came)
    seconds = {"seconds": f"{rate.wait:g}"}
    return Finding(question=question, outcome=ADAPTED, answer="with_wait", came=came, names=seconds)


NEEDED_RIGHTS = frozenset(map(str, Right))


def _rights(content: TrialContent, read: Readings) -> Finding:
    """Judges missing rights. Only the trial itself needs the rights to remove records, and only callback tasks need the
    rights to write tasks.
    """
    if not read.has_answered:
        raise _NotRead
    missing = sorted({scope_of(failure.request) for failure in read.failures.values() if failure.answer == NO_RIGHT})
    scopes, question = ", ".join(missing), Question.RIGHTS
    if not missing:
        return Finding(question=question, outcome=OK, answer="complete")
    needed = NEEDED_RIGHTS if content.makes_callback_tasks else NEEDED_RIGHTS - FOR_CALLBACK_TASKS
    if needed & set(missing):
        return Finding(question=question, outcome=TROUBLE, answer="missing", came=scopes, names={"scopes": scopes})
    return Finding(question=question, outcome=ADAPTED, answer="only_trial", came=scopes, names={"scopes": scopes})


def _removed(content: TrialContent, read: Readings) -> Finding:
    return _removal(_given(read.left), is_kept=read.is_kept)


def _removal(left: Sequence[Leftover], *, is_kept: bool) -> Finding:
    count, question = {"count": str(len(left))}, Question.REMOVED
    if not left:
        return Finding(question=question, outcome=OK, answer="all")
    if is_kept:
        return Finding(question=question, outcome=OK, answer="kept_on_purpose", names=count)
    if {one.why for one in left} == {CLOSED_TASK}:
        return Finding(question=question, outcome=ADAPTED, answer="closed_task")
    return Finding(question=question, outcome=TROUBLE, answer="some_left", names=count)


def with_removal(findings: Iterable[Finding], left: Sequence[Leftover], *, is_kept: bool) -> tuple[Finding, ...]:
    """The findings of an interrupted trial, after its records were removed."""
    others = [finding for finding in findings if finding.question is not Question.REMOVED]
    return (*others, _removal(left, is_kept=is_kept))


def _of(question: Question, judge: Callable[[Question, T | None], Finding], name: str) -> Judge:
    """Makes a judge from a function that serves two readings. `name`: the reading's attribute of Readings."""
    return lambda content, read: judge(question, getattr(read, name))


Q = Question
QUESTIONS: Mapping[Question, QuestionCheck] = {
    Q.ACCESS: QuestionCheck(step="", judge=_access),
    Q.NUMBER_UNUSED: QuestionCheck(step="number", judge=_number_unused),
    Q.CONTACT_CREATED: QuestionCheck(step="contact", judge=_contact_created, if_refused=TROUBLE),
    Q.NUMBER_STORAGE: QuestionCheck(step="contact_read", judge=_number_storage),
    Q.FOUND_BY: QuestionCheck(step="search", judge=_found_by),
    Q.FILTER_MATCHES: QuestionCheck(step="search", judge=_filter_matches),
    Q.FILTERS_COMBINED: QuestionCheck(step="search_more", judge=_filters_combined),
    Q.COMPANIES: QuestionCheck(step="search_more", judge=_companies),
    Q.RECORDING_COPIED: QuestionCheck(
        step="recording", judge=_recording_copied, if_refused=ADAPTED, if_failed=_own_sound_refused
    ),
    Q.RECORDING_FILE: QuestionCheck(step="recording_read", judge=_recording_file),
    Q.EMPLOYEE_AUTHOR: QuestionCheck(step="answered", judge=_employee_author, if_refused=ADAPTED, read_by="comments"),
    Q.CONTACT_AUTHOR: QuestionCheck(step="missed", judge=_contact_author, if_refused=ADAPTED, read_by="comments"),
    Q.COMMENT_TIME: QuestionCheck(step="comments", judge=_comment_time),
    Q.COMMENT_HTML: QuestionCheck(step="comments", judge=_comment_html),
    Q.COMMENT_CHARACTERS: QuestionCheck(step="comments", judge=_comment_characters),
    Q.EMOJI: QuestionCheck(step="comments", judge=_emoji),
    Q.COMMENT_VISIBLE: QuestionCheck(step="comments", judge=_comment_visible),
    Q.SOURCE_ID: QuestionCheck(step="comments", judge=_source_id),
    Q.COMMENT_ORDER: QuestionCheck(step="comments", judge=_comment_order),
    Q.CALL_TAG: QuestionCheck(
        step="answered_tag", judge=_of(Q.CALL_TAG, _tag_written, "answered_tag"), if_refused=TROUBLE
    ),
    Q.CALL_FIELDS: QuestionCheck(step="answered_tag_read", judge=_of(Q.CALL_FIELDS, _tag_fields, "answered_tag")),
    Q.MIDNIGHT: QuestionCheck(step="answered_tag_read", judge=_midnight),
    Q.MISSED_CALL_TAG: QuestionCheck(
        step="missed_tag", judge=_of(Q.MISSED_CALL_TAG, _tag_written, "missed_tag"), if_refused=TROUBLE
    ),
    Q.MISSED_CALL_FIELDS: QuestionCheck(
        step="missed_tag_read", judge=_of(Q.MISSED_CALL_FIELDS, _tag_fields, "missed_tag")
    ),
    Q.FILES_ON_UPDATE: QuestionCheck(step="second_file", judge=_files_on_update),
    Q.TASK_CREATED: QuestionCheck(step="task", judge=_task_created, if_refused=TROUBLE, with_task=True),
    Q.TASK_FILTER: QuestionCheck(step="tasks", judge=_task_filter, read_by="task_read"),
    Q.TASK_ROWS: QuestionCheck(step="tasks", judge=_task_rows, read_by="task_read"),
    Q.TASK_COMMENTS: QuestionCheck(step="task_comment", judge=_task_comments, if_refused=ADAPTED, with_task=True),
    Q.TASK_CLOSED: QuestionCheck(step="", judge=_task_closed, with_task=True),
    Q.REQUEST_RATE: QuestionCheck(step="hurry", judge=_request_rate),
    Q.RIGHTS: QuestionCheck(step="", judge=_rights),
    Q.DELETED_CONTACTS: QuestionCheck(step="deleted", judge=_deleted_contacts),
    Q.REMOVED: QuestionCheck(step="", judge=_removed),
}
