"""The contact of a number at its last call, so that the next call needs no search. The receipts store it."""

from __future__ import annotations

from django.db import connection

from integrations.models import Customer, RememberedContact
from integrations.services.contacts.sql import REMEMBERED_CONTACT


def remembered_contact(customer: Customer, number: str) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(REMEMBERED_CONTACT, {"customer": customer.pk, "number": number})
        row = cursor.fetchone()
    return row[0] if row else None


def forget_contact(customer: Customer, number: str) -> None:
    RememberedContact.objects.filter(customer=customer, number=number).delete()
