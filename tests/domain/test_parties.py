"""Who called whom: the direction, the client, and calls between employees."""

from __future__ import annotations

import pytest

from integrations.domain.calls import CallFacts, Direction
from integrations.domain.parties import (
    NumberProblem,
    client_number,
    direction_of,
    is_internal,
    line_number,
)

CLIENT = "+380671234567"
BARE_CLIENT = "380671234567"
OTHER = "380501112233"
LINE = "380442223344"
IRYNA = '"Iryna" <acmecom_iryna>'


def incoming(**fields: str) -> CallFacts:
    return CallFacts(ringostat_id="1", direction=Direction.INCOMING, **fields)  # type: ignore[arg-type]


def outgoing(**fields: str) -> CallFacts:
    return CallFacts(ringostat_id="1", direction=Direction.OUTGOING, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(incoming(e164=CLIENT, userfield=OTHER, caller=OTHER), id="incoming: E164 first"),
        pytest.param(incoming(userfield=BARE_CLIENT, caller=OTHER), id="incoming: then userfield"),
        pytest.param(incoming(caller=BARE_CLIENT), id="incoming: then caller"),
        pytest.param(incoming(e164=CLIENT, destination=LINE, connected_with=OTHER), id="incoming: nobody else"),
        pytest.param(incoming(e164=" ", userfield=BARE_CLIENT), id="incoming: past a blank"),
        pytest.param(incoming(e164="anonymous", caller=BARE_CLIENT), id="incoming: past a hidden number"),
        pytest.param(incoming(e164="101", caller=BARE_CLIENT), id="incoming: past an unusable number"),
        pytest.param(incoming(userfield="acmecom_iryna", caller=BARE_CLIENT), id="incoming: past a SIP login"),
        pytest.param(incoming(caller=BARE_CLIENT, destination="acmecom_oleh"), id="callback: the caller"),
        pytest.param(incoming(e164=CLIENT, caller=IRYNA), id="callback: not the SIP login that rang first"),
        pytest.param(outgoing(destination=BARE_CLIENT, userfield=OTHER, e164=OTHER), id="outgoing: destination"),
        pytest.param(outgoing(destination="acmecom_x", userfield=BARE_CLIENT, e164=OTHER), id="outgoing: userfield"),
        pytest.param(outgoing(destination="acmecom_x", e164=CLIENT, caller=OTHER), id="outgoing: then E164"),
        pytest.param(outgoing(e164=CLIENT, caller=IRYNA), id="outgoing: E164 when no destination came"),
        pytest.param(outgoing(destination="acmecom_oleh", caller=BARE_CLIENT), id="outgoing callback: the caller"),
        pytest.param(
            outgoing(destination=BARE_CLIENT, connected_with=BARE_CLIENT, caller='"s" <acmecom_s>'), id="smart phone"
        ),
    ],
)
def test_clients_number_is_found_in_each_kind_of_call(facts: CallFacts) -> None:
    assert client_number(facts, "UA").number == CLIENT


@pytest.mark.parametrize(
    ("facts", "raw", "problem"),
    [
        pytest.param(incoming(destination=LINE, connected_with=OTHER), "", "missing", id="nothing at all"),
        pytest.param(incoming(caller="anonymous"), "anonymous", "hidden", id="hidden"),
        pytest.param(incoming(e164="-1", caller="Private"), "-1", "hidden", id="hidden twice"),
        pytest.param(incoming(caller="101"), "101", "unusable", id="short number"),
        pytest.param(incoming(e164="anonymous", caller="101"), "101", "unusable", id="hidden and short"),
        pytest.param(incoming(caller=IRYNA), IRYNA, "missing", id="a SIP login only"),
        pytest.param(outgoing(caller=LINE), "", "missing", id="outgoing: never our own number"),
        pytest.param(
            outgoing(destination="101", caller=OTHER), "101", "unusable", id="outgoing: not even for a short number"
        ),
        pytest.param(
            outgoing(destination="acmecom_oleh", caller='"Sales" <0442223344>', outbound_number=LINE),
            "acmecom_oleh",
            "missing",
            id="outgoing to a colleague: not our line that he sees",
        ),
    ],
)
def test_call_without_a_usable_client_number_has_a_problem(facts: CallFacts, raw: str, problem: str) -> None:
    client = client_number(facts, "UA")

    assert (client.number, client.raw, client.problem) == (None, raw, NumberProblem(problem))


def test_client_number_keeps_its_received_spelling() -> None:
    assert client_number(incoming(e164="", userfield="067 123-45-67"), "UA").raw == "067 123-45-67"


