"""Actions outside the admin forms are recorded in the same audit log as those in the forms."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from integrations.users.audit import audit_record
from tests.factories import make_customer, make_user

pytestmark = pytest.mark.django_db


def test_audit_record_of_a_customer_appears_in_its_history() -> None:
    customer, user = make_customer(name="Acme"), User.objects.create_user("ann")

    audit_record(user, "Two calls were retried.", customer)

    entry = LogEntry.objects.get()
    assert (entry.user, entry.get_edited_object(), entry.object_repr) == (user, customer, "Acme")
    assert entry.get_change_message() == "Two calls were retried."


def test_logout_is_recorded(client: Client) -> None:
    user = make_user()
    client.force_login(user)

    client.post("/calls/logout/")

    entry = LogEntry.objects.get()
    assert (entry.user, entry.change_message, entry.origin.address) == (user, "Logged out", "127.0.0.1")


def test_audit_record_without_a_customer_is_stored() -> None:
    audit_record(User.objects.create_user("ann"), "Calls were exported.")

    entry = LogEntry.objects.get()
    assert (entry.content_type, entry.object_id, entry.get_change_message()) == (None, None, "Calls were exported.")
