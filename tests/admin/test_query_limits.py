"""The query strings of the console's lists: simple lookups only, and none that the database refuses."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client

from integrations.admin.query_limits import SimpleLookups
from tests.factories import make_call, make_customer, make_superuser

pytestmark = pytest.mark.django_db

CALLS, EMPLOYEES = "/admin/integrations/call/", "/admin/integrations/employee/"
QUEUE = "/admin/procrastinate/procrastinatejob/"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"{CALLS}?customer__id__exact=1", 200),
        (f"{CALLS}?started_at__range=1,2,3", 400),
        (f"{CALLS}?ringostat_id__regex=[1", 400),
        (f"{EMPLOYEES}?sip_logins=[1", 400),
        (f"{QUEUE}?status=failed", 200),
        (f"{QUEUE}?status=", 200),
        (f"{QUEUE}?status=unheard", 400),
        (f"{QUEUE}?status__exact=unheard", 400),
        (f"{QUEUE}?status__gte=%22", 400),
        (f"{EMPLOYEES}?customer__planfix_token__startswith=gAAAA", 400),
        ("/admin/auth/user/?sessions__session_key__gte=0", 400),
        ("/admin/auth/user/?sessions__session_key=0", 400),
        ("/admin/auth/user/?api_tokens__ending=abcd", 400),
        ("/admin/auth/user/?password__gte=pbkdf2", 400),
    ],
)
def test_console_list_answers_400_to_lookups_that_are_not_simple(client: Client, address: str, status: int) -> None:
    client.force_login(make_superuser())

    assert client.get(address).status_code == status


def test_empty_to_field_parameter_is_ignored(client: Client) -> None:
    client.force_login(make_superuser())
    call = make_call(make_customer())

    assert client.post(f"{CALLS}{call.pk}/change/", {"_to_field": ""}).status_code == 403


def test_every_list_of_the_console_limits_its_lookups() -> None:
    assert [each for each in admin.site._registry.values() if not isinstance(each, SimpleLookups)] == []
