"""Unusual answers of Planfix: limits, required fields, partial success, closed tasks, a search that finds nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Alert, Call, CallState, Customer
from sandbox.http.faults import Fault
from sandbox.planfix.world import Emoji, PhoneFilter, TaskComments, World
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, NEW_CLIENT, answered

SHORT_LIMIT = {"result": "fail", "code": 22, "timeToReset": 95_000}


def page(client: Client, scenario: Scenario) -> str:
    return client.get(reverse("calllog:call", args=[scenario.call(CALL_ID).pk])).content.decode()


def test_short_request_limit_delays_calls_until_it_ends(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.account.add_contact(name="Olha", phones=[CLIENT])
    sandbox.add_fault(
        Fault(path="/contact/list", status=403, json=SHORT_LIMIT, headers={"X-RateLimit-Remaining": "18211"})
    )
    scenario.post(answered())
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.reason) == (CallState.PENDING, "unavailable")
    assert call.due_at
    assert timedelta(seconds=90) < call.due_at - timezone.now() < timedelta(seconds=120)
    assert not Alert.objects.exists()


def test_refused_contact_creation_names_the_required_field(scenario: Scenario) -> None:
    field = scenario.account.add_contact_field(name="Lead source", type_=0, group_id=1)
    Customer.objects.update(planfix_contact_fields={"Lead source": field.id})
    scenario.account.required_contact_fields = [field.id]
    scenario.post(answered(NEW_CLIENT))
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.reason) == (CallState.FAILED, "refused")
    assert f"the field “Lead source” ({field.id}) filled in" in call.detail
    assert "contact template" in call.detail


def test_a_call_with_emoji_is_written_without_them_where_planfix_cannot_read_them(scenario: Scenario) -> None:
    scenario.account.enter(World(emoji=Emoji.REFUSED))
    scenario.account.add_contact(name="Olha", phones=[CLIENT])
    scenario.post(answered(utm_campaign="🔥 Знижка"))
    scenario.deliver()

    assert scenario.call(CALL_ID).state == CallState.DELIVERED
    (comment,) = scenario.account.comments
    assert "utm_campaign: Знижка" in comment.description


def test_fields_that_planfix_did_not_change_are_reported(
    scenario: Scenario, sandbox: Sandbox, admin_client: Client
) -> None:
    failures = [{"field": "phones", "error": "field change failed"}]
    answer = {"result": "success", "id": 812, "failures": failures}
    scenario.account.add_contact(name="Somebody", phones=["+380990000000"])
    made = scenario.account.add_contact(name=NEW_CLIENT, phones=[])
    sandbox.add_fault(Fault(method="POST", path="/contact/", status=201, json=answer | {"id": made.id}, times=1))
    scenario.post(answered(NEW_CLIENT))
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert call.state == CallState.DELIVERED
    assert call.delivery.refused_parts == ["contact: phones (field change failed)"]
    assert "Planfix did not accept: contact: phones (field change failed)" in page(admin_client, scenario)


def test_call_goes_to_the_contact_if_its_task_takes_no_comments(
    make_scenario: Callable[..., Scenario], db: None, admin_client: Client
) -> None:
    scenario = make_scenario(call_target="last_active_task")
    contact = scenario.account.add_contact(name="Olha", phones=[CLIENT])
    task = scenario.account.add_task(contact.id, "Order")
    scenario.account.enter(World(task_comments=TaskComments.REFUSED))
    scenario.post(answered())
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.delivery.task_id) == (CallState.DELIVERED, None)
    (comment,) = scenario.account.comments
    assert (comment.contact_id, comment.task_id) == (contact.id, None)
    assert [entry.comment_id for entry in scenario.account.tag_entries] == [comment.id]
    assert f"comments of task {task.id}" in page(admin_client, scenario)


@pytest.fixture
def blind(scenario: Scenario) -> Scenario:
    scenario.account.add_contact(name="Olha", phones=[CLIENT])
    scenario.account.enter(World(phone_filter=PhoneFilter.NOTHING))
    Customer.objects.update(search_is_blind=True)
    return scenario


def test_no_contact_is_created_while_the_search_finds_nothing(blind: Scenario, admin_client: Client) -> None:
    blind.post(answered(NEW_CLIENT))
    blind.deliver()

    call = blind.call(CALL_ID)
    assert (call.state, call.reason) == (CallState.PENDING, "search_blind")
    assert call.due_at
    assert len(blind.account.contacts) == 1
    assert "does not find contacts that exist" in page(admin_client, blind)


def test_waiting_call_is_delivered_once_the_search_finds_contacts_again(blind: Scenario) -> None:
    blind.post(answered(NEW_CLIENT))
    blind.deliver()
    blind.account.enter(World())
    Call.objects.update(due_at=timezone.now())
    blind.deliver()

    assert blind.call(CALL_ID).state == CallState.DELIVERED
    assert not Customer.objects.get().search_is_blind
    assert [phone.number for contact in blind.account.contacts for phone in contact.phones] == [CLIENT, NEW_CLIENT]
