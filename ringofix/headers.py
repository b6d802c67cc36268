"""The Permissions-Policy and Cache-Control headers. The settings define the Content-Security-Policy."""

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
    """Middleware: no cache keeps a response that does not say otherwise. Caches may keep a permanent redirect, whose
    address may have a phone number, and an error.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    return answer
