"""The content of a call in Planfix: comment text, author, data tag values, recording address, and the contact that an
unknown number gets. Sends nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from integrations.domain.calls import CallFacts, Direction, Outcome
from integrations.domain.outcome import is_known_status
from integrations.domain.rules import Author, DeliveryPlan
from integrations.models import Call, Customer, Delivery, ParameterMapping
from integrations.outbound.allowed_hosts import is_recording_allowed, ringostat_link
from integrations.planfix.call_tags.entries import CallEntry, entry_values
from integrations.planfix.call_tags.schema import CallTag, CallTags
from integrations.planfix.comment_text import CallText, call_text, without_html
from integrations.planfix.http.json_fields import JSON
from integrations.planfix.records.contacts import NewContact
from integrations.planfix.records.fields import field_of_name
from integrations.ringostat.parameters import value_of
from integrations.ringostat.vocabulary import UTM
from integrations.services.account_traits import AccountTraits


@dataclass(frozen=True, kw_only=True)
class TagContent:
    """`skipped_fields`: the names of standard fields and of mapped fields that the tag does not have."""

    tag: CallTag
    values: list[dict[str, JSON]]
    skipped_fields: list[str]


class CallContent:
    """The content of one call for one customer, from the facts known now."""

    def __init__(
        self,
        call: Call,
        facts: CallFacts,
        plan: DeliveryPlan,
        customer: Customer,
        *,
        traits: AccountTraits | None = None,
        delivered_as: Outcome | None = None,
    ) -> None:
        """`traits`: what is known of the account. Values that it does not keep are written in another place.
        `delivered_as`: the outcome of a delivered call in Planfix, which cannot be changed there.
        """
        self.traits = traits or AccountTraits()
        self.delivered_as = delivered_as or plan.outcome
        self.call = call
        self.facts = facts
        self.plan = plan
        self.customer = customer
        self._texts: dict[bool, str] = {}

    def author(self, contact_id: int) -> str:
        """ "" where the account takes no other author than the token's employee: it may refuse the comment."""
        employee = self.plan.employee
        if self.plan.author is Author.EMPLOYEE and employee:
            return "" if self.traits.honours_employee_author is False else f"user:{employee.planfix_user_id}"
        return "" if self.traits.honours_contact_author is False else f"contact:{contact_id}"

    @property
    def has_recording(self) -> bool:
        """Only a conversation has one; a voicemail or a missed call has none. Not every project sends the flag."""
        return self.plan.outcome is Outcome.ANSWERED and self.facts.has_recording is not False

    @property
    def recording_url(self) -> str:
        """The link to the recording; "" while it is unknown, and for a link to another host than Ringostat's."""
        url = self.facts.recording_url
        if not url or not self.has_recording:
            return ""
        return url if is_recording_allowed(url, api_url=self.customer.ringostat_api_url) else ""

    def text(self, *, linked_recording: bool) -> str:
        if linked_recording not in self._texts:
            self._texts[linked_recording] = self._text(linked_recording)
        return self._texts[linked_recording]

    def is_missing_from(self, receipts: Delivery, file_id: int | None) -> bool:
        """Does the comment, as it was last sent, lack anything that is known now?

        `file_id`: of the recording, if Planfix has copied it.
        """
        is_unattached = file_id is not None and not receipts.recording_attached
        return is_unattached or hash_of(self.text(linked_recording=file_id is None)) != receipts.text_hash

    def _text(self, linked_recording: bool) -> str:
        plan, facts = self.plan, self.facts
        text = CallText(
            direction=plan.direction,
            outcome=self.delivered_as,
            started_at=self._started_at(),
            correction=plan.outcome if plan.outcome is not self.delivered_as else None,
            client_number=plan.client_number,
            line=plan.line_number,
            line_name=plan.line_name,
            employee_name=plan.employee.name if plan.employee else "",
            fallback_for=plan.fallback_for,
            talk_seconds=facts.talk_seconds,
            wait_seconds=facts.wait_seconds,
            status=self._informative_status(),
            ringostat_id=self.call.ringostat_id,
            card_url=ringostat_link(facts.card_url),
            recording_url=self.recording_url if linked_recording else "",
            parameters=self._utm(),
            analysis=facts.analysis if self.customer.add_analysis else {},
            rating=facts.rating if self.customer.add_analysis else {},
        )
        html = call_text(text, language=self.customer.language)
        return without_html(html) if self.traits.keeps_html is False else html

    def _started_at(self) -> datetime | None:
        """Of a comment that has another time than its call."""
        is_kept = self.traits.keeps_comment_time is not False
        return None if is_kept else self.call.started_at.astimezone(self.customer.zone)

    def tag(self, tags: CallTags, contact_id: int) -> TagContent:
        plan, facts = self.plan, self.facts
        tag = tags.of(plan.outcome)
        mapped, skipped_fields = self._mapped_values(tags)
        entry = CallEntry(
            direction=plan.direction,
            started_at=self.call.started_at,
            ended_at=self._ended_at(),
            talk_seconds=facts.talk_seconds or 0,
            employee_id=plan.employee.planfix_user_id if plan.employee else None,
            contact_id=contact_id,
            line=plan.line_number,
            client_number=plan.client_number,
            line_name=plan.line_name,
            extra=mapped,
        )
        values = entry_values(tag, entry, timezone=self.customer.zone, outcome=plan.outcome)
        return TagContent(tag=tag, values=values, skipped_fields=[*tag.missing(plan.outcome), *skipped_fields])

    def _ended_at(self) -> datetime:
        seconds = self.facts.total_seconds or (self.facts.wait_seconds or 0) + (self.facts.talk_seconds or 0)
        return self.call.started_at + timedelta(seconds=seconds)

    def _informative_status(self) -> str:
        """Ringostat's status where it says more than the heading: why a call was missed, or a status unknown to us."""
        if self.plan.outcome is Outcome.MISSED or not is_known_status(self.facts.status):
            return self.facts.status
        return ""

    def _utm(self) -> dict[str, str]:
        """The utm_* parameters in their usual order; an outgoing call has none."""
        if self.plan.direction is not Direction.INCOMING:
            return {}
        return {name: self.facts.parameters[name] for name in UTM if name in self.facts.parameters}

    def _mapped_values(self, tags: CallTags) -> tuple[dict[int, str], list[str]]:
        """Mapped values by the tag's field ids, and the names of mapped fields that the tag does not have."""
        values: dict[int, str] = {}
        skipped_fields: list[str] = []
        for mapping, value in mapped_values(self.plan, self.facts, self.customer):
            if field := tags.text_field(self.plan.outcome, mapping.field):
                values[field.id] = value
            else:
                skipped_fields.append(mapping.field)
        return values, skipped_fields


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def new_contact(
    plan: DeliveryPlan, facts: CallFacts, customer: Customer, *, source_object_id: UUID
) -> tuple[NewContact, list[str]]:
    """The contact, and its mapped fields that the account does not have, each as "contact: name"."""
    values, skipped_fields = _field_values(plan, facts, customer)
    contact = NewContact(
        name=plan.client_number,  # as Planfix's own telephony does, until an employee enters a name
        phone=plan.client_number,
        template_id=customer.contact_template_id or 0,
        supervisor_id=supervisor_of(plan),
        source_object_id=source_object_id,
        fields=values,
    )
    return contact, skipped_fields


