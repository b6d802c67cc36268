"""The contact of a call when contacts in Planfix change: other formats, deleted, merged, and created only once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from integrations.models import CallState, ContactClaim, RememberedContact
from integrations.planfix.http.errors import PlanfixUnavailable
from integrations.services.contacts.creation_lock import acquire_creation_lock
from integrations.services.delivery import call_delivery
from sandbox.http.faults import Fault
from sandbox.planfix.account import Account
from sandbox.planfix.records import Comment, Contact
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, NEW_CLIENT, answered, dialled, missed, unanswered

SECOND_ID = "ua9_-1790775999.2139026"
OTHER_NUMBER = "+380507654321"


def delete(account: Account, contact: Contact) -> None:
    """Moves the contact to the bin, where Planfix still knows its name."""
    contact.is_deleted = True


def remove(account: Account, contact: Contact) -> None:
    """Removes the contact for good."""
    account.set_phones(contact, [])
    del account.contacts_by_id[contact.id]


DISAPPEARANCES = [delete, remove]
Disappearance = Callable[[Account, Contact], None]


def merge(account: Account, lost: Contact, survivor: Contact) -> None:
    """Merges the contacts. The survivor takes over numbers, comments and tasks."""
    account.set_phones(survivor, [*survivor.phones, *lost.phones])
    moved = account._feeds.pop(("contact", lost.id), [])
    account._feeds["contact", survivor.id] += moved
    for comment in moved:
        comment.contact_id = survivor.id
    for task in account.tasks_of(lost.id):
        task.counterparty_id = survivor.id
    remove(account, lost)


def call_again(scenario: Scenario, body: dict[str, Any], event: str = "after_call") -> None:
    scenario.post(body | {"uniqueid": SECOND_ID, "call_id": SECOND_ID}, event=event)
    scenario.deliver()


def remembered(scenario: Scenario, **contact: Any) -> Contact:
    """A contact that a delivered call has led to."""
    known = scenario.account.add_contact(name="Olha Koval", phones=[CLIENT], **contact)
    scenario.post(answered())
    scenario.deliver()
    assert scenario.call(CALL_ID).state == CallState.DELIVERED
    return known


def last_comment(scenario: Scenario) -> Comment:
    call = scenario.call(SECOND_ID)
    assert (call.state, call.reason, call.detail) == (CallState.DELIVERED, "", "")
    (comment,) = [comment for comment in scenario.account.comments if SECOND_ID in comment.description]
    assert comment.id == call.delivery.comment_id
    assert [entry.comment_id for entry in comment.tags] == [comment.id]
    return comment


# Any spelling


def test_any_format_finds_a_contact_in_another_spelling(make_scenario: Callable[..., Scenario], db: None) -> None:
    scenario = make_scenario(phone_matching="any_format")
    contact = scenario.account.add_contact(name="Olha Koval", phones=["067 12-34-567"])
    scenario.post(answered())
    scenario.deliver()

    assert [comment.contact_id for comment in scenario.account.comments] == [contact.id]
    assert scenario.account.contacts == [contact]


def test_any_format_prefers_the_full_format_and_reports_other_spellings(
    make_scenario: Callable[..., Scenario], db: None
) -> None:
    scenario = make_scenario(phone_matching="any_format")
    for spelling in ("067 123-45-67", "0671234567"):
        scenario.account.add_contact(name="Olha", phones=[spelling], is_company=True)
    full = scenario.account.add_contact(name="Olha Koval", phones=[CLIENT], is_company=True)
    scenario.post(answered())
    scenario.deliver()

    assert [comment.contact_id for comment in scenario.account.comments] == [full.id]
    assert scenario.call(CALL_ID).delivery.contacts_found == 3


@pytest.mark.parametrize(("in_planfix", "kept"), [("Olha Koval", "Olha Koval"), (CLIENT, "")])
def test_name_of_the_found_contact_is_remembered(scenario: Scenario, in_planfix: str, kept: str) -> None:
    scenario.account.add_contact(name=in_planfix, phones=[CLIENT])
    scenario.post(answered())
    scenario.deliver()

    assert RememberedContact.objects.get().name == kept


# Gone from Planfix


@pytest.mark.parametrize("vanish", DISAPPEARANCES)
@pytest.mark.parametrize("body", [answered(), missed()], ids=["answered", "missed"])
def test_deleted_contact_is_replaced_by_another_with_its_number(
    scenario: Scenario, vanish: Disappearance, body: dict[str, Any]
) -> None:
    gone = remembered(scenario)
    other = scenario.account.add_contact(name="Olha Koval-Bondar", phones=[OTHER_NUMBER, CLIENT])
    vanish(scenario.account, gone)
    call_again(scenario, body)

    assert last_comment(scenario).contact_id == other.id
    assert RememberedContact.objects.get(customer=scenario.customer, number=CLIENT).contact_id == other.id


@pytest.mark.parametrize("vanish", DISAPPEARANCES)
@pytest.mark.parametrize("body", [answered(), missed()], ids=["answered", "missed"])
def test_deleted_contact_is_created_again_and_remembered(
    scenario: Scenario, vanish: Disappearance, body: dict[str, Any]
) -> None:
    gone = remembered(scenario)
    vanish(scenario.account, gone)
    call_again(scenario, body)

    (made,) = [contact for contact in scenario.account.contacts if not contact.is_deleted]
    comment = last_comment(scenario)
    assert comment.contact_id == made.id
    assert comment.author == ("user:5" if body["disposition"] == "ANSWERED" else f"contact:{made.id}")
    assert scenario.call(SECOND_ID).delivery.contact_created
    assert RememberedContact.objects.get(customer=scenario.customer, number=CLIENT).contact_id == made.id


def test_an_unanswered_outgoing_call_does_not_create_a_deleted_contact_again(scenario: Scenario) -> None:
    delete(scenario.account, remembered(scenario))
    call_again(scenario, unanswered(), event="after_outgoing_call")

    call = scenario.call(SECOND_ID)
    assert (call.state, call.reason) == (CallState.SKIPPED, "unknown_contact")
    assert not RememberedContact.objects.filter(customer=scenario.customer).exists()


def test_call_of_a_merged_contact_goes_to_the_surviving_contact(scenario: Scenario) -> None:
    survivor = scenario.account.add_contact(name="Olha", phones=[OTHER_NUMBER])
    merge(scenario.account, remembered(scenario), survivor)
    call_again(scenario, answered())

    assert last_comment(scenario).contact_id == survivor.id
    assert scenario.account.contacts == [survivor]


# A number that was given to another contact after its last call


def call_later(scenario: Scenario) -> list[str]:
    """Delivers a call of the client that begins two minutes after the last delivery. Returns its requests."""
    RememberedContact.objects.update(proved_at=Now() - timedelta(minutes=2))
    scenario.account.forget_requests()
    kyiv = timezone.now().astimezone(ZoneInfo("Europe/Kyiv"))
    call_again(scenario, answered(uniqueid=SECOND_ID, calldate=f"{kyiv:%Y-%m-%d %H:%M:%S}"))
    return [f"{request.method} {request.path}" for request in scenario.account.requests]


def test_call_goes_to_the_contact_that_has_the_number_now(scenario: Scenario) -> None:
    former = remembered(scenario)
    heir = scenario.account.add_contact(name="Petro", phones=[])
    scenario.account.set_phones(former, [])
    scenario.account.set_phones(heir, [CLIENT])

    asked = call_later(scenario)

    assert last_comment(scenario).contact_id == heir.id
    assert asked[:2] == [f"GET /contact/{former.id}", "POST /contact/list"]
    assert len(asked) == 4
    assert RememberedContact.objects.get().contact_id == heir.id


def test_a_remembered_contact_is_read_once_for_calls_that_begin_later(scenario: Scenario) -> None:
    known = remembered(scenario)
    known.name = "Olha Bondar"

    asked = call_later(scenario)

    assert last_comment(scenario).contact_id == known.id
    assert (asked[0], len(asked)) == (f"GET /contact/{known.id}", 3)
    assert RememberedContact.objects.get().name == "Olha Bondar"


def test_a_remembered_contact_is_not_read_for_a_call_that_began_before(scenario: Scenario) -> None:
    remembered(scenario)
    scenario.account.forget_requests()

    call_again(scenario, answered(uniqueid=SECOND_ID))

    assert len(scenario.account.requests) == 2


def test_a_remembered_contact_keeps_its_calls_when_nobody_has_the_number(scenario: Scenario) -> None:
    known = remembered(scenario)
    scenario.account.set_phones(known, [])

    call_later(scenario)

    assert last_comment(scenario).contact_id == known.id
    assert len(scenario.account.contacts) == 1


@pytest.fixture
def before_first_comment(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Lets something happen after the contact is found and before the first comment is written."""

    def arrange(happen: Callable[[], None]) -> None:
        events = [happen]

        def write_comment(*arguments: Any) -> int:
            if events:
                events.pop()()
            return original(*arguments)

        original = call_delivery.write_comment
        monkeypatch.setattr(call_delivery, "write_comment", write_comment)

    return arrange


