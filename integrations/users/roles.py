"""Gives users their roles. Administrators may do everything. Specialists set up all customers, but manage no users and
delete no customers. Viewers read the calls of the customers that name them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from integrations.models import Customer
from integrations.users.visibility import SPECIALISTS

VIEWERS = "Viewers"
"""A group without permissions: a member sees the customers that name it as a viewer."""

NOT_FOR_SPECIALISTS = frozenset({"delete_customer"})
"""Deleting a customer deletes all its calls."""


class Role(models.TextChoices):
    VIEWER = "viewer", _("Viewer")
    SPECIALIST = "specialist", _("Specialist")
    ADMINISTRATOR = "administrator", _("Administrator")


GROUPS = {Role.VIEWER: VIEWERS, Role.SPECIALIST: SPECIALISTS}


def ensure_roles(using: str = "default", **signal: Any) -> None:
    """Creates the groups. Gives specialists all permissions on our models except NOT_FOR_SPECIALISTS. Idempotent."""
    groups = Group.objects.using(using)
    groups.get_or_create(name=VIEWERS)
    specialists, _is_new = groups.get_or_create(name=SPECIALISTS)
    ours = Permission.objects.using(using).filter(content_type__app_label="integrations")
    specialists.permissions.add(*ours.exclude(codename__in=NOT_FOR_SPECIALISTS))
    specialists.permissions.remove(*ours.filter(codename__in=NOT_FOR_SPECIALISTS))


def role_of(user: User) -> Role:
    if user.is_superuser:
        return Role.ADMINISTRATOR
    is_specialist = user.is_staff and any(group.name == SPECIALISTS for group in user.groups.all())
    return Role.SPECIALIST if is_specialist else Role.VIEWER


def give_role(user: User, role: Role, customers: Iterable[Customer] = ()) -> None:
    """Gives a saved user this role and removes every other. `customers`: the customers that a viewer sees."""
    with transaction.atomic():
        user.is_superuser = role is Role.ADMINISTRATOR
        user.is_staff = role is not Role.VIEWER
        user.save(update_fields=["is_superuser", "is_staff"])
        user.groups.set(Group.objects.filter(name=GROUPS.get(role)))
        user.user_permissions.clear()
        user.customer_set.set(customers if role is Role.VIEWER else ())
