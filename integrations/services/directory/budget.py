"""The part of an account's daily requests that reading its contacts may take."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.conf import settings
from django.db.models import F

from integrations.models import AccountRateLimit, DirectoryAccount
from integrations.services.clients.rate_limit import SpareSlots

PLANS = (20_000, 50_000, 100_000)
"""Requests a day, by Planfix's plans: https://planfix.com/en/help/REST_API"""


class NoBudget(Exception):
    """The directory has taken its part of the day's requests, or the account has hardly any left."""


class BudgetedSlots:
    """Slots of the account that no waiting call needs, and that the day's part still allows."""

    def __init__(self, account: DirectoryAccount, slots: SpareSlots) -> None:
        self._account = account
        self._slots = slots

    def acquire(self, seconds: float) -> None:
        """Blocks for at most one interval. Raises NoBudget, NoSpareSlot."""
        rows = DirectoryAccount.objects.filter(pk=self._account.pk)
        rows.exclude(requests_day=today()).update(requests_day=today(), requests=0)
        if not rows.filter(requests__lt=allowed_today(self._account)).exists():
            raise NoBudget
        self._slots.acquire(seconds)
        rows.update(requests=F("requests") + 1)


def requests_today(account: DirectoryAccount) -> int:
    return account.requests if account.requests_day == today() else 0


def today() -> date:
    return datetime.now(UTC).date()


def allowed_today(account: DirectoryAccount) -> int:
    """Requests a day. 0 while the account has no more than that left, because calls need them."""
    rows = AccountRateLimit.objects.filter(account=account.account)
    left = rows.values_list("requests_left", flat=True).first()
    allowed = round(_plan(left) * settings.DIRECTORY_DAILY_PERCENT / 100)
    return 0 if left is not None and left <= allowed else allowed


def _plan(left: int | None) -> int:
    """The smallest plan that leaves so many requests."""
    return next((plan for plan in PLANS if left is None or left <= plan), PLANS[-1])
