"""Account discovery reports missing tag fields and parameters that no field can take."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from integrations.models import AccountRateLimit, Customer, Secret
from integrations.planfix.records.fields import FieldType
from integrations.services.customers.account_discovery import discover
from integrations.services.customers.utm_problems import utm_problems
from sandbox.planfix.account import Account
from sandbox.state import Sandbox
from tests.conftest import Scenario, customer_data

pytestmark = pytest.mark.django_db

CALL, MISSED_CALL = "Call", "Missed call"


def lose_field(account: Account, tag_name: str, *names: str) -> None:
    for tag in account.tags.values():
        if tag.name == tag_name:
            account.tags[tag.id] = replace(tag, fields=tuple(f for f in tag.fields if f.name not in names))


def parameter(name: str, field: object, contact_field: object = "") -> dict[str, object]:
    return {"parameter": name, "field": field, "contact_field": contact_field}


@pytest.fixture
def problems_of(make_scenario: Callable[..., Scenario]) -> Callable[..., list[str]]:
    def problems(*rows: dict[str, object]) -> list[str]:
        scenario = make_scenario(utm_fields=list(rows))
        discover(scenario.customer)
        asked = len(scenario.account.requests)
        found = utm_problems(scenario.customer)
        assert len(scenario.account.requests) == asked
        return found

    return problems


def test_usual_account_has_no_discovery_problems(scenario: Scenario) -> None:
    discover(scenario.customer)

    assert utm_problems(scenario.customer) == []


def test_discovery_logs_requests_and_keeps_the_requests_left(scenario: Scenario) -> None:
    discover(scenario.customer)

    logged = scenario.customer.planfix_requests.filter(call=None).order_by("pk").values_list("path", flat=True)
    assert list(logged) == [request.path for request in scenario.account.requests]
    left = AccountRateLimit.objects.get(account=scenario.customer.planfix_account).requests_left
    assert left == scenario.account.quota.left


def test_tags_read_with_the_former_access_are_not_kept(scenario: Scenario) -> None:
    """A specialist saves a new token while a worker reads the tags with the old one."""
    Customer.objects.filter(pk=scenario.customer.pk).update(planfix_token=Secret.of("another"), planfix_tags=None)

    discover(scenario.customer)

    assert Customer.objects.get(pk=scenario.customer.pk).planfix_tags is None


def test_template_chosen_during_the_discovery_stays(scenario: Scenario) -> None:
    scenario.customer.contact_template_id = None
    Customer.objects.update(contact_template_id=7)

    discover(scenario.customer)

    assert Customer.objects.get().contact_template_id == scenario.customer.contact_template_id == 7


def test_oldest_template_is_used_if_none_is_chosen(scenario: Scenario) -> None:
    scenario.customer.contact_template_id = None
    Customer.objects.update(contact_template_id=None)

    discover(scenario.customer)

    assert Customer.objects.get().contact_template_id == scenario.customer.contact_template_id == 1


def test_tags_read_for_a_former_choice_are_not_kept(scenario: Scenario) -> None:
    Customer.objects.update(call_tag_id=17, planfix_tags=None)

    discover(scenario.customer)

    assert Customer.objects.get().planfix_tags is None


def test_contact_fields_stay_if_a_discovery_does_not_read_them(scenario: Scenario) -> None:
    Customer.objects.update(planfix_contact_fields={"Source": 5})

    discover(scenario.customer)

    assert Customer.objects.get().planfix_contact_fields == {"Source": 5}


def test_account_has_no_known_problems_before_the_discovery(make_scenario: Callable[..., Scenario]) -> None:
    assert utm_problems(make_scenario(utm_fields=[parameter("utm_source", "nowhere")]).customer) == []


def test_missing_standard_field_of_a_tag_is_reported(account: Account, problems_of: Callable[..., list[str]]) -> None:
    lose_field(account, CALL, "External line name")
    lose_field(account, MISSED_CALL, "Contact phone", "External line name")

    assert problems_of() == [
        "The data tag “Call” has no field “External line name”. Calls are written without it.",
        "The data tag “Missed call” has no field “Contact phone”. Calls are written without it.",
        "The data tag “Missed call” has no field “External line name”. Calls are written without it.",
    ]


def test_missing_parameter_field_of_a_tag_is_reported(account: Account, problems_of: Callable[..., list[str]]) -> None:
    lose_field(account, MISSED_CALL, "utm_source")

    assert problems_of(parameter("utm_source", "utm_source"), parameter("utm_medium", "utm_medium")) == [
        "The data tag “Missed call” has no field “utm_source”. utm_source is not sent."
    ]


@pytest.mark.parametrize("field", ["Type", "type", "41621"])
def test_parameter_field_without_text_type_is_reported(problems_of: Callable[..., list[str]], field: str) -> None:
    complaint = f"The field “{field}” of the data tag “Call” is not a text field. utm_source is not sent."

    assert complaint in problems_of(parameter("utm_source", field))


def test_parameter_field_used_for_call_facts_is_reported(problems_of: Callable[..., list[str]]) -> None:
    assert problems_of(parameter("utm_source", "External line")) == [
        f"The field “External line” of the data tag “{tag}” stores a call detail. utm_source is not sent."
        for tag in (CALL, MISSED_CALL)
    ]


def test_two_parameters_of_one_field_are_reported(problems_of: Callable[..., list[str]]) -> None:
    """The field is named in two ways. Saving refuses the same name twice."""
    found = problems_of(parameter("utm_source", "utm_source"), parameter("gclid", "UTM_SOURCE"))

    assert found == [
        f"Several parameters use the field “utm_source” of the data tag “{tag}”: utm_source, gclid."
        for tag in (CALL, MISSED_CALL)
    ]


@pytest.mark.parametrize("type_", [None, FieldType.NUMBER])
def test_unusable_contact_field_is_reported(
    account: Account, problems_of: Callable[..., list[str]], type_: int | None
) -> None:
    if type_ is not None:
        account.add_contact_field(name="Source", type_=type_, group_id=1)

    assert problems_of(parameter("utm_source", "utm_source", "Source")) == [
        "Contacts have no text field “Source”. New contacts are created without utm_source."
    ]


def test_two_parameters_of_one_contact_field_are_reported(
    account: Account, problems_of: Callable[..., list[str]]
) -> None:
    field = account.add_contact_field(name="Source", type_=FieldType.LINE, group_id=1)
    rows = [parameter("utm_source", "utm_source", "Source"), parameter("utm_medium", "utm_medium", field.id)]

    assert problems_of(*rows) == ["Several parameters use the contact field “Source”: utm_source, utm_medium."]


def test_problem_of_a_tag_used_for_all_calls_is_reported_once(
    account: Account, make_scenario: Callable[..., Scenario]
) -> None:
    call = next(tag for tag in account.tags.values() if tag.name == CALL)
    planfix = {
        "url": account.url,
        "token": account.token,
        "call_tag_id": call.id,
        "missed_call_tag_id": call.id,
        "requests_per_second": 1000,
    }
    scenario = make_scenario(planfix=planfix, utm_fields=[parameter("utm_source", "nowhere")])
    discover(scenario.customer)

    problems = utm_problems(scenario.customer)

    assert problems.count("The data tag “Call” has no field “nowhere”. utm_source is not sent.") == 1


# At import


@pytest.fixture
def imported(account: Account, sandbox: Sandbox, settings: Any, tmp_path: Path) -> Callable[..., tuple[str, str]]:
    settings.ALLOW_PRIVATE_HOSTS = True

    def run(*arguments: str, out: StringIO | None = None, **changes: Any) -> tuple[str, str]:
        file = tmp_path / "customer.json"
        file.write_text(json.dumps(customer_data(account, sandbox, **changes)))
        out, complaints = out or StringIO(), StringIO()
        with translation.override("en"):
            call_command("import_customer", str(file), *arguments, stdout=out, stderr=complaints)
        return out.getvalue(), complaints.getvalue()

    return run


def test_import_warns_of_unusable_fields_and_prints_the_address(
    account: Account, imported: Callable[..., tuple[str, str]]
) -> None:
    lose_field(account, CALL, "External line name")

    out, complaints = imported(utm_fields=[parameter("utm_source", "nowhere", "Source")])

    assert json.loads(out)["customer"] == "Acme"
    assert complaints.splitlines() == [
        "The data tag “Call” has no field “External line name”. Calls are written without it.",
        "The data tag “Call” has no field “nowhere”. utm_source is not sent.",
        "The data tag “Missed call” has no field “nowhere”. utm_source is not sent.",
        "Contacts have no text field “Source”. New contacts are created without utm_source.",
    ]


def test_import_of_a_usable_customer_prints_no_warning(imported: Callable[..., tuple[str, str]]) -> None:
    assert imported()[1] == ""


def test_import_without_discovery_sends_no_request(account: Account, imported: Callable[..., tuple[str, str]]) -> None:
    assert imported("--no-discovery", utm_fields=[parameter("utm_source", "nowhere")])[1] == ""
    assert account.requests == []


def test_import_prints_the_address_although_call_tags_are_missing(
    account: Account, imported: Callable[..., tuple[str, str]]
) -> None:
    account.tags = {}
    out = StringIO()

    with pytest.raises(CommandError, match="Planfix cannot be used yet"):
        imported(out=out)

    assert json.loads(out.getvalue())["webhook_url"].startswith("http")
