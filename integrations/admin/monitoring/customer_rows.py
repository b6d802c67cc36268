"""A customer as a row of the first page: status, numbers, pictures and the links of its menu."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from integrations.admin.monitoring.sparklines import Heartbeat, Sparkline, heartbeat, sparkline
from integrations.admin.monitoring.status_line import StatusLine, status_line
from integrations.models import Customer
from integrations.services.monitoring.chart_numbers import Pictures
from integrations.services.monitoring.customer_facts import Fact
from integrations.services.monitoring.customer_status import CustomerStatus
from integrations.ui.durations import time_ago
from integrations.ui.local_time import local_time


@dataclass(frozen=True, kw_only=True)
class CustomerRow:
    customer: Customer
    status: CustomerStatus
    line: StatusLine
    sparkline: Sparkline
    heartbeat: Heartbeat
    last_webhook: str
    """How long ago; "" for never."""
    last_webhook_at: str
    """The time in the customer's zone."""
    waiting: int
    failed: int
    skipped: int
    address: str
    log_address: str
    """The address of the customer's calls in a state. The template appends the state."""


def customer_row(status: CustomerStatus, pictures: Pictures, now: datetime) -> CustomerRow:
    customer, facts = status.customer, status.facts
    at = facts.last_webhook_at
    return CustomerRow(
        customer=customer,
        status=status,
        line=status_line(status.issue, customer, now),
        sparkline=sparkline(pictures.days[customer.pk]),
        heartbeat=heartbeat(pictures.webhooks[customer.pk]),
        last_webhook=time_ago(at, now) if at else "",
        last_webhook_at=local_time(customer, at, now) if at else "",
        waiting=facts.count(Fact.WAITING),
        failed=facts.count(Fact.FAILED),
        skipped=facts.count(Fact.SKIPPED),
        address=reverse("admin:integrations_customer_overview", args=[customer.pk]),
        log_address=f"{reverse('calllog:list')}?customer={customer.pk}&state=",
    )
