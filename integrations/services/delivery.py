"""One call into Planfix: decide → contact → target → recording → comment → data tag, with a receipt after each write.

Every write happens once: its receipt is stored before the next request, and the step in hand is stored before its
own, so that whoever continues after a crash or an unclear answer knows what to look for before sending anything
again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from integrations.domain.calls import Direction, Outcome
from integrations.domain.outcome import is_known_status
from integrations.domain.rules import Author, CallTarget, Handover, Skip, SkipReason, decide
from integrations.models import Call, CallState, Customer, Delivery, PlanfixRequest, Recording, RememberedContact, Step
from integrations.planfix.client import Exchange
from integrations.planfix.comments import CommentDraft, Target, find_comment, write_comment
from integrations.planfix.contacts import NewContact, create_contact, find_contacts
from integrations.planfix.errors import PlanfixRefused, PlanfixUnavailable
from integrations.planfix.files import copy_recording
from integrations.planfix.tags import CallEntry, CallTag, CallTags, entry_values, find_tag_key, text_field, write_tag
from integrations.planfix.tasks import last_active_task
from integrations.planfix.texts import CallText, call_text, contact_name
from integrations.services.addresses import is_recording_allowed
from integrations.services.planfix_access import logged, planfix_client

OBJECTS = uuid.UUID("0f3c7a52-6f0e-5b0e-9a36-52494e474f46")
"""Namespace of the ids under which Planfix keeps our comments and contacts (sourceObjectId)."""

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


@dataclass(frozen=True, kw_only=True)
class Delivered:
    employee_id: int | None


class CallDelivery:
    """An attempt to deliver one call, continuing from the receipts of earlier attempts."""

    def __init__(self, call: Call, customer: Customer, *, tags: CallTags, wait_for_slot: Callable[[], None]) -> None:
        self.call = call
        self.customer = customer
        self.tags = tags
        self.facts = call.folded
        self.receipts = _begin(call)
        self._changed: set[str] = set()
        self._exchanges: list[PlanfixRequest] = []
        self._wait_for_slot = wait_for_slot
        self.planfix = planfix_client(customer, pace=self._before_request, observe=self._observe)

    def run(self) -> Delivered | Skip:
        """Brings the call into Planfix. Raises PlanfixError; what was reached by then is kept."""
        decision = decide(self.facts, self.customer.rules)
        if isinstance(decision, Skip):
            return decision
        try:
            return self._hand_over(decision)
        except PlanfixRefused as error:
            if not error.is_missing_contact or self.receipts.comment_id is not None:
                raise
            # The contact was deleted or merged in Planfix since we last saw it: find it, or make it, again.
            self._forget_contact(decision.client_number)
            return self._hand_over(decision)

    def finish(self, **call_columns: object) -> None:
        """Stores what is left to store, and where the call stands, in one transaction."""
        with transaction.atomic():
            self._store()
            Call.objects.filter(pk=self.call.pk).update(**call_columns)

    # --- the steps ---

    def _hand_over(self, handover: Handover) -> Delivered | Skip:
        contact_id = self._contact(handover)
        if contact_id is None:
            return Skip(reason=SkipReason.UNKNOWN_CONTACT, detail=handover.client_number)
        target = self._target(handover, contact_id)
        file_id = self._recording(handover)
        comment_id = self._comment(handover, contact_id, target, file_id)
        self._tag(handover, contact_id, target, comment_id)
        return Delivered(employee_id=handover.employee.key if handover.employee else None)

    def _contact(self, handover: Handover) -> int | None:
        if self.receipts.contact_id is not None:
            return self.receipts.contact_id
        number = handover.client_number
        remembered = RememberedContact.objects.filter(customer=self.customer, number=number).first()
        contact_id = remembered.contact_id if remembered else self._found_or_created(handover)
        if contact_id is not None and remembered is None:
            RememberedContact.objects.update_or_create(
                customer=self.customer, number=number, defaults={"contact_id": contact_id}
            )
        self._note(contact_id=contact_id)
        return contact_id

    def _found_or_created(self, handover: Handover) -> int | None:
        # Searching comes before creating in any case, so an unclear answer to a creation needs no look of its own.
        number = handover.client_number
        found = find_contacts(self.planfix, number) or find_contacts(self.planfix, number, companies=True)
        if found:
            self._note(contacts_found=len(found), unclear="")
            return found[0].id
        if not handover.may_create_contact:
            return None
        self._note(unclear=Step.CONTACT)
        created = self._send(lambda: self._create_contact(handover))
        self._note(contact_created=True, unclear="")
        return created

    def _create_contact(self, handover: Handover) -> int:
        new = NewContact(
            name=contact_name(handover.client_number),
            phone=handover.client_number,
            template_id=self.customer.contact_template_id or 0,
            supervisor_id=handover.employee.planfix_user_id if handover.employee else None,
            source_object_id=self._object_id("contact"),
        )
        return create_contact(self.planfix, new)

    def _target(self, handover: Handover, contact_id: int) -> Target:
        contact = Target(kind="contact", id=contact_id)
        if self.customer.rules.call_target is CallTarget.CONTACT or self.receipts.contact_created:
            return contact
        if not self.receipts.target_known:
            self._note(task_id=last_active_task(self.planfix, contact_id), target_known=True)
        return Target(kind="task", id=self.receipts.task_id) if self.receipts.task_id else contact

    def _recording(self, handover: Handover) -> int | None:
        if (
            not self._recording_url(handover)
            or self.customer.recording != Recording.COPY
            or self.receipts.recording_refused
        ):
            return None
        name = f"{self.call.ringostat_id}{PurePosixPath(urlsplit(self.facts.recording_url).path).suffix or '.mp3'}"
        try:
            return self._write(
                Step.RECORDING,
                "file_id",
                send=lambda: copy_recording(self.planfix, url=self.facts.recording_url, name=name),
                # A copy that hangs on no comment is seen by nobody: making another one is cheaper than looking for it.
                find=lambda: None,
            )
        except PlanfixRefused as error:
            self._note(recording_refused=error.message[:300])
            return None

    def _recording_url(self, handover: Handover) -> str:
        """The link to the recording of a conversation, if there is one and it is Ringostat's."""
        url = self.facts.recording_url
        if handover.outcome is not Outcome.ANSWERED or not self.facts.has_recording or not url:
            return ""
        return url if is_recording_allowed(url, api_url=self.customer.ringostat_api_url) else ""

    def _comment(self, handover: Handover, contact_id: int, target: Target, file_id: int | None) -> int:
        draft = CommentDraft(
            owner=self._author(handover, contact_id),
            at=self.call.started_at,
            text=self._text(handover, linked_recording=file_id is None),
            file_ids=(file_id,) if file_id is not None else (),
            source_object_id=self._object_id("comment"),
        )
        return self._write(
            Step.COMMENT,
            "comment_id",
            send=lambda: write_comment(self.planfix, target, draft),
            find=lambda: find_comment(
                self.planfix,
                target,
                source_object_id=draft.source_object_id,
                marker=self.call.ringostat_id,
                since=draft.at,
            ),
        )

    def _tag(self, handover: Handover, contact_id: int, target: Target, comment_id: int) -> int:
        tag = self.tags.of(handover.outcome)
        entry = CallEntry(
            direction=handover.direction,
            started_at=self.call.started_at,
            ended_at=self._ended_at(),
            talk=self.facts.talk or 0,
            employee_id=handover.employee.planfix_user_id if handover.employee else None,
            contact_id=contact_id,
            line=handover.line_number,
            client_number=handover.client_number,
            line_name=handover.line_name,
            extra=self._parameter_values(handover, tag),
        )
        values = entry_values(tag, entry, timezone=self.customer.zone, outcome=handover.outcome)
        return self._write(
            Step.TAG,
            "tag_key",
            send=lambda: write_tag(self.planfix, target, comment_id, tag, values),
            find=lambda: find_tag_key(self.planfix, comment_id, tag.id),
        )

    # --- what the steps are made of ---

    def _author(self, handover: Handover, contact_id: int) -> str:
        if handover.author is Author.EMPLOYEE and handover.employee:
            return f"user:{handover.employee.planfix_user_id}"
        return f"contact:{contact_id}"

    def _ended_at(self) -> datetime:
        seconds = self.facts.duration or (self.facts.waiting or 0) + (self.facts.talk or 0)
        return self.call.started_at + timedelta(seconds=seconds)

    def _text(self, handover: Handover, *, linked_recording: bool) -> str:
        text = CallText(
            direction=handover.direction,
            outcome=handover.outcome,
            client_number=handover.client_number,
            line=handover.line_number,
            line_name=handover.line_name,
            employee_name=handover.employee.name if handover.employee else "",
            talk=self.facts.talk,
            waiting=self.facts.waiting,
            status=self._telling_status(handover),
            ringostat_id=self.call.ringostat_id,
            card_url=self.facts.card_url,
            recording_url=self._recording_url(handover) if linked_recording else "",
            parameters=self._parameters(handover),
        )
        return call_text(text, language=self.customer.language)

    def _telling_status(self, handover: Handover) -> str:
        """Ringostat's word where it says more than our heading: why a call was missed, or a word that we do not know."""
        if handover.outcome is Outcome.MISSED or not is_known_status(self.facts.status):
            return self.facts.status
        return ""

    def _parameters(self, handover: Handover) -> dict[str, str]:
        """The utm_* tags in their usual order; an outgoing call has none (L3)."""
        if handover.direction is not Direction.INCOMING:
            return {}
        return {name: self.facts.parameters[name] for name in UTM if name in self.facts.parameters}

    def _parameter_values(self, handover: Handover, tag: CallTag) -> dict[int, str]:
        """Values of the customer's parameters by the tag's field ids; a field that the tag lacks is noted on the
        call.
        """
        if handover.direction is not Direction.INCOMING:
            return {}
        values, left_out = {}, list(tag.missing(handover.outcome))
        for utm in self.customer.utm_fields.all():
            value = self.facts.parameters.get(utm.parameter)
            if not value:
                continue
            if field := text_field(tag, utm.field):
                values[field.id] = value
            else:
                left_out.append(utm.field)
        self._note(left_out=left_out)
        return values

    def _object_id(self, kind: str) -> uuid.UUID:
        return uuid.uuid5(OBJECTS, f"{kind}:{self.customer.pk}:{self.call.ringostat_id}")

    def _forget_contact(self, number: str) -> None:
        RememberedContact.objects.filter(customer=self.customer, number=number).delete()
        self._note(
            contact_id=None, contact_created=False, contacts_found=0, task_id=None, target_known=False, unclear=""
        )

    # --- receipts ---

    def _write(self, step: Step, receipt: str, *, send: Callable[[], int], find: Callable[[], int | None]) -> int:
        """Does one write once: by its receipt, else by what an unclear answer left in Planfix, else by sending it."""
        done: int | None = getattr(self.receipts, receipt)
        if done is not None:
            return done
        if self.receipts.unclear == step:
            done = find()
        if done is None:
            self._note(unclear=step)
            done = self._send(send)
        self._note(**{receipt: done, "unclear": ""})
        return done

    def _send(self, send: Callable[[], int]) -> int:
        try:
            return send()
        except PlanfixUnavailable as error:
            if not error.may_have_written:
                self._note(unclear="")
            raise
        except PlanfixRefused:
            self._note(unclear="")
            raise

    def _note(self, **values: object) -> None:
        for name, value in values.items():
            if getattr(self.receipts, name) != value:
                setattr(self.receipts, name, value)
                self._changed.add(name)

    def _before_request(self) -> None:
        self._store()
        self._wait_for_slot()

    def _observe(self, exchange: Exchange) -> None:
        self._exchanges.append(logged(exchange, customer=self.customer, call=self.call))

    def _store(self) -> None:
        if self._changed:
            self.receipts.save(update_fields=self._changed)
            self._changed = set()
        if self._exchanges:
            PlanfixRequest.objects.bulk_create(self._exchanges)
            self._exchanges = []


def _begin(call: Call) -> Delivery:
    """The call's receipts, with this attempt counted: one statement, and the row is made by the first attempt."""
    rows = Delivery.objects.raw(
        """
        INSERT INTO integrations_delivery AS delivery
               (call_id, attempts, contact_created, contacts_found, target_known, recording_refused, left_out, unclear)
        VALUES (%s, 1, false, 0, false, '', '{}', '')
        ON CONFLICT (call_id) DO UPDATE SET attempts = delivery.attempts + 1
        RETURNING *
        """,
        [call.pk],
    )
    return rows[0]


def finished(state: CallState, *, reason: str = "", detail: str = "") -> dict[str, object]:
    """The columns of a call that needs nothing more."""
    return {
        "state": state,
        "reason": reason,
        "detail": detail[:300],
        "due_at": None,
        "finished_at": timezone.now(),
    }
