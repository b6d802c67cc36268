"""The addresses that Ringostat sends webhooks and routing questions to."""

from __future__ import annotations

from django.urls import path

from integrations.routing_webhook import RingostatRouting
from integrations.webhooks import RingostatWebhook

webhook, routing = RingostatWebhook.as_view(), RingostatRouting.as_view()

urlpatterns = [
    path("webhooks/ringostat/<str:token>/<str:event>/", webhook),
    path("webhooks/ringostat/<str:token>/", webhook),
    # People paste addresses into Ringostat without the last slash, too.
    path("webhooks/ringostat/<str:token>/<str:event>", webhook),
    path("webhooks/ringostat/<str:token>", webhook),
    path("route/ringostat/<str:token>/", routing),
    path("route/ringostat/<str:token>", routing),
]
