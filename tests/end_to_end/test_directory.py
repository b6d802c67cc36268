"""Calls end in Planfix with a contact directory as they do without one, even if the directory is old."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from integrations.models import Customer, DirectoryAccount, RememberedContact
from integrations.services.directory.look_up import contacts_of
from integrations.services.directory.reading import read_directory
from integrations.services.dry_run.delivery import deliver_dry
from integrations.services.dry_run.report import DryRunReport
from sandbox.planfix.account import Account
from sandbox.planfix.records import Contact
from sandbox.ringostat.api import Ringostat
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, NEW_CLIENT, answered, dialled, missed
from tests.end_to_end.test_contacts import merge, remove
from tests.end_to_end.test_faults import FAULTS, SECOND_ID, FaultCase, Play, at, olha

OTHER_NUMBER = "+380507654321"
Change = Callable[[Account], object]


@dataclass(frozen=True, kw_only=True)
class DirectoryCase:
    """`known`: what the directory has read. `later`: what changes in Planfix before the call.

    `then`: what the directory does meanwhile: nothing, it reads the changes, or it cannot be read for an hour.
    """

    known: Change = lambda account: None
    later: Change = lambda account: None
    then: Callable[[int], object] = lambda customer_id: None
    body: dict[str, Any] = field(default_factory=answered)
    event: str = "after_call"
    customer: dict[str, Any] = field(default_factory=dict)
    searches: bool = True
    """Is Planfix searched although there is a directory?"""
    begins_later: bool = False
    """Does the call begin after the directory was last read? The contact is then read before it is taken."""

    @property
    def fewest_requests(self) -> int:
        return 3 if self.begins_later else 2


def contact(*phones: str, name: str = "Olha", **columns: Any) -> Change:
    return lambda account: account.add_contact(name=name, phones=list(phones), **columns)


def all_of(*changes: Change) -> Change:
    return lambda account: [change(account) for change in changes]


def delete_first(account: Account) -> None:
    account.contacts[0].is_deleted = True


def remove_first(account: Account) -> None:
    remove(account, account.contacts[0])


def merge_first(account: Account) -> None:
    lost, survivor = account.contacts
    merge(account, lost, survivor)


def move_number(account: Account) -> None:
    former, heir = account.contacts
    account.set_phones(former, [OTHER_NUMBER])
    account.set_phones(heir, [CLIENT])


def give_up_number(account: Account) -> None:
    account.set_phones(account.contacts[0], [OTHER_NUMBER])


def read_changes(customer_id: int) -> None:
    DirectoryAccount.objects.update(changes_due_at=Now(), next_at=Now())
    read_directory(customer_id)


def grow_old(customer_id: int) -> None:
    DirectoryAccount.objects.update(changes_read_at=F("changes_read_at") - timedelta(hours=1))


def age(customer_id: int) -> None:
    DirectoryAccount.objects.update(changes_read_at=F("changes_read_at") - timedelta(minutes=10))


def this_moment() -> str:
    return f"{timezone.now().astimezone(ZoneInfo('Europe/Kyiv')):%Y-%m-%d %H:%M:%S}"


ANY_FORMAT = {"phone_matching": "any_format"}
TWO = all_of(contact(CLIENT), contact(OTHER_NUMBER, name="Petro"))

CASES = {
    "known": DirectoryCase(known=olha, searches=False),
    "known-missed": DirectoryCase(known=olha, body=missed(), searches=False),
    "known-outgoing": DirectoryCase(known=olha, body=dialled(), event="after_outgoing_call", searches=False),
    "company": DirectoryCase(known=contact(CLIENT, is_company=True), searches=False),
    "several": DirectoryCase(
        known=all_of(contact(CLIENT, is_company=True), contact(CLIENT), contact(CLIENT)), searches=False
    ),
    "other-spelling": DirectoryCase(known=contact("067 123-45-67"), customer=ANY_FORMAT, searches=False),
    "one-of-two-numbers": DirectoryCase(
        known=contact("050 765 43 21 / 067 123-45-67"), customer=ANY_FORMAT, searches=False
    ),
    "full-before-other-spelling": DirectoryCase(
        known=all_of(contact("067 123-45-67"), contact(CLIENT)), customer=ANY_FORMAT, searches=False
    ),
    "other-spelling-not-wanted": DirectoryCase(known=contact("067 123-45-67")),
    "new": DirectoryCase(known=olha, body=answered(NEW_CLIENT)),
    "new-missed": DirectoryCase(known=olha, body=missed(NEW_CLIENT)),
    "missing": DirectoryCase(known=contact(OTHER_NUMBER), later=contact(CLIENT)),
    "deleted": DirectoryCase(known=olha, later=delete_first),
    "removed-with-another": DirectoryCase(known=all_of(contact(CLIENT), contact(CLIENT)), later=remove_first),
    "merged": DirectoryCase(known=TWO, later=merge_first),
    "merged-missed": DirectoryCase(known=TWO, later=merge_first, body=missed()),
    "wrong-number-read": DirectoryCase(known=TWO, later=move_number, then=read_changes, searches=False),
    "wrong-number-not-read": DirectoryCase(known=TWO, later=move_number, then=grow_old),
    "wrong-number-not-read-yet": DirectoryCase(known=TWO, later=move_number, then=age, begins_later=True),
    "wrong-number-not-read-yet-missed": DirectoryCase(
        known=TWO, later=move_number, then=age, begins_later=True, body=missed()
    ),
    "number-given-up": DirectoryCase(known=olha, later=give_up_number, then=age, begins_later=True),
    "known-not-read-since": DirectoryCase(known=olha, then=age, begins_later=True, searches=False),
    "deleted-not-read-since": DirectoryCase(known=olha, later=delete_first, then=age, begins_later=True),
    "merged-not-read-since": DirectoryCase(known=TWO, later=merge_first, then=age, begins_later=True),
    "other-spelling-not-read-since": DirectoryCase(
        known=contact("067 123-45-67"), customer=ANY_FORMAT, then=age, begins_later=True, searches=False
    ),
}


def play_of(case: DirectoryCase, sandbox: Sandbox) -> Play:
    def earlier(scenario: Scenario, _: Sandbox) -> None:
        DirectoryAccount.objects.all().delete()
        read_directory(scenario.customer.pk)
        case.later(scenario.account)
        case.then(scenario.customer.pk)

    body = case.body | ({"calldate": this_moment()} if case.begins_later else {})

    def now(scenario: Scenario, _: Sandbox) -> None:
        scenario.post(body, event=case.event)

    return Play(FaultCase(known=case.known, earlier=earlier, now=now, customer=case.customer), sandbox)


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> DirectoryCase:
    return CASES[request.param]


@pytest.fixture
def play(case: DirectoryCase, db: None, sandbox: Sandbox, settings: Any) -> Play:
    settings.ALLOW_PRIVATE_HOSTS = True
    sandbox.ringostat = Ringostat()
    return play_of(case, sandbox)


def test_calls_with_a_directory_end_as_without_one(case: DirectoryCase, play: Play) -> None:
    wanted = play.run()
    play.prepare(directory=True)
    outcome = play.run()

    assert outcome == wanted
    assert ("POST /contact/list" in play.asked) == case.searches
    assert len(play.asked) == case.fewest_requests or case.searches


@pytest.mark.slow
@pytest.mark.parametrize(
    "case",
    ["known", "new", "deleted", "merged", "wrong-number-not-read", "wrong-number-not-read-yet"],
    indirect=True,
)
@pytest.mark.parametrize("fault", ["reset-after", "503-before"])
def test_calls_with_a_directory_end_as_without_one_after_a_fault_at_any_request(play: Play, fault: str) -> None:
    wanted = play.run()
    play.prepare(directory=True)
    play.run()
    for position, request in enumerate(play.asked):
        assert play.run(at(position, FAULTS[fault])) == wanted, f"{fault} at {request}: {play.asked}"


def test_deleted_contact_leaves_the_directory_and_a_new_one_enters_it(
    make_scenario: Callable[..., Scenario], db: None
) -> None:
    scenario = make_scenario(directory=True)
    gone = scenario.account.add_contact(name="Olha", phones=[CLIENT])
    read_directory(scenario.customer.pk)
    gone.is_deleted = True
    scenario.post(answered())
    scenario.deliver()

    (made,) = [one for one in scenario.account.contacts if not one.is_deleted]
    (match,) = contacts_of(scenario.customer, CLIENT)
    assert (match.contact_id, match.responsible_ids) == (made.id, (5,))


def test_dry_run_adds_no_contact_to_the_directory(make_scenario: Callable[..., Scenario], db: None) -> None:
    scenario = make_scenario(directory=True)
    scenario.account.add_contact(name="Olha", phones=[CLIENT])
    read_directory(scenario.customer.pk)
    scenario.post(answered(NEW_CLIENT))
    report = deliver_dry(scenario.call(CALL_ID), Customer.objects.get(), DryRunReport())

    assert report.contact
    assert report.contact.is_new
    assert contacts_of(scenario.customer, NEW_CLIENT) == []


def test_contact_found_in_the_directory_is_remembered_with_its_name(
    make_scenario: Callable[..., Scenario], db: None
) -> None:
    scenario = make_scenario(directory=True)
    known: Contact = scenario.account.add_contact(name="Olha", lastname="Koval", phones=[CLIENT])
    read_directory(scenario.customer.pk)
    scenario.post(answered(uniqueid=SECOND_ID))
    scenario.deliver()

    assert RememberedContact.objects.values_list("contact_id", "name").get() == (known.id, "Olha Koval")
