"""The directory follows Planfix: first reading, changes, deletions, and lists that are wrong or incomplete."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import Customer, DirectoryAccount, DirectoryContact, DirectoryNumber, RememberedContact
from integrations.services.directory import changes, full_round, reading
from integrations.services.directory.accounts import trusted_directory
from integrations.services.directory.reading import customers_to_read, read_directory
from integrations.services.queue.defer import PRIORITIES, READ_DIRECTORY
from sandbox.http.faults import Fault
from sandbox.planfix.account import Account
from sandbox.planfix.records import Contact
from sandbox.planfix.world import World
from sandbox.state import Sandbox
from tests.conftest import Scenario, customer_data
from tests.end_to_end.bodies import answered
from tests.imported_customers import imported
from tests.services.directory.conftest import Directory

NUMBER = "+380671234567"
OTHER = "+380507654321"
LONG_AGO = datetime(2025, 5, 1, 12, 0, tzinfo=UTC)


def fill(planfix: Account, count: int) -> list[Contact]:
    """Contacts with numbers from +380670000000 on."""
    return [planfix.add_contact(name=f"Client {n}", phones=[f"+38067{n:07}"], created=LONG_AGO) for n in range(count)]


def lists(planfix: Account) -> int:
    return sum(request.path.startswith("/contact/list") for request in planfix.requests)


# The first reading


def test_first_reading_stores_every_number_in_full_format(directory: Directory) -> None:
    olha = directory.planfix.add_contact(
        name="Olha", lastname="Koval", phones=["067 123-45-67 / 050 765 43 21"], supervisors=["user:5", "contact:9"]
    )
    firm = directory.planfix.add_contact(name="Firm", phones=[NUMBER, "telegram @firm"], is_company=True)
    directory.planfix.add_contact(name="Nobody").is_deleted = True
    directory.read()

    assert directory.ids(NUMBER) == [olha.id, firm.id]
    assert directory.ids(OTHER) == [olha.id]
    row = DirectoryContact.objects.get(contact_id=olha.id)
    assert (row.name, row.responsible_ids, row.is_company) == ("Olha Koval", [5], False)
    assert DirectoryNumber.objects.get(number="").written == "telegram @firm"
    assert directory.account.first_read_at
    assert directory.account.contacts_read == 2


def test_first_reading_reads_all_pages_of_contacts(directory: Directory) -> None:
    contacts = fill(directory.planfix, 230)
    directory.read()

    assert directory.live_ids() == {contact.id for contact in contacts}
    assert directory.account.contacts_read == 230


def test_interrupted_directory_reading_continues_at_its_page(directory: Directory) -> None:
    fill(directory.planfix, 249)
    directory.planfix.add_contact(name="Olha", phones=[NUMBER])
    answers = iter([False, False, True])
    read_directory(directory.scenario.customer.pk, should_stop=lambda: next(answers))
    assert directory.account.contacts_read == 199
    assert directory.account.held_until is None
    before = lists(directory.planfix)
    directory.read()

    assert directory.account.first_read_at
    assert len(directory.live_ids()) == 250
    assert lists(directory.planfix) - before == 2 + 1 + 2, "the rest and its end, the companies, the changes"


def test_contacts_of_a_large_import_are_not_read_again_in_every_cycle(directory: Directory) -> None:
    contacts = fill(directory.planfix, 250)
    directory.read()
    directory.read_changes()
    before = lists(directory.planfix)
    directory.read_changes()
    assert lists(directory.planfix) - before == 2

    directory.planfix.set_phones(contacts[7], [OTHER])
    directory.read_changes()

    assert directory.ids(OTHER) == [contacts[7].id]
    assert directory.account.proof_contact_id == contacts[7].id


def test_contact_deleted_during_a_reading_hides_no_other_contact(directory: Directory) -> None:
    contacts = fill(directory.planfix, 250)
    directory.planfix.add_contact(name="Olha", phones=[NUMBER])
    answers = iter([False, True])
    read_directory(directory.scenario.customer.pk, should_stop=lambda: next(answers))
    for contact in contacts[40:60]:
        contact.is_deleted = True
    directory.read()

    assert directory.live_ids() >= {contact.id for contact in contacts[60:]}


@pytest.mark.parametrize("cut", [0, 30])
def test_incomplete_contact_list_is_not_taken_for_all_contacts(
    directory: Directory, sandbox: Sandbox, cut: int
) -> None:
    contacts = fill(directory.planfix, 150)
    rows = [{"id": contact.id, "name": contact.name, "phones": []} for contact in contacts[:cut]]
    answer = {"result": "success", "contacts": rows}
    sandbox.add_fault(Fault(kind="status", status=200, path="/contact/list", json=answer, times=1))
    directory.read()

    assert (directory.account.first_read_at is None) == (cut == 0)
    if cut:
        assert directory.live_ids() == {contact.id for contact in contacts}
    else:
        assert directory.account.error == full_round.NO_CONTACTS


def test_directory_of_an_account_that_fails_is_read_later(directory: Directory, sandbox: Sandbox) -> None:
    fill(directory.planfix, 3)
    sandbox.add_fault(Fault(kind="status", status=503, path="/contact/list", times=1))
    directory.read()

    assert "503" in directory.account.error
    assert directory.account.next_at > timezone.now() + timedelta(minutes=9)
    assert customers_to_read() == []
    directory.read_all_again()

    assert directory.account.error == ""
    assert len(directory.live_ids()) == 3


# Changes


def test_changed_contacts_reach_the_directory_in_the_next_cycle(directory: Directory) -> None:
    kept, renamed, moved = fill(directory.planfix, 3)
    directory.read()
    directory.planfix.set_phones(moved, [OTHER])
    renamed.name, renamed.updated = "Olha", datetime.now(UTC)
    added = directory.planfix.add_contact(name="New", phones=["067 123 45 67"], is_company=True)
    directory.read_changes()

    assert directory.ids(OTHER) == [moved.id]
    assert directory.ids("+380670000002") == []
    assert directory.ids(NUMBER) == [added.id]
    assert DirectoryContact.objects.get(contact_id=renamed.id).name == "Olha"
    assert directory.ids("+380670000000") == [kept.id]


def test_directory_cycle_without_changes_takes_two_requests(directory: Directory) -> None:
    fill(directory.planfix, 3)
    directory.read()
    before = lists(directory.planfix)
    directory.read_changes()

    assert lists(directory.planfix) - before == 2
    assert directory.account.next_at > timezone.now()


@pytest.mark.parametrize("zone", ["west", "east"])
@pytest.mark.parametrize("time_points", ["full", "local_only"])
def test_changed_contacts_are_read_in_any_time_zone_of_the_tokens_employee(
    directory: Directory, zone: str, time_points: str
) -> None:
    directory.planfix.enter(World().with_switches({"filter_zone": zone, "time_points": time_points}))
    (contact,) = fill(directory.planfix, 1)
    directory.planfix.set_phones(contact, [NUMBER])
    directory.read()
    directory.read_changes()
    directory.planfix.set_phones(contact, [OTHER])
    directory.read_changes()

    assert directory.account.error == ""
    assert directory.ids(OTHER) == [contact.id]


@pytest.mark.parametrize(("answers", "error"), [("nothing", changes.BLIND), ("ignored", changes.IGNORES_TIME)])
def test_change_filter_that_finds_nothing_or_everything_is_not_trusted(
    directory: Directory, answers: str, error: str
) -> None:
    fill(directory.planfix, 2)[0].updated = datetime.now(UTC)
    directory.planfix.enter(World().with_switches({"changed_filter": answers}))
    directory.read()

    assert directory.account.error == error
    assert directory.account.changes_read_at is None
    assert not trusted_directory(directory.scenario.customer).exists()


def test_another_contact_proves_the_change_filter_if_the_first_is_deleted(directory: Directory) -> None:
    contacts = fill(directory.planfix, 3)
    directory.planfix.set_phones(contacts[1], [OTHER])
    directory.read()
    assert directory.account.proof_contact_id == contacts[1].id
    contacts[1].is_deleted = True
    directory.read_changes()

    assert directory.account.proof_contact_id == contacts[2].id
    assert directory.account.error == ""
    assert directory.ids(OTHER) == []


def test_change_filter_of_an_account_without_change_times_is_not_trusted(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(directory.planfix, 2)
    monkeypatch.setattr("integrations.planfix.records.contact_list.moment_of", lambda timepoint: None)
    directory.read()

    assert directory.account.error == full_round.NO_TIMES
    assert len(directory.live_ids()) == 2
    assert not trusted_directory(directory.scenario.customer).exists()


def test_a_number_that_moved_is_forgotten_for_its_former_contact(directory: Directory) -> None:
    customer = directory.scenario.customer
    former, heir = fill(directory.planfix, 2)
    directory.read()
    for contact_id, number in [(former.id, "+380670000000"), (heir.id, "+380670000001")]:
        RememberedContact.objects.create(customer=customer, number=number, contact_id=contact_id)
    directory.planfix.set_phones(heir, ["+380670000000"])
    directory.planfix.set_phones(former, [])
    directory.read_changes()
    directory.read_all_again()

    assert list(RememberedContact.objects.values_list("number", flat=True)) == ["+380670000001"], "nobody else has it"


# Deletions


@pytest.mark.parametrize("deleted_contacts", ["hidden", "found"])
def test_full_round_removes_deleted_contacts(directory: Directory, deleted_contacts: str) -> None:
    directory.planfix.enter(World().with_switches({"deleted_contacts": deleted_contacts}))
    gone, removed, kept = fill(directory.planfix, 3)
    directory.read()
    gone.is_deleted = True
    directory.planfix.set_phones(removed, [])
    del directory.planfix.contacts_by_id[removed.id]
    directory.read_all_again()

    assert directory.live_ids() == {kept.id}
    assert directory.ids("+380670000000") == directory.ids("+380670000001") == []
    assert not DirectoryContact.objects.filter(deleted=True).exclude(name="").exists()
    assert not DirectoryNumber.objects.filter(contact__deleted=True).exists()
    assert directory.account.round_cursor is None


def test_contacts_missing_from_a_full_round_are_read_before_they_are_removed(
    directory: Directory, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts = fill(directory.planfix, 130)
    directory.read()
    monkeypatch.setattr(full_round, "MOST_ALIVE", 5)
    rows = [{"id": contact.id} for contact in contacts[:50]]
    for answer in (rows, rows[-1:]):
        sandbox.add_fault(
            Fault(
                kind="status", status=200, path="/contact/list", json={"result": "success", "contacts": answer}, times=1
            )
        )
    directory.read_all_again()

    assert len(directory.live_ids()) == 130
    assert directory.account.error == reading.INCOMPLETE
    assert directory.account.round_due_at > timezone.now() + timedelta(minutes=50)


# Others


def test_directory_reading_gives_way_to_a_waiting_call(directory: Directory) -> None:
    fill(directory.planfix, 3)
    directory.scenario.post(answered())
    directory.read()
    assert lists(directory.planfix) == 0

    directory.scenario.customer.calls.update(due_at=timezone.now() + timedelta(minutes=5))
    directory.read()

    assert len(directory.live_ids()) == 3


def test_directory_reading_keeps_to_its_share_of_daily_requests(directory: Directory, settings: Any) -> None:
    settings.DIRECTORY_DAILY_PERCENT = 0.003
    directory.planfix.quota.limits.per_day = 100_000
    fill(directory.planfix, 900)
    directory.read()

    assert lists(directory.planfix) == 3, "0.003 % of 100,000"
    assert directory.account.requests == 3
    assert directory.account.next_at > timezone.now()


def test_two_customers_of_an_account_share_one_directory_and_one_reader(
    directory: Directory, sandbox: Sandbox, settings: Any
) -> None:
    data = customer_data(directory.planfix, sandbox, directory=True, region="PL")
    other = imported({**data, "name": "Acme Poland"})
    contact = directory.planfix.add_contact(name="Olha", phones=["512 345 678"])
    assert customers_to_read() == [directory.scenario.customer.pk]
    read_directory(other.pk)
    directory.read()

    assert DirectoryAccount.objects.count() == 1
    found = DirectoryNumber.objects.filter(number="+48512345678").values_list("contact__contact_id", flat=True)
    assert list(found) == [contact.id], "a number without country code is one of either country"
    Customer.objects.filter(pk=directory.scenario.customer.pk).update(paused_reason="Access denied")
    DirectoryAccount.objects.update(next_at=timezone.now())
    assert customers_to_read() == [other.pk]


def test_only_one_worker_reads_the_directory_of_an_account(directory: Directory) -> None:
    fill(directory.planfix, 3)
    DirectoryAccount.objects.create(
        account=directory.scenario.customer.planfix_account, held_until=timezone.now() + timedelta(minutes=1)
    )
    directory.read()

    assert lists(directory.planfix) == 0
    assert customers_to_read() == []


def test_worker_that_lost_its_hold_on_a_directory_stores_nothing(directory: Directory) -> None:
    fill(directory.planfix, 3)
    DirectoryAccount.objects.create(account=directory.scenario.customer.planfix_account)
    held = reading.take(directory.scenario.customer)
    assert held
    DirectoryAccount.objects.update(held_until=timezone.now() + timedelta(minutes=5))
    with pytest.raises(reading.HoldLost):
        held.step()

    assert directory.live_ids() == set()


def test_customer_without_a_directory_sends_no_reading_requests(
    make_scenario: Callable[..., Scenario], db: None
) -> None:
    scenario = make_scenario()
    read_directory(scenario.customer.pk)

    assert customers_to_read() == []
    assert not scenario.account.requests


def test_directory_reading_has_the_lowest_priority() -> None:
    assert PRIORITIES[READ_DIRECTORY] == min(PRIORITIES.values())
