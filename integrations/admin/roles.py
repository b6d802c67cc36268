"""The roles beside the administrator (a superuser), as groups that are there after every migration."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group, Permission

from integrations.calllog.scope import SPECIALISTS

VIEWERS = "Viewers"
"""A group without permissions: what its members see is decided by the customers that name them."""


def ensure_roles(using: str = "default", **signal: Any) -> None:
    """Makes the groups, and gives specialists every permission on this application's models. Idempotent."""
    groups = Group.objects.using(using)
    groups.get_or_create(name=VIEWERS)
    specialists, _is_new = groups.get_or_create(name=SPECIALISTS)
    specialists.permissions.add(*Permission.objects.using(using).filter(content_type__app_label="integrations"))
