"""Stores the contacts that Planfix lists, and forgets those that are gone. Writes only what differs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from integrations.models import Customer, DirectoryAccount, DirectoryContact, DirectoryNumber, RememberedContact
from integrations.planfix.records.contact_list import ListedContact
from integrations.services.directory.accounts import directory_of
from integrations.services.directory.contact_numbers import WrittenNumber, numbers_of

NAME_LENGTH = DirectoryContact._meta.get_field("name").max_length or 0
COLUMNS = ("is_company", "name", "responsible_ids", "deleted")
Numbers = frozenset[WrittenNumber]


def save_contacts(
    account: DirectoryAccount, page: Iterable[ListedContact], *, regions: Collection[str], customer_ids: Collection[int]
) -> None:
    """Stores a page of listed contacts. Call it in a transaction.

    `regions`: the countries of numbers without country code. `customer_ids`: of all customers of the account.
    """
    listed = {contact.id: contact for contact in page}
    known = _known(account, listed)
    numbers = {key: _numbers(contact, regions) for key, contact in listed.items()}
    changed = [
        _row(account, contact)
        for key, contact in listed.items()
        if key not in known or _differs(*known[key], contact, numbers[key])
    ]
    account.contacts.filter(contact_id__in=listed).update(seen_at=Now())
    _write(account, changed, numbers)
    lost = {key: stored - numbers[key] for key, (_, stored) in known.items()}
    _forget_moved_numbers(account, lost, customer_ids)


def _numbers(contact: ListedContact, regions: Collection[str]) -> Numbers:
    return frozenset() if contact.is_deleted else numbers_of(contact.phones, regions)


def _known(account: DirectoryAccount, ids: Collection[int]) -> dict[int, tuple[DirectoryContact, Numbers]]:
    rows = account.contacts.filter(contact_id__in=ids).prefetch_related("numbers")
    return {
        row.contact_id: (row, frozenset(WrittenNumber(one.number, one.written) for one in row.numbers.all()))
        for row in rows
    }


def _row(account: DirectoryAccount, contact: ListedContact) -> DirectoryContact:
    return DirectoryContact(
        account=account,
        contact_id=contact.id,
        is_company=contact.is_company,
        name="" if contact.is_deleted else contact.name[:NAME_LENGTH],
        responsible_ids=[] if contact.is_deleted else list(contact.responsible_ids),
        deleted=contact.is_deleted,
        seen_at=Now(),
        changed_at=Now(),
    )


def _differs(row: DirectoryContact, stored: Numbers, contact: ListedContact, numbers: Numbers) -> bool:
    new = _row(row.account, contact)
    return stored != numbers or any(getattr(row, column) != getattr(new, column) for column in COLUMNS)


def _write(account: DirectoryAccount, rows: list[DirectoryContact], numbers: Mapping[int, Numbers]) -> None:
    DirectoryContact.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["account", "contact_id"],
        update_fields=[*COLUMNS, "seen_at", "changed_at"],
    )
    DirectoryNumber.objects.filter(contact__in=rows).delete()
    DirectoryNumber.objects.bulk_create(
        DirectoryNumber(contact=row, account=account, number=one.number, written=one.written, spelling=one.spelling)
        for row in rows
        for one in sorted(numbers[row.contact_id])
    )


def _forget_moved_numbers(
    account: DirectoryAccount, lost: Mapping[int, Numbers], customer_ids: Collection[int]
) -> None:
    """Forgets that calls of a number went to a contact that lost it, where another contact has it now."""
    for contact_id, numbers in lost.items():
        texts = {one.number for one in numbers if one.number}
        if not texts:
            continue
        others = DirectoryNumber.objects.filter(account=account, number=OuterRef("number"), contact__deleted=False)
        is_moved = Exists(others.exclude(contact__contact_id=contact_id))
        RememberedContact.objects.filter(
            is_moved, customer__in=customer_ids, contact_id=contact_id, number__in=texts
        ).delete()


def forget_contact(account: DirectoryAccount, contact_id: int) -> None:
    """Marks the contact as deleted, and deletes its name and numbers."""
    rows = account.contacts.filter(contact_id=contact_id, deleted=False)
    with transaction.atomic():
        for row in rows.select_for_update():
            gone_row = _row(account, ListedContact.gone(contact_id))
            gone_row.is_company = row.is_company
            _write(account, [gone_row], {contact_id: frozenset()})


def forget_gone_contact(customer: Customer, contact_id: int | None) -> None:
    """Call it when Planfix reports to a call that the contact is gone."""
    if contact_id is None:
        return
    for account in directory_of(customer):
        forget_contact(account, contact_id)


def enter_contact(
    customer: Customer, contact_id: int, *, name: str, number: str, responsible_id: int | None = None
) -> None:
    """Enters a contact that was just created. `number`: in full format. Does nothing without a directory."""
    created = ListedContact(
        id=contact_id,
        name=name,
        is_company=False,
        phones=(number,),
        responsible_ids=(responsible_id,) if responsible_id else (),
    )
    for account in directory_of(customer):
        with transaction.atomic():
            save_contacts(account, [created], regions=[customer.region], customer_ids=[])


def erase_number(customer: Customer, number: str) -> int:
    """Deletes the contacts with this number from the directory. Returns how many. Planfix keeps them."""
    numbers = DirectoryNumber.objects.filter(account__account=customer.planfix_account, number=number)
    found = list(numbers.values_list("contact", flat=True).distinct())
    DirectoryContact.objects.filter(pk__in=found).delete()
    return len(found)


def missing_contact(account: DirectoryAccount, since: datetime) -> int | None:
    """The id of a contact that the round since this time did not list."""
    rows = account.contacts.filter(seen_at__lt=since, deleted=False).order_by("contact_id")
    return rows.values_list("contact_id", flat=True).first()
