"""What each role may do."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission

from integrations.users.roles import VIEWERS, ensure_roles
from integrations.users.visibility import SPECIALISTS

pytestmark = pytest.mark.django_db


def test_a_migrated_database_has_both_groups() -> None:
    assert set(Group.objects.values_list("name", flat=True)) >= {SPECIALISTS, VIEWERS}


def test_specialists_may_do_everything_with_customers_and_nothing_with_users() -> None:
    labels = set(Group.objects.get(name=SPECIALISTS).permissions.values_list("content_type__app_label", flat=True))

    assert labels == {"integrations"}


def test_specialists_have_every_permission_of_the_application_but_to_delete_customers() -> None:
    theirs = set(Group.objects.get(name=SPECIALISTS).permissions.values_list("codename", flat=True))

    every = Permission.objects.filter(content_type__app_label="integrations").values_list("codename", flat=True)
    assert set(every) - theirs == {"delete_customer"}


def test_a_permission_that_specialists_had_once_is_taken_back() -> None:
    group = Group.objects.get(name=SPECIALISTS)
    group.permissions.add(Permission.objects.get(codename="delete_customer"))

    ensure_roles()

    assert not group.permissions.filter(codename="delete_customer").exists()


def test_viewers_have_no_permissions() -> None:
    assert not Group.objects.get(name=VIEWERS).permissions.exists()


def test_making_the_roles_again_changes_nothing() -> None:
    before = sorted(Group.objects.values_list("name", "permissions"))

    ensure_roles()

    assert sorted(Group.objects.values_list("name", "permissions")) == before
