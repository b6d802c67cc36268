"""The request class of the web process. Forms and addresses are UTF-8, whatever charset the request names."""

from __future__ import annotations

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.utils.http import parse_header_parameters


class Request(WSGIRequest):
    """Ignores the charset of the content type. Django uses it and crashes before our code sees the request if Python
    knows it as a codec that is no charset (zip, undefined, idna). The webhook reads its body itself.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
