"""Finds the client's number, the customer's line, and the calls that have no client. Knows no employees.

The names of Ringostat's fields do not tell which one holds the client: a callback may have the client as caller and a
SIP login as destination, and all fields of an incoming call may hold one number.
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
    """In full format. None: `problem` says why."""
    is_dialable: bool = False
    """False for a number that cannot exist: contacts are searched for with it, but none is created."""
    raw: str
    """As received. A SIP login when there is nothing else."""
    problem: NumberProblem


def direction_of(facts: CallFacts) -> Direction:
    """Ringostat's direction. Without one, a call from a SIP login to a number is outgoing."""
    if facts.direction:
        return facts.direction
    dialled_out = sip_login(facts.caller) and facts.destination and not sip_login(facts.destination)
    return Direction.OUTGOING if dialled_out else Direction.INCOMING


def client_number(facts: CallFacts, region: str) -> ClientNumber:
    """The first dialable number of the client's fields, else the first searchable one, else a problem."""
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
    """The customer's number that was called, or that the client saw. Empty when the field holds a SIP login, a hidden
    number or the client's number.
    """
    incoming = direction_of(facts) is Direction.INCOMING
    raw = (facts.destination if incoming else facts.outbound_number).strip()
    number = normalize(raw, region)
    if is_hidden(raw) or sip_login(raw) or (number and number == client_number(facts, region).number):
        return ""
    return number or raw


def is_internal(facts: CallFacts, region: str) -> bool:
    """True for a call between SIP logins, where the client's fields hold no number, and for a call to our own line.

    False when a number of the customer was called: the login is then a word that the network shows as the caller.
    """
    incoming = direction_of(facts) is Direction.INCOMING
    if incoming and normalize(facts.destination, region):
        return False
    if not incoming and same_number(facts.destination, facts.outbound_number, region):
        return True
    present = [raw for raw in _client_fields(facts, region) if raw.strip()]
    return bool(present) and all(map(sip_login, present))


def _candidates(facts: CallFacts, region: str) -> list[str]:
    """The values of the client's fields that are no SIP logins, the most reliable first."""
    return [raw for raw in _client_fields(facts, region) if raw.strip() and not sip_login(raw)]


def _client_fields(facts: CallFacts, region: str) -> list[str]:
    if direction_of(facts) is Direction.INCOMING:
        return [facts.e164, facts.userfield, facts.caller]
    fields = [facts.destination, facts.userfield, facts.e164]
    # A callback through the API may be an outgoing call from the client to our SIP login. Otherwise the caller of an
    # outgoing call is ours. A number there is our line's, which the client sees.
    if sip_login(facts.destination) and not same_number(facts.caller, facts.outbound_number, region):
        fields.append(facts.caller)
    return fields
