"""A customer moves to another Planfix account: data of the former account is not used there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.models import Call, CallState, Customer, Delivery, RememberedContact
from integrations.services.clients.lease import HeldLease, LeaseLost
from integrations.services.customers.import_export import import_customer
from integrations.services.delivery.attempt import ReceiptBook, begin_next_attempt
from sandbox.http.faults import Fault
from sandbox.planfix.account import Account
from sandbox.state import Sandbox
from tests.conftest import Scenario, customer_data
from tests.end_to_end.bodies import CALL_ID, NEW_CLIENT, answered, missed

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(sandbox: Sandbox) -> Account:
    """An account with its own contacts and comments, whose ids also exist in the first account."""
    other = sandbox.add_account("other", token="other-token")
    for number in range(5):
        contact = other.add_contact(name="Somebody else", phones=[f"+38050000000{number}"])
        other.add_comment(("contact", contact.id), author="user:5", description="Another matter")
    return other


@pytest.fixture
def move(scenario: Scenario, other: Account, sandbox: Sandbox) -> Callable[..., Scenario]:
    """Imports the customer with the other account. Keyword arguments change the imported data."""

    def moved(**changes: Any) -> Scenario:
        data = customer_data(other, sandbox, **changes)
        del data["planfix"]["contact_template_id"]
        if "employees" not in changes:
            del data["employees"]
        return Scenario(import_customer(data), other)

    return moved


def comments(account: Account) -> list[str]:
    return [comment.description for comment in account.comments]


def test_unfinished_call_starts_again_in_the_new_account(
    scenario: Scenario, move: Callable[..., Scenario], sandbox: Sandbox
) -> None:
    """Its contact belongs to the former account. In the new account that id is another contact."""
    sandbox.add_fault(Fault(path="*/comments/*", status=500))
    scenario.post(missed(NEW_CLIENT))
    scenario.deliver()
    assert Delivery.objects.get().contact_id
    sandbox.clear_faults()
    scenario = move()
    before = comments(scenario.account)

    Call.objects.update(due_at="2026-01-01T00:00:00Z")
    scenario.deliver()

    contact = next(one for one in scenario.account.contacts if NEW_CLIENT in [phone.number for phone in one.phones])
    assert scenario.call(CALL_ID).delivery.contact_id == contact.id
    assert len(comments(scenario.account)) == len(before) + 1


def test_later_events_of_a_call_in_the_former_account_are_not_written(
    scenario: Scenario, move: Callable[..., Scenario]
) -> None:
    scenario.post(answered())
    scenario.deliver()
    scenario = move()
    before, asked = comments(scenario.account), len(scenario.account.requests)

    scenario.post({"call_id": CALL_ID, "category_mark": "5", "employee_mark": "4"}, event="call_rating")
    scenario.deliver()

    assert comments(scenario.account) == before
    written = [request for request in scenario.account.requests[asked:] if "/comments/" in request.path]
    call = scenario.call(CALL_ID)
    assert (written, call.state, call.due_at, call.reason) == ([], CallState.DELIVERED, None, "")


def test_employees_have_no_planfix_user_in_the_new_account(scenario: Scenario, move: Callable[..., Scenario]) -> None:
    scenario.post(answered())
    scenario = move()
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.reason) == (CallState.SKIPPED, "employee_not_participating")
    assert set(scenario.customer.employees.values_list("planfix_user_id", flat=True)) == {None}


def test_employee_without_a_planfix_user_is_no_fallback(
    make_scenario: Callable[..., Scenario], move: Callable[..., Scenario]
) -> None:
    scenario = move(fallback_employee="Iryna Bondar")

    assert scenario.customer.rules.fallback is None


def test_named_employees_keep_their_rows_after_an_account_change(
    scenario: Scenario, move: Callable[..., Scenario]
) -> None:
    known = dict(scenario.customer.employees.values_list("name", "pk"))
    scenario = move(employees=[{"name": "Iryna Bondar", "planfix_user_id": 7, "staff_id": "331851"}])

    assert list(scenario.customer.employees.values_list("pk", "planfix_user_id")) == [(known["Iryna Bondar"], 7)]


def test_account_change_removes_ids_of_the_former_account_unless_given_again(
    scenario: Scenario, other: Account, sandbox: Sandbox
) -> None:
    Customer.objects.update(contact_template_id=1, call_tag_id=17)

    import_customer(customer_data(other, sandbox))

    customer = Customer.objects.get()
    assert (customer.contact_template_id, customer.call_tag_id) == (1, None)


@pytest.mark.parametrize("change", [{"token": "new"}, {"url": "{url}/rest/"}, {"call_tag_id": 18}], ids=str)
def test_import_of_the_same_account_keeps_everything(
    scenario: Scenario, account: Account, sandbox: Sandbox, change: dict[str, Any]
) -> None:
    scenario.post(answered())
    Delivery.objects.create(call=Call.objects.get(), contact_id=812)
    RememberedContact.objects.create(customer=scenario.customer, number=NEW_CLIENT, contact_id=812)
    data = customer_data(account, sandbox)
    data["planfix"] |= {
        key: value.format(url=account.url) if isinstance(value, str) else value for key, value in change.items()
    }

    import_customer(data)

    customer = Customer.objects.get()
    assert (customer.contact_template_id, customer.account_since) == (1, None)
    assert (Delivery.objects.count(), RememberedContact.objects.count()) == (1, 1)
    assert customer.employees.filter(planfix_user_id=5).exists()


def test_account_change_stops_a_running_delivery(scenario: Scenario, move: Callable[..., Scenario]) -> None:
    scenario.post(answered())
    turn = HeldLease(scenario.customer)
    assert turn.acquire()
    begun = begin_next_attempt(turn)
    assert begun
    receipt_book = ReceiptBook(*begun[:2])

    move()
    receipt_book.note(contact_id=812)
    receipt_book.remember("+380671234567", 812)

    with pytest.raises(LeaseLost):
        turn.acquire_slot(1, receipt_book.take_unstored())
    assert not Delivery.objects.exists()
    assert not RememberedContact.objects.exists()
