"""Serves the addresses for machines before the middlewares for people."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import Resolver404, get_resolver

MACHINE_URLS = "ringofix.machine_urls"

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def machine_addresses(get_response: GetResponse) -> GetResponse:
    """Middleware: answers addresses of MACHINE_URLS itself, and passes all others on to the next middlewares.

    A machine needs no checks of hosts, TLS, sessions, languages and forms, and they cost more than storing a call.
    """
    resolver = get_resolver(MACHINE_URLS)

    def answer(request: HttpRequest) -> HttpResponseBase:
        try:
            view, args, kwargs = resolver.resolve(request.path_info)
        except Resolver404:
            return get_response(request)
        return _complete(view(request, *args, **kwargs))

    return answer


def _complete(response: HttpResponseBase) -> HttpResponseBase:
    """Completes a response as Django does after a view's middlewares."""
    if isinstance(response, SimpleTemplateResponse):
        response.render()
    content = response.content if isinstance(response, HttpResponse) else b""
    if content:
        response["Content-Length"] = str(len(content))
    return response
