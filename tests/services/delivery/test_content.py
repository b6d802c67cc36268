"""The content of a call in Planfix: which value a mapped parameter has."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integrations.domain.calls import CallFacts, Direction
from integrations.services.delivery.content import mapped_values


@pytest.mark.parametrize(
    ("name", "direction", "values"),
    [
        ("client_id", Direction.INCOMING, ["2"]),
        ("Client ID", Direction.INCOMING, ["1"]),
        ("billsec", Direction.INCOMING, ["124"]),
        ("utm_term", Direction.INCOMING, []),
        ("client_id", Direction.OUTGOING, []),
    ],
)
def test_a_mapped_parameter_has_the_value_of_its_exact_name_else_of_another_spelling(
    name: str, direction: Direction, values: list[str]
) -> None:
    facts = CallFacts(ringostat_id="1.1", talk_seconds=124, parameters={"Client-ID": "1", "client_id": "2"})
    mapping = SimpleNamespace(parameter=name)
    customer: Any = SimpleNamespace(utm_fields=SimpleNamespace(all=lambda: [mapping]), zone=ZoneInfo("Europe/Kyiv"))
    plan: Any = SimpleNamespace(direction=direction)

    assert [value for _mapping, value in mapped_values(plan, facts, customer)] == values
