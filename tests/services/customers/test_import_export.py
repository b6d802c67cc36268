"""A customer as a file: imported, changed, exported, and refused with a message when it is invalid."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from integrations.models import Customer, RememberedContact, WebhookToken
from integrations.services.customers.import_export import (
    CustomerFileError,
    export_customer,
    import_customer,
    webhook_address,
)
from sandbox.planfix.account import Account
from sandbox.state import Sandbox
from tests.conftest import customer_data

pytestmark = pytest.mark.django_db


@pytest.fixture
def data(account: Account, sandbox: Sandbox, settings: Any) -> dict[str, Any]:
    settings.ALLOW_PRIVATE_HOSTS = True
    return customer_data(account, sandbox)


def test_customer_file_becomes_a_customer(data: dict[str, Any]) -> None:
    customer = import_customer(data)

    assert customer.planfix_token.reveal() == "sandbox-token"
    assert list(customer.employees.values_list("name", "participates")) == [
        ("Iryna Bondar", True),
        ("Maria Kovalenko", False),
        ("Oleh Tkachenko", True),
    ]
    assert customer.utm_fields.count() == 5


def test_the_directory_is_off_unless_the_file_wants_it(data: dict[str, Any]) -> None:
    assert export_customer(import_customer(data))["directory"] is False
    assert export_customer(import_customer({**data, "directory": True}))["directory"] is True


def test_own_numbers_are_read_and_written_in_any_spelling(data: dict[str, Any]) -> None:
    customer = import_customer({**data, "own_numbers": ["044 222-33-44", "+380503334455"]})

    assert Customer.objects.get().rules.own_numbers == {"+380442223344", "+380503334455"}
    assert export_customer(customer)["own_numbers"] == ["044 222-33-44", "+380503334455"]


def test_importing_again_changes_the_customer_and_keeps_its_address(data: dict[str, Any]) -> None:
    address = webhook_address(import_customer(data))
    employee = Customer.objects.get().employees.get(name="Iryna Bondar").pk
    changed = import_customer({**data, "call_target": "last_active_task", "employees": data["employees"][:1]})

    assert webhook_address(changed) == address
    assert (Customer.objects.count(), WebhookToken.objects.count()) == (1, 1)
    assert changed.call_target == "last_active_task"
    assert [row.pk for row in changed.employees.all()] == [employee]


def test_import_of_another_account_forgets_data_of_the_former_one(data: dict[str, Any], sandbox: Sandbox) -> None:
    customer = import_customer(data)
    Customer.objects.update(planfix_tags={"call": {}})
    RememberedContact.objects.create(customer=customer, number="+380671234567", contact_id=5)
    data["planfix"]["url"] = f"{sandbox.url}/a/other"
    import_customer(data)

    assert Customer.objects.get().planfix_tags is None
    assert not RememberedContact.objects.exists()


def test_an_exported_customer_has_no_secrets_and_can_be_read_again(data: dict[str, Any]) -> None:
    customer = import_customer({**data, "fallback_employee": "Oleh Tkachenko"})
    exported = export_customer(customer)

    assert "sandbox-token" not in str(exported)
    assert "ringostat-key" not in str(exported)
    again = import_customer(exported)
    assert again.planfix_token.reveal() == "sandbox-token", "an empty secret in a file changes nothing"
    assert again.fallback_employee == customer.fallback_employee
    assert export_customer(again) == exported


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"language": "xx"}, "language"),
        ({"timezone": "Mars/Olympus"}, "not a time zone"),
        ({"region": "QQ"}, "not a country"),
        ({"call_target": "nowhere"}, "call_target"),
        ({"planfix": {"url": "ftp://acme", "token": "t"}}, "not a public https:// address"),
        ({"planfix": {"token": "t"}}, "planfix_url"),
        ({"colour": "blue"}, "Unknown settings: colour"),
        ({"planfix": {"url": "http://127.0.0.1", "tokn": "t"}}, "Unknown settings: planfix.tokn"),
        ({"fallback_employee": "Nobody"}, "no employee named “Nobody”"),
        ({"employees": [{"name": "Iryna"}]}, "planfix_user_id"),
        ({"name": ""}, "name"),
        (
            {"utm_fields": [{"parameter": "a", "field": "f"}, {"parameter": "b", "field": "f"}]},
            "Another parameter already uses this field",
        ),
        ({"planfix": {"url": "http://127.0.0.1", "requests_per_second": 0}}, "requests_per_second"),
    ],
)
def test_invalid_customer_file_is_refused_and_changes_nothing(
    data: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    with pytest.raises(CustomerFileError, match=message):
        import_customer({**data, **change})

    assert not Customer.objects.exists()


def test_customer_file_with_a_private_or_http_address_is_refused_in_production(
    data: dict[str, Any], settings: Any
) -> None:
    settings.ALLOW_PRIVATE_HOSTS = False
    with pytest.raises(CustomerFileError, match="not a public https:// address"):
        import_customer(data)


@pytest.mark.parametrize(
    ("section", "key", "secret"), [("planfix", "url", "token"), ("ringostat", "api_url", "auth_key")]
)
def test_customer_file_with_a_new_host_and_no_secret_is_refused(
    data: dict[str, Any], section: str, key: str, secret: str
) -> None:
    customer = import_customer(data)
    before = {**data[section]}
    data[section] |= {key: "http://127.0.0.1:9", secret: ""}

    with pytest.raises(CustomerFileError, match="never sent to a new host"):
        import_customer(data)

    stored = export_customer(Customer.objects.get(pk=customer.pk))
    assert stored[section][key] == before[key]


def test_customer_file_with_an_existing_name_in_another_case_is_refused(data: dict[str, Any]) -> None:
    import_customer(data)

    with pytest.raises(CustomerFileError, match="There is a customer named “Acme” already"):
        import_customer({**data, "name": "ACME"})


@pytest.mark.parametrize(
    "url", ["https://acme.planfix.com@evil.com", "https://evil.com\\.planfix.com", "ac me.planfix.com"]
)
def test_customer_file_with_an_ambiguous_address_is_refused(data: dict[str, Any], url: str) -> None:
    data["planfix"]["url"] = url

    with pytest.raises(CustomerFileError, match=r"planfix_url: .* is not a public https:// address"):
        import_customer(data)


ROUTING = {
    "order": ["responsible", "fixed"],
    "fixed": "acmecom_desk",
    "form": "plain",
    "key": "to",
    "only_online": True,
}


def test_routing_in_a_customer_file_is_read_written_and_turned_off(data: dict[str, Any]) -> None:
    customer = import_customer({**data, "routing": ROUTING})
    assert export_customer(customer)["routing"] == ROUTING
    assert customer.directory, "the responsible employees come from the directory"

    import_customer({**data, "routing": None})
    assert export_customer(customer)["routing"] is None
    assert not customer.routing.__class__.objects.get(customer=customer).enabled

    import_customer({**data, "routing": {"form": "json"}})
    assert export_customer(customer)["routing"] == {**ROUTING, "form": "json"}


@pytest.mark.parametrize(
    "routing",
    [
        {"order": ["nobody"]},
        {"order": ["responsible", "responsible"]},
        {"order": ["fixed"]},
        {"order": ["fixed"], "fixed": "a,b,c,d"},
        {"order": ["fixed"], "fixed": "<script>"},
        {"key": "two words"},
        {"form": "xml"},
        {"unknown": 1},
        {"order": 5},
        [],
    ],
)
def test_invalid_routing_in_a_customer_file_is_refused(data: dict[str, Any], routing: Any) -> None:
    with pytest.raises(CustomerFileError):
        import_customer({**data, "routing": routing})


def test_names_on_telephones_in_a_customer_file_are_read_and_written(data: dict[str, Any]) -> None:
    customer = import_customer({**data, "phone_book": "callers"})
    assert export_customer(customer)["phone_book"] == "callers"
    assert customer.directory

    assert export_customer(import_customer(data))["phone_book"] == "callers", "an absent setting stays"
    with pytest.raises(CustomerFileError, match="not one of its values: none, callers, all"):
        import_customer({**data, "phone_book": "some"})


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "a\0b"},
        {"own_numbers": ["\0"]},
        {"ignored_numbers": {"a": 1}},
        {"fallback_employee": "\0"},
        {"employees": [{"name": "\0"}]},
        {"utm_fields": [{"parameter": "\0", "field": "x"}]},
        {"name": "\ud800"},
    ],
)
def test_customer_file_with_text_that_postgresql_refuses_is_refused(
    data: dict[str, Any], changes: dict[str, Any]
) -> None:
    with pytest.raises(CustomerFileError), transaction.atomic():
        import_customer(data | changes)
    assert not Customer.objects.exists()


@pytest.mark.parametrize("rate", [float("inf"), float("nan"), 0, -1])
def test_customer_file_with_an_invalid_request_rate_is_refused(data: dict[str, Any], rate: float) -> None:
    with pytest.raises(CustomerFileError, match="requests_per_second"):
        import_customer(data | {"planfix": data["planfix"] | {"requests_per_second": rate}})
