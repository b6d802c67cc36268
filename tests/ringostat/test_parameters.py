"""Values of parameters by their names, in a form that a field of Planfix can store."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from integrations.ringostat.body import read_body
from integrations.ringostat.facts import read_facts
from integrations.ringostat.names import plain_name
from integrations.ringostat.parameters import value_of
from integrations.ringostat.problems import NotUnderstood
from integrations.ringostat.values import text_of
from integrations.ringostat.vocabulary import EVENT_NAMES, NOBODY
from tests.payloads.cases import CASES, request_of

KYIV = ZoneInfo("Europe/Kyiv")


@pytest.mark.parametrize(
    ("sent", "name", "value"),
    [
        ({"client_id": "12.34"}, "client_id", "12.34"),
        ({"Client-ID": "12.34"}, "client_id", "12.34"),
        ({"client_id": "12.34"}, "Client ID", "12.34"),
        ({"My parameter": "1"}, "MY_PARAMETER", "1"),
        ({"UTM_Source": "google"}, "utm_source", "google"),
        ({"utm_source": "google"}, "UTM Source", "google"),
        ({"pool_name": "Main site"}, "pool_name", "Main site"),
        ({"{{Pool name}}": "Main site"}, "pool_name", "Main site"),
        ({"pool_name": "Main site"}, "n_alias", "Main site"),
        ({"employee_fio": "Iryna Bondar"}, "employee_fio", "Iryna Bondar"),
        ({"disposition": "ANSWERED"}, "disposition", "ANSWERED"),
        ({"call_type": "in"}, "call_type", "in"),
        ({"billsec": "124"}, "billsec", "124"),
        ({"billsec": "0"}, "billsec", "0"),
        ({"duration": "52"}, "duration_ms", "52000"),
        ({"has_recording": "true"}, "has_recording", "1"),
        ({"has_recording": "0"}, "has_recording", "0"),
        ({"calldate": "2026-09-30 15:37:18"}, "calldate", "2026-09-30 15:37:18"),
        ({"call_timestamp": "1790771838219025"}, "calldate", "2026-09-30 15:37:18"),
        ({"brief_summary": "A price list."}, "summary", "A price list."),
        ({"recommended_action_2": "Call back"}, "recommended_action_2", "Call back"),
        ({"category_mark": "5"}, "category_mark", "5"),
        ({"utm_source": "(not set)"}, "utm_source", ""),
        ({"pool_name": "(not set)"}, "pool_name", ""),
        ({}, "pool_name", ""),
        ({}, "billsec", ""),
        ({}, "anything", ""),
    ],
)
def test_parameter_value_is_found_by_any_spelling_of_its_name(sent: dict[str, str], name: str, value: str) -> None:
    assert value_of(read_facts(sent, KYIV), name, KYIV) == value


UNUSABLE = {
    "after_call__huge_values.json",
    "after_call__long_id.json",
    "after_call__nonsense_date.json",
    "after_call__nonsense_numbers.json",
    "after_call__recording_that_is_no_link.json",
}
"""Files with values that can be none of their names, or with more of them than are kept."""


@pytest.mark.parametrize("file", sorted(CASES.keys() - UNUSABLE))
def test_every_parameter_of_the_corpus_can_be_written_to_planfix(file: str) -> None:
    try:
        fields = read_body(request_of(file))
    except NotUnderstood:
        return
    facts = read_facts(fields, KYIV)
    for name, raw in fields.items():
        if text_of(raw) and raw not in NOBODY and plain_name(name) not in EVENT_NAMES:
            assert value_of(facts, name, KYIV), f"{name}={raw}"