@pytest.mark.parametrize("vanish", DISAPPEARANCES)
def test_contact_deleted_between_search_and_comment_is_created_again(
    scenario: Scenario, vanish: Disappearance, before_first_comment: Callable[..., None]
) -> None:
    gone = scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    before_first_comment(lambda: vanish(scenario.account, gone))
    call_again(scenario, missed())

    (made,) = [contact for contact in scenario.account.contacts if not contact.is_deleted]
    comment = last_comment(scenario)
    assert (comment.contact_id, comment.author) == (made.id, f"contact:{made.id}")


def test_new_contact_that_is_deleted_at_once_is_created_again(
    scenario: Scenario, before_first_comment: Callable[..., None]
) -> None:
    before_first_comment(lambda: delete(scenario.account, scenario.account.contacts[0]))
    call_again(scenario, answered(NEW_CLIENT))

    assert [contact.is_deleted for contact in scenario.account.contacts] == [True, False]
    assert last_comment(scenario).contact_id == scenario.account.contacts[1].id


@pytest.mark.parametrize(
    ("status", "code"), [(404, 2000), (400, 2000), (400, 2001), (400, 6), (400, 41)], ids=lambda value: str(value)
)
def test_a_remembered_contact_is_searched_for_again_by_any_code_for_a_missing_contact(
    scenario: Scenario, sandbox: Sandbox, status: int, code: int
) -> None:
    """The Planfix documentation names several answers to a comment on a missing contact."""
    gone = remembered(scenario)
    remove(scenario.account, gone)
    answer = {"result": "fail", "code": code, "error": "Rest API error"}
    path = f"/contact/{gone.id}/comments"
    sandbox.add_fault(Fault(kind="status", method="POST", path=path, status=status, json=answer))
    call_again(scenario, answered())

    (made,) = scenario.account.contacts
    assert last_comment(scenario).contact_id == made.id