def supervisor_of(plan: DeliveryPlan) -> int | None:
    """The Planfix id of the employee who talked, who becomes the new contact's supervisor. A missed call has none."""
    talked = plan.employee if plan.author is Author.EMPLOYEE else None
    return talked.planfix_user_id if talked else None


def _field_values(plan: DeliveryPlan, facts: CallFacts, customer: Customer) -> tuple[dict[int, str], list[str]]:
    """Values by field id, and the names of mapped fields that the account does not have."""
    values: dict[int, str] = {}
    skipped_fields: list[str] = []
    known = customer.planfix_contact_fields or {}
    for mapping, value in mapped_values(plan, facts, customer):
        if not mapping.contact_field:
            continue
        field_id = field_of_name(known, mapping.contact_field)
        if field_id is None:
            skipped_fields.append(f"contact: {mapping.contact_field}")
        else:
            values.setdefault(field_id, value)
    return values, skipped_fields


def mapped_values(plan: DeliveryPlan, facts: CallFacts, customer: Customer) -> Iterator[tuple[ParameterMapping, str]]:
    """Each of the customer's parameter mappings that has a value in this call. An outgoing call has none."""
    if plan.direction is Direction.INCOMING:
        for mapping in customer.utm_fields.all():
            exact = facts.parameters.get(mapping.parameter)
            if value := exact or value_of(facts, mapping.parameter, customer.zone):
                yield mapping, value
