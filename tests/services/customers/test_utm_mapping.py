"""Mapping of parameters to fields: offers, proposals, missing, saved and created fields."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from integrations.background_jobs import run_job
from integrations.models import BackgroundJob, BackgroundJobKind, Customer
from integrations.planfix.records.fields import FieldType
from integrations.ringostat.vocabulary import UTM
from integrations.services.customers.account_discovery import discover
from integrations.services.customers.utm_mapping import UtmChoice, UtmRow, save_utm_mapping, utm_table
from integrations.services.queue.background import enqueue
from sandbox.http.faults import Fault
from sandbox.planfix.account import Account
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.factories import NOON, call_facts, make_call

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(scenario: Scenario) -> Customer:
    """A customer whose access is checked. No field is chosen yet."""
    scenario.customer.utm_fields.all().delete()
    discover(scenario.customer)
    return scenario.customer


def row_of(customer: Customer, parameter: str) -> UtmRow:
    [row] = [row for row in utm_table(customer).rows if row.parameter == parameter]
    return row


def lose_field(account: Account, tag_name: str, name: str) -> None:
    for tag in account.tags.values():
        if tag.name == tag_name:
            account.tags[tag.id] = replace(tag, fields=tuple(field for field in tag.fields if field.name != name))


def make_fields(customer: Customer, *names: str) -> BackgroundJob:
    job = enqueue(BackgroundJobKind.CREATE_FIELDS, customer=customer, names=list(names))
    run_job(job.pk)
    job.refresh_from_db()
    customer.refresh_from_db()
    return job


def test_five_utm_parameters_are_proposed_to_fields_of_the_same_name(customer: Customer) -> None:
    rows = utm_table(customer).rows

    assert [(row.parameter, row.field, row.is_proposed, row.lacking) for row in rows] == [
        (name, name, True, ()) for name in UTM
    ]


def test_only_free_text_fields_can_be_chosen(customer: Customer) -> None:
    assert set(utm_table(customer).tag_fields) == set(UTM)


def test_parameters_of_the_newest_calls_are_offered_with_an_example(customer: Customer) -> None:
    make_call(customer, call_facts(parameters={"gclid": "old"}, exact_start=NOON))
    make_call(customer, call_facts(parameters={"gclid": "new", "pool": "x"}, exact_start=NOON + timedelta(hours=1)))

    offered = {row.parameter: row.example for row in utm_table(customer).rows}

    assert list(offered)[5:] == ["gclid", "pool"]
    assert offered["gclid"] == "new"


def test_saved_mapping_is_shown_without_further_proposals(customer: Customer) -> None:
    save_utm_mapping(customer, [UtmChoice(parameter="gclid", field="utm_term", contact_field="Source")])

    kept = row_of(customer, "gclid")
    assert (kept.field, kept.contact_field, kept.is_proposed) == ("utm_term", "Source", False)
    assert row_of(customer, "utm_source").field == ""


def test_parameter_field_missing_from_one_tag_is_reported(customer: Customer, account: Account) -> None:
    lose_field(account, "Missed call", "utm_source")
    discover(customer)

    assert row_of(customer, "utm_source").lacking == ("Missed call",)
    assert utm_table(customer).missing == {"Missed call": ["utm_source"]}


def test_planfix_fields_are_unknown_before_a_check(scenario: Scenario) -> None:
    Customer.objects.filter(pk=scenario.customer.pk).update(planfix_tags=None)

    table = utm_table(Customer.objects.get())

    assert (table.knows_planfix, table.tag_fields, table.missing) == (False, (), {})


def test_saving_replaces_the_former_utm_mapping(customer: Customer) -> None:
    save_utm_mapping(customer, [UtmChoice(parameter="a", field="x"), UtmChoice(parameter="b", field="y")])
    save_utm_mapping(customer, [UtmChoice(parameter="b", field="x")])

    assert list(customer.utm_fields.values_list("parameter", "field")) == [("b", "x")]


def test_two_parameters_of_one_field_are_refused_and_the_mapping_stays(customer: Customer) -> None:
    save_utm_mapping(customer, [UtmChoice(parameter="a", field="x")])

    with pytest.raises(ValidationError, match="c: Another parameter already uses this field"):
        save_utm_mapping(customer, [UtmChoice(parameter="b", field="z"), UtmChoice(parameter="c", field="z")])

    assert customer.utm_fields.get().parameter == "a"


# Fields of contacts


def test_missing_contact_fields_of_parameters_are_created_and_known_at_once(
    customer: Customer, account: Account
) -> None:
    source = account.add_contact_field(name="Source", type_=FieldType.LINE, group_id=1)

    job = make_fields(customer, "utm_source", "source")

    made = next(field for field in account.contact_fields.values() if field.name == "utm_source")
    assert (job.trouble, job.result) == ("", {"made": ["utm_source"]})
    assert made.type == FieldType.LINE
    assert customer.planfix_contact_fields == {"Source": source.id, "utm_source": made.id}


def test_repeated_job_creates_no_contact_field_twice(customer: Customer, account: Account) -> None:
    make_fields(customer, "utm_source")
    make_fields(customer, "utm_source")

    assert [field.name for field in account.contact_fields.values()] == ["utm_source"]


def test_missing_permission_to_create_contact_fields_is_named(customer: Customer, account: Account) -> None:
    account.scopes = frozenset({"contact_readonly"})

    assert "custom_field_add" in make_fields(customer, "utm_source").trouble


def test_planfix_that_does_not_answer_a_field_creation_is_reported(customer: Customer, sandbox: Sandbox) -> None:
    sandbox.add_fault(Fault(path="/customfield/contact", status=503))

    assert make_fields(customer, "utm_source").trouble
