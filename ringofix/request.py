"""The request class of the web process. It reads forms and addresses as UTF-8, whatever charset the request names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.http import parse_header_parameters

from ringofix.errors import nul_refused

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class Request(WSGIRequest):
    """Ignores the charset of the content type. Django would use it, and would crash before our code sees the request if
    it is a Python codec but no charset (zip, undefined, idna). The webhook decodes its body itself.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


def refuse_nul(get_response: GetResponse) -> GetResponse:
    """Middleware: answers 400 to a request with a NUL in its path, query or form. PostgreSQL cannot store a NUL. With
    this middleware, no page needs to check for it.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        names = _names_with_nul(request.GET)
        if request.method == "POST":
            names += _names_with_nul(request.POST)
        return nul_refused(request, names) if names or "\0" in request.path_info else get_response(request)

    return answer


def _names_with_nul(parameters: QueryDict) -> list[str]:
    return [name for name, values in parameters.lists() if "\0" in "".join([name, *values])]
