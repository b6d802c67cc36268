"""Stores which contacts a customer sends, and counts the contacts that were sent."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from integrations.models import Customer, DirectoryContact, PhoneBook, PhoneBookContacts, PhoneBookEntry


@dataclass(frozen=True, kw_only=True)
class PhoneBookState:
    contacts: PhoneBookContacts
    sent: int = 0
    """How many contacts Ringostat's contact book holds."""
    deleted: int = 0
    """How many of them are deleted in Planfix."""
    book: PhoneBook | None = None


def chosen_contacts(customer: Customer) -> PhoneBookContacts:
    chosen = PhoneBook.objects.filter(customer=customer).values_list("contacts", flat=True).first()
    return PhoneBookContacts(chosen or PhoneBookContacts.NONE)


def choose_contacts(customer: Customer, contacts: PhoneBookContacts) -> None:
    """Stores the choice. A new choice starts again at the beginning of the directory, and turns it on if it is off.

    Contacts already sent stay in Ringostat.
    """
    if contacts == chosen_contacts(customer):
        return
    columns = {"contacts": contacts, "cursor_at": None, "cursor_id": 0, "round_at": None}
    begin = {"next_at": Now(), "failures": 0, "trouble": ""}
    PhoneBook.objects.update_or_create(customer=customer, defaults={**columns, **begin})
    if contacts != PhoneBookContacts.NONE:
        customer.directory = True
        customer.save(update_fields=["directory"])


def phone_book_state(customer: Customer) -> PhoneBookState:
    book = PhoneBook.objects.filter(customer=customer).first()
    if book is None:
        return PhoneBookState(contacts=PhoneBookContacts.NONE)
    entries = PhoneBookEntry.objects.filter(customer=customer)
    gone = DirectoryContact.objects.filter(
        account__account=customer.planfix_account, contact_id=OuterRef("contact_id"), deleted=True
    )
    return PhoneBookState(
        contacts=PhoneBookContacts(book.contacts),
        sent=entries.count(),
        deleted=entries.filter(Exists(gone)).count(),
        book=book,
    )
