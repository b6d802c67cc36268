"""The addresses that Ringostat sends webhooks to."""

from __future__ import annotations

from django.urls import path

from integrations.webhooks import RingostatWebhook

webhook = RingostatWebhook.as_view()

urlpatterns = [
    path("webhooks/ringostat/<str:token>/<str:event>/", webhook),
    path("webhooks/ringostat/<str:token>/", webhook),
    # People paste addresses into Ringostat without the last slash, too.
    path("webhooks/ringostat/<str:token>/<str:event>", webhook),
    path("webhooks/ringostat/<str:token>", webhook),
]
