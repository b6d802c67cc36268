"""The page of a user's API tokens. It creates tokens after asking for the password, and shows each one only once."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from integrations.models import ApiToken
from integrations.models.access import LONGEST_TOKEN_DAYS
from integrations.ui.page_context import page_context
from integrations.users.audit import audit_record
from integrations.users.current_password import CurrentPassword

MOST = 20
"""The most tokens of one user."""

INPUT = " ".join(BASE_INPUT_CLASSES)
LIFETIMES = {
    30: gettext_lazy("30 days"),
    90: gettext_lazy("90 days"),
    LONGEST_TOKEN_DAYS: gettext_lazy("One year"),
}


class NewToken(CurrentPassword):
    name = forms.CharField(
        label=gettext_lazy("What the token is for"),
        max_length=100,
        widget=UnfoldAdminTextInputWidget(attrs={"class": INPUT, "autocomplete": "off"}),
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("How long it is valid"),
        coerce=int,
        choices=list(LIFETIMES.items()),
        initial=90,
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ["name", "days", "password"]


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def api_access(request: HttpRequest) -> HttpResponse:
    assert request.user.is_authenticated
    form = NewToken(request.user, request.POST or None)
    tokens = ApiToken.objects.filter(user=request.user.pk)
    plain = ""
    if form.is_valid() and tokens.count() >= MOST:
        form.add_error(None, _("You cannot have more tokens. Revoke one before you create another."))
    if form.is_valid():
        plain = _create(request, form)
        form = NewToken(request.user)
    context = {
        "form": form,
        "tokens": tokens,
        "plain": plain,
        "calls_address": settings.PUBLIC_URL + reverse("api:calls"),
    }
    return render(request, "users/api_access.html", {**page_context(request, _("API access")), **context})


@require_POST
@login_required
def withdraw_token(request: HttpRequest, token_id: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, user=request.user.pk, pk=token_id)
    token.delete()
    audit_record(request.user, _("Revoked the API token “%(name)s”") % {"name": token.name})
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": token.name})
    return redirect("calllog:api_access")


def _create(request: HttpRequest, form: NewToken) -> str:
    """Creates a token and returns its plain text, which appears in this one response and nowhere else."""
    token, plain = ApiToken.issue(form.user, form.cleaned_data["name"], days=form.cleaned_data["days"])
    audit_record(request.user, _("Created the API token “%(name)s”") % {"name": token.name})
    return plain
