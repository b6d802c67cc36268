"""The views of the read API: calls, customers with their status, the schema and its documentation.

A user sees the same calls and customers as in the call log.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.generics import GenericAPIView, get_object_or_404
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.authentication import TokenAuthentication
from integrations.api.calls import CallSerializer, call_record
from integrations.api.customers import CustomerSerializer, customer_record
from integrations.api.examples import ONE_CALL
from integrations.api.filters import ListFilters
from integrations.api.paging import KeysetPagination
from integrations.api.throttle import PerUser
from integrations.models import Call
from integrations.services.monitoring.customer_status import statuses_of
from integrations.ui.call_row import RELATED
from integrations.users.visibility import calls_visible_to, customers_visible_to


class Trouble(serializers.Serializer[dict[str, str]]):
    detail = serializers.CharField(help_text=_("The error as a sentence."))


REFUSALS = {
    401: OpenApiResponse(Trouble, description=_("No token, or an unknown one.")),
    429: OpenApiResponse(Trouble, description=_("Too many requests. Retry-After says for how many seconds to wait.")),
}
WRONG_FILTERS = OpenApiResponse(
    {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
    description=_("An unknown or invalid parameter: its name and the error."),
)
NOT_FOUND = OpenApiResponse(Trouble, description=_("There is no such call, or you may not see it."))


@method_decorator(never_cache, name="dispatch")
class ReadOnly(GenericAPIView[Any]):
    http_method_names = ["get", "head"]
    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAuthenticated]
    throttle_classes = [PerUser]
    serializer_class: type[serializers.BaseSerializer[Any]] = CallSerializer

    def get_queryset(self) -> QuerySet[Call]:
        return calls_visible_to(self.request.user)


class CallList(ReadOnly):
    filter_backends = [ListFilters]
    pagination_class = KeysetPagination

    @extend_schema(
        operation_id="calls",
        summary=_("Calls, newest first"),
        description=_(
            "The calls of the call log, with the same filters. Dates are in the customer's time zone, and a number may"
            " be written in any format. Follow “next” until it is null: new calls do not shift the pages."
        ),
        tags=["calls"],
        responses={200: CallSerializer(many=True), 400: WRONG_FILTERS, **REFUSALS},
        examples=[OpenApiExample(name="call", value=ONE_CALL, response_only=True, status_codes=["200"])],
    )
    def get(self, request: Request) -> Response:
        calls = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        records: Any = [call_record(call) for call in calls]
        return self.get_paginated_response(CallSerializer(records, many=True).data)


class OneCall(ReadOnly):
    @extend_schema(
        operation_id="call",
        summary=_("One call"),
        tags=["calls"],
        parameters=[
            OpenApiParameter("call_id", int, OpenApiParameter.PATH, description=_("The call's number in Ringofix."))
        ],
        responses={200: CallSerializer, 404: NOT_FOUND, **REFUSALS},
        examples=[OpenApiExample(name="call", value=ONE_CALL, response_only=True, status_codes=["200"])],
    )
    def get(self, request: Request, call_id: str) -> Response:
        call = get_object_or_404(self.get_queryset().select_related(*RELATED), pk=call_id)
        return Response(CallSerializer(call_record(call)).data)


class CustomerList(ReadOnly):
    serializer_class = CustomerSerializer
    pagination_class = None

    @extend_schema(
        operation_id="customers",
        summary=_("Customers and their status, the worst first"),
        description=_("The status that the first page and the alerts show: whose calls do not reach Planfix, and why."),
        tags=["customers"],
        responses={200: CustomerSerializer(many=True), **REFUSALS},
    )
    def get(self, request: Request) -> Response:
        records: Any = [customer_record(status) for status in statuses_of(customers_visible_to(request.user))]
        return Response(CustomerSerializer(records, many=True).data)


@method_decorator(never_cache, name="dispatch")
class Schema(SpectacularJSONAPIView):
    """The OpenAPI schema, for logged-in users and for programs with a token."""

    authentication_classes = [TokenAuthentication, SessionAuthentication]
    permission_classes = [IsAuthenticated]


@method_decorator(never_cache, name="dispatch")
class Documentation(SpectacularSwaggerSplitView):
    """The schema in Swagger UI. All scripts are static files, as the content security policy requires."""

    authentication_classes = [TokenAuthentication, SessionAuthentication]
    permission_classes = [IsAuthenticated]
    template_name = "api/docs.html"
    url_name = "api:schema"
    title = "Ringofix API"


def api_endpoints_only(endpoints: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """A preprocessing hook of drf-spectacular: limits the schema to /api/."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/")]
