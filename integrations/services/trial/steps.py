"""The steps of a trial, in order. Each sends a few requests and stores the answers as readings. Judges nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from django.utils import timezone

from integrations.domain.calls import Outcome
from integrations.models import Customer, TrialRecordKind
from integrations.planfix.call_tags.entries import write_tag
from integrations.planfix.call_tags.read_back import read_entry
from integrations.planfix.call_tags.schema import Role, roles_of
from integrations.planfix.http.errors import PlanfixUnavailable
from integrations.planfix.http.json_fields import child_of, id_of
from integrations.planfix.http.ping import ping
from integrations.planfix.records.comments import CommentDraft, Target, update_comment, write_comment
from integrations.planfix.records.contacts import NewContact, create_contact
from integrations.planfix.records.files import copy_recording
from integrations.planfix.records.read_back import (
    comments_newest_first,
    contacts_by_phone,
    read_comment,
    read_contact,
    read_file,
    some_tasks,
)
from integrations.planfix.records.tasks import NewTask, create_task
from integrations.services.clients.planfix import stored_call_tags
from integrations.services.customers.account_discovery import discover
from integrations.services.delivery.recording import look_at
from integrations.services.trial.content import TrialContent
from integrations.services.trial.counting_client import TrialClient, is_short_limit
from integrations.services.trial.readings import RateReading, Readings, TagReading
from integrations.services.trial.receipts import TrialReceipts

FOREIGN_PART = "0000000000000000"
"""No phone number contains it."""
TASK_IS_DUE_IN = timedelta(days=1)
TOKEN_EMPLOYEE = ""
"""No author: Planfix writes the comment in the name of the token's employee."""


@dataclass(kw_only=True)
class Trial:
    """Everything that a step needs. The steps fill `read`."""

    customer: Customer
    content: TrialContent
    client: TrialClient
    receipts: TrialReceipts
    read: Readings

    @property
    def contact(self) -> Target:
        assert self.read.contact_id
        return Target(kind="contact", id=self.read.contact_id)

    @property
    def best_parts(self) -> tuple[str, ...]:
        """The values of the phone filter that find the contact; () if none do."""
        found_by = self.read.found_by or frozenset()
        return next((parts for form, parts in self.content.formats.items() if form in found_by), ())


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step. The trial skips it if a reading in `needs` is None, or if the reading `unless` is not None."""

    name: str
    send: Callable[[Trial], None]
    needs: tuple[str, ...] = ()
    unless: str = ""

    def is_due(self, read: Readings) -> bool:
        has_needs = all(getattr(read, name) is not None for name in self.needs)
        return has_needs and not (self.unless and getattr(read, self.unless) is not None)


# The contact and its search


def _look_for_number(trial: Trial) -> None:
    holders = contacts_by_phone(trial.client, [trial.content.number])
    trial.read.holders = [contact for contact in holders if not contact.is_deleted]


def _create_contact(trial: Trial) -> None:
    content = trial.content
    contact = NewContact(
        name=content.name,
        phone=content.number,
        template_id=trial.customer.contact_template_id or 0,
        source_object_id=content.source_object_id("contact"),
        supervisor_id=content.employee.planfix_user_id if content.employee else None,
    )
    trial.read.contact_id = trial.receipts.write(
        TrialRecordKind.CONTACT,
        lambda: create_contact(trial.client, contact),
        name=contact.name,
        number=contact.phone,
        source_object_id=contact.source_object_id,
    )


def _read_contact(trial: Trial) -> None:
    """Reads the contact. STEPS skips this if a search has already listed the contact."""
    trial.read.contact = read_contact(trial.client, trial.contact.id)


def _search(trial: Trial) -> None:
    found = {form for form, parts in trial.content.formats.items() if _finds(trial, *parts)}
    trial.read.found_by = frozenset(found)


def _search_more(trial: Trial) -> None:
    """Searches by the number together with a foreign part, and among companies. Skips both if no format finds the
    contact.
    """
    if not (parts := trial.best_parts):
        return
    trial.read.found_with_foreign_part = _finds(trial, *parts, FOREIGN_PART)
    trial.read.found_among_companies = _finds(trial, *parts, companies=True)


def _finds(trial: Trial, *parts: str, companies: bool = False) -> bool:
    found = contacts_by_phone(trial.client, parts, companies=companies)
    own = next((contact for contact in found if contact.id == trial.read.contact_id), None)
    trial.read.contact = trial.read.contact or own
    return own is not None


# The recording and the comments


def _copy_recording(trial: Trial) -> None:
    trial.read.file_id = _copy(trial)


def _copy(trial: Trial) -> int:
    url = trial.content.recording.url
    name = f"{trial.content.key}{look_at(url).suffix or '.wav'}"
    return trial.receipts.write(
        TrialRecordKind.FILE,
        lambda: copy_recording(trial.client, url=url, name=name),
        contact_id=trial.contact.id,
        name=name,
    )


def _read_file(trial: Trial) -> None:
    assert trial.read.file_id
    trial.read.file = read_file(trial.client, trial.read.file_id)


def _write_answered(trial: Trial) -> None:
    employee = trial.content.employee
    _answered(trial, f"user:{employee.planfix_user_id}" if employee else TOKEN_EMPLOYEE)


def _write_answered_again(trial: Trial) -> None:
    """Writes the comment in the token's name after Planfix refused the employee: the other questions need a comment."""
    _answered(trial, TOKEN_EMPLOYEE)


