"""The values of a call that the customer maps to Planfix fields."""

from __future__ import annotations

from collections.abc import Iterator

from integrations.domain.calls import CallFacts, Direction
from integrations.domain.rules import DeliveryPlan
from integrations.models import Customer, ParameterMapping
from integrations.ringostat.parameters import value_of


def mapped_values(plan: DeliveryPlan, facts: CallFacts, customer: Customer) -> Iterator[tuple[ParameterMapping, str]]:
    """Each of the customer's parameter mappings that has a value in this call. An outgoing call has none."""
    if plan.direction is Direction.INCOMING:
        for mapping in customer.utm_fields.all():
            if value := value_of(facts, mapping.parameter, customer.zone):
                yield mapping, value