def test_comment_refused_for_another_reason_fails_without_a_second_contact(
    scenario: Scenario, sandbox: Sandbox
) -> None:
    known = remembered(scenario)
    answer = {"result": "fail", "code": 6, "error": "New comments not allowed in this process"}
    sandbox.add_fault(Fault(kind="status", method="POST", path="/contact/*/comments", status=400, json=answer))
    call_again(scenario, answered())

    assert scenario.call(SECOND_ID).state == CallState.FAILED
    assert scenario.account.contacts == [known]
    assert len(scenario.account.comments) == 1


def test_refused_comment_on_a_contact_just_found_fails_the_call(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    answer = {"result": "fail", "code": 6, "error": "New comments not allowed in this process"}
    sandbox.add_fault(Fault(kind="status", method="POST", path="/contact/*/comments", status=400, json=answer))
    call_again(scenario, answered())

    assert scenario.call(SECOND_ID).state == CallState.FAILED
    assert [request.path for request in scenario.account.requests].count("/contact/list") == 1


@pytest.mark.parametrize("vanish", DISAPPEARANCES)
def test_call_whose_contact_was_deleted_before_the_data_tag_is_written_again(
    scenario: Scenario, sandbox: Sandbox, vanish: Disappearance
) -> None:
    gone = scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    sandbox.add_fault(Fault(kind="status", status=429, method="POST", path="/contact/*/datatags/*", times=1))
    call_again(scenario, answered())
    for comment in scenario.account.comments:
        comment.is_deleted = True
    vanish(scenario.account, gone)
    scenario.customer.calls.update(due_at=timezone.now())
    scenario.deliver()

    (made,) = [contact for contact in scenario.account.contacts if not contact.is_deleted]
    assert last_comment(scenario).contact_id == made.id


def test_a_comment_that_moved_with_its_merged_contact_is_not_written_twice(
    scenario: Scenario, sandbox: Sandbox
) -> None:
    """The comment was written, its tag was not, and in the meantime the contact was merged into another."""
    lost = scenario.account.add_contact(name="Olha", phones=[CLIENT])
    survivor = scenario.account.add_contact(name="Olha Koval", phones=[OTHER_NUMBER])
    sandbox.add_fault(Fault(kind="reset", method="POST", path="/contact/*/datatags/*", times=1))
    call_again(scenario, answered())
    merge(scenario.account, lost, survivor)
    scenario.customer.calls.update(due_at=timezone.now())
    scenario.deliver()

    assert last_comment(scenario).contact_id == survivor.id
    assert len(scenario.account.comments) == len(scenario.account.tag_entries) == 1


def test_a_comment_in_flight_is_searched_for_at_the_contact_that_survived_a_merge(
    scenario: Scenario, sandbox: Sandbox
) -> None:
    lost = scenario.account.add_contact(name="Olha", phones=[CLIENT])
    survivor = scenario.account.add_contact(name="Olha Koval", phones=[OTHER_NUMBER])
    sandbox.add_fault(Fault(kind="reset", method="POST", path="/contact/*/comments", when="after", times=1))
    call_again(scenario, answered())
    merge(scenario.account, lost, survivor)
    scenario.customer.calls.update(due_at=timezone.now())
    scenario.deliver()

    assert last_comment(scenario).contact_id == survivor.id
    assert len(scenario.account.comments) == 1


# Gone, and calls go to the last active task


@pytest.fixture
def task_scenario(make_scenario: Callable[..., Scenario], db: None) -> Scenario:
    return make_scenario(call_target="last_active_task")


@pytest.mark.parametrize("vanish", DISAPPEARANCES)
@pytest.mark.parametrize("body", [answered(), missed()], ids=["answered", "missed"])
def test_call_of_a_deleted_contact_goes_to_the_task_of_the_contact_found_instead(
    task_scenario: Scenario, vanish: Disappearance, body: dict[str, Any]
) -> None:
    vanish(task_scenario.account, remembered(task_scenario))
    other = task_scenario.account.add_contact(name="Olha", phones=[CLIENT])
    order = task_scenario.account.add_task(other.id, "Order")
    call_again(task_scenario, body)

    comment = last_comment(task_scenario)
    assert (comment.task_id, comment.contact_id) == (order.id, None)
    assert task_scenario.call(SECOND_ID).delivery.contact_id == other.id


@pytest.mark.parametrize("vanish", DISAPPEARANCES)
def test_deleted_contact_without_a_task_is_created_again(task_scenario: Scenario, vanish: Disappearance) -> None:
    vanish(task_scenario.account, remembered(task_scenario))
    call_again(task_scenario, missed())

    (made,) = [contact for contact in task_scenario.account.contacts if not contact.is_deleted]
    assert last_comment(task_scenario).contact_id == made.id


def test_missed_call_of_a_deleted_contact_with_a_task_goes_to_a_new_contact(task_scenario: Scenario) -> None:
    gone = remembered(task_scenario)
    task_scenario.account.add_task(gone.id, "Order")
    remove(task_scenario.account, gone)
    call_again(task_scenario, missed())

    (made,) = task_scenario.account.contacts
    comment = last_comment(task_scenario)
    assert (comment.contact_id, comment.author) == (made.id, f"contact:{made.id}")


def test_the_task_of_a_merged_contact_is_found_at_the_survivor(task_scenario: Scenario) -> None:
    survivor = task_scenario.account.add_contact(name="Olha", phones=[OTHER_NUMBER])
    lost = remembered(task_scenario)
    order = task_scenario.account.add_task(survivor.id, "Order")
    merge(task_scenario.account, lost, survivor)
    call_again(task_scenario, missed())

    comment = last_comment(task_scenario)
    assert (comment.task_id, comment.author) == (order.id, f"contact:{survivor.id}")


def test_task_deleted_before_the_comment_is_replaced_by_the_active_one(
    task_scenario: Scenario, before_first_comment: Callable[..., None]
) -> None:
    contact = task_scenario.account.add_contact(name="Olha", phones=[CLIENT])
    older = task_scenario.account.add_task(contact.id, "Older order")
    order = task_scenario.account.add_task(contact.id, "Order")
    before_first_comment(lambda: setattr(order, "is_deleted", True))
    call_again(task_scenario, answered())

    assert last_comment(task_scenario).task_id == older.id


# Made once


BODIES = [answered(NEW_CLIENT), missed(NEW_CLIENT), dialled(NEW_CLIENT)]


@pytest.mark.parametrize("first", BODIES, ids=["answered", "missed", "dialled"])
def test_two_calls_of_a_new_number_make_one_contact(scenario: Scenario, first: dict[str, Any]) -> None:
    scenario.post(first, event="after_outgoing_call" if "type" in first else "after_call")
    scenario.post(answered(NEW_CLIENT, uniqueid=SECOND_ID))
    scenario.deliver()

    (contact,) = scenario.account.contacts
    assert [comment.contact_id for comment in scenario.account.comments] == [contact.id] * 2


def test_two_calls_of_a_new_number_at_once_and_two_workers_make_one_contact(
    make_scenario: Callable[..., Scenario], transactional_db: None, sandbox: Sandbox
) -> None:
    scenario = make_scenario()
    sandbox.latency = 0.02
    barrier = threading.Barrier(2)

    def post_and_deliver(ringostat_id: str) -> None:
        barrier.wait()
        try:
            Scenario(scenario.customer, scenario.account).post(missed(NEW_CLIENT, uniqueid=ringostat_id))
            barrier.wait()
            scenario.deliver()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(post_and_deliver, [CALL_ID, SECOND_ID]))

    (contact,) = scenario.account.contacts
    assert [comment.contact_id for comment in scenario.account.comments] == [contact.id] * 2
    assert {call.state for call in scenario.customer.calls.all()} == {CallState.DELIVERED}
    assert [request.path for request in scenario.account.requests].count("/contact/") == 1


