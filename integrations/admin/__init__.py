"""The specialists' console. Django finds this package by itself and so registers every page of it."""

from __future__ import annotations

from integrations.admin import alerts, audit, customers, events, queue, users

__all__ = ["alerts", "audit", "customers", "events", "queue", "users"]
