"""Which accounts have a directory, which customer's token reads each, and whether a directory can be relied on."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from integrations.models import Customer, DirectoryAccount

TRUSTED_FOR = timedelta(minutes=30)
"""After changes were last read. Calls then search in Planfix, until changes are read again."""
IS_TRUSTED = Q(first_read_at__isnull=False, changes_read_at__gte=Now() - TRUSTED_FOR)
"""Of a directory whose contacts are all read, and whose changes were read lately."""

BATCH = 2000
"""Contacts that are deleted in one transaction."""


def customers_with_directory() -> list[Customer]:
    """By id."""
    return list(Customer.objects.filter(directory=True).order_by("pk"))


def readers() -> dict[str, Customer]:
    """The customer whose access reads each account: the first one that uses the directory and is not paused."""
    found: dict[str, Customer] = {}
    for customer in customers_with_directory():
        if not customer.paused_reason:
            found.setdefault(customer.planfix_account, customer)
    return found


def sharing(customer: Customer) -> list[Customer]:
    """All customers of the account that use its directory."""
    return [other for other in customers_with_directory() if other.planfix_account == customer.planfix_account]


def directory_of(customer: Customer) -> QuerySet[DirectoryAccount]:
    """The directory of the customer's account; empty while it has none, or the customer does not use it."""
    found = DirectoryAccount.objects.filter(account=customer.planfix_account)
    return found if customer.directory else found.none()


def trusted_directory(customer: Customer) -> QuerySet[DirectoryAccount]:
    """The directory, unless its contacts are not all read yet or its changes were last read too long ago."""
    return directory_of(customer).filter(IS_TRUSTED)


def is_read_since(customer: Customer, moment: datetime) -> bool:
    """Whether the directory has every change in Planfix before this time."""
    return trusted_directory(customer).filter(changes_read_at__gte=moment).exists()


def forget_unused_directories() -> None:
    """Deletes, batch by batch, the directories that no customer uses any longer."""
    used = {customer.planfix_account for customer in customers_with_directory()}
    for account in DirectoryAccount.objects.exclude(account__in=used):
        _delete(account)


def _delete(account: DirectoryAccount) -> None:
    """Deletes in short transactions. A reading that is under way loses the row, and stops."""
    while ids := list(account.contacts.values_list("pk", flat=True)[:BATCH]):
        account.contacts.filter(pk__in=ids).delete()
    account.delete()
