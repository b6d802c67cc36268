"""What is done outside the admin's forms stands in the same book as what is done in them."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from integrations.users.audit import audit_record
from tests.factories import make_customer

pytestmark = pytest.mark.django_db


def test_what_was_done_to_a_customer_stands_in_its_history() -> None:
    customer, user = make_customer(name="Acme"), User.objects.create_user("ann")

    audit_record(user, "Two calls were retried.", customer)

    entry = LogEntry.objects.get()
    assert (entry.user, entry.get_edited_object(), entry.object_repr) == (user, customer, "Acme")
    assert entry.get_change_message() == "Two calls were retried."


def test_what_concerns_no_single_customer_is_recorded_too() -> None:
    audit_record(User.objects.create_user("ann"), "Calls were exported.")

    entry = LogEntry.objects.get()
    assert (entry.content_type, entry.object_id, entry.get_change_message()) == (None, None, "Calls were exported.")
