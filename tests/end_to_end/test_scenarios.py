"""The base scenarios of the product page (M1–M4, L1–L6), from the webhook to what a manager finds in Planfix."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from integrations.models import CallState
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, NEW_CLIENT, UTM, answered, dialled, missed, recorded, unanswered

KYIV_TIME = "2026-09-30 15:37"
START = datetime(2026, 9, 30, 12, 37, tzinfo=UTC)
NO_UTM = dict.fromkeys(UTM, "")


def test_an_answered_incoming_call_is_written_to_its_contact_in_the_employees_name(scenario: Scenario) -> None:
    contact = scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    scenario.post(answered())
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert (comment.contact_id, comment.task_id, comment.author) == (contact.id, None, "user:5")
    assert comment.at == START
    (entry,) = scenario.account.tag_entries
    assert (entry.tag.name, entry.comment_id) == ("Call", comment.id)
    assert entry.values == {
        "Date": "30-09-2026",
        "Time": "15:37 - 15:39",
        "Type": "Incoming",
        "Duration (sec.)": "124",
        "Employee": "Iryna Bondar",
        "Contact": "Olha Koval",
        "External line": "+380442223344",
        "Contact phone": CLIENT,
        "External line name": "Main site",
        **UTM,
    }


def test_answered_outgoing_call_names_its_employee_and_has_no_utm(scenario: Scenario) -> None:
    contact = scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    scenario.post(dialled(), event="after_outgoing_call")
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert (comment.contact_id, comment.author) == (contact.id, "user:6")
    (entry,) = scenario.account.tag_entries
    assert entry.tag.name == "Call"
    assert entry.values["Type"] == "Outgoing"
    assert entry.values["Employee"] == "Oleh Tkachenko"
    assert entry.values["External line"] == "+380442223344"
    assert {name: entry.values[name] for name in UTM} == NO_UTM
    assert "utm" not in comment.description


def test_a_missed_call_of_a_known_contact_has_the_contact_as_author(scenario: Scenario) -> None:
    contact = scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    scenario.post(missed())
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert (comment.contact_id, comment.author) == (contact.id, f"contact:{contact.id}")
    (entry,) = scenario.account.tag_entries
    assert entry.tag.name == "Missed call"
    assert entry.values == {
        "Date and time": "30-09-2026 15:37",
        "Type": "Incoming",
        "Contact": "Olha Koval",
        "External line": "+380442223344",
        "Contact phone": CLIENT,
        "External line name": "Main site",
        **UTM,
    }


def test_an_unanswered_outgoing_call_is_a_missed_call_in_the_employees_name(scenario: Scenario) -> None:
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    scenario.post(unanswered(), event="after_outgoing_call")
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert comment.author == "user:6"
    (entry,) = scenario.account.tag_entries
    assert (entry.tag.name, entry.values["Type"]) == ("Missed call", "Outgoing")


def test_answered_call_of_a_new_number_creates_the_contact(scenario: Scenario) -> None:
    scenario.post(answered(NEW_CLIENT))
    scenario.deliver()

    (contact,) = scenario.account.contacts
    assert (contact.name, [phone.number for phone in contact.phones]) == (NEW_CLIENT, [NEW_CLIENT])
    assert contact.supervisors == ["user:5"]
    (comment,) = scenario.account.comments
    assert (comment.contact_id, comment.author) == (contact.id, "user:5")


def test_a_missed_call_of_a_new_number_has_the_new_contact_as_author(scenario: Scenario) -> None:
    scenario.post(missed(NEW_CLIENT))
    scenario.deliver()

    (contact,) = scenario.account.contacts
    assert contact.supervisors == []
    (comment,) = scenario.account.comments
    assert (comment.contact_id, comment.author) == (contact.id, f"contact:{contact.id}")
    (entry,) = scenario.account.tag_entries
    assert (entry.tag.name, entry.values["Contact"], entry.values["utm_source"]) == (
        "Missed call",
        NEW_CLIENT,
        "google",
    )


def test_a_call_in_the_fallbacks_name_says_which_unknown_employee_talked(
    make_scenario: Callable[..., Scenario], db: None
) -> None:
    scenario = make_scenario(fallback_employee="Oleh Tkachenko")
    scenario.post(answered(connected_with="acmecom_newcomer", employee_fio="New Comer"))
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert comment.author == "user:6"
    assert "It was New Comer (SIP acmecom_newcomer) who talked" in comment.description


def test_a_contact_created_by_a_missed_call_has_no_supervisor(scenario: Scenario) -> None:
    scenario.post(missed(NEW_CLIENT, connected_with="acmecom_iryna"))
    scenario.deliver()

    assert [contact.supervisors for contact in scenario.account.contacts] == [[]]


def test_call_of_a_new_number_creates_no_contact_if_creation_is_off(
    make_scenario: Callable[..., Scenario], db: None
) -> None:
    scenario = make_scenario(create_contacts=False)
    scenario.post(missed(NEW_CLIENT))
    scenario.deliver()

    assert (scenario.account.contacts, scenario.account.comments) == ([], [])
    call = scenario.call(CALL_ID)
    assert (call.state, call.reason, call.detail) == (CallState.SKIPPED, "unknown_contact", NEW_CLIENT)


def test_unanswered_outgoing_call_to_a_new_number_creates_no_contact(scenario: Scenario) -> None:
    scenario.post(unanswered(NEW_CLIENT), event="after_outgoing_call")
    scenario.deliver()

    assert scenario.account.contacts == []
    assert scenario.call(CALL_ID).reason == "unknown_contact"


def test_contact_with_another_number_format_is_not_found(scenario: Scenario) -> None:
    """L6, the documented default."""
    stored = scenario.account.add_contact(name="Olha Koval", phones=["067 123-45-67"])
    scenario.post(answered())
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert comment.contact_id != stored.id
    assert len(scenario.account.contacts) == 2


def test_contact_with_a_longer_number_that_contains_the_clients_is_not_found(scenario: Scenario) -> None:
    other = scenario.account.add_contact(name="Somebody", phones=[f"{CLIENT}8"])
    scenario.post(answered())
    scenario.deliver()

    assert [comment.contact_id for comment in scenario.account.comments] != [other.id]


def test_company_is_found_if_no_contact_has_the_number(scenario: Scenario) -> None:
    company = scenario.account.add_contact(name="Koval & Sons", phones=[CLIENT], is_company=True)
    scenario.post(answered())
    scenario.deliver()

    assert [comment.contact_id for comment in scenario.account.comments] == [company.id]


def test_oldest_of_several_contacts_is_used_and_reported(scenario: Scenario) -> None:
    first = scenario.account.add_contact(name="Olha", phones=[CLIENT])
    scenario.account.add_contact(name="Olha again", phones=[CLIENT])
    scenario.post(answered())
    scenario.deliver()

    assert [comment.contact_id for comment in scenario.account.comments] == [first.id]
    assert scenario.call(CALL_ID).delivery.contacts_found == 2


def test_a_recording_is_copied_and_plays_at_the_comment(scenario: Scenario, sandbox: Sandbox) -> None:
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    scenario.post(answered(**recorded(sandbox)))
    scenario.deliver()

    (comment,) = scenario.account.comments
    (file,) = comment.files
    assert file.name == f"{CALL_ID}.wav"
    assert file.content[:4] == b"RIFF"
    assert "/recordings/" not in comment.description


def test_a_recording_that_planfix_refuses_is_linked(scenario: Scenario) -> None:
    link = f"https://app.ringostat.invalid/{CALL_ID}.wav?token=5f3a"
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    scenario.post(answered(has_recording="1", recording=link))
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert comment.files == []
    assert f'href="{link}"' in comment.description
    call = scenario.call(CALL_ID)
    assert call.state == CallState.DELIVERED
    assert call.delivery.recording_refused


def test_recording_is_linked_if_the_customer_chose_links(
    make_scenario: Callable[..., Scenario], db: None, sandbox: Sandbox
) -> None:
    scenario = make_scenario(recording="link")
    body = answered(**recorded(sandbox))
    scenario.post(body)
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert comment.files == []
    assert body["recording"] in comment.description


def test_a_recording_from_a_foreign_host_is_neither_copied_nor_linked(
    scenario: Scenario, as_in_production: Callable[[], None]
) -> None:
    link = "https://evil.example/a.wav"
    scenario.post(answered(has_recording="1", recording=link))
    as_in_production()
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert (comment.files, link in comment.description) == ([], False)


@pytest.mark.parametrize("body", [answered(), missed()], ids=["answered", "missed"])
def test_a_call_goes_to_the_contacts_last_active_task(
    make_scenario: Callable[..., Scenario], db: None, body: dict[str, str]
) -> None:
    scenario = make_scenario(call_target="last_active_task")
    contact = scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    scenario.account.add_task(contact.id, "Older order")
    order = scenario.account.add_task(contact.id, "Order")
    scenario.account.add_task(contact.id, "Closed order", active=False)
    scenario.post(body)
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert (comment.task_id, comment.contact_id) == (order.id, None)
    assert scenario.call(CALL_ID).delivery.task_id == order.id


def test_call_without_an_active_task_goes_to_the_contact(make_scenario: Callable[..., Scenario], db: None) -> None:
    scenario = make_scenario(call_target="last_active_task")
    contact = scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    scenario.account.add_task(contact.id, "Closed order", active=False)
    scenario.post(answered())
    scenario.deliver()

    assert [comment.contact_id for comment in scenario.account.comments] == [contact.id]


def test_comment_in_the_customers_language_names_the_call_and_links_its_card(
    make_scenario: Callable[..., Scenario], db: None
) -> None:
    scenario = make_scenario(language="uk")
    scenario.post(answered())
    scenario.deliver()

    (comment,) = scenario.account.comments
    assert "Вхідний дзвінок" in comment.description
    assert CALL_ID in comment.description
    assert 'href="https://app.ringostat.com/project/callcards/card/' in comment.description


def test_tags_of_an_account_in_another_language_are_discovered(
    make_scenario: Callable[..., Scenario], db: None, sandbox: Sandbox
) -> None:
    account = sandbox.add_account("acme-ru", token="sandbox-token-ru", language="ru")
    scenario = make_scenario(planfix={"url": account.url, "token": account.token, "requests_per_second": 1000})
    scenario.account = account
    scenario.post(answered())
    scenario.deliver()

    (entry,) = account.tag_entries
    assert (entry.tag.name, entry.values["Продолжительность (сек.)"]) == ("Звонок", "124")


def test_a_parameter_whose_field_is_missing_is_reported_and_the_rest_is_written(
    make_scenario: Callable[..., Scenario], db: None
) -> None:
    fields = [{"parameter": "utm_source", "field": "utm_source"}, {"parameter": "utm_medium", "field": "nowhere"}]
    scenario = make_scenario(utm_fields=fields)
    scenario.post(answered())
    scenario.deliver()

    (entry,) = scenario.account.tag_entries
    assert entry.values["utm_source"] == "google"
    assert scenario.call(CALL_ID).delivery.skipped_fields == ["nowhere"]