def _answered(trial: Trial, owner: str) -> None:
    content = trial.content
    draft = CommentDraft(
        owner=owner,
        at=content.answered_at,
        text=content.answered_text,
        source_object_id=content.source_object_id("answered"),
        file_ids=(trial.read.file_id,) if trial.read.file_id else (),
    )
    before = trial.client.sent
    trial.read.answered_id = _comment(trial, trial.contact, draft, content.marker("answered"))
    trial.read.answered_attempts = trial.client.sent - before


def _write_missed(trial: Trial) -> None:
    _missed(trial, f"contact:{trial.contact.id}")


def _write_missed_again(trial: Trial) -> None:
    _missed(trial, TOKEN_EMPLOYEE)


def _missed(trial: Trial, owner: str) -> None:
    content = trial.content
    draft = CommentDraft(
        owner=owner,
        at=content.missed_at,
        text=content.missed_text,
        source_object_id=content.source_object_id("missed"),
    )
    trial.read.missed_id = _comment(trial, trial.contact, draft, content.marker("missed"))


def _comment(trial: Trial, target: Target, draft: CommentDraft, marker: str, *, task_id: int | None = None) -> int:
    return trial.receipts.write(
        TrialRecordKind.COMMENT,
        lambda: write_comment(trial.client, target, draft),
        contact_id=trial.contact.id,
        task_id=task_id,
        name=marker,
        source_object_id=draft.source_object_id,
    )


def _read_comments(trial: Trial) -> None:
    trial.read.comments = comments_newest_first(trial.client, trial.contact)
    if answered := trial.read.comment(trial.read.answered_id):
        trial.read.file = answered.files.get(trial.read.file_id or 0)


def _add_file(trial: Trial) -> None:
    """Adds a second copy of the recording to the comment that already has one."""
    assert trial.read.answered_id
    trial.read.second_file_id = second = _copy(trial)
    text = trial.content.answered_text
    update_comment(trial.client, trial.contact, trial.read.answered_id, text=text, file_ids=(second,))
    trial.read.updated = read_comment(trial.client, trial.read.answered_id)


# The data tags


def _read_tags(trial: Trial) -> None:
    """Takes the stored tags. Reads them from Planfix only if they were never read."""
    stored = stored_call_tags(trial.customer)
    trial.read.tags = stored or discover(trial.customer, acquire_slot=trial.client.acquire_slot)


def _write_answered_tag(trial: Trial) -> None:
    trial.read.answered_tag = _tag(trial, trial.read.answered_id, Outcome.ANSWERED)


def _read_answered_tag(trial: Trial) -> None:
    trial.read.answered_tag = _with_stored(trial, trial.read.answered_tag)


def _write_missed_tag(trial: Trial) -> None:
    trial.read.missed_tag = _tag(trial, trial.read.missed_id, Outcome.MISSED)


def _read_missed_tag(trial: Trial) -> None:
    trial.read.missed_tag = _with_stored(trial, trial.read.missed_tag)


def _tag(trial: Trial, comment_id: int | None, outcome: Outcome) -> TagReading:
    tags = trial.read.tags
    assert comment_id
    assert tags
    tag, values = tags.of(outcome), trial.content.values(tags, trial.contact.id, outcome)
    key = trial.receipts.write(
        TrialRecordKind.TAG_ENTRY,
        lambda: write_tag(trial.client, trial.contact, comment_id, tag, values),
        contact_id=trial.contact.id,
        comment_id=comment_id,
        tag_id=tag.id,
    )
    period = roles_of(tag.fields, outcome).get(Role.PERIOD)
    return TagReading(
        key=key,
        written=values,
        names={field.id: field.name for field in tag.fields},
        period_field=period.id if period else None,
    )


