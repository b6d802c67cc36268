"""One call into Planfix: decide → contact → target → recording → comment → data tag, with a receipt after each."""

from __future__ import annotations

import hashlib
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from integrations.domain.calls import Outcome
from integrations.domain.reasons import Reason
from integrations.domain.rules import CallTarget, DeliveryPlan, Skip, decide
from integrations.models import Call, CallState, Customer, Recording, Step
from integrations.planfix.call_tags.schema import CallTags
from integrations.planfix.call_tags.write import find_tag_key, write_tag
from integrations.planfix.http.client import Planfix
from integrations.planfix.http.errors import PlanfixRefused, PlanfixUnavailable
from integrations.planfix.records.comments import (
    CommentDraft,
    Target,
    find_comment,
    target_of_comment,
    update_comment,
    write_comment,
)
from integrations.planfix.records.contacts import create_contact
from integrations.planfix.records.files import copy_recording
from integrations.planfix.records.tasks import last_active_task
from integrations.services.contacts import search
from integrations.services.contacts.creation_lock import claim_contact
from integrations.services.contacts.new_contact import new_contact
from integrations.services.contacts.remembered import forget_contact, remembered_contact
from integrations.services.delivery.content import CallContent
from integrations.services.delivery.outcome import write_end
from integrations.services.delivery.receipts import ReceiptBook
from integrations.services.intake.call_list import facts_from_call_list

OBJECTS = uuid.UUID("0f3c7a52-6f0e-5b0e-9a36-52494e474f46")
"""Namespace of the ids under which Planfix keeps our comments and contacts (sourceObjectId)."""

