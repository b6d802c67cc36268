"""The sentence that describes a routing answer."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import RoutingAnswer
from integrations.ui.routing import answer_sentence


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (
            {"source": "responsible", "directions": ["a"], "names": ["Iryna", "Oleh"], "contact_id": 812},
            "Rang Iryna, Oleh first: responsible for contact 812.",
        ),
        (
            {"source": "last_talked", "directions": ["a"], "names": ["Iryna"]},
            "Rang Iryna first: talked with the client last.",
        ),
        ({"source": "fixed", "directions": ["57"]}, "Rang 57 first: the fixed direction of the routing."),
        (
            {"reason": "offline"},
            "Ringostat asked whom to ring first and got no direction: the employee is offline in Ringostat.",
        ),
        ({}, "Ringostat asked whom to ring first and got no direction: no source is set."),
        ({"reason": "new"}, "Ringostat asked whom to ring first and got no direction: no source is set."),
    ],
)
def test_routing_answer_is_described_in_one_sentence(columns: dict[str, Any], sentence: str) -> None:
    filled: dict[str, Any] = {"source": "", "directions": [], "names": [], "reason": ""}

    assert answer_sentence(RoutingAnswer(**filled | columns)) == sentence