def _with_stored(trial: Trial, reading: TagReading | None) -> TagReading:
    assert reading
    ids = [id_of(child_of(item, "field").get("id")) or 0 for item in reading.written]
    return replace(reading, stored=read_entry(trial.client, reading.key, ids))


# Tasks, and the request limit


def _look_for_tasks_of_trial(trial: Trial) -> None:
    trial.read.tasks_of_trial = some_tasks(trial.client, counterparty=trial.contact.id)


def _create_task(trial: Trial) -> None:
    content = trial.content
    assert trial.read.task_template_id
    task = NewTask(
        name=content.task_name,
        description=content.task_text,
        template_id=trial.read.task_template_id,
        due=timezone.localtime(timezone=trial.customer.zone) + TASK_IS_DUE_IN,
        source_object_id=content.source_object_id("task"),
        contact_id=trial.contact.id,
    )
    trial.read.task_created_at = timezone.now()
    trial.read.task_id = trial.receipts.write(
        TrialRecordKind.TASK,
        lambda: create_task(trial.client, task),
        contact_id=trial.contact.id,
        name=content.marker("task"),
        source_object_id=task.source_object_id,
    )


def _look_for_task(trial: Trial) -> None:
    trial.read.own_tasks = some_tasks(trial.client, counterparty=trial.contact.id)


def _comment_on_task(trial: Trial) -> None:
    content, task_id = trial.content, trial.read.task_id
    assert task_id
    draft = CommentDraft(
        owner=TOKEN_EMPLOYEE,
        at=content.missed_at,
        text=content.task_comment_text,
        source_object_id=content.source_object_id("task_comment"),
    )
    target = Target(kind="task", id=task_id)
    marker = content.marker("task_comment")
    trial.read.task_comment_id = _comment(trial, target, draft, marker, task_id=task_id)


def _look_at_tasks(trial: Trial) -> None:
    """Reads some tasks, and tries the filter with a contact that has a task. Writes nothing."""
    trial.read.tasks = some_tasks(trial.client)
    counterparty = next((task.counterparty for task in trial.read.tasks if task.counterparty), None)
    if counterparty is not None:
        trial.read.tasks_of_one = some_tasks(trial.client, counterparty=counterparty)


def _hurry(trial: Trial) -> None:
    """Sends one request right after the last one, to see how Planfix limits requests."""
    try:
        with trial.client.hurry():
            ping(trial.client)
    except PlanfixUnavailable as error:
        status, code, wait = error.http_status, error.code, error.retry_after
        trial.read.rate = RateReading(is_refused=True, status=status, code=code, wait=wait)
        trial.client.wait(wait if wait and is_short_limit(error) else 0)
        return
    trial.read.rate = RateReading(is_refused=False)


STEPS = (
    Step(name="tags", send=_read_tags),
    Step(name="number", send=_look_for_number),
    Step(name="contact", send=_create_contact, needs=("is_number_unused",)),
    Step(name="search", send=_search, needs=("contact_id",)),
    Step(name="contact_read", send=_read_contact, needs=("contact_id",), unless="contact"),
    Step(name="search_more", send=_search_more, needs=("found_by",)),
    Step(name="recording", send=_copy_recording, needs=("contact_id",)),
    Step(name="answered", send=_write_answered, needs=("contact_id",)),
    Step(name="answered_again", send=_write_answered_again, needs=("contact_id",), unless="answered_id"),
    Step(name="missed", send=_write_missed, needs=("contact_id",)),
    Step(name="missed_again", send=_write_missed_again, needs=("contact_id",), unless="missed_id"),
    Step(name="comments", send=_read_comments, needs=("contact_id",)),
    Step(name="recording_read", send=_read_file, needs=("file_id",), unless="file"),
    Step(name="answered_tag", send=_write_answered_tag, needs=("answered_id", "tags")),
    Step(name="answered_tag_read", send=_read_answered_tag, needs=("answered_tag",)),
    Step(name="missed_tag", send=_write_missed_tag, needs=("missed_id", "tags")),
    Step(name="missed_tag_read", send=_read_missed_tag, needs=("missed_tag",)),
    Step(name="second_file", send=_add_file, needs=("answered_id", "file_id")),
    Step(name="tasks_of_trial", send=_look_for_tasks_of_trial, needs=("contact_id",)),
    Step(name="task", send=_create_task, needs=("contact_id", "task_template_id")),
    Step(name="task_read", send=_look_for_task, needs=("task_id",)),
    Step(name="task_comment", send=_comment_on_task, needs=("task_id",)),
    Step(name="tasks", send=_look_at_tasks, unless="task_id"),
    Step(name="hurry", send=_hurry),
)
