"""Erasure of one phone number: all traces of it are deleted, and nothing else."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.domain.folding import fold
from integrations.models import (
    BackgroundJob,
    BackgroundJobKind,
    Call,
    CallHistory,
    CallState,
    ContactClaim,
    Customer,
    Delivery,
    PlanfixRequest,
    RememberedContact,
    SavedView,
    TrialReceipt,
    WebhookEvent,
)
from integrations.services.calls.replay import replay_calls
from integrations.services.contacts.creation_lock import acquire_creation_lock
from integrations.services.intake.catch_up import Window, catch_up
from integrations.services.privacy.erasure import ERASED, NotANumber, erase_number, mention_of, plain_text
from sandbox.ringostat.api import Ringostat
from tests.conftest import Scenario
from tests.end_to_end.rows import at, row
from tests.factories import NOON, OUTGOING, call_facts, make_call, make_customer, make_event, make_request, make_viewer

pytestmark = pytest.mark.django_db

NUMBER, OTHER = "+380671234567", "+380501112233"


@pytest.fixture
def customer() -> Customer:
    return make_customer()


def make_other_call(customer: Customer) -> Call:
    return make_call(customer, call_facts(e164=OTHER, caller=OTHER.lstrip("+")))


def stored_text() -> str:
    """Everything that is stored about calls."""
    rows: list[Any] = []
    for model in (
        Call,
        CallHistory,
        Delivery,
        WebhookEvent,
        PlanfixRequest,
        RememberedContact,
        ContactClaim,
        TrialReceipt,
    ):
        rows += model._default_manager.values()
    return repr(rows)


def test_erased_number_is_in_no_stored_row(customer: Customer) -> None:
    call = make_call(customer, call_facts(analysis={"summary": "Call me at 067 123-45-67"}))
    make_event(call, body=json.dumps({"caller": NUMBER}).encode())
    make_event(call, body=b'{"uniqueid": "ua7", "client_name": "Olha Koval"}')
    CallHistory.objects.create(call=call, kind="attempt", detail="Olha Koval has no phone.")
    make_request(call)
    RememberedContact.objects.create(customer=customer, number=NUMBER, contact_id=812)
    acquire_creation_lock(customer, NUMBER, searched_for=0)
    TrialReceipt.objects.create(customer=customer, account=customer.planfix_account, kind="contact", number=NUMBER)

    done = erase_number(customer, NUMBER)

    assert done == {"calls": 1, "events": 2, "planfix_requests": 1, "remembered_contacts": 1}
    assert "671234567" not in stored_text()
    assert "Olha Koval" not in stored_text()
    assert Call.objects.get().client_number == ERASED


def test_history_of_other_calls_loses_only_what_mentions_the_number(customer: Customer) -> None:
    other = make_other_call(customer)
    for detail in ("067 123 45 67 is odd.", "No such template."):
        CallHistory.objects.create(call=other, kind="attempt", detail=detail)
    Call.objects.filter(pk=other.pk).update(detail="067 123 45 67 is odd.")

    erase_number(customer, NUMBER)

    assert list(other.history.order_by("pk").values_list("detail", flat=True)) == [ERASED, "No such template."]


@pytest.mark.parametrize("of_one_customer", [True, False])
def test_jobs_on_calls_of_an_erased_number_are_deleted(customer: Customer, of_one_customer: bool) -> None:
    owner = customer if of_one_customer else None
    for number in ("067 123-45-67", "%2B380671234567", "0501112233"):
        arguments = {"filter": f"number={number}"}
        BackgroundJob.objects.create(
            kind=BackgroundJobKind.DISMISS, customer=owner, arguments=arguments, finished_at=NOON
        )

    erase_number(customer, NUMBER)

    assert BackgroundJob.objects.get().arguments == {"filter": "number=0501112233"}


def test_saved_views_that_filter_by_an_erased_number_are_deleted(customer: Customer) -> None:
    views = {"number=%2B380671234567": "One", "state=failed": "067 123-45-67", "number=0501112233": "Other"}
    user = make_viewer(customer)
    for query, name in views.items():
        SavedView.objects.create(user=user, name=name, query=query)

    erase_number(customer, NUMBER)

    assert SavedView.objects.get().name == "Other"


def test_an_ignored_number_stays_ignored(customer: Customer) -> None:
    """Otherwise the next call of the number would create a contact."""
    Customer.objects.update(ignored_numbers=[NUMBER])

    erase_number(customer, NUMBER)

    assert Customer.objects.get().ignored_numbers == [NUMBER]


def test_erasure_keeps_other_numbers(customer: Customer) -> None:
    other = make_other_call(customer)
    make_event(other, body=json.dumps({"caller": OTHER}).encode())
    make_request(other, body={"value": OTHER}, answer="")
    RememberedContact.objects.create(customer=customer, number=OTHER, contact_id=813)
    before = stored_text()
    make_call(customer, receipts={})
    make_other_customers_call = make_call(make_customer())

    erase_number(customer, NUMBER)

    Call.objects.filter(client_number=ERASED).delete()
    make_other_customers_call.refresh_from_db()
    assert make_other_customers_call.client_number == NUMBER
    make_other_customers_call.delete()
    assert stored_text() == before


def test_erased_call_keeps_facts_that_are_not_about_the_client(customer: Customer) -> None:
    parameters = {"utm_source": "google", "client_id": "1234.5678"}
    call = make_call(customer, call_facts(parameters=parameters, analysis={"summary": "Angry"}))

    erase_number(customer, NUMBER)

    call.refresh_from_db()
    facts = call.folded
    assert (call.state, call.outcome, call.started_at, facts.talk_seconds) == (
        CallState.DELIVERED,
        "answered",
        NOON,
        63,
    )
    assert (facts.employee_name, facts.parameters["utm_source"]) == ("Iryna Bondar", "google")
    assert (facts.recording_url, facts.card_url, facts.parameters["client_id"]) == ("", "", "")
    assert facts.analysis == {"summary": ""}


@pytest.mark.parametrize(
    "body",
    [
        f'{{"E164": "{NUMBER}"}}'.encode(),
        b'{"caller": "380671234567"}',
        b"caller=%2B380671234567",
        b"caller=067%20123-45-67",
        b"caller=067+123+45+67",
        b'{"caller": "+38 (067) 123-45-67"}',
        b'{"caller": "\\u002b380671234567"}',
        b'{"caller": "067\\u00a0123\\u00a045\\u00a067"}',
        b'{"caller": 380671234567}',
        b"callers_number=00380671234567&x=1",
        b"\xff\xfe 0671234567",
        '{"name": "Тарас 0671234567"}'.encode(),
        '{"name": "Тарас 0671234567"}'.encode("windows-1251"),
    ],
    ids=range(13),
)
def test_erasure_deletes_events_with_the_number_in_any_spelling(customer: Customer, body: bytes) -> None:
    make_event(make_other_call(customer), body=body)

    assert erase_number(customer, NUMBER)["events"] == 1
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize(
    "body",
    [b"caller=%2B380671234568", b"id=1790671234567123", b"id=ua9_-1671234567.671234", b"caller=380501112233"],
)
def test_erasure_keeps_an_event_with_other_digits(customer: Customer, body: bytes) -> None:
    make_event(make_other_call(customer), body=body)

    assert erase_number(customer, NUMBER)["events"] == 0


@pytest.mark.parametrize(
    "where",
    [
        {"query_string": "caller=%2B380671234567"},
        {"reason": "Traceback: bad number '0671234567'"},
    ],
)
def test_erasure_searches_every_part_of_an_event(customer: Customer, where: dict[str, str]) -> None:
    make_event(make_other_call(customer), **where)

    assert erase_number(customer, NUMBER)["events"] == 1


@pytest.mark.parametrize(
    "where",
    [
        {"body": {"description": "call of <b>+380671234567</b>"}, "answer": ""},
        {"body": None, "answer": '{"phones": [{"number": "+38 (067) 123-45-67"}]}'},
    ],
)
def test_erasure_searches_every_part_of_a_planfix_request(customer: Customer, where: dict[str, Any]) -> None:
    make_request(make_other_call(customer), **where)

    assert erase_number(customer, NUMBER)["planfix_requests"] == 1


def test_erasure_removes_only_the_number_from_a_call_of_another_client(customer: Customer) -> None:
    facts = call_facts(e164=OTHER, caller=OTHER, connected_with="380671234567")
    call = make_call(customer, facts)

    erase_number(customer, NUMBER)

    call.refresh_from_db()
    assert (call.client_number, call.folded.connected_with) == (OTHER, ERASED)
    assert call.folded.recording_url == facts.recording_url


@pytest.mark.parametrize("direction", [{}, OUTGOING], ids=["incoming", "outgoing"])
@pytest.mark.parametrize("state", [CallState.PENDING, CallState.FAILED, CallState.SKIPPED, CallState.IN_PROGRESS])
def test_undelivered_call_of_an_erased_number_is_not_sent(
    customer: Customer, state: str, direction: dict[str, Any]
) -> None:
    call = make_call(customer, call_facts(**direction), state=state, detail=NUMBER)

    erase_number(customer, "067 123-45-67")

    call.refresh_from_db()
    assert (call.state, call.reason, call.detail, call.due_at) == (CallState.SKIPPED, ERASED, "", None)
    assert replay_calls(Call.objects.all()) == 0


@pytest.mark.parametrize("direction", [{}, OUTGOING], ids=["incoming", "outgoing"])
def test_repeated_webhook_does_not_bring_an_erased_number_back(customer: Customer, direction: dict[str, Any]) -> None:
    facts = call_facts(**direction, userfield="", analysis={"summary": "Angry"})
    call = make_call(customer, facts)
    erase_number(customer, NUMBER)
    call.refresh_from_db()

    again = call_facts(**direction | {"userfield": NUMBER, "ringostat_id": call.ringostat_id, "talk_seconds": 99_999})

    assert "671234567" not in repr(fold(call.facts, again))
    assert "recordings" not in repr(fold(call.facts, again))


def test_call_list_does_not_bring_an_erased_number_back(scenario: Scenario, ringostat: Ringostat) -> None:
    ringostat.calls = [row(calldate=at(NOON), recording="https://app.ringostat.com/recordings/1.wav?token=1")]
    window = Window(start=NOON.replace(hour=0), end=NOON.replace(hour=23))
    catch_up(scenario.customer, window=window)
    scenario.deliver()
    erase_number(scenario.customer, NUMBER)

    catch_up(scenario.customer, window=window)

    call = Call.objects.get()
    assert (call.client_number, call.state, call.due_at) == (ERASED, CallState.DELIVERED, None)
    assert "671234567" not in stored_text()


def test_erasing_a_number_again_finds_nothing(customer: Customer) -> None:
    make_request(make_call(customer))
    erase_number(customer, NUMBER)
    before = stored_text()

    assert set(erase_number(customer, NUMBER).values()) == {0}
    assert stored_text() == before


def test_invalid_number_erases_nothing(customer: Customer) -> None:
    make_call(customer)

    with pytest.raises(NotANumber, match=r"\+380671234567"):
        erase_number(customer, "1234")

    assert Call.objects.get().client_number == NUMBER


ESCAPES = st.one_of(
    st.text(),
    st.builds(lambda digit, count: f"&#{digit * count};", st.sampled_from("019"), st.integers(0, 6000)),
    st.builds("&#{}{};".format, st.sampled_from(["", "x", "X"]), st.text("0123456789abcdef", max_size=5000)),
    st.builds("%{}".format, st.text("0123456789abcdefu", max_size=6)),
    st.builds("\\u{}".format, st.text("0123456789abcdef", max_size=6)),
)


@given(texts=st.lists(ESCAPES, max_size=6))
def test_erasure_search_accepts_any_stored_text(texts: list[str]) -> None:
    mention_of(NUMBER).search(plain_text("".join(texts)))


@pytest.mark.parametrize("zeros", [0, 5000])
def test_erasure_finds_a_number_whose_digits_are_escaped(zeros: int) -> None:
    escaped = "".join(f"&#{'0' * zeros}{ord(digit)};" for digit in NUMBER)

    assert mention_of(NUMBER).search(plain_text(escaped))


def test_an_overlong_reference_does_not_stop_the_erasure(customer: Customer) -> None:
    call = make_call(customer)
    hostile = "&#" + "9" * 4500 + ";"
    make_event(call, body=json.dumps({"utm_source": hostile}).encode())
    make_request(call, body={"comment": hostile}, answer=hostile)
    WebhookEvent.objects.update(call=None)
    PlanfixRequest.objects.update(call=None)
    SavedView.objects.create(user=make_viewer(), name="v", query=hostile)

    assert erase_number(customer, NUMBER)["calls"] == 1


def test_erasure_finds_a_number_in_a_compressed_request(customer: Customer) -> None:
    call = make_call(customer, call_facts(e164=OTHER, caller=OTHER.lstrip("+")))
    body = gzip.compress(json.dumps({"caller": NUMBER}).encode("utf-16"))
    make_event(call, body=body, content_encoding="gzip", result="not_understood")
    WebhookEvent.objects.update(call=None)

    erase_number(customer, NUMBER)

    assert not WebhookEvent.objects.exists()


def test_erasure_finds_a_number_in_a_note_of_a_request(customer: Customer) -> None:
    make_event(make_other_call(customer), body=b"", notes=[["values_differ", "caller", NUMBER]])
    WebhookEvent.objects.update(call=None)

    erase_number(customer, NUMBER)

    assert not WebhookEvent.objects.exists()
