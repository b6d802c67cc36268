"""The specialists' console. Django finds this package by itself and so registers every page of it."""

from __future__ import annotations

from integrations.admin import customers, events, users

__all__ = ["customers", "events", "users"]
