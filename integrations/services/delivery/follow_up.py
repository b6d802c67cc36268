"""Updates the comment of a delivered call: a late recording, Ringostat's AI analysis, a rating."""

from __future__ import annotations

from datetime import timedelta

from integrations.domain.calls import Outcome
from integrations.domain.rules import Skip, plan_of_delivered
from integrations.planfix.http.errors import PlanfixRefused
from integrations.planfix.records.comments import Target, files_of_comment, target_of_comment, update_comment
from integrations.services.account_traits import FilesOnUpdate
from integrations.services.delivery.attempt import Attempt
from integrations.services.delivery.content import CallContent, hash_of
from integrations.services.delivery.recording import copy_once, next_look
from integrations.services.queue.defer import look_up_soon


def follow_up(attempt: Attempt) -> timedelta | None:
    """Updates the comment to what is known now. Returns the wait before the next look for a recording; None for none.

    Raises PlanfixError.
    """
    if _is_in_former_account(attempt):
        return None
    if attempt.facts.has_recording and not attempt.facts.recording_url and attempt.customer.ringostat_auth_key:
        look_up_soon(attempt.call.pk)  # A link that it finds makes the call due again.
    decision = plan_of_delivered(attempt.facts, attempt.customer.rules)
    if isinstance(decision, Skip):
        return None
    # A missed call in Planfix cannot become an answered one: its author and data tag stay, and its comment corrects it.
    delivered_as = Outcome(attempt.call.outcome)
    content = CallContent(
        attempt.call, attempt.facts, decision, attempt.customer, traits=attempt.traits, delivered_as=delivered_as
    )
    file_id = copy_once(attempt, content) if _may_attach(attempt) else None
    _update_comment(attempt, content, file_id)
    return next_look(attempt, content)


def _may_attach(attempt: Attempt) -> bool:
    """Where an update takes no files, a late recording is linked."""
    is_ignored = attempt.traits.files_on_update is FilesOnUpdate.IGNORED
    return attempt.book.row.recording_attached or not is_ignored


def _is_in_former_account(attempt: Attempt) -> bool:
    """Was the call delivered to an account that the customer has left? Its ids mean other records in the new one."""
    left_at, finished_at = attempt.customer.account_since, attempt.call.finished_at
    return left_at is not None and finished_at is not None and finished_at < left_at


def _update_comment(attempt: Attempt, content: CallContent, file_id: int | None) -> None:
    """Replaces the comment's text and attaches the recording, unless the comment is up to date."""
    receipts = attempt.book.row
    comment_id = receipts.comment_id
    if comment_id is None or not content.is_missing_from(receipts, file_id):
        return
    text = content.text(linked_recording=file_id is None)
    files: tuple[int, ...] = ()
    if file_id is not None and not receipts.recording_attached:
        files = _with_files_of_comment(attempt, comment_id, file_id)
    target = _target(attempt)
    try:
        update_comment(attempt.planfix, target, comment_id, text=text, file_ids=files)
    except PlanfixRefused as error:
        target = _moved_target(attempt, comment_id, target, error)
        update_comment(attempt.planfix, target, comment_id, text=text, file_ids=files)
    attempt.book.note(text_hash=hash_of(text), recording_attached=receipts.recording_attached or bool(files))


def _with_files_of_comment(attempt: Attempt, comment_id: int, file_id: int) -> tuple[int, ...]:
    """The recording beside the files that people have added to the comment: an update may replace all files."""
    if attempt.traits.files_on_update is FilesOnUpdate.ADDED:
        return (file_id,)
    try:
        kept = files_of_comment(attempt.planfix, comment_id)
    except PlanfixRefused:
        return (file_id,)  # The comment may be gone; the update finds out.
    return tuple(dict.fromkeys([*kept, file_id]))


def _target(attempt: Attempt) -> Target:
    task_id, contact_id = attempt.book.row.task_id, attempt.book.row.contact_id or 0
    return Target(kind="task", id=task_id) if task_id else Target(kind="contact", id=contact_id)


def _moved_target(attempt: Attempt, comment_id: int, target: Target, error: PlanfixRefused) -> Target:
    """The contact or task that has the comment now. Raises PlanfixRefused if the comment was deleted: a person may have
    wanted that, so it is not written again.
    """
    moved_to = target_of_comment(attempt.planfix, comment_id) if error.is_missing_comment else None
    if moved_to in (None, target):
        raise error
    attempt.book.note(**{f"{moved_to.kind}_id": moved_to.id})
    return moved_to
