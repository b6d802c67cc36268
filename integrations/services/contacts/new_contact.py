"""The content of a contact that is created for an unknown number: name, supervisor, fields. Sends nothing."""

from __future__ import annotations

from uuid import UUID

from integrations.domain.calls import CallFacts
from integrations.domain.rules import Author, DeliveryPlan
from integrations.models import Customer
from integrations.planfix.records.contacts import NewContact
from integrations.planfix.records.fields import field_of_name
from integrations.services.mapped_parameters import mapped_values


def new_contact(
    plan: DeliveryPlan, facts: CallFacts, customer: Customer, *, source_object_id: UUID
) -> tuple[NewContact, list[str]]:
    """The contact, and its mapped fields that the account does not have, each as "contact: name"."""
    values, skipped_fields = _field_values(plan, facts, customer)
    # The employee who talked becomes the supervisor. A missed call has none.
    talked = plan.employee if plan.author is Author.EMPLOYEE else None
    contact = NewContact(
        name=plan.client_number,  # as Planfix's own telephony does, until an employee enters a name
        phone=plan.client_number,
        template_id=customer.contact_template_id or 0,
        supervisor_id=talked.planfix_user_id if talked else None,
        source_object_id=source_object_id,
        fields=values,
    )
    return contact, skipped_fields


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
