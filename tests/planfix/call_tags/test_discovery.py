"""Finding the call tags and the employees of an account."""

from __future__ import annotations

import pytest

from integrations.domain.calls import Outcome
from integrations.planfix.call_tags.discovery import (
    DiscoveryFailed,
    PlanfixEmployee,
    discover_call_tags,
    employees,
)
from integrations.planfix.call_tags.schema import TagField
from integrations.planfix.http.errors import PlanfixError

REST = "https://acme.planfix.com/rest"

TAG_NAMES = [
    ("Telephony", "Call", "Missed call"),
    ("Телефония", "Звонок", "Пропущенный звонок"),
    ("Телефонія", "Дзвінок", "Пропущений дзвінок"),
    ("Telefonia", "Połączenie", "Nieodebrane połączenie"),
    ("Telefonia", "Rozmowa", "Połączenie nieodebrane"),
    ("", " CALL ", "missed call."),
]


def tag(tag_id: int, name: str, group: str = "Telephony", **more: object) -> dict[str, object]:
    fields = [{"id": tag_id * 10, "name": "Type", "type": 8, "objectType": 4, "enumValues": ["Incoming", "Outgoing"]}]
    return {"id": tag_id, "name": name, "group": {"id": 2, "name": group}, "fields": fields, **more}


def discovered(planfix, client, *tags, **ids) -> tuple[int, int]:
    planfix.post(f"{REST}/datatag/list", json={"result": "success", "dataTags": list(tags)})
    found = discover_call_tags(client, **ids)
    return found.call.id, found.missed_call.id


@pytest.mark.parametrize(("group", "call", "missed"), TAG_NAMES)
def test_call_tags_are_found_by_name_in_every_language(planfix, client, group, call, missed):
    tags = (tag(1, "Work time", "Other"), tag(7025, call, group), tag(7027, missed, group))

    assert discovered(planfix, client, *tags) == (7025, 7027)


def test_call_tag_of_the_telephony_group_is_preferred(planfix, client):
    tags = (tag(1, "Call", "Sales"), tag(7025, "Call"), tag(7027, "Missed call"))

    assert discovered(planfix, client, *tags) == (7025, 7027)


def test_call_tag_with_the_lowest_id_is_preferred_among_equals(planfix, client):
    tags = (tag(9, "Call"), tag(8, "Звонок", "Телефония"), tag(7027, "Missed call"))

    assert discovered(planfix, client, *tags) == (8, 7027)


def test_configured_tag_ids_override_names(planfix, client):
    tags = (tag(1, "Work time"), tag(2, "Lost"), tag(7025, "Call"), tag(7027, "Missed call"))

    assert discovered(planfix, client, *tags, call_tag_id=1, missed_call_tag_id=2) == (1, 2)


def test_call_tags_are_found_on_the_second_page_of_tags(planfix, client):
    planfix.post(f"{REST}/datatag/list", json={"result": "success", "dataTags": [tag(n, "x") for n in range(100)]})

    assert discovered(planfix, client, tag(7025, "Call"), tag(7027, "Missed call")) == (7025, 7027)


def test_call_tag_is_discovered_with_its_fields(planfix, client):
    planfix.post(
        f"{REST}/datatag/list", json={"result": "success", "dataTags": [tag(1, "Call"), tag(2, "Missed call")]}
    )

    tags = discover_call_tags(client)

    assert tags.call.fields == (TagField(id=10, name="Type", type=8, values=("Incoming", "Outgoing")),)
    assert tags.of(Outcome.MISSED).name == "Missed call"
    assert len(planfix.calls) == 1


@pytest.mark.parametrize("fields", [[], [{"id": 10, "name": "Type", "type": 8}]])
def test_tag_fields_that_the_list_leaves_out_are_requested(planfix, client, fields):
    whole = [{"id": 10, "name": "Type", "type": 8, "enumValues": ["In", "Out"]}]
    planfix.get(f"{REST}/customfield/datatag/1", json={"result": "success", "customfields": whole})
    tags = [tag(1, "Call", fields=fields), tag(2, "Missed call")]
    planfix.post(f"{REST}/datatag/list", json={"result": "success", "dataTags": tags})

    assert discover_call_tags(client).call.fields == (TagField(id=10, name="Type", type=8, values=("In", "Out")),)


@pytest.mark.parametrize(
    ("tags", "ids", "told"),
    [
        ([tag(7027, "Missed call")], {}, ["“Call”", "it shows: Missed call", "Virtual PBX"]),
        ([tag(7025, "Call")], {}, ["“Missed call”", "it shows: Call", "Virtual PBX"]),
        ([], {}, ["“Call”", "none at all"]),
        ([tag(7025, "Call")], {"call_tag_id": 9}, ["id 9", "“Call”", "customer's settings"]),
        ([tag(1, "Call")], {"missed_call_tag_id": 9}, ["id 9", "“Missed call”"]),
    ],
)
def test_missing_call_tag_is_named_with_what_to_do(planfix, client, tags, ids, told):
    with pytest.raises(DiscoveryFailed) as caught:
        discovered(planfix, client, *tags, **ids)

    assert [part for part in told if part not in caught.value.message] == []
    assert caught.value.message.endswith(".")


def test_message_about_a_missing_call_tag_is_not_cut(planfix, client):
    with pytest.raises(DiscoveryFailed) as caught:
        discovered(planfix, client, *(tag(n, f"Tag with a long name {n}") for n in range(50)))

    assert caught.value.message.endswith("set its id.")


def test_failed_discovery_is_a_planfix_error():
    assert issubclass(DiscoveryFailed, PlanfixError)


def test_planfix_employees_are_listed_with_email_and_extension(planfix, client, sent):
    rows = [
        {"id": 5, "name": "Iryna", "lastname": "Bondar", "email": "i@example.com", "extensionNumber": "101"},
        {"id": "user:6", "name": "Oleh", "extensionNumber": 102},
        {"id": 7, "name": "Gone", "isDeleted": True},
        {"name": "Nobody"},
    ]
    planfix.post(f"{REST}/user/list", json={"result": "success", "users": rows})

    assert employees(client) == [
        PlanfixEmployee(id=5, name="Iryna Bondar", email="i@example.com", extension="101"),
        PlanfixEmployee(id=6, name="Oleh", email="", extension="102"),
    ]
    assert sent()[0]["onlyActive"] is True
