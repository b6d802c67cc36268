"""Ends a user's API tokens and sessions after a change of password or second factor, or after a deactivation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from integrations.models import ApiToken, SecondFactor
from integrations.users.sessions.store import end_sessions


class RevokeOnPasswordChange:
    """Ends tokens and sessions when a password changes. It is a password validator that refuses nothing, because Django
    notifies all validators of a change by any page or command.
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
    """Revokes the user's API tokens when the second factor is switched on or off. Receives SecondFactor's post_save and
    post_delete.
    """
    if created:
        ApiToken.objects.filter(user=instance.user_id).delete()


def user_saved(instance: User, **signal: Any) -> None:
    """Ends tokens and sessions of a deactivated user, so that a reactivation does not reopen them. Receives User's
    post_save.

    Does the same for a user whose password was disabled: Django does not notify validators of that.
    """
    if not instance.is_active or (_has_lost_password(instance) and _is_saved("password", signal)):
        revoke_tokens(instance)
        end_sessions(instance)


def _has_lost_password(user: User) -> bool:
    return bool(user.password) and not user.has_usable_password()


def _is_saved(column: str, signal: Mapping[str, Any]) -> bool:
    """Tells whether the save that sent the signal wrote this column."""
    return signal.get("update_fields") is None or column in signal["update_fields"]