def test_client_number_without_country_code_is_read_in_the_customers_country() -> None:
    assert client_number(incoming(caller="512345678"), "PL").number == "+48512345678"


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        pytest.param(incoming(e164=CLIENT, destination=LINE), "+" + LINE, id="incoming: the called number"),
        pytest.param(incoming(e164=CLIENT, destination="7777"), "7777", id="incoming: a short line stays as it came"),
        pytest.param(incoming(e164=CLIENT, destination="acmecom_oleh"), "", id="incoming: no SIP login"),
        pytest.param(incoming(e164=CLIENT, destination=BARE_CLIENT), "", id="incoming: not the client's own number"),
        pytest.param(incoming(e164=CLIENT, outbound_number=LINE), "", id="incoming: no outbound number"),
        pytest.param(outgoing(destination=OTHER, outbound_number=LINE), "+" + LINE, id="outgoing: the shown number"),
        pytest.param(outgoing(destination=OTHER), "", id="outgoing: not the client's number"),
        pytest.param(outgoing(destination=OTHER, outbound_number="-1"), "", id="outgoing: no hidden word"),
    ],
)
def test_line_of_a_call_is_the_customers_number(facts: CallFacts, line: str) -> None:
    assert line_number(facts, "UA") == line


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(incoming(caller=IRYNA, destination="acmecom_oleh"), id="incoming: SIP to SIP"),
        pytest.param(incoming(caller=IRYNA, userfield="acmecom_iryna"), id="incoming: SIP in every field"),
        pytest.param(outgoing(caller=IRYNA, destination="acmecom_oleh"), id="outgoing: SIP to SIP"),
        pytest.param(
            outgoing(caller=LINE, destination="acmecom_oleh", outbound_number=LINE), id="outgoing: our line to SIP"
        ),
    ],
)
def test_call_between_sip_logins_is_internal(facts: CallFacts) -> None:
    assert is_internal(facts, "UA")


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(incoming(caller=IRYNA, e164=CLIENT), id="incoming: a number beside the SIP login"),
        pytest.param(incoming(caller=BARE_CLIENT, destination="acmecom_oleh"), id="incoming callback"),
        pytest.param(incoming(caller="anonymous", destination="acmecom_oleh"), id="incoming: hidden"),
        pytest.param(incoming(), id="incoming: nothing known"),
        pytest.param(incoming(caller="Kyivstar", destination=LINE), id="incoming: a word that the network shows"),
        pytest.param(outgoing(caller=IRYNA, destination=BARE_CLIENT), id="outgoing to a number"),
        pytest.param(
            outgoing(caller=IRYNA, destination="acmecom_oleh", userfield=BARE_CLIENT), id="outgoing: userfield"
        ),
        pytest.param(outgoing(caller=BARE_CLIENT, destination="acmecom_oleh"), id="outgoing callback"),
    ],
)
def test_call_with_a_client_is_not_internal(facts: CallFacts) -> None:
    assert not is_internal(facts, "UA")


@pytest.mark.parametrize(
    ("facts", "direction"),
    [
        pytest.param(incoming(caller=IRYNA, destination=OTHER), "incoming", id="as Ringostat says"),
        pytest.param(CallFacts(ringostat_id="1", caller=IRYNA, destination=OTHER), "outgoing", id="SIP to number"),
        pytest.param(CallFacts(ringostat_id="1", caller=OTHER, destination=LINE), "incoming", id="number to number"),
        pytest.param(
            CallFacts(ringostat_id="1", caller=IRYNA, destination="acmecom_oleh"), "incoming", id="SIP to SIP"
        ),
        pytest.param(CallFacts(ringostat_id="1"), "incoming", id="nothing known"),
    ],
)
def test_direction_is_derived_if_ringostat_sends_none(facts: CallFacts, direction: str) -> None:
    assert direction_of(facts) == Direction(direction)


@pytest.mark.parametrize(
    ("facts", "number", "is_dialable"),
    [
        pytest.param(incoming(caller=BARE_CLIENT), CLIENT, True, id="a real number"),
        pytest.param(incoming(caller="380000000000"), "+380000000000", False, id="an impossible number"),
        pytest.param(incoming(e164="+380000000000", caller=BARE_CLIENT), CLIENT, True, id="a real number goes first"),
        pytest.param(outgoing(destination="+10000000000"), "+10000000000", False, id="an impossible number dialled"),
    ],
)
def test_client_number_that_cannot_exist_is_not_dialable(facts: CallFacts, number: str, is_dialable: bool) -> None:
    client = client_number(facts, "UA")

    assert (client.number, client.is_dialable) == (number, is_dialable)


def test_client_number_that_is_a_keypad_code_is_hidden() -> None:
    client = client_number(incoming(e164="+7378742833", caller="7378742833"), "UA")

    assert (client.number, client.problem) == (None, NumberProblem.HIDDEN)


def test_call_from_a_line_to_itself_is_internal() -> None:
    assert is_internal(outgoing(destination=LINE, outbound_number="0442223344", caller=IRYNA), "UA")
    assert not is_internal(outgoing(destination=BARE_CLIENT, outbound_number=LINE, caller=IRYNA), "UA")
