"""Makes the entries that telephones show for contacts. Reads only the database."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping

from integrations.models import Customer, DirectoryContact, DirectoryNumber, Employee
from integrations.planfix.links import contact_url
from integrations.ringostat.telephone.contact import PhoneBookContact

MOST_NUMBERS = 10


def phone_book_contacts(customer: Customer, rows: Collection[DirectoryContact]) -> list[PhoneBookContact]:
    """Makes the entries of the contacts that have a phone number. Two queries."""
    employees = {employee.planfix_user_id: employee for employee in customer.employees.all()}
    numbers: dict[int, dict[str, None]] = {}
    found = DirectoryNumber.objects.filter(contact__in=rows).exclude(number="").order_by("pk")
    for contact_pk, number in found.values_list("contact_id", "number"):
        numbers.setdefault(contact_pk, {})[number] = None
    return [
        _contact(customer, row, tuple(numbers[row.pk])[:MOST_NUMBERS], employees)
        for row in rows
        if row.pk in numbers and not row.deleted
    ]


def content_hash(customer: Customer, contact: PhoneBookContact) -> str:
    """A hash of everything that is sent, including the Ringostat project."""
    return hashlib.sha256(repr(contact.to_json(customer.ringostat_project_id)).encode()).hexdigest()[:16]


def _contact(
    customer: Customer, row: DirectoryContact, numbers: tuple[str, ...], employees: Mapping[int | None, Employee]
) -> PhoneBookContact:
    responsible = next(_known(row, employees), None)
    user_id = responsible.planfix_user_id if responsible else next(iter(row.responsible_ids), None)
    return PhoneBookContact(
        external_id=str(row.contact_id),
        name=row.name or numbers[0],
        numbers=numbers,
        link=contact_url(customer.planfix_url, row.contact_id),
        responsible=str(user_id or ""),
        staff_id=responsible.staff_id if responsible else "",
    )


def _known(row: DirectoryContact, employees: Mapping[int | None, Employee]) -> Iterator[Employee]:
    """The responsible employees who have a telephone in Ringostat, in Planfix's order."""
    for user_id in row.responsible_ids:
        if (employee := employees.get(user_id)) and employee.staff_id:
            yield employee
