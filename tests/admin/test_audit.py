"""The audit log: specialists see entries of customers, administrators see all."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from integrations.users.audit import audit_record
from tests.factories import make_customer, make_specialist, make_superuser, make_user, make_viewer

pytestmark = pytest.mark.django_db

LIST = "/admin/admin/logentry/"


def change_of_user(by: User) -> None:
    content_type = ContentType.objects.get_for_model(User)
    message = '[{"changed": {"fields": ["Role"]}}]'
    LogEntry.objects.create(
        user=by,
        action_flag=CHANGE,
        content_type=content_type,
        object_id=str(by.pk),
        object_repr="ann",
        change_message=message,
    )


def test_audit_log_names_the_changed_fields(client: Client) -> None:
    client.force_login(user := make_superuser())
    change_of_user(user)

    assert "Changed Role." in client.get(LIST).content.decode()


def test_specialists_see_audit_entries_of_customers_but_not_of_users(client: Client) -> None:
    client.force_login(user := make_specialist())
    audit_record(user, "Paused: they move.", make_customer(name="Acme"))
    change_of_user(user)

    html = client.get(LIST).content.decode()

    assert "Paused: they move." in html
    assert "Changed Role." not in html


def test_audit_log_is_filtered_by_customer_and_by_user(client: Client) -> None:
    client.force_login(user := make_superuser())
    customer, other = make_customer(name="Acme"), make_customer(name="Other")
    audit_record(user, "This.", customer)
    audit_record(make_user(), "That.", customer)
    audit_record(user, "Something else.", other)

    def found(query: str) -> set[str]:
        return {entry.change_message for entry in client.get(f"{LIST}?{query}").context["cl"].result_list}

    assert found(f"customer={customer.pk}") == {"This.", "That."}
    assert found(f"user__id__exact={user.pk}") == {"This.", "Something else."}
    assert found("q=Other") == {"Something else."}


def test_audit_log_includes_entries_without_a_customer(client: Client) -> None:
    client.force_login(user := make_specialist())
    audit_record(user, "Calls were exported.")

    assert "Calls were exported." in client.get(LIST).content.decode()


def test_viewers_cannot_see_the_audit_log(client: Client) -> None:
    client.force_login(make_viewer(make_customer()))

    assert client.get(LIST).status_code == 302
