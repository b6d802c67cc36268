"""Every address of the product, but for /healthz, /readyz and /metrics, which ringofix.health answers before them."""

from __future__ import annotations

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from integrations.webhooks import RingostatWebhook

urlpatterns: list[URLPattern | URLResolver] = [
    path("webhooks/ringostat/<str:token>/", RingostatWebhook.as_view(), name="ringostat-webhook"),
    path("webhooks/ringostat/<str:token>/<str:event>/", RingostatWebhook.as_view(), name="ringostat-webhook-event"),
    path("calls/", include("integrations.calllog.urls")),
    path("admin/", admin.site.urls),
]
