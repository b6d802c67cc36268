"""The answer to a question of a webhook forwarding number, byte for byte."""

from __future__ import annotations

import pytest

from integrations.models import RoutingForm
from integrations.ringostat.telephone.answer import FORMS, reply


@pytest.mark.parametrize(
    ("form", "directions", "body", "content_type"),
    [
        ("plain", ["acmecom_iryna"], b"acmecom_iryna", "text/plain; charset=utf-8"),
        ("plain", [], b"", "text/plain; charset=utf-8"),
        ("json", ["n1", "n2", "n3"], b'{"number_01": "n1,n2,n3"}', "application/json"),
        ("json", [], b'{"number_01": ""}', "application/json"),
        ("json-rpc", ["57"], b'{"jsonrpc": "2.0", "id": 7, "result": {"number_01": "57"}}', "application/json"),
        ("json-rpc", [], b'{"jsonrpc": "2.0", "id": 7, "result": {"number_01": ""}}', "application/json"),
    ],
)
def test_routing_answer_has_the_form_that_is_set_in_ringostat(form, directions, body, content_type) -> None:
    found = reply(directions, form=form, key="number_01", rpc_id=7)

    assert (found.body, found.content_type) == (body, content_type)


def test_every_form_of_the_settings_has_a_routing_answer() -> None:
    assert set(FORMS) == set(RoutingForm)