# Made once, by two customers of one account


@pytest.fixture
def projects(make_scenario: Callable[..., Scenario], db: None) -> tuple[Scenario, Scenario]:
    """Two Ringostat projects of one company, each of which a new client has called."""
    one, two = make_scenario(), make_scenario(name="Second project")
    one.post(missed(NEW_CLIENT))
    two.post(missed(NEW_CLIENT, uniqueid=SECOND_ID))
    return one, two


def once(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, happen: Callable[[], None], *, after: bool) -> None:
    """Lets something happen before or after the next time that a function is called."""
    original = getattr(place, name)

    def called(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(place, name, original)
        if after:
            result = original(*arguments, **named)
            happen()
            return result
        happen()
        return original(*arguments, **named)

    monkeypatch.setattr(place, name, called)


def assert_one_waited_for_the_other(waited: Scenario, made: Scenario) -> None:
    call = waited.customer.calls.get()
    assert (call.state, call.reason) == (CallState.PENDING, "unavailable")
    waited.customer.calls.update(due_at=timezone.now())
    waited.deliver()

    (contact,) = made.account.contacts
    assert [comment.contact_id for comment in made.account.comments] == [contact.id] * 2
    assert waited.customer.calls.get().state == made.customer.calls.get().state == CallState.DELIVERED


def test_one_of_two_customers_of_an_account_creates_the_contact(
    projects: tuple[Scenario, Scenario], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = projects
    once(monkeypatch, call_delivery, "create_contact", two.deliver, after=False)
    one.deliver()

    assert_one_waited_for_the_other(two, one)


def test_a_customer_that_searched_before_another_created_the_contact_searches_again(
    projects: tuple[Scenario, Scenario], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = projects
    once(monkeypatch, call_delivery, "find_client", two.deliver, after=True)
    one.deliver()

    assert_one_waited_for_the_other(one, two)


def test_the_creation_lock_expires_for_searches_that_began_after_it(projects: tuple[Scenario, Scenario]) -> None:
    one, two = (scenario.customer for scenario in projects)
    acquire_creation_lock(one, NEW_CLIENT, searched_for=0)
    acquire_creation_lock(one, NEW_CLIENT, searched_for=0)
    ContactClaim.objects.update(held_until=timezone.now() - timedelta(seconds=5))

    with pytest.raises(PlanfixUnavailable):
        acquire_creation_lock(two, NEW_CLIENT, searched_for=60)
    acquire_creation_lock(two, NEW_CLIENT, searched_for=1)
    assert ContactClaim.objects.get().customer == two


# Made once, whatever the answer


def test_a_contact_creation_in_flight_makes_no_second_contact(scenario: Scenario, sandbox: Sandbox) -> None:
    sandbox.add_fault(Fault(kind="reset", method="POST", path="/contact", when="after", times=1))
    scenario.post(missed(NEW_CLIENT))
    call_again(scenario, answered(NEW_CLIENT))
    scenario.customer.calls.update(due_at=timezone.now())
    scenario.deliver()

    (contact,) = scenario.account.contacts
    assert [comment.contact_id for comment in scenario.account.comments] == [contact.id] * 2


IMPOSSIBLE = "380000000000"


def test_a_number_that_cannot_exist_creates_no_contact(scenario: Scenario) -> None:
    scenario.post(answered(E164=IMPOSSIBLE, userfield=IMPOSSIBLE, caller=IMPOSSIBLE))
    before = len(scenario.account.contacts_by_id)
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.reason) == (CallState.SKIPPED, "unusable_number")
    assert len(scenario.account.contacts_by_id) == before


def test_a_number_that_cannot_exist_is_searched_for(scenario: Scenario) -> None:
    contact = scenario.account.add_contact(name="Olha", phones=[f"+{IMPOSSIBLE}"])
    scenario.post(answered(E164=IMPOSSIBLE, userfield=IMPOSSIBLE, caller=IMPOSSIBLE))
    scenario.deliver()

    assert [comment.contact_id for comment in scenario.account.comments] == [contact.id]


@pytest.mark.parametrize("matching", ["full", "any_format"])
@pytest.mark.parametrize("contacts", [60, 250])
def test_number_of_many_contacts_takes_one_search(
    make_scenario: Callable[..., Scenario], db: None, matching: str, contacts: int
) -> None:
    scenario = make_scenario(phone_matching=matching)
    many = [scenario.account.add_contact(name=f"Clerk {n}", phones=[CLIENT]) for n in range(contacts)]
    many[0].is_deleted = True
    scenario.post(answered())
    scenario.deliver()

    searches = [request for request in scenario.account.requests if request.path.startswith("/contact/list")]
    assert len(searches) == 1
    assert [comment.contact_id for comment in scenario.account.comments] == [many[1].id]
    assert scenario.call(CALL_ID).delivery.contacts_found == min(contacts - 1, 100)
