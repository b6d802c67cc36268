"""Who did what and when, beside what the admin's forms record by themselves: one book for both, Django's LogEntry."""

from __future__ import annotations

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.contenttypes.models import ContentType

from integrations.models import Customer


def audit_record(user: AbstractBaseUser | AnonymousUser, what: str, customer: Customer | None = None) -> None:
    """Writes down a sentence, in the language of who did it. Never put a secret or a client's number into it.

    Without a customer it concerns several, or none.
    """
    assert user.pk, "only who has logged in does anything"
    LogEntry.objects.create(
        user_id=user.pk,
        action_flag=CHANGE,
        content_type=ContentType.objects.get_for_model(Customer) if customer else None,
        object_id=str(customer.pk) if customer else None,
        object_repr=str(customer)[:200] if customer else "",
        change_message=what,
    )
