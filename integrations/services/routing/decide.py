"""Decides whom Ringostat rings: asks the sources in the customer's order, and takes the first that names a direction.

Pure functions: the caller has read the situation from the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from integrations.domain.employees import Employee
from integrations.domain.phones import sip_login
from integrations.models import RoutingReason, RoutingSource
from integrations.models.telephone.routing import MOST_DIRECTIONS


@dataclass(frozen=True, kw_only=True)
class KnownContact:
    """A contact that has the client's number. `responsible`: Planfix user IDs, in Planfix's order."""

    contact_id: int
    responsible: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What the database knows when Ringostat asks. `employees`: those that a source may name."""

    order: Sequence[RoutingSource]
    has_number: bool = True
    contacts: Sequence[KnownContact] = ()
    employees: Sequence[Employee] = ()
    last_talked: int | None = None
    """The key of the employee who talked with the client last."""
    fixed: Sequence[str] = ()
    online: frozenset[str] | None = None
    """SIP logins in small letters. None if the customer does not ask for online employees, or if they are unknown."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The proposal of one source: directions, or the reason why it has none."""

    source: RoutingSource
    directions: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    contact_id: int | None = None
    reason: RoutingReason | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The proposals of all sources that were asked. Only the last one can have directions."""

    proposals: tuple[Proposal, ...] = ()

    @property
    def chosen(self) -> Proposal | None:
        return next((proposal for proposal in self.proposals if proposal.directions), None)

    @property
    def reason(self) -> RoutingReason | None:
        """Why the answer is empty: the reason of the first source, which the customer wants most."""
        if self.chosen or not self.proposals:
            return None
        return self.proposals[0].reason


def decide(situation: Situation) -> Decision:
    proposals: list[Proposal] = []
    for source in situation.order:
        proposals.append(SOURCES[source](situation))
        if proposals[-1].directions:
            break
    return Decision(proposals=tuple(proposals))


def _responsible(situation: Situation) -> Proposal:
    """Proposes the responsible employees of the first contact that has reachable ones. Ringostat rings all of them."""
    source = RoutingSource.RESPONSIBLE
    if not situation.has_number:
        return Proposal(source=source, reason=RoutingReason.NO_NUMBER)
    proposals = [_of_contact(situation, contact) for contact in situation.contacts]
    unknown = Proposal(source=source, reason=RoutingReason.UNKNOWN_CLIENT)
    return next((found for found in proposals if found.directions), proposals[0] if proposals else unknown)


def _of_contact(situation: Situation, contact: KnownContact) -> Proposal:
    found = [
        employee
        for user_id in contact.responsible
        for employee in situation.employees
        if employee.planfix_user_id == user_id
    ]
    missing = RoutingReason.NOT_MATCHED if contact.responsible else RoutingReason.NO_RESPONSIBLE
    return _of_employees(situation, RoutingSource.RESPONSIBLE, found, missing, contact.contact_id)


def _last_talked(situation: Situation) -> Proposal:
    source = RoutingSource.LAST_TALKED
    if not situation.has_number:
        return Proposal(source=source, reason=RoutingReason.NO_NUMBER)
    found = [employee for employee in situation.employees if employee.key == situation.last_talked]
    return _of_employees(situation, source, found, RoutingReason.NOBODY_TALKED)


def _fixed(situation: Situation) -> Proposal:
    """Proposes the fixed directions. Leaves out only SIP logins that are offline: a number, a group or a scheme has no
    such state.
    """
    reachable = [line for line in situation.fixed if not sip_login(line) or _is_online(line, situation.online)]
    reason = RoutingReason.OFFLINE if situation.fixed else RoutingReason.NO_FIXED
    return Proposal(
        source=RoutingSource.FIXED,
        directions=tuple(reachable[:MOST_DIRECTIONS]),
        reason=None if reachable else reason,
    )


def _of_employees(
    situation: Situation,
    source: RoutingSource,
    employees: Iterable[Employee],
    missing: RoutingReason,
    contact_id: int | None = None,
) -> Proposal:
    """Proposes the lines of all reachable employees; without one, gives the reason of the first employee.

    `missing`: the reason if there are no employees.
    """
    reason, rung = missing, []
    for number, employee in enumerate(employees):
        lines, why_not = _lines(employee, situation.online)
        if lines:
            rung.append((employee.name, lines))
        elif number == 0:
            reason = why_not
    directions = [line for _name, lines in rung for line in lines][:MOST_DIRECTIONS]
    return Proposal(
        source=source,
        directions=tuple(directions),
        names=tuple(name for name, lines in rung if lines[0] in directions),
        contact_id=contact_id,
        reason=None if directions else reason,
    )


def _lines(employee: Employee, online: frozenset[str] | None) -> tuple[tuple[str, ...], RoutingReason]:
    """Returns the lines on which the employee can be rung: SIP logins that are online; without any SIP login, the first
    stored line, such as a phone number. The reason counts only if there are no lines.
    """
    if not employee.participates:
        return (), RoutingReason.EXCLUDED
    logins = tuple(filter(None, map(sip_login, employee.sip_logins)))
    if not logins:
        return tuple(employee.sip_logins[:1]), RoutingReason.NO_LINE
    return tuple(login for login in logins if _is_online(login, online)), RoutingReason.OFFLINE


def _is_online(login: str, online: frozenset[str] | None) -> bool:
    return online is None or login.casefold() in online


SOURCES: Mapping[RoutingSource, Callable[[Situation], Proposal]] = {
    RoutingSource.RESPONSIBLE: _responsible,
    RoutingSource.LAST_TALKED: _last_talked,
    RoutingSource.FIXED: _fixed,
}
