"""How far the set-up of a customer has come. Reads the database only."""

from __future__ import annotations

from enum import StrEnum

from integrations.domain.calls import EventKind
from integrations.models import Customer
from integrations.services.account_traits import traits_of
from integrations.services.customers.connection_report import newest_connection
from integrations.services.customers.webhook_addresses import last_received


class SetupStep(StrEnum):
    """The steps in their order."""

    ACCESS = "access"
    EMPLOYEES = "employees"
    UTM = "utm"
    TRIAL = "trial"
    WEBHOOKS = "webhooks"


OPTIONAL = frozenset({SetupStep.UTM, SetupStep.TRIAL})
NEEDED_EVENTS = (EventKind.AFTER_CALL, EventKind.AFTER_OUTGOING_CALL)
"""Without these webhooks no call reaches Planfix."""


def done_steps(customer: Customer) -> frozenset[SetupStep]:
    connection = newest_connection(customer)
    done = {
        SetupStep.ACCESS: connection is not None and connection.is_good and not customer.paused_reason,
        SetupStep.EMPLOYEES: bool(customer.fallback_employee_id) or _has_included_employee(customer),
        SetupStep.UTM: customer.utm_fields.exists(),
        SetupStep.TRIAL: traits_of(customer).takes_call_tag is not None,  # which only a trial finds out
        SetupStep.WEBHOOKS: last_received(customer).keys() >= set(NEEDED_EVENTS),
    }
    return frozenset(step for step, is_done in done.items() if is_done)


def _has_included_employee(customer: Customer) -> bool:
    return customer.employees.filter(participates=True, planfix_user_id__isnull=False).exists()
