"""What each role may do."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission

from integrations.users.roles import VIEWERS, ensure_roles
from integrations.users.visibility import SPECIALISTS

pytestmark = pytest.mark.django_db


def test_a_migrated_database_has_both_groups() -> None:
    assert set(Group.objects.values_list("name", flat=True)) >= {SPECIALISTS, VIEWERS}


def test_specialists_have_all_customer_permissions_and_no_user_permissions() -> None:
    labels = set(Group.objects.get(name=SPECIALISTS).permissions.values_list("content_type__app_label", flat=True))

    assert labels == {"integrations"}


def test_specialists_have_every_application_permission_except_deleting_customers() -> None:
    theirs = set(Group.objects.get(name=SPECIALISTS).permissions.values_list("codename", flat=True))

    every = Permission.objects.filter(content_type__app_label="integrations").values_list("codename", flat=True)
    assert set(every) - theirs == {"delete_customer"}


def test_former_specialist_permission_is_removed() -> None:
    group = Group.objects.get(name=SPECIALISTS)
    group.permissions.add(Permission.objects.get(codename="delete_customer"))

    ensure_roles()

    assert not group.permissions.filter(codename="delete_customer").exists()


def test_viewers_have_no_permissions() -> None:
    assert not Group.objects.get(name=VIEWERS).permissions.exists()


def test_creating_the_roles_twice_changes_nothing() -> None:
    before = sorted(Group.objects.values_list("name", "permissions"))

    ensure_roles()

    assert sorted(Group.objects.values_list("name", "permissions")) == before
