"""Decides the status of a customer: do its calls reach Planfix, and if not, since when and why? Pages, alerts and
metrics all use it.

It depends on CustomerFacts alone; status_texts.py has the sentences and the next steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from integrations.domain.calls import Direction
from integrations.domain.reasons import Reason
from integrations.models import CallState, Customer
from integrations.services.customers.connection_report import Check, Finding
from integrations.services.monitoring.customer_facts import (
    FINAL_EVENTS,
    CustomerFacts,
    Fact,
    Group,
    facts_of,
)

FAILED_LATELY = timedelta(days=1)
"""Older failed calls need attention too, but are only a warning."""
SILENT_AFTER = timedelta(days=3)
"""This long without a webhook is a warning. A weekend without calls is not."""
RARE_AFTER = timedelta(days=14)
"""A direction without a call for this long may have lost its webhook."""


NEW_NETWORK = "new_network"
"""The code of LEAKED when a network sends for the first time."""


class Level(IntEnum):
    """How serious an issue is, from worst to best."""

    PROBLEM = 0
    """Calls do not reach Planfix."""
    WARNING = 1
    """Some calls or parts of calls do not reach Planfix, or may soon not reach it."""
    NOTICE = 2
    """The setup is not finished, or a person chose this state."""
    FINE = 3


class Cause(StrEnum):
    """Causes that keep calls from Planfix. Of causes of one level the first one wins: a problem of access, employees or
    webhooks explains the problems after it.
    """

    PAUSED_BY_HAND = "PAUSED_BY_HAND"
    PAUSED = "PAUSED"
    """Planfix denied access during a delivery."""
    NO_ACCESS = "NO_ACCESS"
    """The access check failed, or there is no token to check."""
    RIGHTS_MISSING = "RIGHTS_MISSING"
    ACCOUNT_INCOMPLETE = "ACCOUNT_INCOMPLETE"
    """Something in the Planfix account is missing, such as a data tag."""
    NO_EMPLOYEES = "NO_EMPLOYEES"
    NEW = "NEW"
    """No webhook received yet."""
    NO_CALL = "NO_CALL"
    """Webhooks arrive, but none reports a call."""
    NOT_UNDERSTOOD = "NOT_UNDERSTOOD"
    EVENT_MISSING = "EVENT_MISSING"
    """The webhook after incoming or after outgoing calls does not arrive."""
    SILENT = "SILENT"
    NO_WORKER = "NO_WORKER"
    FAILED = "FAILED"
    LATE = "LATE"
    SKIPPED = "SKIPPED"
    DIFFERENT = "DIFFERENT"
    """Planfix does not hold calls as they were sent."""
    LEAKED = "LEAKED"
    """Someone else seems to know the webhook address."""
    CONTACTS_HELD = "CONTACTS_HELD"
    """Calls of unknown clients wait, because they would create more contacts than usual."""
    TRAFFIC = "TRAFFIC"
    CALL_LIST_UNREADABLE = "CALL_LIST_UNREADABLE"
    """Ringofix cannot recover a call whose webhook is lost."""
    WAITING = "WAITING"
    """Planfix did not answer; the next attempt is soon."""
    RECORDINGS_REFUSED = "RECORDINGS_REFUSED"
    TASKS_REFUSED = "TASKS_REFUSED"
    """Planfix refused callback tasks. The calls themselves are in Planfix."""
    DIRECTORY_UNREADABLE = "DIRECTORY_UNREADABLE"
    """Ringofix cannot read the account's contacts. Calls search in Planfix; routing and names on telephones use old
    contacts.
    """
    CONNECTED = "CONNECTED"


ORDER = {cause: position for position, cause in enumerate(Cause)}


@dataclass(frozen=True, kw_only=True)
class Issue:
    cause: Cause
    level: Level
    code: str = ""
    """Selects the sentence: a Reason, a Finding, a Problem or an event."""
    count: int = 0
    """The number of affected calls or requests."""
    of: int = 0
    """The total that `count` is a part of."""
    since: datetime | None = None
    until: datetime | None = None
    """The last occurrence; for WAITING the next attempt."""
    detail: str = ""
    """A raw line, for technical details. It may hold a phone number."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Values for the sentence of an access check's finding."""

    def to_json(self) -> dict[str, Any]:
        """The issue as an alert stores it. The sentence is made later, in the reader's language."""
        times = {name: at.isoformat() for name in ("since", "until") if (at := getattr(self, name))}
        values = {"cause": self.cause.value, "level": self.level.value, "code": self.code, "names": dict(self.names)}
        return values | {"count": self.count, "of": self.of, "detail": self.detail} | times

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Issue:
        times = {name: datetime.fromisoformat(stored[name]) for name in ("since", "until") if name in stored}
        return cls(**{**stored, **times, "cause": Cause(stored["cause"]), "level": Level(stored["level"])})


