"""Mapped parameters in the fields of a new contact (rule 13), from the customer file to Planfix."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.planfix.records.fields import FieldType
from integrations.services.customers.account_discovery import discover
from integrations.services.customers.import_export import CustomerFileError, export_customer, import_customer
from sandbox.http.faults import Fault
from sandbox.planfix.account import Account
from sandbox.state import Sandbox
from tests.conftest import Scenario, customer_data
from tests.end_to_end.bodies import CALL_ID, CLIENT, NEW_CLIENT, answered, dialled, missed

pytestmark = pytest.mark.django_db

SOURCE = {"parameter": "utm_source", "field": "utm_source", "contact_field": "Source"}
PAGE = {"parameter": "landing", "field": "utm_content", "contact_field": "First page"}


@pytest.fixture
def source(account: Account) -> int:
    return account.add_contact_field(name="Source", type_=FieldType.LINE, group_id=1).id


@pytest.fixture
def page(account: Account) -> int:
    return account.add_contact_field(name="First page", type_=FieldType.TEXT, group_id=1).id


def custom_values(scenario: Scenario) -> dict[int, object]:
    (contact,) = scenario.account.contacts
    return contact.custom


@pytest.mark.parametrize("body", [answered(NEW_CLIENT), missed(NEW_CLIENT)], ids=["answered", "missed"])
def test_parameters_of_an_incoming_call_fill_fields_of_its_new_contact(
    make_scenario: Callable[..., Scenario], source: int, page: int, body: dict[str, str]
) -> None:
    scenario = make_scenario(utm_fields=[SOURCE, PAGE])
    scenario.post({**body, "landing": "https://acme.example/sale"})
    scenario.deliver()

    assert custom_values(scenario) == {source: "google", page: "https://acme.example/sale"}
    (entry,) = scenario.account.tag_entries
    assert entry.values["utm_source"] == "google"
    assert scenario.call(CALL_ID).delivery.skipped_fields == []


@pytest.mark.parametrize("wanted", ["source", " Source ", "{id}"])
def test_contact_field_is_chosen_by_name_in_any_case_or_by_id(
    make_scenario: Callable[..., Scenario], source: int, wanted: str
) -> None:
    scenario = make_scenario(utm_fields=[SOURCE | {"contact_field": wanted.format(id=source)}])
    scenario.post(answered(NEW_CLIENT))
    scenario.deliver()

    assert custom_values(scenario) == {source: "google"}


def test_second_contact_field_of_the_same_name_is_chosen_by_id(
    make_scenario: Callable[..., Scenario], account: Account, source: int
) -> None:
    newer = account.add_contact_field(name="Source", type_=FieldType.LINE, group_id=1).id
    fields = [SOURCE, {"parameter": "utm_medium", "field": "utm_medium", "contact_field": newer}]
    scenario = make_scenario(utm_fields=fields)
    scenario.post(answered(NEW_CLIENT))
    scenario.deliver()

    assert custom_values(scenario) == {source: "google", newer: "cpc"}


def test_known_contact_keeps_its_fields(make_scenario: Callable[..., Scenario], source: int) -> None:
    scenario = make_scenario(utm_fields=[SOURCE])
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT], custom={source: "flyer"})
    scenario.post(answered())
    scenario.deliver()

    assert custom_values(scenario) == {source: "flyer"}


def test_an_outgoing_call_fills_no_field_of_its_new_contact(
    make_scenario: Callable[..., Scenario], source: int
) -> None:
    scenario = make_scenario(utm_fields=[SOURCE])
    scenario.post(dialled(NEW_CLIENT), event="after_outgoing_call")
    scenario.deliver()

    assert custom_values(scenario) == {}
    assert scenario.call(CALL_ID).delivery.skipped_fields == []


@pytest.mark.parametrize("value", ["", "(not set)"])
def test_empty_parameter_fills_no_contact_field(
    make_scenario: Callable[..., Scenario], source: int, value: str
) -> None:
    scenario = make_scenario(utm_fields=[SOURCE])
    scenario.post(answered(NEW_CLIENT, utm_source=value))
    scenario.deliver()

    assert custom_values(scenario) == {}


def test_long_parameter_is_cut_to_the_contact_field_length(make_scenario: Callable[..., Scenario], page: int) -> None:
    scenario = make_scenario(utm_fields=[PAGE])
    scenario.post(answered(NEW_CLIENT, landing="p" * 300))
    scenario.deliver()

    assert custom_values(scenario) == {page: "p" * 255}


@pytest.mark.parametrize("type_", [None, FieldType.NUMBER, FieldType.LIST])
def test_unusable_contact_field_is_reported_and_the_contact_is_created(
    make_scenario: Callable[..., Scenario], account: Account, type_: int | None
) -> None:
    if type_ is not None:
        account.add_contact_field(name="Source", type_=type_, group_id=1)
    scenario = make_scenario(utm_fields=[SOURCE])
    scenario.post(answered(NEW_CLIENT))
    scenario.deliver()

    assert custom_values(scenario) == {}
    assert scenario.call(CALL_ID).delivery.skipped_fields == ["contact: Source"]


# When the fields are read


def paths(account: Account) -> list[str]:
    return [request.path for request in account.requests]


def test_contact_fields_are_read_once(make_scenario: Callable[..., Scenario], source: int) -> None:
    scenario = make_scenario(utm_fields=[SOURCE])
    discover(scenario.customer)
    for number in ("+380501112233", "+380501112244"):
        scenario.post(answered(number, uniqueid=number))
        scenario.deliver()

    assert paths(scenario.account).count("/customfield/contact") == 1
    assert [contact.custom for contact in scenario.account.contacts] == [{source: "google"}] * 2


def test_contact_fields_are_not_read_if_no_parameter_is_mapped_to_one(scenario: Scenario) -> None:
    discover(scenario.customer)

    assert "/customfield/contact" not in paths(scenario.account)


def test_contact_field_mapped_after_the_discovery_is_read_before_the_next_call(
    make_scenario: Callable[..., Scenario], source: int
) -> None:
    scenario = make_scenario()
    discover(scenario.customer)
    scenario.customer.utm_fields.filter(parameter="utm_source").update(contact_field="Source")
    scenario.post(answered(NEW_CLIENT))
    scenario.deliver()

    assert custom_values(scenario) == {source: "google"}


def test_contact_fields_of_the_former_account_are_forgotten(
    make_scenario: Callable[..., Scenario], account: Account, sandbox: Sandbox, source: int
) -> None:
    scenario = make_scenario(utm_fields=[SOURCE])
    discover(scenario.customer)
    other = sandbox.add_account("other", token="other-token")
    moved = import_customer(customer_data(other, sandbox, utm_fields=[SOURCE]))

    assert moved.planfix_contact_fields is None


def test_contact_is_created_once_with_its_fields_after_an_unclear_answer(
    make_scenario: Callable[..., Scenario], sandbox: Sandbox, source: int
) -> None:
    scenario = make_scenario(utm_fields=[SOURCE])
    sandbox.add_fault(Fault(kind="reset", method="POST", path="/contact", when="after", times=1))
    scenario.post(answered(NEW_CLIENT))
    scenario.deliver()
    scenario.customer.calls.update(due_at="2026-01-01T00:00Z")
    scenario.deliver()

    assert custom_values(scenario) == {source: "google"}
    assert len(scenario.account.comments) == 1


# The file


def test_contact_field_mapping_is_equal_after_export_and_import(make_scenario: Callable[..., Scenario]) -> None:
    scenario = make_scenario(utm_fields=[SOURCE, {"parameter": "utm_medium", "field": "utm_medium"}])

    exported = export_customer(scenario.customer)

    assert exported["utm_fields"] == [
        SOURCE,
        {"parameter": "utm_medium", "field": "utm_medium", "contact_field": ""},
    ]
    assert export_customer(import_customer(exported))["utm_fields"] == exported["utm_fields"]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (
            {"parameter": "utm_medium", "field": "utm_medium", "contact_field": "Source"},
            "already uses this contact field",
        ),
        ({"parameter": "utm_medium", "field": "utm_medium", "contact": "Source"}, "utm_fields.contact"),
        ({"parameter": "utm_medium"}, "field"),
    ],
)
def test_customer_file_with_an_unusable_parameter_field_is_refused(
    make_scenario: Callable[..., Scenario], row: dict[str, str], complaint: str
) -> None:
    with pytest.raises(CustomerFileError, match=complaint):
        make_scenario(utm_fields=[SOURCE, row])


def test_several_parameters_may_be_without_a_contact_field(make_scenario: Callable[..., Scenario]) -> None:
    rows = [{"parameter": name, "field": name, "contact_field": ""} for name in ("utm_source", "utm_medium")]

    assert make_scenario(utm_fields=rows).customer.utm_fields.count() == 2
