"""What is written of a call: its text, its author, its data tag's values, its recording's address. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.domain.calls import CallFacts, Direction, Outcome
from integrations.domain.outcome import is_known_status
from integrations.domain.rules import Author, DeliveryPlan
from integrations.models import Call, Customer, ParameterMapping
from integrations.outbound.allowed_hosts import is_recording_allowed
from integrations.planfix.call_tags.entries import CallEntry, entry_values
from integrations.planfix.call_tags.schema import CallTag, CallTags
from integrations.planfix.comment_text import CallText, call_text
from integrations.planfix.http.json_fields import JSON
from integrations.ringostat.parameters import value_of
from integrations.ringostat.vocabulary import UTM


@dataclass(frozen=True, kw_only=True)
class TagContent:
    """`left_out`: the names of the standard fields and of the customer's fields that the tag lacks."""

    tag: CallTag
    values: list[dict[str, JSON]]
    left_out: list[str]


def parameter_values(
    handover: DeliveryPlan, facts: CallFacts, customer: Customer
) -> Iterator[tuple[ParameterMapping, str]]:
    """The customer's parameters that came with the call, each with its value; of an outgoing call none (L3)."""
    if handover.direction is Direction.INCOMING:
        for utm in customer.utm_fields.all():
            if value := value_of(facts, utm.parameter, customer.zone):
                yield utm, value


class CallContent:
    """The content of one call, as it is known now, for one customer."""

    def __init__(self, call: Call, facts: CallFacts, handover: DeliveryPlan, customer: Customer) -> None:
        self.call = call
        self.facts = facts
        self.handover = handover
        self.customer = customer
        self._texts: dict[bool, str] = {}

    def author(self, contact_id: int) -> str:
        employee = self.handover.employee
        if self.handover.author is Author.EMPLOYEE and employee:
            return f"user:{employee.planfix_user_id}"
        return f"contact:{contact_id}"

    @property
    def has_recording(self) -> bool:
        """Of a conversation: what a voicemail or a missed call recorded is none. Not every project sends the flag."""
        return self.handover.outcome is Outcome.ANSWERED and self.facts.has_recording is not False

    @property
    def recording_url(self) -> str:
        """The link to the recording, if there is one by now and it is Ringostat's."""
        url = self.facts.recording_url
        if not url or not self.has_recording:
            return ""
        return url if is_recording_allowed(url, api_url=self.customer.ringostat_api_url) else ""

    def text(self, *, linked_recording: bool) -> str:
        if linked_recording not in self._texts:
            self._texts[linked_recording] = self._text(linked_recording)
        return self._texts[linked_recording]

    def _text(self, linked_recording: bool) -> str:
        handover, facts = self.handover, self.facts
        text = CallText(
            direction=handover.direction,
            outcome=handover.outcome,
            client_number=handover.client_number,
            line=handover.line_number,
            line_name=handover.line_name,
            employee_name=handover.employee.name if handover.employee else "",
            fallback_for=handover.fallback_for,
            talk_seconds=facts.talk_seconds,
            wait_seconds=facts.wait_seconds,
            status=self._telling_status(),
            ringostat_id=self.call.ringostat_id,
            card_url=facts.card_url,
            recording_url=self.recording_url if linked_recording else "",
            parameters=self._utm(),
            analysis=facts.analysis if self.customer.add_analysis else {},
            rating=facts.rating if self.customer.add_analysis else {},
        )
        return call_text(text, language=self.customer.language)

    def tag(self, tags: CallTags, contact_id: int) -> TagContent:
        handover, facts = self.handover, self.facts
        tag = tags.of(handover.outcome)
        extra, left_out = self._parameter_values(tags)
        entry = CallEntry(
            direction=handover.direction,
            started_at=self.call.started_at,
            ended_at=self._ended_at(),
            talk_seconds=facts.talk_seconds or 0,
            employee_id=handover.employee.planfix_user_id if handover.employee else None,
            contact_id=contact_id,
            line=handover.line_number,
            client_number=handover.client_number,
            line_name=handover.line_name,
            extra=extra,
        )
        values = entry_values(tag, entry, timezone=self.customer.zone, outcome=handover.outcome)
        return TagContent(tag=tag, values=values, left_out=[*tag.missing(handover.outcome), *left_out])

    def _ended_at(self) -> datetime:
        seconds = self.facts.total_seconds or (self.facts.wait_seconds or 0) + (self.facts.talk_seconds or 0)
        return self.call.started_at + timedelta(seconds=seconds)

    def _telling_status(self) -> str:
        """Ringostat's word where it says more than the heading: why a call was missed, or a word unknown to us."""
        if self.handover.outcome is Outcome.MISSED or not is_known_status(self.facts.status):
            return self.facts.status
        return ""

    def _utm(self) -> dict[str, str]:
        """The utm_* tags in their usual order; an outgoing call has none (L3)."""
        if self.handover.direction is not Direction.INCOMING:
            return {}
        return {name: self.facts.parameters[name] for name in UTM if name in self.facts.parameters}

    def _parameter_values(self, tags: CallTags) -> tuple[dict[int, str], list[str]]:
        """Values of the customer's parameters by the tag's field ids, and the fields that the tag lacks."""
        values: dict[int, str] = {}
        left_out: list[str] = []
        for utm, value in parameter_values(self.handover, self.facts, self.customer):
            if field := tags.text_field(self.handover.outcome, utm.field):
                values[field.id] = value
            else:
                left_out.append(utm.field)
        return values, left_out
