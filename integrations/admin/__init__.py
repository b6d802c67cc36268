"""The specialists' console. Django finds this package by itself and so registers every page of it."""

from __future__ import annotations

from integrations.admin import alerts, audit, events, queue, users
from integrations.admin.customer import admin as customer

__all__ = ["alerts", "audit", "customer", "events", "queue", "users"]
