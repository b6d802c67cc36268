"""The pages of two-factor login: set up, turn off, and enter a code after the password."""

from __future__ import annotations

import re
from typing import Any

import segno
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import RedirectURLMixin
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django.views.generic import FormView
from django_otp import login as remember
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminTextInputWidget

from integrations.models import SecondFactor
from integrations.ui.page_context import page_context
from integrations.users.current_password import PASSWORD_WIDGET, check_password
from integrations.users.rate_limit import wait_message
from integrations.users.second_factor.codes import (
    accept,
    factor_of,
    seconds_until_next_code,
    switch_off,
    switch_on,
    without_separators,
)
from integrations.users.second_factor.middleware import must_have_one

KEY_LASTS = 3600
"""Seconds for which the setup page stays valid."""

CODE = {
    "class": " ".join(BASE_INPUT_CLASSES),
    "autocomplete": "one-time-code",
    "inputmode": "numeric",
}


class CodeForm(forms.Form):
    """Accepts a code of the app or a recovery code, once, with or without spaces."""

    code = forms.CharField(label=gettext_lazy("Code"), max_length=30, widget=UnfoldAdminTextInputWidget(attrs=CODE))

    def __init__(self, factor: SecondFactor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.factor = factor

    def clean_code(self) -> str:
        code = without_separators(self.cleaned_data["code"])
        seconds = seconds_until_next_code(self.factor)
        if seconds:
            raise ValidationError(wait_message(seconds), code="throttled")
        if not self.accepts(code):
            raise ValidationError(_("This code is wrong, or was used before. Wait for the next one."), code="wrong")
        return code

    def accepts(self, code: str) -> bool:
        return accept(self.factor, code)


class FirstCodeForm(CodeForm):
    """Accepts the first code of an unsaved factor, which proves that the app has the key. Asks for the password too:
    otherwise anyone at an unattended browser could lock its user out.
    """

    password = forms.CharField(label=gettext_lazy("Your password"), strip=False, widget=PASSWORD_WIDGET)
    field_order = ["password", "code"]

    def clean_password(self) -> str:
        return check_password(self.factor.user, self.cleaned_data["password"])

    def accepts(self, code: str) -> bool:
        return self.factor.spend_code(code)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def second_factor(request: HttpRequest) -> HttpResponse:
    assert request.user.is_authenticated
    factor = factor_of(request.user)
    if factor:
        return _page(request, factor=factor, form=CodeForm(factor))
    factor = SecondFactor.to_be(request.user, _key(request))
    form = FirstCodeForm(factor, request.POST or None)
    if not form.is_valid():
        return _page(request, form=form, **_to_scan(request, factor))
    try:
        codes = switch_on(factor)
    except IntegrityError:  # The browser sent the form twice at once.
        return redirect("calllog:second_factor")
    remember(request, factor)
    return _page(request, factor=factor, form=CodeForm(factor), recovery_codes=codes)


@require_POST
@login_required
@never_cache
def switch_second_factor_off(request: HttpRequest) -> HttpResponse:
    """Switches the second factor off. Requires a code, so that an unattended browser is not enough."""
    factor = get_object_or_404(SecondFactor, user=request.user.pk)
    form = CodeForm(factor, request.POST)
    if not form.is_valid():
        return _page(request, factor=factor, form=form)
    switch_off(factor)
    messages.success(request, _("Two-factor login is off."))
    return redirect("calllog:second_factor")


@method_decorator([login_required, never_cache], name="dispatch")
class EnterCode(RedirectURLMixin, FormView):  # type: ignore[type-arg]
    """The page that asks for a code after either login page. SecondFactorGuard lets nobody skip it."""

    template_name = "users/second_factor_code.html"
    form_class = CodeForm
    next_page = "home"
    factor: SecondFactor

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        assert request.user.is_authenticated
        factor = factor_of(request.user)
        if factor is None:  # An administrator has just removed it.
            return HttpResponseRedirect(self.get_success_url())
        self.factor = factor
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "factor": self.factor}

    def get_form(self, form_class: type[CodeForm] | None = None) -> CodeForm:
        form: CodeForm = super().get_form(form_class)
        form.fields["code"].widget.attrs["autofocus"] = True
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shell = admin.site.each_context(self.request)
        own = {"title": _("Enter the code"), "site_url": None, "next": self.get_redirect_url()}
        return super().get_context_data(**{**shell, **own, **kwargs})

    def form_valid(self, form: CodeForm) -> HttpResponse:
        # As after a password, a session key that was known before the login must not work after it.
        self.request.session.cycle_key()
        remember(self.request, form.factor)
        return super().form_valid(form)


def _page(request: HttpRequest, **context: Any) -> HttpResponse:
    return render(request, "users/second_factor.html", {**page_context(request, _("Two-factor login")), **context})


def _key(request: HttpRequest) -> str:
    """Returns the key in the submitted page, or a new key. The page carries the signed key, so that the server stores
    nothing before the app has it.
    """
    try:
        return str(signing.loads(request.POST.get("key", ""), salt=_salt(request), max_age=KEY_LASTS))
    except signing.BadSignature:
        return SecondFactor.new_key()


def _to_scan(request: HttpRequest, factor: SecondFactor) -> dict[str, Any]:
    """The key as a QR code, as text, and signed for the form."""
    key = factor.key.reveal()
    return {
        "image": segno.make_qr(factor.address).svg_data_uri(scale=5, light="white"),
        "key": " ".join(re.findall("....", key)),
        "signed_key": signing.dumps(key, salt=_salt(request)),
        "is_required": must_have_one(factor.user),
    }


def _salt(request: HttpRequest) -> str:
    return f"second factor of {request.user.pk}"
