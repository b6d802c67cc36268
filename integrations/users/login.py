"""Signing in and out for everybody who may see calls: viewers are no staff, and the admin's own login refuses them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.forms import AuthenticationForm as UnfoldAuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES

from integrations.users.client_ip import client_address
from integrations.users.login_throttle import logged_in, seconds_to_wait


class Throttled(AuthenticationForm):
    """A login that tells those who try too often to wait, and then does not even look at the password."""

    def clean(self) -> dict[str, Any]:
        name = str(self.cleaned_data.get("username") or "")
        address = client_address(self.request.META) if self.request else ""
        seconds = seconds_to_wait(name, address)
        if seconds:
            raise ValidationError(wait_message(seconds), code="throttled")
        cleaned = super().clean()
        if self.get_user() is not None:
            logged_in(name, address)
        return cleaned


class LoginForm(Throttled):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = " ".join(BASE_INPUT_CLASSES)


class ConsoleLoginForm(Throttled, UnfoldAuthenticationForm):  # type: ignore[misc]
    """Of the admin's own login page, for staff."""


class Login(LoginView):
    template_name = "calllog/login.html"
    authentication_form = LoginForm
    next_page = "calllog:list"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shell = admin.site.each_context(self.request)
        return super().get_context_data(**{**shell, "title": _("Log in"), "site_url": None, **kwargs})


class Logout(LogoutView):
    next_page = "calllog:login"


def wait_message(seconds: int) -> str:
    minutes = -(-seconds // 60)
    text = ngettext(
        "Too many tries. Wait a minute, then try again.",
        "Too many tries. Wait %(minutes)s minutes, then try again.",
        minutes,
    )
    return text % {"minutes": minutes}
