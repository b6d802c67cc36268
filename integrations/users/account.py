"""The account page: a user's password, second factor, API tokens and sessions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from unfold.widgets import BASE_INPUT_CLASSES

from integrations.models import ApiToken
from integrations.ui.page_context import page_context
from integrations.users.audit import audit_account
from integrations.users.current_password import check_password
from integrations.users.roles import role_of
from integrations.users.second_factor.codes import factor_of
from integrations.users.sessions.devices import browser_name
from integrations.users.sessions.store import end_sessions, hash_of, sessions_of


class NewPassword(PasswordChangeForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = " ".join(BASE_INPUT_CLASSES)

    def clean_old_password(self) -> str:
        return check_password(self.user, self.cleaned_data["old_password"])


@require_safe
@login_required
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    current = hash_of(request.session.session_key or "")
    sessions = [
        {
            "id": row.pk,
            "browser": browser_name(row.device),
            "address": row.address,
            "created_at": row.created_at,
            "last_used_at": row.last_used_at,
            "is_current": row.pk == current,
        }
        for row in sessions_of(user)
    ]
    context = {
        "role": role_of(user).label,
        "factor": factor_of(user),
        "token_count": ApiToken.objects.filter(user=user).count(),
        "sessions": sorted(sessions, key=lambda session: not session["is_current"]),
    }
    return render(request, "users/account.html", {**page_context(request, _("Your account")), **context})


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def change_password(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    form = NewPassword(user, request.POST or None)
    if not form.is_valid():
        return render(request, "users/password.html", {**page_context(request, _("Change password")), "form": form})
    form.save()
    update_session_auth_hash(request, user)
    audit_account(user, _("Changed the password"))
    messages.success(request, _("Your password is changed. All other sessions are ended, all API tokens revoked."))
    return redirect("account:account")


@require_POST
@login_required
@never_cache
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """Ends one session of the user, or all but this one if none is named."""
    user = _user(request)
    wanted = request.POST.get("session", "")
    if wanted:
        count = sessions_of(user).filter(pk=wanted).delete()[0]
    else:
        count = end_sessions(user, but=request.session.session_key)
    if count:
        audit_account(user, ngettext("Ended %(count)s session", "Ended %(count)s sessions", count) % {"count": count})
    text = ngettext("%(count)s session ended.", "%(count)s sessions ended.", count)
    messages.success(request, text % {"count": count})
    return redirect("account:account")


def _user(request: HttpRequest) -> User:
    assert request.user.is_authenticated
    return request.user
