"""The text fields of contacts: read by type, named by name or number; and searches that ask for several texts."""

from __future__ import annotations

import pytest

from integrations.planfix.records.contacts import contact_text_fields, first_candidates
from integrations.planfix.records.fields import field_of_name

REST = "https://acme.planfix.com/rest"
FIELDS = {"Source": 10, "source": 11, "First page": 12, "13": 14, "15": 16}


def test_only_text_fields_are_read_and_the_oldest_is_listed_by_a_shared_name(planfix, client):
    rows = [
        {"id": 4, "name": "Source", "type": 2},
        {"id": 3, "name": "Source", "type": 0},
        {"id": 5, "name": "Age", "type": 1},
        {"id": 6, "name": "City"},
        {"name": "Street", "type": 0},
        {"id": 0, "name": "Zero", "type": "0"},
    ]
    planfix.get(f"{REST}/customfield/contact", json={"result": "success", "customfields": rows})

    assert contact_text_fields(client) == {"Zero": 0, "Source": 3, "4": 4}


def test_account_without_contact_fields_lists_none(planfix, client):
    planfix.get(f"{REST}/customfield/contact", json={"result": "success"})

    assert contact_text_fields(client) == {}


@pytest.mark.parametrize(
    ("wanted", "field_id"),
    [
        ("Source", 10),
        ("source", 11),
        ("SOURCE", 11),
        (" first PAGE ", 12),
        ("12", 12),
        ("13", 14),
        ("16", 16),
        ("nowhere", None),
        ("", None),
    ],
)
def test_contact_field_is_found_by_name_before_number(wanted, field_id):
    assert field_of_name(FIELDS, wanted) == field_id


@pytest.mark.parametrize(("count", "are_all"), [(0, True), (99, True), (100, False)])
def test_page_of_candidates_says_whether_it_is_the_only_one(planfix, client, sent, count, are_all):
    rows = [{"id": number, "isDeleted": number % 2 == 0} for number in range(1, count + 1)]
    planfix.post(f"{REST}/contact/list", json={"result": "success", "contacts": rows})

    found, complete = first_candidates(client, ["67", "45"], companies=True)

    assert (len(found), complete) == ((count + 1) // 2, are_all)
    (body,) = sent()
    assert [(asked["type"], asked["value"]) for asked in body["filters"]] == [(4003, "67"), (4003, "45")]
    assert body["isCompany"] is True
