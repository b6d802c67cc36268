"""Pages of the read API, by the same keyset as the list: a page costs the same however deep it lies."""

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

DEFAULT_SIZE = 50
LARGEST = 200


class ByPosition(BasePagination):
    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        size = _size(request.query_params.get("limit", ""))
        try:
            rows = Call.objects.select_related(*RELATED)
            page = page_of([queryset], rows=rows, before=request.query_params.get("cursor", ""), size=size)
        except BadPosition as error:
            raise ValidationError({"cursor": [_("This is no cursor. Follow the address in “next”.")]}) from error
        self.next = replace_query_param(request.build_absolute_uri(), "cursor", page.older) if page.older else None
        return page.calls

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.next, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        following = {
            "type": "string",
            "format": "uri",
            "nullable": True,
            "description": _("The address of the next older calls; null on the last page."),
            "example": "https://ringofix.example/api/v1/calls/?cursor=1772445600000000-8123",
        }
        properties = {"next": following, "results": schema}
        return {"type": "object", "required": list(properties), "properties": properties}

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        cursor = {"type": "string"}
        limit = {"type": "integer", "minimum": 1, "maximum": LARGEST, "default": DEFAULT_SIZE}
        texts = {"cursor": _("Where a page begins, as “next” has it."), "limit": _("Calls on a page.")}
        return [
            {"name": name, "in": "query", "required": False, "schema": schema, "description": texts[name]}
            for name, schema in (("cursor", cursor), ("limit", limit))
        ]


def _size(text: str) -> int:
    if not text:
        return DEFAULT_SIZE
    if text.isascii() and text.isdigit() and len(text) < 9 and 1 <= int(text) <= LARGEST:
        return int(text)
    raise ValidationError({"limit": [_("A whole number from 1 to %(most)s is wanted.") % {"most": LARGEST}]})
