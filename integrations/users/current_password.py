"""Asks for the user's current password, so that nobody can use an unattended browser."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminPasswordWidget

from integrations.users.rate_limit import Limit, hit, reset, wait_message

WRONG_PASSWORDS = Limit(times=5, seconds=15 * 60)
"""The limit for one user on the pages that ask for the current password."""
PASSWORD_WIDGET = UnfoldAdminPasswordWidget(
    attrs={"class": " ".join(BASE_INPUT_CLASSES), "autocomplete": "current-password"}
)


class CurrentPassword(forms.Form):
    """A form that only the user can send, because it asks for the password."""

    password = forms.CharField(label=gettext_lazy("Your password"), strip=False, widget=PASSWORD_WIDGET)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        return check_password(self.user, self.cleaned_data["password"])


def check_password(user: User, password: str) -> str:
    """Returns the password if it is right. Raises ValidationError if it is wrong, or after too many attempts."""
    what = f"password of|{user.pk}"
    seconds = hit(what, WRONG_PASSWORDS)
    if seconds:
        raise ValidationError(wait_message(seconds), code="throttled")
    if not user.check_password(password):
        raise ValidationError(_("This is not your password."), code="wrong")
    reset(what)
    return password
