"""Recognises browsers where a user has logged in before, by a signed cookie (OWASP: device cookies).

Such a browser has its own limit of login attempts. The cookie logs nobody in.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponseBase

from integrations.users.login_throttle import canonical_name

COOKIE = "__Host-device" if settings.HTTPS else "device"
LASTS = 180 * 24 * 3600
"""Seconds for which the cookie is valid."""

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def device_of(request: HttpRequest, name: str) -> str:
    """Returns the id of the browser if the user of this name has logged in with it, else ""."""
    try:
        return _signer(name).unsign(request.COOKIES.get(COOKIE, ""), max_age=LASTS)
    except BadSignature:
        return ""


def remember_device(request: HttpRequest, name: str) -> None:
    """Signs a new cookie for the user. device_cookies() adds it to the response."""
    request.known_device = _signer(name).sign(secrets.token_urlsafe(12))  # type: ignore[attr-defined]


def device_cookies(get_response: GetResponse) -> GetResponse:
    """Middleware: sends the cookie after a login on either login page."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        cookie = getattr(request, "known_device", "")
        if cookie:
            response.set_cookie(
                COOKIE, cookie, max_age=LASTS, secure=settings.HTTPS, httponly=True, samesite="Lax", path="/"
            )
        return response

    return answer


def _signer(name: str) -> TimestampSigner:
    return TimestampSigner(salt=f"known device|{canonical_name(name)}")
