"""Which contact a number led to last, so that its next call needs no search. Receipts write what is remembered."""

from __future__ import annotations

from django.db import connection

from integrations.models import Customer, RememberedContact


def remembered_contact(customer: Customer, number: str) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT contact_id FROM integrations_rememberedcontact WHERE customer_id = %s AND number = %s",
            [customer.pk, number],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def forget_contact(customer: Customer, number: str) -> None:
    RememberedContact.objects.filter(customer=customer, number=number).delete()
