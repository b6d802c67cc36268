"""The job that reads an account's contacts: all of them at first, then those that changed, and once a day all of them
again to find deletions. It runs only while no call of the account waits, and within its part of the day's requests.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from integrations.models import Customer, DirectoryAccount
from integrations.planfix.http.errors import PlanfixAccessDenied, PlanfixError
from integrations.services.clients.planfix import logged_client
from integrations.services.clients.rate_limit import NoSpareSlot, SpareSlots
from integrations.services.database import database_time
from integrations.services.directory.accounts import directory_of, readers, sharing
from integrations.services.directory.budget import BudgetedSlots, NoBudget
from integrations.services.directory.changes import read_changes
from integrations.services.directory.cursor import DoubtfulList
from integrations.services.directory.full_round import read_round
from integrations.services.directory.source import CannotProve, Outcome, Source
from integrations.services.directory.store import save_contacts

log = structlog.get_logger(__name__)

RUN_SECONDS = 50
HELD_FOR = timedelta(minutes=2)
MOST_REQUESTS = 3
"""Of one step. HELD_FOR is longer than these and the storing of a page take; each page extends the hold."""
LATER = timedelta(minutes=10)
"""After a request that failed, and when the day's part is used up."""
MUCH_LATER = timedelta(hours=1)
"""After a list that cannot be right, and after a refused access."""

INCOMPLETE = "Planfix listed fewer contacts than it has. They are read again."


class HoldLost(Exception):
    """Another worker reads the account, or its directory was deleted."""


def customers_to_read() -> list[int]:
    """The ids of the customers whose access is to read their account now."""
    reading = readers()
    resting = DirectoryAccount.objects.filter(Q(next_at__gt=Now()) | Q(held_until__gt=Now()), account__in=reading)
    accounts = set(resting.values_list("account", flat=True))
    return [customer.pk for account, customer in reading.items() if account not in accounts]


def read_directory(customer_id: int, *, should_stop: Callable[[], bool] = lambda: False) -> None:
    """Reads the account's contacts page by page until nothing is due. Safe to call at any time, and to be killed."""
    customer = Customer.objects.filter(pk=customer_id, paused_reason="").first()
    if customer is None or not customer.directory:
        return
    DirectoryAccount.objects.get_or_create(account=customer.planfix_account)
    reading = take(customer)
    if reading is None:
        return
    ends_at = time.monotonic() + RUN_SECONDS
    try:
        while not should_stop() and time.monotonic() < ends_at and reading.step():
            pass
        reading.release()
    except HoldLost:
        log.info("directory is read by another worker", customer_id=customer_id)


def take(customer: Customer) -> AccountReading | None:
    """None while another worker reads the account."""
    until = _hold_of(customer)
    free = directory_of(customer).filter(Q(held_until=None) | Q(held_until__lt=Now()))
    if not free.update(held_until=until):
        return None
    account = directory_of(customer).filter(held_until=until).first()
    return AccountReading(customer, account) if account else None


class AccountReading:
    """An account's directory while this worker holds it."""

    def __init__(self, customer: Customer, account: DirectoryAccount) -> None:
        self.customer = customer
        self.account = account
        slots = SpareSlots(customer)
        client = logged_client(
            customer,
            acquire_slot=BudgetedSlots(account, slots).acquire,
            is_logged=lambda exchange: exchange.outcome != "ok",
        )
        self.source = Source(
            client=client,
            account=account,
            zone=customer.zone,
            regions=tuple(sorted({other.region for other in sharing(customer)})),
            customer_ids=tuple(slots.customer_ids),
        )

    def step(self) -> bool:
        """Reads one page of what is due. Returns False when nothing can be read now. Raises HoldLost."""
        now = database_time()
        account = self.account
        is_changed = account.read_until is not None and account.changes_due_at <= now
        if not is_changed and account.round_due_at > now:
            return self._rest(min([account.round_due_at, *self._changes_due()]))
        read = read_changes if is_changed else read_round
        try:
            self._store(read(self.source, now))
        except NoSpareSlot:
            return False
        except NoBudget:
            return self._rest(now + LATER)
        except PlanfixError as error:
            return self._rest(now + _delay(error), **self._trouble(error.message, now))
        except (DoubtfulList, CannotProve) as error:
            self._start_again_later("changes" if is_changed else "round", str(error) or INCOMPLETE, now)
        return True

    def _changes_due(self) -> list[datetime]:
        return [self.account.changes_due_at] if self.account.read_until is not None else []

    def _store(self, outcome: Outcome) -> None:
        source, columns = self.source, dict(outcome.columns)
        if self.account.error and self.account.first_read_at is None:
            columns = {"error": "", "error_since": None} | columns
        with transaction.atomic():
            self._save(**columns)
            save_contacts(self.account, outcome.contacts, regions=source.regions, customer_ids=source.customer_ids)

    def _rest(self, until: datetime, **columns: Any) -> bool:
        self._save(next_at=until, **columns)
        return False

    def _start_again_later(self, reading: str, error: str, now: datetime) -> None:
        """The other reading goes on meanwhile."""
        log.warning("contacts not read", customer_id=self.customer.pk, reading=reading, error=error)
        columns: dict[str, Any] = {f"{reading}_cursor": None, f"{reading}_due_at": now + MUCH_LATER}
        if reading == "changes":
            columns["shift_hours"] = 0
        self._save(**columns, **self._trouble(error, now))

    def _trouble(self, error: str, now: datetime) -> dict[str, Any]:
        return {"error": error, "error_since": self.account.error_since or now}

    def _save(self, **columns: Any) -> None:
        """Changes the account's row, and holds it longer. Raises HoldLost."""
        until = _hold_of(self.customer)
        held = DirectoryAccount.objects.filter(pk=self.account.pk, held_until=self.account.held_until)
        if not held.update(held_until=until, **columns):
            raise HoldLost
        for name, value in {"held_until": until, **columns}.items():
            setattr(self.account, name, value)

    def release(self) -> None:
        self._save()
        DirectoryAccount.objects.filter(pk=self.account.pk, held_until=self.account.held_until).update(held_until=None)


def _hold_of(customer: Customer) -> datetime:
    return database_time() + HELD_FOR + MOST_REQUESTS * customer.request_interval


def _delay(error: PlanfixError) -> timedelta:
    asked = timedelta(seconds=getattr(error, "retry_after", None) or 0)
    is_long = isinstance(error, PlanfixAccessDenied) or getattr(error, "daily_limit", False)
    return max(asked, MUCH_LATER if is_long else LATER)
