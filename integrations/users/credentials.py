"""Ends what a user's old credentials have opened: API tokens and sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from integrations.models import ApiToken, SecondFactor
from integrations.users.sessions.store import end_sessions


class RevokeOnPasswordChange:
    """A password validator that refuses nothing. Django tells all validators that a password was changed, on whatever
    page or command.
    """

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        pass

    def password_changed(self, password: str, user: AbstractBaseUser | None = None) -> None:
        if user and user.pk:
            revoke_tokens(user)
            end_sessions(user)

    def get_help_text(self) -> str:
        return _("A new password ends all other sessions and revokes all API tokens.")


def revoke_tokens(user: AbstractBaseUser) -> None:
    ApiToken.objects.filter(user=user.pk).delete()


def second_factor_changed(instance: SecondFactor, created: bool = True, **signal: Any) -> None:
    """Receives SecondFactor's post_save and post_delete: switching it on or off revokes the API tokens."""
    if created:
        ApiToken.objects.filter(user=instance.user_id).delete()


def user_saved(instance: User, **signal: Any) -> None:
    """Receives User's post_save: what a deactivated user had open stays closed after a reactivation. A user whose
    password was disabled is logged out too: no validator is told of that.
    """
    if not instance.is_active or (_has_lost_password(instance) and _is_saved("password", signal)):
        revoke_tokens(instance)
        end_sessions(instance)


def _has_lost_password(user: User) -> bool:
    return bool(user.password) and not user.has_usable_password()


def _is_saved(column: str, signal: Mapping[str, Any]) -> bool:
    """Tells whether the save that sent the signal wrote this column."""
    return signal.get("update_fields") is None or column in signal["update_fields"]
