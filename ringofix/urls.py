"""Every address of the product (design: fixed interfaces)."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from integrations.webhooks import RingostatWebhook
from ringofix.health import healthz, metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("webhooks/ringostat/<str:token>/", RingostatWebhook.as_view(), name="ringostat-webhook"),
    path("webhooks/ringostat/<str:token>/<str:event>/", RingostatWebhook.as_view(), name="ringostat-webhook-event"),
    path("calls/", include("integrations.calllog.urls")),
    path("admin/", admin.site.urls),
    path("healthz", healthz),
    path("metrics", metrics),
]
