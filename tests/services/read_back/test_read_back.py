"""Calls are delivered to the sandbox, altered there, and read back: each difference is found."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.test import Client
from django.utils import timezone

from integrations.models import Alert, AlertKind, ApiToken, Customer, Delivery, PlanfixRequest, ReadBack
from integrations.services.account_traits import NumberStorage, learn, traits_of
from integrations.services.calls.rows_for_scripts import exported_calls
from integrations.services.customers.account_discovery import discover
from integrations.services.delivery.customer_run import deliver_due_calls
from integrations.services.monitoring.alerts import check_alerts
from integrations.services.privacy.erasure import erase_number
from integrations.services.privacy.retention import prune
from integrations.services.queue.defer import PRIORITIES, READ_BACK
from integrations.services.read_back import run
from integrations.services.read_back.compare import Part
from integrations.services.read_back.findings import differences_in, differing_customers, read_back_counts_of
from integrations.services.read_back.run import customers_to_read_back, read_back
from sandbox.http.faults import Fault
from sandbox.planfix.account import Account
from sandbox.planfix.world import World
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, answered, missed, recorded

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(scenario: Scenario) -> Scenario:
    """A customer whose account is discovered, with one contact."""
    discover(scenario.customer)
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    return scenario


def delivered(scenario: Scenario, body: dict[str, str] | None = None) -> ReadBack:
    scenario.post(body or answered())
    scenario.deliver()
    return ReadBack.objects.get(call__ringostat_id=(body or {}).get("uniqueid", CALL_ID))


def read(scenario: Scenario) -> ReadBack:
    read_back(scenario.customer.pk)
    return ReadBack.objects.latest("chosen_at")


def found(row: ReadBack) -> dict[tuple[Part, str], tuple[str, str]]:
    return {(each.part, each.field): (each.sent, each.read) for each in differences_in(row)}


@pytest.mark.parametrize("body", [answered(), missed(), answered("+380501112233"), missed("+380501112233")], ids=str)
def test_read_back_verifies_a_call_with_two_requests(ready: Scenario, body: dict[str, str]) -> None:
    learn(ready.customer, evidence="", number_storage=NumberStorage.AS_WRITTEN)
    delivered(ready, body)
    before = PlanfixRequest.objects.count()
    row = read(ready)

    assert (row.verified, row.differences, row.due_at) == (True, [], None)
    assert PlanfixRequest.objects.count() - before == 2


STORED = {"as_given": NumberStorage.AS_WRITTEN, "digits": NumberStorage.DIGITS, "masked": NumberStorage.FORMATTED}


@pytest.mark.parametrize(("value", "storage"), STORED.items())
def test_the_first_new_contact_tells_how_the_account_stores_numbers(
    ready: Scenario, value: str, storage: NumberStorage
) -> None:
    ready.account.enter(ready.account.world.with_switches({"stored_number": value}))
    delivered(ready, answered("+380501112233"))
    before = PlanfixRequest.objects.count()
    read(ready)

    assert PlanfixRequest.objects.count() - before == 3
    assert traits_of(ready.customer).number_storage is storage


def test_call_of_a_known_contact_does_not_tell_how_numbers_are_stored(ready: Scenario) -> None:
    delivered(ready, answered())
    read(ready)

    assert traits_of(ready.customer).number_storage is None


def test_a_copied_recording_and_an_update_are_verified(ready: Scenario, sandbox: Sandbox) -> None:
    delivered(ready, answered())
    ready.post(answered() | recorded(sandbox))
    ready.deliver()

    assert ready.call(CALL_ID).delivery.recording_attached
    assert read(ready).verified is True


def test_read_back_verifies_a_call_in_a_task(make_scenario: Callable[..., Scenario]) -> None:
    scenario = make_scenario(call_target="last_active_task")
    contact = scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    scenario.account.add_task(counterparty_id=contact.id, name="Order")
    scenario.post(answered())
    scenario.deliver()

    assert scenario.account.comments[0].task_id
    assert read(scenario).verified is True


def _author(account: Account) -> None:
    account.comments[0].author = "user:1"


def _time(account: Account) -> None:
    account.comments[0].at += timedelta(hours=3)


def _text(account: Account) -> None:
    account.comments[0].description = account.comments[0].description.replace("google", "gogle")


def _link(account: Account) -> None:
    account.comments[0].description = account.comments[0].description.replace("card/", "other/")


def _hidden(account: Account) -> None:
    account.comments[0].is_hidden = True


def _field(account: Account) -> None:
    [entry] = account.tag_entries
    field = next(field for field in entry.tag.fields if field.name == "utm_source")
    entry.stored.pop(field.id)


def _number(account: Account) -> None:
    [entry] = account.tag_entries
    field = next(field for field in entry.tag.fields if field.name == "Duration (sec.)")
    entry.stored[field.id] = 125


def _contact(account: Account) -> None:
    other = account.add_contact(name="Somebody else", phones=["+380509999999"])
    account.comments[0].contact_id = other.id


def _tag(account: Account) -> None:
    account.comments[0].tags.clear()


def _gone(account: Account) -> None:
    account.comments[0].is_deleted = True


@pytest.mark.parametrize(
    ("alter", "part", "sent", "read_text"),
    [
        (_author, (Part.AUTHOR, ""), "Iryna Bondar (user:5)", "user:1"),
        (_time, (Part.TIME, ""), "2026-09-30 12:37 UTC", "2026-09-30 15:37 UTC"),
        (_text, (Part.TEXT, ""), "utm_source: google", "utm_source: gogle"),
        (_link, (Part.LINK, ""), "https://app.ringostat.com/project/callcards/card/", ""),
        (_hidden, (Part.HIDDEN, ""), "visible", "hidden"),
        (_field, (Part.VALUE, "utm_source"), "google", ""),
        (_number, (Part.VALUE, "Duration (sec.)"), "124", "125"),
        (_contact, (Part.TARGET, ""), "contact:", "contact:"),
        (_tag, (Part.TAG, ""), "", ""),
        (_gone, (Part.COMMENT, ""), "", ""),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_value_that_planfix_stores_differently_is_a_difference(
    ready: Scenario, alter: Callable[[Account], None], part: tuple[Part, str], sent: str, read_text: str
) -> None:
    delivered(ready)
    alter(ready.account)
    row = read(ready)

    assert row.verified is False
    assert list(found(row)) == [part]
    [(was_sent, was_read)] = found(row).values()
    assert sent in was_sent
    assert read_text in was_read


@pytest.mark.parametrize(
    ("switches", "parts"),
    [
        ({"employee_owner": "ignored"}, [Part.AUTHOR]),
        ({"employee_owner": "refused"}, []),
        ({"comment_time": "ignored"}, [Part.TIME]),
        ({"comment_time": "account_zone"}, [Part.TIME]),
        ({"html": "escaped"}, [Part.LINK, Part.TEXT]),
        ({"html": "stripped"}, [Part.LINK, Part.TEXT]),
        ({"own_fields": "dropped"}, [Part.VALUE]),
        ({"time_points": "local_only"}, []),
        ({"time_points": "utc_only"}, []),
        ({"source_object_id": "not_readable"}, []),
        ({"comment_order": "ascending"}, []),
    ],
    ids=str,
)
def test_read_back_finds_what_an_account_changes(ready: Scenario, switches: dict[str, str], parts: list[Part]) -> None:
    ready.account.world = World().with_switches(switches)
    delivered(ready)
    row = read(ready)

    assert sorted({part for part, _field in found(row)}) == parts
    assert row.verified is not bool(parts)


def test_value_that_the_account_is_known_to_change_is_no_difference(ready: Scenario) -> None:
    ready.account.world = World().with_switches({"employee_owner": "ignored"})
    learn(ready.customer, evidence="", honours_employee_author=False)
    delivered(ready)

    assert read(ready).verified is True


# --- which calls ---


def calls(scenario: Scenario, count: int, *, since: int) -> list[int]:
    """Delivers this many calls. Returns the numbers of those that were chosen to be read back."""
    numbers = {f"ua9_-179077{number}.7": number for number in range(since, since + count)}
    for call_id in numbers:
        scenario.post(answered(uniqueid=call_id))
    deliver_due_calls(scenario.customer.pk, should_stop=lambda: False)
    chosen = ReadBack.objects.filter(call__ringostat_id__in=numbers).values_list("call__ringostat_id", flat=True)
    return sorted(numbers[call_id] for call_id in chosen)


@pytest.fixture
def _no_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.services.read_back.choice.ONE_IN", 2**40)


@pytest.mark.usefixtures("_no_sample")
def test_first_five_calls_are_chosen_to_be_read_back(ready: Scenario) -> None:
    assert calls(ready, 7, since=100) == [100, 101, 102, 103, 104]


@pytest.mark.usefixtures("_no_sample")
def test_three_calls_are_read_back_after_each_change_of_settings(ready: Scenario) -> None:
    calls(ready, 6, since=100)
    ready.customer.language = "pl"
    ready.customer.save()
    assert calls(ready, 4, since=200) == [200, 201, 202]

    ready.customer.language = "en"
    ready.customer.save()
    assert calls(ready, 4, since=300) == [300, 301, 302]

    ready.customer.employees.filter(planfix_user_id=6).update(planfix_user_id=7)
    ready.customer.save()
    assert calls(ready, 4, since=400) == [400, 401, 402]


@pytest.mark.usefixtures("_no_sample")
def test_three_calls_are_read_back_after_new_traits_of_the_account(ready: Scenario) -> None:
    calls(ready, 6, since=100)
    learn(ready.customer, evidence="", keeps_html=True)
    assert calls(ready, 4, since=200) == [200, 201, 202]

    learn(ready.customer, evidence="the same again", keeps_html=True)
    assert calls(ready, 2, since=300) == []


@pytest.mark.usefixtures("_no_sample")
def test_pause_is_no_change_of_settings_for_the_read_back(ready: Scenario) -> None:
    calls(ready, 6, since=100)
    Customer.objects.update(paused_reason="x", search_is_blind=True)
    Customer.objects.update(paused_reason="")

    assert calls(ready, 2, since=200) == []


def test_one_call_in_two_hundred_is_read_back_later(ready: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    calls(ready, 6, since=100)
    monkeypatch.setattr("integrations.services.read_back.choice.zlib.crc32", lambda name: 200)
    assert calls(ready, 1, since=200) == [200]

    monkeypatch.setattr("integrations.services.read_back.choice.zlib.crc32", lambda name: 201)
    assert calls(ready, 1, since=300) == []


# --- when ---


def test_read_back_sends_no_request_while_a_call_is_due(ready: Scenario) -> None:
    delivered(ready)
    ready.post(missed(uniqueid="waiting.1"))
    before = PlanfixRequest.objects.count()
    read_back(ready.customer.pk)

    assert PlanfixRequest.objects.count() == before
    assert customers_to_read_back() == [ready.customer.pk]
    ready.deliver()
    read_back(ready.customer.pk)
    assert not ReadBack.objects.exclude(verified=True).exists()


def test_read_back_sends_no_request_while_another_customer_of_the_account_has_a_due_call(
    ready: Scenario, make_scenario: Callable[..., Scenario]
) -> None:
    delivered(ready)
    other = make_scenario(name="Other project")
    other.post(answered(uniqueid="waiting.1"))
    before = PlanfixRequest.objects.count()
    read_back(ready.customer.pk)

    assert PlanfixRequest.objects.count() == before


def test_call_that_becomes_due_is_delivered_before_the_next_read_back_request(
    ready: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered(ready)
    read_comment = run.read_comment

    def read_while_a_call_comes(*arguments: int) -> object:
        comment = read_comment(*arguments)  # type: ignore[arg-type]
        ready.post(answered(uniqueid="waiting.1"))
        return comment

    monkeypatch.setattr(run, "read_comment", read_while_a_call_comes)
    before = PlanfixRequest.objects.count()
    read_back(ready.customer.pk)

    assert PlanfixRequest.objects.count() - before == 1
    assert ReadBack.objects.get().read_at is None


def test_read_back_sends_no_request_for_a_paused_customer(ready: Scenario) -> None:
    delivered(ready)
    Customer.objects.update(paused_reason="no access")

    assert customers_to_read_back() == []
    assert read(ready).read_at is None


def test_read_back_keeps_the_accounts_rate_limit(ready: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    delivered(ready)
    Customer.objects.update(requests_per_second=10)
    waits: list[float] = []
    monkeypatch.setattr("integrations.services.clients.rate_limit.time.sleep", waits.append)
    read_back(ready.customer.pk)

    assert len(waits) == 2
    assert 0.05 < waits[1] <= 0.103


def test_failed_read_back_is_repeated_later_and_finally_given_up(ready: Scenario, sandbox: Sandbox) -> None:
    delivered(ready)
    for attempt in range(1, run.MOST_ATTEMPTS + 1):
        sandbox.add_fault(Fault(path="/comment/*", status=500, times=1))
        ReadBack.objects.update(due_at=timezone.now())
        row = read(ready)
        assert (row.attempts, row.verified) == (attempt, None)
        assert (row.due_at is None) is (attempt == run.MOST_ATTEMPTS)


def test_read_back_is_repeated_after_an_attempt_during_it(ready: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    delivered(ready)
    read_entry = run.read_entry

    def read_while_an_attempt_begins(*arguments: int) -> object:
        Delivery.objects.update(attempts=2)
        monkeypatch.setattr(run, "read_entry", read_entry)
        return {}

    monkeypatch.setattr(run, "read_entry", read_while_an_attempt_begins)

    assert read(ready).verified is True


def test_call_without_its_request_log_is_not_read_back(ready: Scenario) -> None:
    delivered(ready)
    PlanfixRequest.objects.all().delete()
    read_back(ready.customer.pk)

    assert not ReadBack.objects.exists()
    assert not PlanfixRequest.objects.exists()


# --- what follows ---


def test_customers_with_differences_are_counted(ready: Scenario) -> None:
    assert not read_back_counts_of([ready.customer])[ready.customer.pk].differs_now
    delivered(ready)
    _author(ready.account)
    read(ready)

    counts = read_back_counts_of([ready.customer])[ready.customer.pk]
    assert (counts.verified, counts.differing, counts.differs_now) == (0, 1, True)
    for number in range(3):
        delivered(ready, answered(uniqueid=f"next.{number}"))
    read_back(ready.customer.pk)
    counts = read_back_counts_of([ready.customer])[ready.customer.pk]
    assert (counts.verified, counts.differing, counts.differs_now) == (3, 1, False)
    assert differing_customers() == set()


def test_read_backs_have_the_lowest_priority() -> None:
    assert PRIORITIES[READ_BACK] == min(PRIORITIES.values())


def test_a_difference_raises_an_alert_until_later_calls_are_verified(ready: Scenario) -> None:
    delivered(ready)
    _author(ready.account)
    read(ready)
    check_alerts()

    [alert] = Alert.objects.filter(kind=AlertKind.DIFFERENT)
    assert alert.customer == ready.customer
    for number in range(3):
        delivered(ready, answered(uniqueid=f"next.{number}"))
    read(ready)
    check_alerts()
    alert.refresh_from_db()
    assert alert.resolved_at


def test_metrics_count_verified_and_different_calls(ready: Scenario, client: Client) -> None:
    delivered(ready)
    read(ready)
    delivered(ready, answered(uniqueid="next.1"))
    ready.account.comments[0].is_hidden = True
    ready.account.comments[1].is_hidden = True
    read(ready)
    delivered(ready, answered(uniqueid="next.2"))
    lines = client.get("/metrics").content.decode().splitlines()

    for result in ("verified", "differs", "waits"):
        assert f'ringofix_calls_read_back{{result="{result}"}} 1.0' in lines


@pytest.fixture
def admin(client: Client, django_user_model: Any) -> Client:
    client.force_login(django_user_model.objects.create_superuser("admin"))
    return client


def text_of(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page.content.decode()).split())


def test_call_page_and_overview_show_what_differs(ready: Scenario, admin: Client) -> None:
    row = delivered(ready)
    address, overview = f"/calls/{row.call_id}/", f"/admin/integrations/customer/{ready.customer.pk}/overview/"
    assert "in Planfix on" not in text_of(admin.get(address))

    _author(ready.account)
    _field(ready.account)
    read(ready)
    page = text_of(admin.get(address))
    assert "Differs in Planfix Ringofix read the call back" in page
    assert "Author Iryna Bondar (user:5) user:1" in page
    assert "utm_source google nothing" in page
    page = text_of(admin.get(overview))
    assert "Verified in Planfix 0 Differs in Planfix 1" in page
    assert "Author, utm_source" in page


def test_page_of_a_verified_call_shows_that_it_is_verified(ready: Scenario, admin: Client) -> None:
    row = delivered(ready)
    read(ready)

    assert "Verified in Planfix Ringofix read the call back" in text_of(admin.get(f"/calls/{row.call_id}/"))


@pytest.mark.parametrize(("alter", "verified"), [(None, None), (lambda account: None, True), (_author, False)])
def test_export_and_api_tell_whether_a_call_is_verified(
    ready: Scenario, admin: Client, alter: Callable[[Account], None] | None, verified: bool | None
) -> None:
    delivered(ready)
    if alter:
        alter(ready.account)
        read(ready)

    [exported] = exported_calls()
    assert exported["verified"] is verified
    _token, plain = ApiToken.issue(get_user(admin), "reports")
    [call] = Client(headers={"Authorization": f"Bearer {plain}"}).get("/api/v1/calls/").json()["results"]
    assert call["verified"] is verified


# --- personal data ---


def differing(scenario: Scenario) -> ReadBack:
    delivered(scenario)
    _author(scenario.account)
    return read(scenario)


def test_erasing_a_number_deletes_the_read_backs_of_its_calls(ready: Scenario) -> None:
    differing(ready)
    erase_number(ready.customer, CLIENT)

    assert not ReadBack.objects.exists()


def test_retention_deletes_differing_values_and_keeps_that_they_differed(ready: Scenario, admin: Client) -> None:
    row = differing(ready)
    assert prune(ready.customer, days=1)["read_backs"] == 0
    ReadBack.objects.update(read_at=timezone.now() - timedelta(days=2))
    assert prune(ready.customer, days=1)["read_backs"] == 1

    row.refresh_from_db()
    assert (row.verified, row.differences) == (False, [])
    assert "The differences were deleted" in text_of(admin.get(f"/calls/{row.call_id}/"))


def test_a_deleted_customer_leaves_no_read_back(ready: Scenario) -> None:
    differing(ready)
    ready.customer.delete()

    assert not ReadBack.objects.exists()


def test_read_backs_of_calls_that_an_older_release_deleted_are_ignored(ready: Scenario) -> None:
    row = differing(ready)
    ReadBack.objects.create(call_id=row.call_id + 1000, customer_id=ready.customer.pk + 1000, verified=False)

    assert differing_customers() == {ready.customer.pk}
    assert customers_to_read_back() == []
