"""The contact that a call of an unknown number makes: its name, its supervisor, its fields. Sends nothing."""

from __future__ import annotations

from uuid import UUID

from integrations.domain.calls import CallFacts
from integrations.domain.rules import Author, DeliveryPlan
from integrations.models import Customer
from integrations.planfix.records.contacts import NewContact
from integrations.planfix.records.fields import field_of_name
from integrations.services.delivery.content import parameter_values


def new_contact(
    handover: DeliveryPlan, facts: CallFacts, customer: Customer, *, source_object_id: UUID
) -> tuple[NewContact, list[str]]:
    """The contact, and the fields wanted of it that the account lacks, each as "contact: name"."""
    values, left_out = _parameter_values(handover, facts, customer)
    # Who talked looks after the contact; whom a missed call merely rang does not.
    talked = handover.employee if handover.author is Author.EMPLOYEE else None
    contact = NewContact(
        name=handover.client_number,  # as Planfix's own telephony does, until a manager names it
        phone=handover.client_number,
        template_id=customer.contact_template_id or 0,
        supervisor_id=talked.planfix_user_id if talked else None,
        source_object_id=source_object_id,
        fields=values,
    )
    return contact, left_out


def _parameter_values(handover: DeliveryPlan, facts: CallFacts, customer: Customer) -> tuple[dict[int, str], list[str]]:
    values: dict[int, str] = {}
    left_out: list[str] = []
    known = customer.planfix_contact_fields or {}
    for utm, value in parameter_values(handover, facts, customer):
        if not utm.contact_field:
            continue
        field_id = field_of_name(known, utm.contact_field)
        if field_id is None:
            left_out.append(f"contact: {utm.contact_field}")
        else:
            values.setdefault(field_id, value)
    return values, left_out
