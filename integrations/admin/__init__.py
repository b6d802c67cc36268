"""The specialists' console. Django imports this package, which registers all its pages.

Decides nothing about calls; the services do.
"""

from __future__ import annotations

from django.contrib.admin import site

from integrations.admin import alerts, audit, events, queue, users
from integrations.admin.customer import admin as customer

site.empty_value_display = "–"

__all__ = ["alerts", "audit", "customer", "events", "queue", "users"]
