"""The audit log: who did what, when, and from which address. Its entries are Django's LogEntry, which the console's
forms write too. AuditOrigin keeps the address of each entry.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from integrations.models import AuditOrigin, Customer
from integrations.users.client_ip import client_address

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_address: ContextVar[str] = ContextVar("client_address", default="")
"""The client's IP address of the request that this thread serves; "" in the worker and in commands."""


def audit_record(user: AbstractBaseUser | AnonymousUser, what: str, customer: Customer | None = None) -> None:
    """Writes one entry, in the language of the user. The sentence must hold no secret and no client's number.

    Without a customer the entry is about several customers, or about none.
    """
    assert user.pk, "only a logged-in user does anything"
    _write(user.pk, what, customer)


def audit_account(user: AbstractBaseUser, what: str, by: AbstractBaseUser | None = None) -> None:
    """Writes one entry about a user's account: logins, second factor, password. Only administrators can read it.

    `by`: who did it, if not the user.
    """
    _write((by or user).pk, what, user)


def audit_logout(user: AbstractBaseUser | None, **signal: Any) -> None:
    """Records a logout: by a click, or after the session was unused for too long. Receives user_logged_out."""
    if user and user.pk:
        audit_account(user, _("Logged out"))


def audit_origins(get_response: GetResponse) -> GetResponse:
    """Middleware: remembers the client's address for the entries that this request writes."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        token = _address.set(client_address(request.META))
        try:
            return get_response(request)
        finally:
            _address.reset(token)

    return answer


def store_origin(instance: LogEntry, created: bool, **signal: Any) -> None:
    """Stores the address of a new entry, whatever code wrote it. Receives LogEntry's post_save."""
    if created and _address.get():
        AuditOrigin.objects.create(entry=instance, address=_address.get()[:64])


def _write(user_id: int, what: str, about: Customer | AbstractBaseUser | None) -> None:
    model = User if isinstance(about, AbstractBaseUser) else Customer
    LogEntry.objects.create(
        user_id=user_id,
        action_flag=CHANGE,
        content_type=ContentType.objects.get_for_model(model) if about else None,
        object_id=str(about.pk) if about else None,
        object_repr=str(about)[:200] if about else "",
        change_message=str(what),
    )