RECORDING_DELAYS = (timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
"""Ringostat needs a while to make a recording ready; when the last look finds none either, a link or nothing remains.
"""

ATTEMPTS_AT_ADDITIONS = 80
"""Some three days."""

ATTEMPTS_AT_RECORDING = {False: 3, True: ATTEMPTS_AT_ADDITIONS}
"""Planfix may be well and one file alone too much for it. So a call that is not delivered (False) goes out without its
recording at the third attempt, and for one that is (True) the attempts end.
"""

AT_ONCE = timedelta(milliseconds=1)

NEVER_COPIED = frozenset({41, 7002})
"""Planfix's codes for an address that it may not fetch and for a file over the plan's size."""


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """`look_again`: how long to wait before looking for a recording that is not there yet."""

    outcome: Outcome
    employee_id: int | None
    look_again: timedelta | None


class CallDelivery:
    """An attempt to deliver one call, continuing from the receipts of earlier attempts."""

    def __init__(
        self,
        call: Call,
        customer: Customer,
        *,
        planfix: Planfix,
        tags: CallTags,
        book: ReceiptBook,
    ) -> None:
        """`book`: the receipts to continue from."""
        self.call = call
        self.customer = customer
        self.planfix = planfix
        self.tags = tags
        self.facts = call.folded
        self.book = book
        self.receipts = book.row
        self._contact_is_fresh = False

    def run(self) -> Delivered | Skip:
        """Brings the call into Planfix. Raises PlanfixError; what was reached by then is kept."""
        decision = decide(self.facts, self.customer.rules)
        if isinstance(decision, Skip):
            return decision
        try:
            return self._hand_over(decision)
        except PlanfixRefused as error:
            if not self._may_be_gone(error):
                raise
            self._forget_contact(decision.client_number)
            return self._hand_over(decision)

    def follow_up(self) -> timedelta | None:
        """Brings a delivered call's comment up to what is known by now: a late recording, what the AI said, a rating.

        Returns how long to wait before looking again for a recording. Raises PlanfixError.
        """
        if self._stands_elsewhere():
            return None
        if self.facts.has_recording and not self.facts.recording_url:
            self.facts = facts_from_call_list(self.call, self.customer) or self.facts
        decision = decide(self.facts, self.customer.rules)
        if isinstance(decision, Skip) or decision.outcome != self.call.outcome:
            # A missed call that stands in Planfix cannot become an answered one: author and data tag stay as they are.
            return None
        content = CallContent(self.call, self.facts, decision, self.customer)
        file_id = self._recording(content)
        self._refresh_comment(content, file_id)
        return self._next_look(content)

    def finish(self, **columns: Any) -> None:
        """Stores what is left to store, and where the call stands: see write_end()."""
        write_end(self.book, self.customer, columns)

    # --- the steps ---

    def _hand_over(self, handover: DeliveryPlan) -> Delivered | Skip:
        contact_id = self._contact(handover)
        if contact_id is None:
            return Skip(reason=Reason.UNKNOWN_CONTACT, detail=handover.client_number)
        target = self._target(handover, contact_id)
        content = CallContent(self.call, self.facts, handover, self.customer)
        # Once the comment may stand there, a recording comes too late for it, and follows up instead.
        file_id = self._recording(content) if self._is_comment_untouched() else self.receipts.file_id
        comment_id = self._comment(content, contact_id, target, file_id)
        self._tag(content, contact_id, target, comment_id)
        employee_id = handover.employee.key if handover.employee else None
        look_again = AT_ONCE if self._is_outdated(content, file_id) else self._next_look(content)
        return Delivered(outcome=handover.outcome, employee_id=employee_id, look_again=look_again)

    def _is_comment_untouched(self) -> bool:
        may_be_there = self.book.looks_first or self.receipts.unclear == Step.COMMENT
        return self.receipts.comment_id is None and not may_be_there

    def _contact(self, handover: DeliveryPlan) -> int | None:
        if self.receipts.contact_id is not None:
            return self.receipts.contact_id
        number = handover.client_number
        remembered = remembered_contact(self.customer, number)
        contact_id = remembered or self._found_or_created(handover)
        if contact_id is not None and remembered is None:
            self.book.remember(number, contact_id)
        self.book.note(contact_id=contact_id)
        return contact_id

    def _found_or_created(self, handover: DeliveryPlan) -> int | None:
        # Searching comes before creating in any case, so an unclear answer to a creation needs no look of its own.
        self._contact_is_fresh = True
        customer = self.customer
        began = time.monotonic()
        found = search.find(
            self.planfix, handover.client_number, matching=customer.phone_matching, region=customer.region
        )
        if found:
            still_unclear = "" if self.receipts.unclear == Step.CONTACT else self.receipts.unclear
            self.book.note(contacts_found=len(found), unclear=still_unclear)
            return found[0].id
        if not handover.may_create_contact:
            return None
        self._claim_contact(handover.client_number, time.monotonic() - began)
        created = self.book.send(Step.CONTACT, lambda: self._create_contact(handover))
        self.book.note(contact_created=True, unclear="")
        return created

    def _claim_contact(self, number: str, searched_for: float) -> None:
        claim_contact(self.customer, number, searched_for=searched_for)

    def _create_contact(self, handover: DeliveryPlan) -> int:
        object_id = self._object_id("contact")
        new, left_out = new_contact(handover, self.facts, self.customer, source_object_id=object_id)
        self.book.note(left_out=left_out)
        return create_contact(self.planfix, new)

    def _target(self, handover: DeliveryPlan, contact_id: int) -> Target:
        contact = Target(kind="contact", id=contact_id)
        if self.customer.rules.call_target is CallTarget.CONTACT or self.receipts.contact_created:
            return contact
        if not self.receipts.target_known:
            self.book.note(task_id=last_active_task(self.planfix, contact_id), target_known=True)
        return Target(kind="task", id=self.receipts.task_id) if self.receipts.task_id else contact

    def _recording(self, content: CallContent) -> int | None:
        """The file that Planfix has copied; None when there is nothing to copy, or it cannot be copied (yet)."""
        url = content.recording_url
        is_wanted = self.customer.recording == Recording.COPY and self.receipts.recording_tries <= len(RECORDING_DELAYS)
        if self.receipts.file_id is not None or not url or not is_wanted:
            return self.receipts.file_id
        name = f"{self.call.ringostat_id}{PurePosixPath(urlsplit(url).path).suffix or '.mp3'}"
        try:
            return self.book.write(
                Step.RECORDING,
                "file_id",
                send=lambda: copy_recording(self.planfix, url=url, name=name),
                # A copy that hangs on no comment is seen by nobody: making another one is cheaper than looking for it.
                find=lambda: None,
            )
        except PlanfixUnavailable as error:
            if self.receipts.attempts < ATTEMPTS_AT_RECORDING[self.call.state == CallState.DELIVERED]:
                raise
            self.book.note(recording_refused=error.message[:300])
            return None
        except PlanfixRefused as error:
            self.book.note(recording_refused=error.message[:300])
            if error.code in NEVER_COPIED:
                self.book.note(recording_tries=len(RECORDING_DELAYS))
            return None

    def _comment(self, content: CallContent, contact_id: int, target: Target, file_id: int | None) -> int:
        draft = CommentDraft(
            owner=content.author(contact_id),
            at=self.call.started_at,
            text=content.text(linked_recording=file_id is None),
            file_ids=(file_id,) if file_id is not None else (),
            source_object_id=self._object_id("comment"),
        )

        def send() -> int:
            # Noted before it is sent: what is found there after an unclear answer is this text, whatever we know then.
            self.book.note(text_digest=_digest(draft.text), recording_attached=bool(draft.file_ids))
            return write_comment(self.planfix, target, draft)

        def find() -> int | None:
            found = find_comment(
                self.planfix,
                target,
                source_object_id=draft.source_object_id,
                marker=self.call.ringostat_id,
                since=draft.at,
            )
            if found is not None and self.book.looks_first:
                # What hangs on it, nobody remembers: a recording twice would be worse than one that stays a link.
                self.book.note(recording_attached=True)
            return found

        return self.book.write(Step.COMMENT, "comment_id", send=send, find=find)

    def _tag(self, content: CallContent, contact_id: int, target: Target, comment_id: int) -> int:
        tagged = content.tag(self.tags, contact_id)
        self.book.note(left_out=[*self.receipts.left_out, *(set(tagged.left_out) - set(self.receipts.left_out))])
        return self.book.write(
            Step.TAG,
            "tag_key",
            send=lambda: write_tag(self.planfix, target, comment_id, tagged.tag, tagged.values),
            find=lambda: find_tag_key(self.planfix, comment_id, tagged.tag.id),
        )

    # --- what comes later ---

    def _stands_elsewhere(self) -> bool:
        """In an account that the customer has left: there are other contacts and comments by the same numbers."""
        left_at, finished_at = self.customer.account_since, self.call.finished_at
        return left_at is not None and finished_at is not None and finished_at < left_at

    def _refresh_comment(self, content: CallContent, file_id: int | None) -> None:
        """Writes the comment's text anew, and hangs the recording on it, unless it stands there so already."""
        comment_id = self.receipts.comment_id
        if comment_id is None or not self._is_outdated(content, file_id):
            return
        text = content.text(linked_recording=file_id is None)
        attaches = file_id is not None and not self.receipts.recording_attached
        task_id, contact_id = self.receipts.task_id, self.receipts.contact_id or 0
        target = Target(kind="task", id=task_id) if task_id else Target(kind="contact", id=contact_id)
        files = (file_id,) if attaches and file_id is not None else ()
        try:
            update_comment(self.planfix, target, comment_id, text=text, file_ids=files)
        except PlanfixRefused as error:
            target = self._moved_comment(comment_id, target, error)
            update_comment(self.planfix, target, comment_id, text=text, file_ids=files)
        self.book.note(text_digest=_digest(text), recording_attached=self.receipts.recording_attached or attaches)

    def _moved_comment(self, comment_id: int, target: Target, error: PlanfixRefused) -> Target:
        """Where a comment stands that is not where it was written. Raises PlanfixRefused if it is gone, as a person may
        have wished: it is not written again.
        """
        moved_to = target_of_comment(self.planfix, comment_id) if error.is_missing_comment else None
        if moved_to in (None, target):
            raise error
        self.book.note(**{f"{moved_to.kind}_id": moved_to.id})
        return moved_to

    def _is_outdated(self, content: CallContent, file_id: int | None) -> bool:
        """Does the comment, as it was sent last, lack what is known by now?"""
        text = content.text(linked_recording=file_id is None)
        attaches = file_id is not None and not self.receipts.recording_attached
        return attaches or _digest(text) != self.receipts.text_digest

    def _next_look(self, content: CallContent) -> timedelta | None:
        """When to look again for a recording that should be there and is not; None when it is, or was looked for
        enough.
        """
        if not self._lacks_recording(content):
            return None
        tries = self.receipts.recording_tries
        self.book.note(recording_tries=tries + 1)
        return RECORDING_DELAYS[tries] if tries < len(RECORDING_DELAYS) else None

    def _lacks_recording(self, content: CallContent) -> bool:
        if not content.has_recording or not (self.facts.has_recording or self.facts.recording_url):
            return False
        if self.facts.recording_url:
            is_foreign = not content.recording_url
            return not is_foreign and self.customer.recording == Recording.COPY and self.receipts.file_id is None
        return True

    # --- what the steps share ---

    def _object_id(self, kind: str) -> uuid.UUID:
        return uuid.uuid5(OBJECTS, f"{kind}:{self.customer.pk}:{self.call.ringostat_id}")

    def _may_be_gone(self, error: PlanfixRefused) -> bool:
        """May the contact or its task have been deleted or merged in Planfix since we last saw it? Many codes can mean
        it, so whatever is refused for a contact that we only remember makes us look for it again, once.
        """
        if error.is_missing_contact or error.is_missing_task:
            return True
        return self.receipts.comment_id is None and not self._contact_is_fresh

    def _forget_contact(self, number: str) -> None:
        forget_contact(self.customer, number)
        self.book.note(contact_id=None, contact_created=False, contacts_found=0, task_id=None, target_known=False)
        if self.receipts.comment_id is not None:
            # It has moved along if the contact was merged into another: it is looked for there before it is written.
            self.book.note(comment_id=None, unclear=Step.COMMENT)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
