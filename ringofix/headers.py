"""Adds the Permissions-Policy and Cache-Control headers. The settings define the Content-Security-Policy."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

GetResponse = Callable[[HttpRequest], HttpResponseBase]

UNUSED = (
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone", "midi"),
    *("payment", "publickey-credentials-get", "screen-wake-lock", "usb", "xr-spatial-tracking"),
)


def permissions_policy(get_response: GetResponse) -> GetResponse:
    """Middleware: denies browser features that no page needs."""
    value = ", ".join(f"{name}=()" for name in UNUSED)

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Permissions-Policy", value)
        return response

    return answer


def no_store(get_response: GetResponse) -> GetResponse:
    """Middleware: forbids caches to keep a response, unless it says otherwise itself. Without this, caches may keep
    errors, and permanent redirects, whose address may contain a phone number.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    return answer
