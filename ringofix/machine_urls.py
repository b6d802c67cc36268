"""All addresses that machines use: orchestrators, monitoring and Ringostat. ringofix.machines serves them."""

from __future__ import annotations

from django.urls import path

from integrations import webhook_urls
from ringofix.health import healthz, metrics, readyz

urlpatterns = [
    *webhook_urls.urlpatterns,  # Without include(): each level of addresses costs time.
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
]
