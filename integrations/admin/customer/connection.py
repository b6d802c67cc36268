"""The access check on a customer's page: its button, and its findings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from integrations.admin.customer.pages import MENU, address_of, customer_page
from integrations.models import BackgroundJob, BackgroundJobKind, Customer
from integrations.services.customers.connection_report import Check, Connection, limit_checks, newest_check
from integrations.services.customers.connection_texts import sentence_and_steps
from integrations.services.customers.utm_problems import utm_problems
from integrations.services.queue.background import enqueue
from integrations.users.audit import audit_record


@require_POST
@customer_page
def connect(request: HttpRequest, customer: Customer) -> HttpResponse:
    assert isinstance(request.user, User)
    enqueue(BackgroundJobKind.CONNECT, customer=customer, by=request.user)
    audit_record(request.user, _("Checked the access."), customer)
    back = request.POST.get("back", "")
    return redirect(address_of(back, customer) if back in MENU else address_of("change", customer))


def check_new_access(customer: Customer, by: User) -> BackgroundJob:
    """Starts a check of changed access, even while a check of the old access is running."""
    return enqueue(BackgroundJobKind.CONNECT, customer=customer, by=by, since=timezone.now())


class Mark(StrEnum):
    """How a row of the list is marked. The order is that of the list."""

    WRONG = "wrong"
    UNSURE = "unsure"
    FINE = "fine"


@dataclass(frozen=True, kw_only=True)
class CheckRow:
    """A finding as the page shows it."""

    mark: Mark
    text: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ConnectionReport:
    """The newest access check as the customer's page shows it."""

    job: BackgroundJob | None
    rows: tuple[CheckRow, ...]
    """Problems first."""
    fine: tuple[CheckRow, ...]
    is_good: bool

    @property
    def is_running(self) -> bool:
        return self.job is not None and not self.job.is_finished


def connection_report(customer: Customer) -> ConnectionReport:
    """Builds the report from the stored access check. Sends no request."""
    job = newest_check(customer)
    connection = Connection.from_json(job.result) if job and job.result else None
    limits = list(limit_checks(customer))
    rows = [check_row(check) for check in [*(connection.checks if connection else []), *limits]]
    rows += [CheckRow(mark=Mark.UNSURE, text=problem) for problem in utm_problems(customer)]
    return ConnectionReport(
        job=job,
        rows=tuple(row for mark in (Mark.WRONG, Mark.UNSURE) for row in rows if row.mark is mark),
        fine=tuple(row for row in rows if row.mark is Mark.FINE),
        is_good=connection is not None and connection.is_good and not any(check.is_trouble for check in limits),
    )


def check_row(check: Check) -> CheckRow:
    text, steps = sentence_and_steps(check)
    mark = Mark.FINE if check.is_fine else Mark.WRONG if check.is_trouble else Mark.UNSURE
    return CheckRow(mark=mark, text=text, steps=steps)
