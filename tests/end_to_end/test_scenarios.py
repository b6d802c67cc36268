"""The base scenarios of the product page (M1–M4, L1–L6), from the webhook to what a manager finds in Planfix."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from integrations.models import CallState
from sandbox.server.app import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, NEW_CLIENT, UTM, answered, dialled, missed, recorded, unanswered

KYIV_TIME = "2026-09-30 15:37"
START = datetime(2026, 9, 30, 12, 37, tzinfo=UTC)
NO_UTM = dict.fromkeys(UTM, "")


def test_an_answered_incoming_call_stands_at_its_contact_in_the_employees_name(way: Scenario) -> None:
    contact = way.account.add_contact(name="Olha Koval", phones=[CLIENT])
    way.post(answered())
    way.deliver()

    (comment,) = way.account.comments
    assert (comment.contact_id, comment.task_id, comment.author) == (contact.id, None, "user:5")
    assert comment.at == START
    (entry,) = way.account.tag_entries
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


def test_an_answered_outgoing_call_has_its_employee_and_no_utm(way: Scenario) -> None:
    contact = way.account.add_contact(name="Olha Koval", phones=[CLIENT])
    way.post(dialled(), event="after_outgoing_call")
    way.deliver()

    (comment,) = way.account.comments
    assert (comment.contact_id, comment.author) == (contact.id, "user:6")
    (entry,) = way.account.tag_entries
    assert entry.tag.name == "Call"
    assert entry.values["Type"] == "Outgoing"
    assert entry.values["Employee"] == "Oleh Tkachenko"
    assert entry.values["External line"] == "+380442223344"
    assert {name: entry.values[name] for name in UTM} == NO_UTM
    assert "utm" not in comment.description


def test_a_missed_call_of_a_known_contact_stands_in_the_contacts_own_name(way: Scenario) -> None:
    contact = way.account.add_contact(name="Olha Koval", phones=[CLIENT])
    way.post(missed())
    way.deliver()

    (comment,) = way.account.comments
    assert (comment.contact_id, comment.author) == (contact.id, f"contact:{contact.id}")
    (entry,) = way.account.tag_entries
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


def test_an_unanswered_outgoing_call_is_a_missed_call_in_the_employees_name(way: Scenario) -> None:
    way.account.add_contact(name="Olha Koval", phones=[CLIENT])
    way.post(unanswered(), event="after_outgoing_call")
    way.deliver()

    (comment,) = way.account.comments
    assert comment.author == "user:6"
    (entry,) = way.account.tag_entries
    assert (entry.tag.name, entry.values["Type"]) == ("Missed call", "Outgoing")


def test_an_answered_call_of_a_new_number_makes_the_contact(way: Scenario) -> None:
    way.post(answered(NEW_CLIENT))
    way.deliver()

    (contact,) = way.account.contacts
    assert (contact.name, [phone.number for phone in contact.phones]) == (NEW_CLIENT, [NEW_CLIENT])
    assert contact.supervisors == ["user:5"]
    (comment,) = way.account.comments
    assert (comment.contact_id, comment.author) == (contact.id, "user:5")


def test_a_missed_call_of_a_new_number_is_written_by_the_new_contact_itself(way: Scenario) -> None:
    way.post(missed(NEW_CLIENT))
    way.deliver()

    (contact,) = way.account.contacts
    assert contact.supervisors == []
    (comment,) = way.account.comments
    assert (comment.contact_id, comment.author) == (contact.id, f"contact:{contact.id}")
    (entry,) = way.account.tag_entries
    assert (entry.tag.name, entry.values["Contact"], entry.values["utm_source"]) == (
        "Missed call",
        NEW_CLIENT,
        "google",
    )


def test_a_call_of_an_unknown_employee_says_who_talked_when_it_stands_in_the_fallbacks_name(
    make_way: Callable[..., Scenario], db: None
) -> None:
    way = make_way(fallback_employee="Oleh Tkachenko")
    way.post(answered(connected_with="acmecom_newcomer", employee_fio="New Comer"))
    way.deliver()

    (comment,) = way.account.comments
    assert comment.author == "user:6"
    assert "It was New Comer (SIP acmecom_newcomer) who talked" in comment.description


def test_a_missed_call_makes_nobody_the_supervisor_of_its_contact(way: Scenario) -> None:
    way.post(missed(NEW_CLIENT, connected_with="acmecom_iryna"))
    way.deliver()

    assert [contact.supervisors for contact in way.account.contacts] == [[]]


def test_no_contact_is_made_when_the_customer_wants_none(make_way: Callable[..., Scenario], db: None) -> None:
    way = make_way(create_contacts=False)
    way.post(missed(NEW_CLIENT))
    way.deliver()

    assert (way.account.contacts, way.account.comments) == ([], [])
    call = way.call(CALL_ID)
    assert (call.state, call.reason, call.detail) == (CallState.SKIPPED, "unknown_contact", NEW_CLIENT)


def test_an_unanswered_outgoing_call_to_a_new_number_makes_no_contact(way: Scenario) -> None:
    way.post(unanswered(NEW_CLIENT), event="after_outgoing_call")
    way.deliver()

    assert way.account.contacts == []
    assert way.call(CALL_ID).reason == "unknown_contact"


def test_a_contact_that_stands_in_another_format_is_not_found(way: Scenario) -> None:
    """L6, the documented default."""
    stored = way.account.add_contact(name="Olha Koval", phones=["067 123-45-67"])
    way.post(answered())
    way.deliver()

    (comment,) = way.account.comments
    assert comment.contact_id != stored.id
    assert len(way.account.contacts) == 2


def test_a_longer_number_that_contains_ours_is_another_contact(way: Scenario) -> None:
    other = way.account.add_contact(name="Somebody", phones=[f"{CLIENT}8"])
    way.post(answered())
    way.deliver()

    assert [comment.contact_id for comment in way.account.comments] != [other.id]


def test_a_company_is_found_after_the_contacts(way: Scenario) -> None:
    company = way.account.add_contact(name="Koval & Sons", phones=[CLIENT], is_company=True)
    way.post(answered())
    way.deliver()

    assert [comment.contact_id for comment in way.account.comments] == [company.id]


def test_of_several_contacts_the_oldest_is_taken_and_the_call_says_so(way: Scenario) -> None:
    first = way.account.add_contact(name="Olha", phones=[CLIENT])
    way.account.add_contact(name="Olha again", phones=[CLIENT])
    way.post(answered())
    way.deliver()

    assert [comment.contact_id for comment in way.account.comments] == [first.id]
    assert way.call(CALL_ID).delivery.contacts_found == 2


def test_a_recording_is_copied_and_plays_at_the_comment(way: Scenario, sandbox: Sandbox) -> None:
    way.account.add_contact(name="Olha Koval", phones=[CLIENT])
    way.post(answered(**recorded(sandbox)))
    way.deliver()

    (comment,) = way.account.comments
    (file,) = comment.files
    assert file.name == f"{CALL_ID}.wav"
    assert file.content[:4] == b"RIFF"
    assert "/recordings/" not in comment.description


def test_a_recording_that_planfix_refuses_is_linked(way: Scenario) -> None:
    link = f"https://app.ringostat.invalid/{CALL_ID}.wav?token=0"
    way.account.add_contact(name="Olha Koval", phones=[CLIENT])
    way.post(answered(has_recording="1", recording=link))
    way.deliver()

    (comment,) = way.account.comments
    assert comment.files == []
    assert f'href="{link}"' in comment.description
    call = way.call(CALL_ID)
    assert call.state == CallState.DELIVERED
    assert call.delivery.recording_refused


def test_a_recording_is_linked_when_the_customer_wants_links(
    make_way: Callable[..., Scenario], db: None, sandbox: Sandbox
) -> None:
    way = make_way(recording="link")
    body = answered(**recorded(sandbox))
    way.post(body)
    way.deliver()

    (comment,) = way.account.comments
    assert comment.files == []
    assert body["recording"] in comment.description


def test_a_recording_from_a_foreign_host_is_neither_copied_nor_linked(
    way: Scenario, as_in_production: Callable[[], None]
) -> None:
    link = "https://evil.example/a.wav"
    way.post(answered(has_recording="1", recording=link))
    as_in_production()
    way.deliver()

    (comment,) = way.account.comments
    assert (comment.files, link in comment.description) == ([], False)


@pytest.mark.parametrize("body", [answered(), missed()], ids=["answered", "missed"])
def test_a_call_goes_to_the_contacts_last_active_task(
    make_way: Callable[..., Scenario], db: None, body: dict[str, str]
) -> None:
    way = make_way(call_target="last_active_task")
    contact = way.account.add_contact(name="Olha Koval", phones=[CLIENT])
    way.account.add_task(contact.id, "Older order")
    order = way.account.add_task(contact.id, "Order")
    way.account.add_task(contact.id, "Closed order", active=False)
    way.post(body)
    way.deliver()

    (comment,) = way.account.comments
    assert (comment.task_id, comment.contact_id) == (order.id, None)
    assert way.call(CALL_ID).delivery.task_id == order.id


def test_without_an_active_task_the_call_goes_to_the_contact(make_way: Callable[..., Scenario], db: None) -> None:
    way = make_way(call_target="last_active_task")
    contact = way.account.add_contact(name="Olha Koval", phones=[CLIENT])
    way.account.add_task(contact.id, "Closed order", active=False)
    way.post(answered())
    way.deliver()

    assert [comment.contact_id for comment in way.account.comments] == [contact.id]


def test_the_text_names_the_call_and_links_its_card_in_the_customers_language(
    make_way: Callable[..., Scenario], db: None
) -> None:
    way = make_way(language="uk")
    way.post(answered())
    way.deliver()

    (comment,) = way.account.comments
    assert "Вхідний дзвінок" in comment.description
    assert CALL_ID in comment.description
    assert 'href="https://app.ringostat.com/project/callcards/card/' in comment.description


def test_tags_of_an_account_in_another_language_are_discovered(
    make_way: Callable[..., Scenario], db: None, sandbox: Sandbox
) -> None:
    account = sandbox.add_account("acme-ru", token="sandbox-token-ru", language="ru")
    way = make_way(planfix={"url": account.url, "token": account.token, "requests_per_second": 1000})
    way.account = account
    way.post(answered())
    way.deliver()

    (entry,) = account.tag_entries
    assert (entry.tag.name, entry.values["Продолжительность (сек.)"]) == ("Звонок", "124")


def test_a_parameter_whose_field_is_missing_is_reported_and_the_rest_is_written(
    make_way: Callable[..., Scenario], db: None
) -> None:
    fields = [{"parameter": "utm_source", "field": "utm_source"}, {"parameter": "utm_medium", "field": "nowhere"}]
    way = make_way(utm_fields=fields)
    way.post(answered())
    way.deliver()

    (entry,) = way.account.tag_entries
    assert entry.values["utm_source"] == "google"
    assert way.call(CALL_ID).delivery.left_out == ["nowhere"]
