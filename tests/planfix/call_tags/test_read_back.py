"""Compares a data tag value as it was written with what Planfix gives back."""

from __future__ import annotations

import pytest

from integrations.planfix.call_tags.read_back import differing_fields, is_same_value
from integrations.planfix.http.json_fields import JSON

SAME: list[tuple[JSON, JSON]] = [
    ("google", "google"),
    ("google", " google "),
    (124, 124),
    (124, "124"),
    (124, 124.0),
    ({"date": "20-08-2026"}, {"date": "20-08-2026", "datetime": "2026-08-20T00:00Z"}),
    ({"id": "user:5"}, {"id": "user:5", "name": "Iryna"}),
    ({"id": "contact:812"}, {"id": 812, "name": "Olha"}),
    (
        {"from": {"time": "23:50"}, "to": {"time": "24:00"}},
        {"from": {"time": "23:50"}, "to": {"time": "24:00"}, "durationSec": 600},
    ),
]
DIFFERENT: list[tuple[JSON, JSON]] = [
    ("google", None),
    ("google", ""),
    ("google", "Google"),
    ("+380671234567", "380671234567"),
    ("0123", "123"),
    (124, 125),
    (124, None),
    ({"date": "20-08-2026"}, None),
    ({"date": "20-08-2026"}, {"date": "21-08-2026"}),
    ({"id": "user:5"}, {"id": "contact:5"}),
    ({"id": "user:5"}, {"id": 6}),
    ({"id": "user:5"}, None),
    ({"from": {"time": "23:50"}, "to": {"time": "24:00"}}, {"from": {"time": "23:50"}, "to": {"time": "00:00"}}),
    ("Incoming", {"id": 1}),
]


@pytest.mark.parametrize(("written", "stored"), SAME)
def test_value_that_planfix_returns_in_another_form_is_the_same(written: JSON, stored: JSON) -> None:
    assert is_same_value(written, stored)


@pytest.mark.parametrize(("written", "stored"), DIFFERENT)
def test_value_that_planfix_changed_or_lost_is_different(written: JSON, stored: JSON) -> None:
    assert not is_same_value(written, stored)


def test_differing_tag_fields_are_named_by_id() -> None:
    written: list[dict[str, JSON]] = [
        {"field": {"id": 1}, "value": "google"},
        {"field": {"id": 2}, "value": "cpc"},
        {"field": {"id": 3}, "value": 5},
    ]

    assert differing_fields(written, {1: "google", 3: 6}) == [2, 3]
