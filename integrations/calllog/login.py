"""Signing in and out for everybody who may see calls: viewers are no staff, and the admin's own login refuses them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.utils.translation import gettext_lazy as _
from unfold.widgets import BASE_INPUT_CLASSES


class LoginForm(AuthenticationForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = " ".join(BASE_INPUT_CLASSES)


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