@dataclass(frozen=True, kw_only=True)
class CustomerStatus:
    customer: Customer
    issue: Issue
    """The issue that is the status."""
    others: tuple[Issue, ...]
    """Further issues, the worst first."""
    facts: CustomerFacts

    @property
    def level(self) -> Level:
        return self.issue.level

    @property
    def cause(self) -> Cause:
        return self.issue.cause

    @property
    def issues(self) -> tuple[Issue, ...]:
        return (self.issue, *self.others)


def statuses_of(customers: QuerySet[Customer]) -> list[CustomerStatus]:
    """Returns the statuses of these customers, the worst first, then by name. The number of queries does not grow with
    the number of customers.
    """
    now = timezone.now()
    statuses = [status_of(facts, now) for facts in facts_of(customers)]
    return sorted(statuses, key=lambda one: (one.level, ORDER[one.cause], one.customer.name.casefold()))


def status_of(facts: CustomerFacts, now: datetime) -> CustomerStatus:
    issues = [issue for find in FINDERS for issue in find(facts, now)]
    # A pause by hand comes first because it explains every other issue. Then come the others, the worst first.
    issues.sort(key=lambda issue: (issue.cause is not Cause.PAUSED_BY_HAND, issue.level, ORDER[issue.cause]))
    first, *others = issues or [_connected(facts)]
    return CustomerStatus(customer=facts.customer, issue=first, others=tuple(others), facts=facts)


def _connected(facts: CustomerFacts) -> Issue:
    delivered = facts.calls(CallState.DELIVERED)
    return Issue(cause=Cause.CONNECTED, level=Level.FINE, count=delivered, of=facts.calls())


# --- access ---

BLOCKING = frozenset(
    {
        Finding.NOT_REACHED,
        Finding.NO_PLANFIX,
        Finding.MALFORMED,
        Finding.UNKNOWN,
        Finding.SWITCHED_OFF,
        Finding.ACCOUNT_FROZEN,
        Finding.EMPLOYEE_INACTIVE,
        Finding.ACCOUNT_UNPAID,
        Finding.PLAN_WITHOUT_API,
        Finding.ACCESS_REFUSED,
    }
)
"""Findings with which no request succeeds. If a call reaches Planfix after the check, the problem is over."""
CAUSES: Mapping[Finding, Cause] = {
    **dict.fromkeys(BLOCKING, Cause.NO_ACCESS),
    Finding.READ_ONLY: Cause.RIGHTS_MISSING,
    Finding.RIGHT_MISSING: Cause.RIGHTS_MISSING,
    Finding.TAGS_MISSING: Cause.ACCOUNT_INCOMPLETE,
    Finding.TEMPLATE_GONE: Cause.ACCOUNT_INCOMPLETE,
    Finding.TEMPLATE_MISSING: Cause.ACCOUNT_INCOMPLETE,
    Finding.FIELDS_REQUIRED: Cause.ACCOUNT_INCOMPLETE,
    Finding.SEARCH_BLIND: Cause.ACCOUNT_INCOMPLETE,
    Finding.KEY_UNKNOWN: Cause.CALL_LIST_UNREADABLE,
    Finding.KEY_WITHOUT_ACCESS: Cause.CALL_LIST_UNREADABLE,
    Finding.STAFF_MISSING: Cause.CALL_LIST_UNREADABLE,
    Finding.RINGOSTAT_REFUSED: Cause.CALL_LIST_UNREADABLE,
}
"""The cause that each finding of an access check stands for."""


