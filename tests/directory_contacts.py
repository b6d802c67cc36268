"""Directory contacts for tests that do not read them from Planfix."""

from __future__ import annotations

from typing import Any

from integrations.models import Customer, DirectoryAccount, DirectoryContact, DirectoryNumber, Spelling


def add_directory_contact(customer: Customer, contact_id: int, *numbers: str, **columns: Any) -> DirectoryContact:
    """A contact of the customer's account with these full numbers. Iryna (5) is responsible for it."""
    account, _ = DirectoryAccount.objects.get_or_create(account=customer.planfix_account)
    values = {"is_company": False, "name": f"Contact {contact_id}", "responsible_ids": [5]} | columns
    contact = DirectoryContact.objects.create(account=account, contact_id=contact_id, **values)
    for number in numbers:
        DirectoryNumber.objects.create(
            contact=contact, account=account, number=number, written=number, spelling=Spelling.FULL
        )
    return contact
