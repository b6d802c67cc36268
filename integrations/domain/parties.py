"""Who is on the line: the client, our own number, and the calls that have no client. Knows no employees.

Which field holds the client follows what Ringostat sends, not what its fields are called: a callback may have
the client as caller and a SIP login as destination, and all fields of an incoming call may carry one number.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from integrations.domain.calls import CallFacts, Direction
from integrations.domain.phones import is_hidden, normalize, read_number, same_number, sip_login


class NumberProblem(StrEnum):
    NONE = ""
    HIDDEN = "hidden"
    UNUSABLE = "unusable"
    MISSING = "missing"


@dataclass(frozen=True, kw_only=True)
class ClientNumber:
    number: str | None
    """In full format, or None with a problem."""
    is_dialable: bool = False
    """False for a number that cannot exist: it may be searched for, but no contact is created with it."""
    raw: str
    """As it came; the SIP login if nothing but one is there."""
    problem: NumberProblem


def direction_of(facts: CallFacts) -> Direction:
    """The direction Ringostat named; without a name, a call from a SIP login to a number is outgoing."""
    if facts.direction:
        return facts.direction
    dialled_out = sip_login(facts.caller) and facts.destination and not sip_login(facts.destination)
    return Direction.OUTGOING if dialled_out else Direction.INCOMING


def client_number(facts: CallFacts, region: str) -> ClientNumber:
    """The first dialable number of the client's fields, else the first searchable one, else what is there instead."""
    candidates = _candidates(facts, region)
    read = [(raw, number) for raw in candidates if (number := read_number(raw, region))]
    if read:
        raw, best = next((pair for pair in read if pair[1].is_dialable), read[0])
        return ClientNumber(number=best.number, is_dialable=best.is_dialable, raw=raw, problem=NumberProblem.NONE)
    if not candidates:
        logins = filter(sip_login, _client_fields(facts, region))
        return ClientNumber(number=None, raw=next(logins, ""), problem=NumberProblem.MISSING)
    shown = [raw for raw in candidates if not is_hidden(raw)]
    if not shown:
        return ClientNumber(number=None, raw=candidates[0], problem=NumberProblem.HIDDEN)
    return ClientNumber(number=None, raw=shown[0], problem=NumberProblem.UNUSABLE)


def line_number(facts: CallFacts, region: str) -> str:
    """The customer's number that was called, or was shown to the client; "" when a SIP login stands there."""
    incoming = direction_of(facts) is Direction.INCOMING
    raw = (facts.destination if incoming else facts.outbound_number).strip()
    number = normalize(raw, region)
    if is_hidden(raw) or sip_login(raw) or (number and number == client_number(facts, region).number):
        return ""
    return number or raw


def is_internal(facts: CallFacts, region: str) -> bool:
    """True for SIP to SIP: the fields of the client hold SIP logins and no number. And for a call to our own line.

    Not when a number of the customer's was called: then it is a word that the network shows as the caller.
    """
    incoming = direction_of(facts) is Direction.INCOMING
    if incoming and normalize(facts.destination, region):
        return False
    if not incoming and same_number(facts.destination, facts.outbound_number, region):
        return True
    present = [raw for raw in _client_fields(facts, region) if raw.strip()]
    return bool(present) and all(map(sip_login, present))


def _candidates(facts: CallFacts, region: str) -> list[str]:
    """What stands in the fields of the client and is no SIP login, the most trusted first."""
    return [raw for raw in _client_fields(facts, region) if raw.strip() and not sip_login(raw)]


def _client_fields(facts: CallFacts, region: str) -> list[str]:
    if direction_of(facts) is Direction.INCOMING:
        return [facts.e164, facts.userfield, facts.caller]
    fields = [facts.destination, facts.userfield, facts.e164]
    # A callback ordered by API may be an outgoing call from the client to our SIP login. Otherwise the caller
    # of an outgoing call is ours, even when it is a number: that of our line, which the client sees.
    if sip_login(facts.destination) and not same_number(facts.caller, facts.outbound_number, region):
        fields.append(facts.caller)
    return fields