def _paused(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    customer = facts.customer
    if customer.paused_reason:
        by_hand = customer.paused_by_hand
        yield Issue(
            cause=Cause.PAUSED_BY_HAND if by_hand else Cause.PAUSED,
            level=Level.NOTICE if by_hand else Level.PROBLEM,
            count=facts.count(Fact.WAITING),
            since=customer.paused_at,
            detail=customer.paused_reason,
        )


def _access(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    if not facts.has_token:
        yield Issue(cause=Cause.NO_ACCESS, level=Level.NOTICE)
    if facts.check is None or facts.customer.paused_reason:
        return
    for check in facts.check.problems:
        cause = CAUSES[check.finding]
        if not _is_over(check, facts):
            is_late_news = cause is Cause.CALL_LIST_UNREADABLE or _delivered_after(facts, facts.check.finished_at)
            yield Issue(
                cause=cause,
                level=Level.WARNING if is_late_news else Level.PROBLEM,
                code=check.finding,
                since=facts.check.finished_at,
                names=check.names,
            )


def _is_over(check: Check, facts: CustomerFacts) -> bool:
    """Has the problem ended since the check? A problem with the call list also counts as ended while reading it fails:
    that has an issue of its own.
    """
    assert facts.check
    if CAUSES[check.finding] is Cause.CALL_LIST_UNREADABLE:
        was_read = facts.list_read_until is not None and facts.list_read_until > facts.check.finished_at
        return was_read or bool(facts.list_problem)
    return check.finding in BLOCKING and _delivered_after(facts, facts.check.finished_at)


def _delivered_after(facts: CustomerFacts, moment: datetime) -> bool:
    return facts.last_delivery_at is not None and facts.last_delivery_at > moment


# --- employees and webhooks ---

OF_EMPLOYEES = (Reason.UNKNOWN_EMPLOYEE, Reason.AMBIGUOUS_EMPLOYEE, Reason.EMPLOYEE_NOT_PARTICIPATING)


def _employees(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    if not facts.has_employees:
        skipped = [group for group in facts.group(Fact.SKIPPED) if group.code in OF_EMPLOYEES]
        count = sum(group.count for group in skipped)
        since = min((group.first_at for group in skipped if group.first_at), default=None)
        level = Level.PROBLEM if count else Level.NOTICE
        yield Issue(cause=Cause.NO_EMPLOYEES, level=level, count=count, of=max(facts.calls(), count), since=since)


def _webhooks(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    last_calls = [at for at in facts.last_call_at.values() if at]
    not_understood = facts.count(Fact.NOT_UNDERSTOOD)
    if facts.last_webhook_at is None:
        # Calls without any webhook come from Ringostat's call list.
        yield Issue(
            cause=Cause.NEW, level=Level.WARNING if last_calls else Level.NOTICE, until=max(last_calls, default=None)
        )
        return
    if not_understood:
        yield _not_understood(facts, not_understood)
    elif not last_calls:
        yield Issue(cause=Cause.NO_CALL, level=Level.WARNING, until=facts.last_webhook_at)
    is_list_read = facts.list_read_until is not None and not facts.list_problem
    if now - facts.last_webhook_at > SILENT_AFTER and not is_list_read:
        yield Issue(cause=Cause.SILENT, level=Level.WARNING, since=facts.last_webhook_at)


def _not_understood(facts: CustomerFacts, count: int) -> Issue:
    largest = max(facts.group(Fact.NOT_UNDERSTOOD), key=lambda group: group.count)
    return Issue(
        cause=Cause.NOT_UNDERSTOOD,
        level=Level.WARNING if facts.calls() else Level.PROBLEM,
        code=largest.code,
        count=count,
        since=facts.first_at(Fact.NOT_UNDERSTOOD),
        until=facts.last_at(Fact.NOT_UNDERSTOOD),
    )


def _events(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    if facts.last_webhook_at is None:
        return
    for group in facts.group(Fact.WITHOUT_WEBHOOK):
        event = FINAL_EVENTS[Direction(group.code)]
        yield Issue(cause=Cause.EVENT_MISSING, level=Level.WARNING, code=event, count=group.count, since=group.first_at)
    recent = [direction for direction, at in facts.last_call_at.items() if at and at > now - RARE_AFTER]
    not_needed = facts.customer.events_not_needed
    missing = [each for each in facts.last_call_at if each not in recent and FINAL_EVENTS[each] not in not_needed]
    if recent and missing:
        # Only a notice: perhaps the company makes no such calls. A specialist may mark the event as not needed.
        since = facts.last_call_at[missing[0]]
        yield Issue(cause=Cause.EVENT_MISSING, level=Level.NOTICE, code=FINAL_EVENTS[missing[0]], since=since)


# --- the flow of calls ---

BY_SETTINGS = frozenset(
    {
        Reason.INTERNAL_CALL,
        Reason.IGNORED_NUMBER,
        Reason.HIDDEN_NUMBER,
        Reason.EMPLOYEE_NOT_PARTICIPATING,
        Reason.UNKNOWN_CONTACT,
        Reason.ERASED,
        Reason.DISMISSED,
    }
)
"""Reasons that a person chose, or that nobody can change. They are a problem only if no call reaches Planfix."""


def _workers(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    waiting = facts.count(Fact.WAITING)
    if waiting and not facts.workers and not facts.customer.paused_reason:
        yield Issue(cause=Cause.NO_WORKER, level=Level.PROBLEM, count=waiting, since=facts.first_at(Fact.WAITING))


def _failed(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    last = facts.last_at(Fact.FAILED)
    if groups := facts.group(Fact.FAILED):
        largest = max(groups, key=lambda group: group.count)
        is_recent = last is not None and last > now - FAILED_LATELY
        yield Issue(
            cause=Cause.FAILED,
            level=Level.PROBLEM if is_recent else Level.WARNING,
            code=largest.code,
            count=facts.count(Fact.FAILED),
            since=facts.first_at(Fact.FAILED),
            until=last,
            detail=largest.detail,
        )


def _late(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    groups = [group for group in facts.group(Fact.WAITING) if group.code != Reason.TOO_MANY_CONTACTS]
    oldest = min((group.first_at for group in groups if group.first_at), default=None)
    if oldest and oldest < late_before(now):
        yield Issue(
            cause=Cause.LATE,
            level=Level.PROBLEM,
            code=max(groups, key=lambda group: group.count).code,
            count=sum(group.count for group in groups),
            since=oldest,
        )


def _held(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    for group in facts.group(Fact.WAITING):
        if group.code == Reason.TOO_MANY_CONTACTS:
            yield Issue(cause=Cause.CONTACTS_HELD, level=Level.WARNING, count=group.count, since=group.first_at)


def _leak(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    signs = facts.leak
    if signs.is_likely:
        code = NEW_NETWORK if signs.new_networks else ""
        yield Issue(cause=Cause.LEAKED, level=Level.WARNING, code=code, count=signs.unlisted)


def _skipped(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    """Counts every skipped call when no call reaches Planfix, else only calls skipped for reasons that nobody chose."""
    groups = facts.group(Fact.SKIPPED)
    unwanted = [group for group in groups if group.code not in BY_SETTINGS]
    skipped, total = facts.count(Fact.SKIPPED), max(facts.calls(), facts.count(Fact.SKIPPED))
    is_everything = skipped > 0 and not facts.calls(CallState.DELIVERED)
    counted: list[Group] = list(groups) if is_everything else unwanted
    if not counted:
        return
    count = sum(group.count for group in counted)
    is_most = 2 * count >= total and bool(unwanted)
    yield Issue(
        cause=Cause.SKIPPED,
        level=Level.PROBLEM if is_most else Level.WARNING,
        code=max(unwanted or counted, key=lambda group: group.count).code,
        count=count,
        of=total,
        since=min((group.first_at for group in counted if group.first_at), default=None),
        until=max((group.last_at for group in counted if group.last_at), default=None),
    )


def _differences(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    if count := facts.count(Fact.DIFFERENCE):
        since = facts.first_at(Fact.DIFFERENCE)
        yield Issue(cause=Cause.DIFFERENT, level=Level.WARNING, count=count, since=since)


def _traffic(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    if facts.is_limited:
        yield Issue(cause=Cause.TRAFFIC, level=Level.WARNING)


def _call_list(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    since = facts.list_problem_since
    if facts.list_problem and since and since < late_before(now):
        yield Issue(cause=Cause.CALL_LIST_UNREADABLE, level=Level.WARNING, since=since, detail=facts.list_problem)


def _waiting(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    if facts.retry_at and facts.retry_at > now and not facts.customer.paused_reason:
        yield Issue(
            cause=Cause.WAITING,
            level=Level.WARNING,
            count=facts.count(Fact.WAITING),
            since=facts.first_at(Fact.WAITING),
            until=facts.retry_at,
        )


def _recordings(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    if count := facts.count(Fact.RECORDING_REFUSED):
        since, until = facts.first_at(Fact.RECORDING_REFUSED), facts.last_at(Fact.RECORDING_REFUSED)
        yield Issue(cause=Cause.RECORDINGS_REFUSED, level=Level.WARNING, count=count, since=since, until=until)


def _tasks(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    if groups := facts.group(Fact.TASK_REFUSED):
        since, detail = facts.first_at(Fact.TASK_REFUSED), groups[0].detail
        count = facts.count(Fact.TASK_REFUSED)
        yield Issue(cause=Cause.TASKS_REFUSED, level=Level.WARNING, count=count, since=since, detail=detail)


def _directory(facts: CustomerFacts, now: datetime) -> Iterator[Issue]:
    since = facts.directory_error_since
    if facts.directory_error and since and since < late_before(now):
        yield Issue(cause=Cause.DIRECTORY_UNREADABLE, level=Level.WARNING, since=since, detail=facts.directory_error)


def late_before(now: datetime) -> datetime:
    """Returns the time before which a call must have become due to count as late."""
    return now - timedelta(minutes=settings.ALERT_AFTER_MINUTES)


FINDERS: tuple[Callable[[CustomerFacts, datetime], Iterator[Issue]], ...] = (
    _paused,
    _access,
    _employees,
    _webhooks,
    _events,
    _workers,
    _failed,
    _late,
    _held,
    _skipped,
    _differences,
    _leak,
    _traffic,
    _call_list,
    _waiting,
    _recordings,
    _tasks,
    _directory,
)
