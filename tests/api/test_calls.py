"""The read API returns the calls that the call log shows to the same user: same visibility, filters and order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from integrations.api.examples import ONE_CALL
from integrations.models import ApiToken, CallState
from integrations.services.missed_calls.called_back import fold_missed_calls
from tests.factories import (
    AUTH_KEY,
    MISSED,
    NOON,
    OUTGOING,
    PLANFIX_TOKEN,
    call_facts,
    make_call,
    make_called_back_client,
    make_customer,
    make_employee,
    make_specialist,
    make_viewer,
)

pytestmark = pytest.mark.django_db

CALLS = "/api/v1/calls/"


def reader(user: User) -> Client:
    _token, plain = ApiToken.issue(user, "reports")
    return Client(headers={"Authorization": f"Bearer {plain}"})


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [call["id"] for call in answer.json()["results"]]


def test_api_call_has_the_documented_fields() -> None:
    customer = make_customer()
    call = make_call(customer, employee=make_employee(customer))

    record = reader(make_viewer(customer)).get(f"{CALLS}{call.pk}/").json()

    assert list(record) == list(ONE_CALL)
    own = ("id", "call_id", "url", "customer", "received_at", "finished_at")
    assert {name: value for name, value in record.items() if name not in own} == {
        name: value for name, value in ONE_CALL.items() if name not in own
    }
    assert (record["id"], record["call_id"], record["customer"]) == (call.pk, call.ringostat_id, customer.name)
    assert record["url"].endswith(f"/calls/{call.pk}/")
    assert (record["received_at"], record["finished_at"]) == ("2026-03-02T10:01:15Z", "2026-03-02T10:01:19Z")


@pytest.mark.parametrize(
    ("facts", "has_one"),
    [({"has_recording": None}, True), ({"has_recording": False}, False), ({"recording_url": ""}, True)],
)
def test_api_field_has_recording_agrees_with_the_recording_filter(facts: dict[str, Any], has_one: bool) -> None:
    """Some projects send a link but no flag for the recording."""
    call = make_call(make_customer(), call_facts(**facts))
    api = reader(make_viewer(call.customer))

    assert api.get(f"{CALLS}{call.pk}/").json()["has_recording"] is has_one
    assert ids(api.get(CALLS, {"recording": str(has_one).lower()})) == [call.pk]


def test_unknown_values_of_an_api_call_are_null_or_empty() -> None:
    customer = make_customer()
    facts = call_facts(
        is_final=False,
        status="",
        total_seconds=None,
        wait_seconds=None,
        talk_seconds=None,
        has_recording=None,
        recording_url="",
    )
    call = make_call(customer, facts, state=CallState.IN_PROGRESS)

    record = reader(make_viewer(customer)).get(f"{CALLS}{call.pk}/").json()

    assert (record["outcome"], record["talk_seconds"], record["finished_at"], record["has_recording"]) == (
        *("", None, None),
        False,
    )
    assert record["planfix"] == {
        **dict.fromkeys(("contact_id", "task_id", "comment_id", "tag_id")),
        **dict.fromkeys(("contact_url", "task_url"), ""),
    }


def test_api_missed_call_says_when_the_client_was_called_back_and_by_which_task() -> None:
    customer = make_customer()
    calls = make_called_back_client(customer)
    fold_missed_calls()
    api = reader(make_viewer(customer))

    first, second, reached = (api.get(f"{CALLS}{call.pk}/").json() for call in calls)

    names = ("called_back_at", "called_back_by", "callback_attempts", "callback_task", "callback_task_url")
    task = (4711, "https://acme.planfix.com/task/4711")
    assert [first[name] for name in names] == ["2026-03-02T10:26:00Z", "Iryna Bondar", 0, *task]
    assert [second[name] for name in names] == [first[name] for name in names]
    assert [reached[name] for name in names] == [None, "", None, None, ""]


@pytest.fixture
def two_customers() -> dict[str, Any]:
    own, other = make_customer(), make_customer()
    return {"own": make_call(own), "foreign": make_call(other), "viewer": make_viewer(own), "other": other}


def test_viewer_gets_api_calls_of_visible_customers_only(two_customers: dict[str, Any]) -> None:
    api = reader(two_customers["viewer"])

    assert ids(api.get(CALLS)) == [two_customers["own"].pk]
    assert ids(api.get(CALLS, {"call_id": two_customers["foreign"].ringostat_id})) == []
    assert api.get(CALLS, {"customer": two_customers["other"].pk}).status_code == 400
    assert api.get(f"{CALLS}{two_customers['foreign'].pk}/").status_code == 404


def test_specialist_gets_all_calls_from_the_api(two_customers: dict[str, Any]) -> None:
    assert set(ids(reader(make_specialist()).get(CALLS))) == {two_customers["own"].pk, two_customers["foreign"].pk}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"direction": "outgoing"}, ["outgoing"]),
        ({"outcome": "missed"}, ["missed"]),
        ({"state": "failed"}, ["missed"]),
        ({"number": "067 123-45-67"}, ["answered", "outgoing"]),
        ({"number": "050"}, ["missed"]),
        ({"first_day": "2026-03-03"}, ["outgoing"]),
        ({"last_day": "2026-03-02", "outcome": "answered"}, ["answered"]),
        ({"period": "today"}, []),
        ({"state": ""}, ["answered", "missed", "outgoing"]),
        ({"recording": "true"}, ["answered", "outgoing"]),
        ({"recording": "false"}, ["missed"]),
    ],
    ids=str,
)
def test_api_accepts_the_filters_of_the_call_list(query: dict[str, str], found: list[str]) -> None:
    customer = make_customer()
    calls = {
        "answered": make_call(customer),
        "missed": make_call(
            customer, call_facts(**MISSED, e164="+380501112233", caller="380501112233"), state=CallState.FAILED
        ),
        "outgoing": make_call(customer, call_facts(**OUTGOING), started_at=NOON + timedelta(days=1)),
    }

    assert set(ids(reader(make_viewer(customer)).get(CALLS, query))) == {calls[name].pk for name in found}


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"sate": "failed"}, "sate"),
        ({"state": "lost"}, "state"),
        ({"first_day": "yesterday"}, "first_day"),
        ({"customer": "Acme"}, "customer"),
        ({"recording": "perhaps"}, "recording"),
        ({"hour": "24"}, "hour"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "999999999999999999-1"}, "cursor"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "²"}, "limit"),
        ({"number": "\0"}, "number"),
    ],
    ids=str,
)
def test_api_names_an_invalid_parameter(query: dict[str, str], wrong: str) -> None:
    answer = reader(make_viewer(make_customer())).get(CALLS, query)

    assert answer.status_code == 400
    assert list(answer.json()) == [wrong]


def pages(api: Client, address: str) -> Iterator[list[int]]:
    while address:
        answer = api.get(address)
        yield ids(answer)
        address = answer.json()["next"]


def test_api_pages_list_simultaneous_calls_once() -> None:
    customer = make_customer()
    calls = [make_call(customer, started_at=NOON - timedelta(seconds=number // 3)) for number in range(7)]
    api = reader(make_viewer(customer))
    walk = pages(api, f"{CALLS}?limit=3&state=delivered")

    first = next(walk)
    make_call(customer, started_at=NOON + timedelta(days=1))  # a newer one shifts nothing
    rest = list(walk)

    assert [len(page) for page in rest] == [3, 1]
    assert sorted([*first, *rest[0], *rest[1]]) == sorted(call.pk for call in calls)


def test_api_page_of_many_calls_takes_few_queries(django_assert_max_num_queries: Any) -> None:
    customer = make_customer()
    for _ in range(20):
        make_call(customer, employee=make_employee(customer))
    api = reader(make_viewer(customer))

    with django_assert_max_num_queries(7):
        assert len(ids(api.get(CALLS))) == 20


def test_api_response_contains_no_secret() -> None:
    customer = make_customer()
    make_call(customer)

    text = reader(make_viewer(customer)).get(CALLS).content.decode()

    assert not any(secret in text for secret in ("link-token", PLANFIX_TOKEN, AUTH_KEY))


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 30, "1.0", "%00"])
def test_api_does_not_find_a_malformed_call_id(number: str) -> None:
    answer = reader(make_specialist()).get(f"{CALLS}{number}/")

    assert (answer.status_code, list(answer.json())) == (404, ["detail"])


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_api_is_read_only(method: str) -> None:
    assert getattr(reader(make_specialist()), method)(CALLS).status_code == 405


def test_api_responses_are_not_cached() -> None:
    assert "no-store" in reader(make_specialist()).get(CALLS)["Cache-Control"]


def test_part_of_a_call_id_finds_no_call_in_the_api() -> None:
    customer = make_customer()
    call = make_call(customer, call_facts(ringostat_id="ua7_-1772445600.77"))
    api = reader(make_viewer(customer))

    assert ids(api.get(CALLS, {"call_id": "ua7_-1772445600.77"})) == [call.pk]
    assert ids(api.get(CALLS, {"call_id": "ua7_-1772445600.7"})) == []
