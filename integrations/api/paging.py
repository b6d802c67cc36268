"""Cursor pagination of the read API, by the keyset of the call log: every page costs the same."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from integrations.calllog.list.keyset_paging import BadPosition, page_of
from integrations.models import Call
from integrations.ui.call_row import RELATED

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class KeysetPagination(BasePagination):
    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        size = _limit(request.query_params.get("limit", ""))
        try:
            rows = Call.objects.select_related(*RELATED)
            page = page_of([queryset], rows=rows, before=request.query_params.get("cursor", ""), size=size)
        except BadPosition as error:
            raise ValidationError({"cursor": [_("This is not a cursor. Use the URL in “next”.")]}) from error
        self.next = replace_query_param(request.build_absolute_uri(), "cursor", page.older) if page.older else None
        return page.calls

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.next, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        following = {
            "type": "string",
            "format": "uri",
            "nullable": True,
            "description": _("The URL of the next page, with older calls; null on the last page."),
            "example": "https://ringofix.example/api/v1/calls/?cursor=1772445600000000-8123",
        }
        properties = {"next": following, "results": schema}
        return {"type": "object", "required": list(properties), "properties": properties}

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        cursor = {"type": "string"}
        limit = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
        texts = {"cursor": _("Where the page begins, as given in “next”."), "limit": _("Calls per page.")}
        return [
            {"name": name, "in": "query", "required": False, "schema": schema, "description": texts[name]}
            for name, schema in (("cursor", cursor), ("limit", limit))
        ]


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    raise ValidationError({"limit": [_("Enter a whole number from 1 to %(most)s.") % {"most": MAX_LIMIT}]})
