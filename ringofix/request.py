"""A request as the web server gives it. Whatever it says of its charset, forms and addresses are UTF-8."""

from __future__ import annotations

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class Request(WSGIRequest):
    """Django believes the charset of a content type, and falls over one that Python knows and text cannot have (zip,
    undefined, idna): before anything of ours has seen the request. Webhooks read their bodies themselves.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
