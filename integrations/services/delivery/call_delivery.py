"""Delivers one call to Planfix: decision → contact → target → recording → comment → data tag, a receipt after each."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta

from integrations.domain.calls import Outcome
from integrations.domain.reasons import Reason
from integrations.domain.rules import CallTarget, DeliveryPlan, Skip, decide
from integrations.models import Step
from integrations.planfix.call_tags.entries import find_tag_key, write_tag
from integrations.planfix.http.errors import PlanfixRefused
from integrations.planfix.records.comments import CommentDraft, Target, find_comment, write_comment
from integrations.planfix.records.contacts import FoundContact, create_contact, read_contact
from integrations.planfix.records.tasks import last_active_task
from integrations.services.contacts.creation_limit import check_creation_limit, count_new_contact
from integrations.services.contacts.creation_lock import acquire_creation_lock
from integrations.services.contacts.search import (
    KnownContact,
    find_client,
    forget_contact,
    known_contact,
    still_has_number,
)
from integrations.services.delivery.attempt import Attempt
from integrations.services.delivery.content import CallContent, hash_of, new_contact, supervisor_of
from integrations.services.delivery.recording import copy_once, next_look
from integrations.services.directory.store import enter_contact, forget_gone_contact

OBJECTS = uuid.UUID("0f3c7a52-6f0e-5b0e-9a36-52494e474f46")
"""Namespace of the ids of our comments and contacts in Planfix (sourceObjectId)."""

NOW = timedelta(milliseconds=1)


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """`due_in`: the wait before the next look for a recording that is not ready yet; None for none."""

    outcome: Outcome
    employee_id: int | None
    due_in: timedelta | None


class CallDelivery:
    """The steps of one attempt, which continues from the receipts of earlier attempts."""

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.call = attempt.call
        self.customer = attempt.customer
        self.planfix = attempt.planfix
        self.book = attempt.book
        self.receipts = attempt.book.row
        self._contact_is_fresh = False
        self._was_gone = False

    def run(self) -> Delivered | Skip:
        """Raises PlanfixError. The receipts keep what was done before."""
        decision = decide(self.attempt.facts, self.customer.rules)
        if isinstance(decision, Skip):
            return decision
        try:
            return self._deliver(decision)
        except PlanfixRefused as error:
            if not self._may_be_gone(error):
                raise
            self._forget_what_is_gone(decision.client_number, error)
            return self._deliver(decision)

    def _deliver(self, plan: DeliveryPlan) -> Delivered | Skip:
        contact_id = self._contact(plan)
        if contact_id is None:
            reason = Reason.UNKNOWN_CONTACT if plan.is_dialable else Reason.UNUSABLE_NUMBER
            return Skip(reason=reason, detail=plan.client_number)
        target = self._target(plan, contact_id)
        content = CallContent(self.call, self.attempt.facts, plan, self.customer, traits=self.attempt.traits)
        # A comment that may exist already gets its recording by a follow-up.
        is_attachable = content.has_recording and self._is_comment_unwritten()
        file_id = copy_once(self.attempt, content) if is_attachable else self.receipts.file_id
        target, comment_id = self._comment_or_fall_back(content, contact_id, target, file_id)
        self._tag(content, contact_id, target, comment_id)
        employee_id = plan.employee.key if plan.employee else None
        is_outdated = content.is_missing_from(self.receipts, file_id)
        due_in = NOW if is_outdated else next_look(self.attempt, content)
        return Delivered(outcome=plan.outcome, employee_id=employee_id, due_in=due_in)

    # --- contact ---

    def _contact(self, plan: DeliveryPlan) -> int | None:
        if self.receipts.contact_id is not None:
            return self.receipts.contact_id
        known = known_contact(
            self.customer,
            plan.client_number,
            call_began=self.call.started_at,
            in_directory=not (self._is_in_doubt or self._was_gone),
        )
        contact_id = self._known(plan, known) if known else self._found_or_created(plan)
        self.book.note(contact_id=contact_id)
        return contact_id

    def _known(self, plan: DeliveryPlan, known: KnownContact) -> int | None:
        """The known contact if it still has the number, else the one that a search finds."""
        if known.is_proven:
            if not known.is_remembered:
                self._take_known(plan, known, known.name, is_proven=False)
            return known.contact_id
        contact = read_contact(self.planfix, known.contact_id)
        self._contact_is_fresh = True
        if contact is None:
            self._forget_contact(plan.client_number, known.contact_id)
            return self._found_or_created(plan)
        if still_has_number(contact, plan.client_number, self.customer.region):
            self._take_known(plan, known, contact.name)
            return known.contact_id
        return self._found_or_created(plan, former=contact if known.is_remembered else None)

    def _take_known(self, plan: DeliveryPlan, known: KnownContact, name: str, *, is_proven: bool = True) -> None:
        self.book.note(contacts_found=known.found)
        self.book.remember(plan.client_number, known.contact_id, name, is_proven=is_proven)

    @property
    def _is_in_doubt(self) -> bool:
        """May an earlier attempt have created the contact?"""
        return self.book.searches_first or self.receipts.in_flight_step == Step.CONTACT

    def _found_or_created(self, plan: DeliveryPlan, *, former: FoundContact | None = None) -> int | None:
        """`former`: the contact of the number's earlier calls. It is taken again if no contact has the number."""
        # A search always precedes a creation, so it also finds what an unclear response has left in Planfix.
        self._contact_is_fresh = True
        customer = self.customer
        if self.call.reason == Reason.TOO_MANY_CONTACTS:
            check_creation_limit(customer)  # before a search that would find nothing again
        began = time.monotonic()
        traits = self.attempt.traits
        found = find_client(self.planfix, customer, plan.client_number, may_be_created=self._is_in_doubt, traits=traits)
        if found:
            step = self.receipts.in_flight_step
            self.book.note(contacts_found=len(found), in_flight_step="" if step == Step.CONTACT else step)
            self.book.remember(plan.client_number, found[0].id, found[0].name)
            return found[0].id
        if former:
            self.book.remember(plan.client_number, former.id, former.name)
            return former.id
        if not plan.may_create_contact:
            return None
        check_creation_limit(customer)
        self._acquire_creation_lock(plan.client_number, time.monotonic() - began)
        created = self.book.send(Step.CONTACT, lambda: self._create_contact(plan))
        self._note_creation(plan, created)
        self.book.note(contact_created=True, in_flight_step="")
        self.book.remember(plan.client_number, created)
        return created

    def _acquire_creation_lock(self, number: str, searched_for: float) -> None:
        acquire_creation_lock(self.customer, number, searched_for=searched_for)

    def _note_creation(self, plan: DeliveryPlan, contact_id: int) -> None:
        count_new_contact(self.customer)
        number = plan.client_number
        enter_contact(self.customer, contact_id, name=number, number=number, responsible_id=supervisor_of(plan))

    def _create_contact(self, plan: DeliveryPlan) -> int:
        object_id = self._source_object_id("contact")
        contact, skipped_fields = new_contact(plan, self.attempt.facts, self.customer, source_object_id=object_id)
        self.book.note(skipped_fields=skipped_fields)
        try:
            return create_contact(self.planfix, contact)
        except PlanfixRefused as error:
            raise error.naming(self.customer.planfix_contact_fields or {}) from error

    def _may_be_gone(self, error: PlanfixRefused) -> bool:
        """May the contact or its task have been deleted or merged in Planfix since the last call? Many codes can mean
        that, so after any refusal for a remembered contact the contact is looked at.
        """
        if error.is_missing_contact or error.is_missing_task:
            return True
        return self.receipts.comment_id is None and not self._contact_is_fresh

    def _forget_what_is_gone(self, number: str, error: PlanfixRefused) -> None:
        """Forgets the task, and the contact unless Planfix still has it: a new search may not find it."""
        self.book.note(task_id=None, target_known=False)
        contact_id = self.receipts.contact_id
        if error.is_missing_contact or contact_id is None or read_contact(self.planfix, contact_id) is None:
            self._forget_contact(number, contact_id)
            self.book.note(contact_id=None, contact_created=False, contacts_found=0)
        else:
            self._contact_is_fresh = True
        if self.receipts.comment_id is not None:
            # A merge moves the comment to the other contact: it is searched for there before it is written.
            self.book.note(comment_id=None, in_flight_step=Step.COMMENT)

    def _forget_contact(self, number: str, contact_id: int | None) -> None:
        """Call it when Planfix no longer has the contact."""
        self._was_gone = True
        forget_contact(self.customer, number)
        forget_gone_contact(self.customer, contact_id)

    def _source_object_id(self, kind: str) -> uuid.UUID:
        return uuid.uuid5(OBJECTS, f"{kind}:{self.customer.pk}:{self.call.ringostat_id}")

    # --- target, comment, data tag ---

    def _target(self, plan: DeliveryPlan, contact_id: int) -> Target:
        contact = Target(kind="contact", id=contact_id)
        if self.customer.rules.call_target is CallTarget.CONTACT or self.receipts.contact_created:
            return contact
        if not self.receipts.target_known:
            found = last_active_task(self.planfix, contact_id)
            self.book.note(task_id=found.id, target_known=True)
            if found.problem:
                self.book.note_refused(found.problem)
        return Target(kind="task", id=self.receipts.task_id) if self.receipts.task_id else contact

    def _comment_or_fall_back(
        self, content: CallContent, contact_id: int, target: Target, file_id: int | None
    ) -> tuple[Target, int]:
        """Writes the comment to the contact when the task's process takes no comments. Returns where it is."""
        try:
            return target, self._comment(content, contact_id, target, file_id)
        except PlanfixRefused as error:
            if not error.refuses_comments:
                raise
        contact = Target(kind="contact", id=contact_id)
        comment_id = self._comment(content, contact_id, contact, file_id)
        self.book.note(task_id=None)
        self.book.note_refused(f"comments of task {target.id}")
        return contact, comment_id

    def _is_comment_unwritten(self) -> bool:
        may_exist = self.book.searches_first or self.receipts.in_flight_step == Step.COMMENT
        return self.receipts.comment_id is None and not may_exist

    def _comment(self, content: CallContent, contact_id: int, target: Target, file_id: int | None) -> int:
        draft = CommentDraft(
            owner=content.author(contact_id),
            at=self.call.started_at,
            text=content.text(linked_recording=file_id is None),
            file_ids=(file_id,) if file_id is not None else (),
            source_object_id=self._source_object_id("comment"),
        )

        def send() -> int:
            # Noted before the request: a comment found after an unclear response has this text, not a later one.
            self.book.note(text_hash=hash_of(draft.text), recording_attached=bool(draft.file_ids))
            return self._write_comment(target, draft)

        def find() -> int | None:
            found = find_comment(
                self.planfix,
                target,
                source_object_id=draft.source_object_id,
                marker=self.call.ringostat_id,
                since=draft.at,
            )
            if found is not None and self.book.searches_first:
                # It may have a recording: attaching it twice would be worse than a link.
                self.book.note(recording_attached=True)
            return found

        return self.book.write(Step.COMMENT, "comment_id", send=send, find=find)

    def _write_comment(self, target: Target, draft: CommentDraft) -> int:
        """Writes the comment; once more in the name of the token's employee where its author may have been refused.

        The text names the employee and the client's number in any case.
        """
        try:
            return write_comment(self.planfix, target, draft)
        except PlanfixRefused as error:
            if not (error.may_concern_author and self._contact_is_fresh):
                raise  # A remembered contact may be gone, which the same codes can mean: run() looks at it first.
        comment_id = write_comment(self.planfix, target, replace(draft, owner=""))
        self.book.note_refused(f"comment: author {draft.owner}")
        return comment_id

    def _tag(self, content: CallContent, contact_id: int, target: Target, comment_id: int) -> int:
        tagged = content.tag(self.attempt.tags, contact_id)
        skipped = self.receipts.skipped_fields
        self.book.note(skipped_fields=[*skipped, *(set(tagged.skipped_fields) - set(skipped))])
        return self.book.write(
            Step.TAG,
            "tag_key",
            send=lambda: write_tag(self.planfix, target, comment_id, tagged.tag, tagged.values),
            find=lambda: find_tag_key(self.planfix, comment_id, tagged.tag.id),
        )
