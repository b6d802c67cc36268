"""Redirects users who need a second factor and have entered only their password to the page that asks for it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin
from django_otp import DEVICE_ID_SESSION_KEY

from integrations.users.second_factor.codes import factor_of
from integrations.users.visibility import sees_all_customers

CODE_PAGE = "calllog:second_factor_code"
SET_UP_PAGE = "calllog:second_factor"
ALWAYS_OPEN = {"calllog:logout", "admin:logout", "set_language"}


class SecondFactorGuard(MiddlewareMixin):
    """Checks each request of a logged-in user. The session stores which factor the user has shown, so it does not
    matter which login page checked the password, or when. Programs with an API token have no session, so the guard does
    not concern them.
    """

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        if not request.user.is_authenticated:
            return None
        page = _page_to_come_first(request, request.user)
        here = request.resolver_match.view_name if request.resolver_match else ""
        if not page or here == page or here in ALWAYS_OPEN:
            return None
        if request.headers.get("HX-Request"):
            return HttpResponse(status=401)
        back = request.get_full_path() if request.method == "GET" else ""
        return redirect_to_login(back, reverse(page))


def _page_to_come_first(request: HttpRequest, user: User) -> str:
    factor = factor_of(user)
    if factor:
        has_shown_it = request.session.get(DEVICE_ID_SESSION_KEY) == factor.persistent_id
        return "" if has_shown_it else CODE_PAGE
    return SET_UP_PAGE if must_have_one(user) else ""


def must_have_one(user: User) -> bool:
    return settings.REQUIRE_SECOND_FACTOR and sees_all_customers(user)
