"""Every payload of the corpus, alone and all together in any order, from the webhook to Planfix."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from integrations.models import Call, CallState, WebhookEvent
from integrations.services.customers.import_export import webhook_address
from sandbox.planfix.records import Comment, Contact
from sandbox.state import Sandbox
from tests.conftest import Scenario, customer_data
from tests.end_to_end.bodies import CLIENT
from tests.imported_customers import imported
from tests.payloads.cases import FOLDER, event_of, request_of
from tests.payloads.ends import ENDS, KNOWN, NEW, End

pytestmark = pytest.mark.django_db

NOT_DATED = "after_call__nonsense_date.json"
"""Such a call counts as started when its first event arrived."""


@pytest.fixture
def make_customer(sandbox: Sandbox, settings: Any, as_in_production: Callable[[], None]) -> Callable[[str], Scenario]:
    """Customers with one contact in an account of their own. Recordings are linked: copying asks hosts outside."""

    def make(name: str) -> Scenario:
        settings.ALLOW_PRIVATE_HOSTS = True
        account = sandbox.add_account(name, token=f"token-{name}")
        account.add_contact(name="Olha Koval", phones=[CLIENT])
        scenario = Scenario(imported(customer_data(account, sandbox, name=name, recording="link")), account)
        as_in_production()
        return scenario

    return make


def post(scenario: Scenario, name: str) -> Any:
    raw = request_of(name)
    address = webhook_address(scenario.customer)
    return scenario.client.generic(
        raw.method,
        f"{address}{event_of(name)}/",
        raw.body,
        content_type=raw.content_type,
        QUERY_STRING=raw.query_string,
    )


def deliver_all(scenario: Scenario) -> None:
    for _ in range(10):  # a run ends after a while, even if more calls are due
        scenario.deliver()
    assert not scenario.customer.calls.filter(state=CallState.PENDING).exists()


# Each file alone


def end_of(scenario: Scenario) -> End:
    """Returns the end of the only event. Fails if Planfix has more than one comment or tag entry."""
    event = WebhookEvent.objects.get(customer=scenario.customer)
    call = Call.objects.filter(customer=scenario.customer).first()
    known, *made = scenario.account.contacts
    (comment,) = scenario.account.comments or [None]
    (entry,) = scenario.account.tag_entries or [None]
    roles = {f"contact:{contact.id}": NEW for contact in made} | {f"contact:{known.id}": KNOWN}
    return End(
        result=event.result,
        why=event.reason,
        state=call and CallState(call.state),
        reason=call.reason if call else "",
        contact=roles[f"contact:{comment.contact_id}"] if comment else "",
        author=roles.get(comment.author, comment.author) if comment else "",
        tag=entry.tag.name if entry else "",
        type=entry.values["Type"] if entry else "",
        new_contact=" ".join(number_of(contact) for contact in made),
        links_recording="/recordings/" in comment.description if comment else False,
    )


def number_of(contact: Contact) -> str:
    (phone,) = contact.phones
    assert contact.name == phone.number
    return phone.number


def test_every_payload_has_an_expected_end_and_every_end_a_payload() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(ENDS)


@pytest.mark.parametrize("name", ENDS)
def test_each_payload_alone_ends_as_listed(make_customer: Callable[[str], Scenario], name: str) -> None:
    scenario, expected = make_customer("alone"), ENDS[name]
    answer = post(scenario, name)
    scenario.deliver()

    assert answer.status_code == 200
    end = end_of(scenario)
    assert bool(end.why) is bool(expected.why)
    assert expected.why in end.why
    assert end == replace(expected, why=end.why)


# All files to one customer


def posted_and_delivered(scenario: Scenario, names: Iterable[str]) -> Scenario:
    # Known from the start: whether an unanswered outgoing call finds the contact of a missed one depends on the order.
    scenario.account.add_contact(name="Petro Melnyk", phones=["+380501112233"])
    for name in names:
        assert post(scenario, name).status_code == 200
    deliver_all(scenario)
    return scenario


def state_of(scenario: Scenario) -> dict[str, list[tuple[object, ...]]]:
    """Returns the content of the account and of the call log, without ids and order."""
    account = scenario.account
    people = {f"contact:{contact.id}": contact.name for contact in account.contacts}
    contacts = [(c.name, *(phone.number for phone in c.phones), *c.supervisors) for c in account.contacts]
    comments = [
        (people[f"contact:{c.contact_id}"], people.get(c.author, c.author), c.at, c.description, written_of(c))
        for c in account.comments
    ]
    calls = list(scenario.customer.calls.values_list("ringostat_id", "state", "reason", "detail"))
    return {"contacts": sorted(contacts), "comments": sorted(comments), "calls": sorted(calls)}


def written_of(comment: Comment) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(entry.tag.name, sorted(entry.values.items())) for entry in comment.tags]


@pytest.mark.slow
def test_all_payloads_end_the_same_in_any_order(make_customer: Callable[[str], Scenario]) -> None:
    names = sorted(set(ENDS) - {NOT_DATED})
    expected = state_of(posted_and_delivered(make_customer("sorted"), names))
    states = [state for _, state, *_ in expected["calls"]]
    assert set(states) == {CallState.IN_PROGRESS, CallState.DELIVERED, CallState.SKIPPED}
    assert len(expected["comments"]) == states.count(CallState.DELIVERED)

    for seed in range(3):
        order = random.Random(seed)
        shuffled = order.sample(names, len(names)) + order.choices(names, k=40)
        order.shuffle(shuffled)
        assert state_of(posted_and_delivered(make_customer(f"order-{seed}"), shuffled)) == expected
