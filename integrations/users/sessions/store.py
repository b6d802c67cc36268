"""Stores sessions by the hash of their key, with the user, the browser and the time of the last use.

A person who reads the database thus cannot use a session. Django loads SessionStore through SESSION_ENGINE.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AbstractBaseUser, User
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from integrations.models import UserSession
from integrations.users.visibility import sees_all_customers


class SessionStore(DatabaseStore):
    row: UserSession | None = None
    """The loaded row; None for a new session."""

    @classmethod
    def get_model_class(cls) -> type[UserSession]:
        return UserSession

    def load(self) -> dict[str, Any]:
        self.row = _found(self.session_key)
        if self.row is None:
            self._session_key = None
            return {}
        data: dict[str, Any] = self.decode(self.row.session_data)
        return data

    def exists(self, session_key: str) -> bool:
        return UserSession.objects.filter(session_key=hash_of(session_key)).exists()

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            return self.create()
        data: dict[str, Any] = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        columns = {
            "session_data": self.encode(data),
            "expire_date": self.get_expiry_date(),
            "user_id": data.get(SESSION_KEY),
        }
        key = hash_of(self.session_key)
        if must_create:
            _create(key, columns)
        elif not UserSession.objects.filter(session_key=key).update(**columns):
            raise UpdateError

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            UserSession.objects.filter(session_key=hash_of(key)).delete()


def hash_of(session_key: str) -> str:
    """The hash that is stored for a session key. It needs no salt, because nobody can guess a session key."""
    return hashlib.sha256(session_key.encode("utf-8", "replace")).hexdigest()


def sessions_of(user: AbstractBaseUser) -> QuerySet[UserSession]:
    """The user's sessions that have not expired, the last used first."""
    return UserSession.objects.filter(user=user.pk, expire_date__gt=timezone.now()).order_by("-last_used_at")


def end_sessions(user: AbstractBaseUser, *, but: str | None = None) -> int:
    """Ends the user's sessions, except the one with the key `but`. Returns their number."""
    others = UserSession.objects.filter(user=user.pk)
    if but:
        others = others.exclude(session_key=hash_of(but))
    return others.delete()[0]


def idle_limit(user: User) -> timedelta:
    """How long the user's session may stay unused."""
    minutes = settings.IDLE_MINUTES if sees_all_customers(user) else settings.VIEWER_IDLE_MINUTES
    return timedelta(minutes=minutes)


def _found(session_key: str | None) -> UserSession | None:
    if not session_key:
        return None
    return UserSession.objects.filter(session_key=hash_of(session_key), expire_date__gt=timezone.now()).first()


def _create(key: str, columns: dict[str, Any]) -> None:
    try:
        with transaction.atomic():
            UserSession.objects.create(session_key=key, **columns)
    except IntegrityError as error:
        raise CreateError from error
