"""URLs of the read API."""

from __future__ import annotations

from django.urls import URLPattern, path

from integrations.api.views import CallList, CustomerList, Documentation, OneCall, Schema

app_name = "api"
urlpatterns: list[URLPattern] = [
    path("calls/", CallList.as_view(), name="calls"),
    path("calls/<str:call_id>/", OneCall.as_view(), name="call"),
    path("customers/", CustomerList.as_view(), name="customers"),
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", Documentation.as_view(), name="docs"),
]
