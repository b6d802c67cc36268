"""The login page for everybody who may see calls, and the form of both login pages.

Viewers are not staff, so the console's own login page refuses them.
"""

from __future__ import annotations

from typing import Any

import structlog
from django import forms
from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm as UnfoldAuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminTextInputWidget

from integrations.users.audit import audit_account
from integrations.users.client_ip import client_network
from integrations.users.known_device import device_of, remember_device
from integrations.users.login_throttle import LoginAttempt, count, logged_in
from integrations.users.rate_limit import wait_message
from integrations.users.second_factor.codes import accept, factor_of, without_separators
from integrations.users.visibility import sees_all_customers

log = structlog.get_logger(__name__)

CODE_WIDGET = UnfoldAdminTextInputWidget(
    attrs={
        "class": " ".join(BASE_INPUT_CLASSES),
        "autocomplete": "one-time-code",
        "inputmode": "numeric",
        "form": "login-form",  # On the console's page the field lies outside the form.
    }
)


class ThrottledLoginForm(AuthenticationForm):
    """A login form that limits attempts. It does not check the password of an attempt over the limit."""

    code = forms.CharField(label=_("Code of two-factor login"), required=False, max_length=30, widget=CODE_WIDGET)
    asks_for_code = False

    def clean(self) -> dict[str, Any]:
        attempt = self._attempt()
        self.asks_for_code = attempt.has_code
        seconds = count(attempt)
        if seconds:
            self.asks_for_code = True
            raise ValidationError(wait_message(seconds), code="throttled")
        try:
            cleaned = super().clean()
            self._check_code()
        except ValidationError as error:
            self._audit_failure()
            raise _wrong_password_or_code() if attempt.has_code else error from error
        user = self.get_user()
        if user is not None and self.request:
            logged_in(attempt)
            remember_device(self.request, attempt.name)
            audit_account(user, str(_("Logged in")))
        return cleaned

    def _attempt(self) -> LoginAttempt:
        name = str(self.cleaned_data.get("username") or "")
        return LoginAttempt(
            name=name,
            network=client_network(self.request.META) if self.request else "",
            device=device_of(self.request, name) if self.request else "",
            has_code=bool(self.cleaned_data.get("code")),
        )

    def _check_code(self) -> None:
        """Accepts a code entered together with the password, so that the code's own page does not appear."""
        user, code = self.get_user(), self.cleaned_data.get("code")
        if user is None or not code:
            return
        factor = factor_of(user)
        if factor is None or not accept(factor, without_separators(code)):
            raise _wrong_password_or_code()
        user.otp_device = factor  # type: ignore[attr-defined]  # django-otp stores it in the session.

    def _audit_failure(self) -> None:
        user = User.objects.filter(username=self.cleaned_data.get("username")).first()
        if user is None:
            log.warning("login failed", reason="no such user")
        elif self.request:
            audit_account(user, str(_("Login failed")))


class LoginForm(ThrottledLoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("username", "password"):
            self.fields[name].widget.attrs["class"] = " ".join(BASE_INPUT_CLASSES)


class ConsoleLoginForm(ThrottledLoginForm, UnfoldAuthenticationForm):  # type: ignore[misc]
    """The form of the console's login page, for staff."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].widget.attrs["autofocus"] = True


class Login(LoginView):
    template_name = "users/login.html"
    authentication_form = LoginForm
    next_page = "home"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shell = admin.site.each_context(self.request)
        return super().get_context_data(**{**shell, "title": _("Log in"), "site_url": None, **kwargs})


def home(request: HttpRequest) -> HttpResponse:
    """Redirects viewers to the waiting clients, and others to the call log."""
    is_viewer = request.user.is_authenticated and not sees_all_customers(request.user)
    return redirect("calllog:waiting" if is_viewer else "calllog:list")


class Logout(LogoutView):
    next_page = "calllog:login"


def _wrong_password_or_code() -> ValidationError:
    return ValidationError(_("The user name, the password or the code is wrong."), code="wrong_code")
