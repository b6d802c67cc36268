"""Serves the addresses for machines before the middlewares for people."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import Resolver404, get_resolver

MACHINE_URLS = "ringofix.machine_urls"

GetResponse = Callable[[HttpRequest], HttpResponseBase]


def machine_addresses(get_response: GetResponse) -> GetResponse:
    """Middleware: an address of MACHINE_URLS is answered here, every other one by the middlewares that follow.

    Hosts, TLS, sessions, languages and forms are of no use to a machine, and cost more than storing a call.
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
    """Does what Django does for a view after its middlewares."""
    if isinstance(response, SimpleTemplateResponse):
        response.render()
    content = response.content if isinstance(response, HttpResponse) else b""
    if content:
        response["Content-Length"] = str(len(content))
    return response
