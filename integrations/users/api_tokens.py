"""A user's tokens of the read API: made, shown once, withdrawn."""

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
from django.views.decorators.http import require_http_methods, require_POST
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminTextInputWidget

from integrations.models import ApiToken
from integrations.ui.page_context import page_context
from integrations.users.audit import audit_record

MOST = 20
"""Tokens of one user."""

INPUT = " ".join(BASE_INPUT_CLASSES)


class NewToken(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("What the token is for"),
        max_length=100,
        widget=UnfoldAdminTextInputWidget(attrs={"class": INPUT, "autocomplete": "off"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def api_access(request: HttpRequest) -> HttpResponse:
    form = NewToken(request.POST or None)
    tokens = ApiToken.objects.filter(user=request.user.pk)
    plain = ""
    if form.is_valid() and tokens.count() >= MOST:
        form.add_error(None, _("You have as many tokens as you may have. Withdraw one before you make another."))
    if form.is_valid():
        plain = _made(request, form.cleaned_data["name"])
        form = NewToken()
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
    audit_record(request.user, _("Withdrew the API token “%(name)s”") % {"name": token.name})
    messages.success(request, _("The token “%(name)s” is withdrawn.") % {"name": token.name})
    return redirect("calllog:api_access")


def _made(request: HttpRequest, name: str) -> str:
    """The plain token. It is in this one answer and nowhere else."""
    assert request.user.is_authenticated
    token, plain = ApiToken.issue(request.user, name)
    audit_record(request.user, _("Made the API token “%(name)s”") % {"name": token.name})
    return plain
