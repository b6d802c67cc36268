"""The result of the last access check of a customer's Planfix and Ringostat accounts. Sends no requests.

Findings are codes with values; the pages have the sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet

from integrations.domain.calls import Outcome
from integrations.models import BackgroundJob, BackgroundJobKind, Customer, PhoneMatching, Recording, Target
from integrations.planfix.call_tags.schema import ROLES
from integrations.services.account_traits import AccountTraits, FilesOnUpdate, traits_of


class Finding(StrEnum):
    """What a check found. Check.names has the values for its sentence."""

    REACHED = "reached"
    NOT_REACHED = "not_reached"
    NO_PLANFIX = "no_planfix"
    BUSY = "busy"
    KNOWN = "known"
    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    SWITCHED_OFF = "switched_off"
    ACCOUNT_FROZEN = "account_frozen"
    EMPLOYEE_INACTIVE = "employee_inactive"
    ACCOUNT_UNPAID = "account_unpaid"
    PLAN_WITHOUT_API = "plan_without_api"
    ACCESS_REFUSED = "access_refused"
    ACTS_FOR = "acts_for"
    ACTS_FOR_ORDINARY = "acts_for_ordinary"
    ACTS_FOR_UNKNOWN = "acts_for_unknown"
    READ_ONLY = "read_only"
    RIGHT_GRANTED = "right_granted"
    RIGHT_MISSING = "right_missing"
    RIGHT_UNCLEAR = "right_unclear"
    TAGS_FOUND = "tags_found"
    TAGS_MISSING = "tags_missing"
    TEMPLATE_FOUND = "template_found"
    TEMPLATE_GONE = "template_gone"
    TEMPLATE_MISSING = "template_missing"
    FIELDS_REQUIRED = "fields_required"
    TASK_TEMPLATE_FOUND = "task_template_found"
    TASK_TEMPLATE_GONE = "task_template_gone"
    TASK_STATUS_FOREIGN = "task_status_foreign"
    TASK_GROUP_GONE = "task_group_gone"
    SEARCH_PROVEN = "search_proven"
    SEARCH_UNPROVEN = "search_unproven"
    SEARCH_BLIND = "search_blind"
    CALL_TAG_REFUSED = "call_tag_refused"
    MISSED_CALL_TAG_REFUSED = "missed_call_tag_refused"
    NEW_CONTACT_NOT_FOUND = "new_contact_not_found"
    AUTHOR_IGNORED = "author_ignored"
    CONTACT_AUTHOR_IGNORED = "contact_author_ignored"
    TIME_NOT_KEPT = "time_not_kept"
    HTML_NOT_KEPT = "html_not_kept"
    EMOJI_NOT_KEPT = "emoji_not_kept"
    CALL_FIELDS_LOST = "call_fields_lost"
    MISSED_CALL_FIELDS_LOST = "missed_call_fields_lost"
    FILES_NOT_ADDED = "files_not_added"
    FILTERS_NOT_COMBINED = "filters_not_combined"
    NEW_CONTACT_REFUSED = "new_contact_refused"
    OTHER_FORMATS_MISSED = "other_formats_missed"
    TASKS_MISSED = "tasks_missed"
    RECORDINGS_NOT_COPIED = "recordings_not_copied"
    KEY_KNOWN = "key_known"
    KEY_MISSING = "key_missing"
    KEY_UNKNOWN = "key_unknown"
    KEY_WITHOUT_ACCESS = "key_without_access"
    STAFF_MISSING = "staff_missing"
    RINGOSTAT_BUSY = "ringostat_busy"
    RINGOSTAT_REFUSED = "ringostat_refused"


FINE = frozenset(
    {
        Finding.REACHED,
        Finding.KNOWN,
        Finding.ACTS_FOR,
        Finding.RIGHT_GRANTED,
        Finding.TAGS_FOUND,
        Finding.TEMPLATE_FOUND,
        Finding.TASK_TEMPLATE_FOUND,
        Finding.SEARCH_PROVEN,
        Finding.KEY_KNOWN,
    }
)
UNSURE = frozenset(
    {
        Finding.ACTS_FOR_ORDINARY,
        Finding.ACTS_FOR_UNKNOWN,
        Finding.RIGHT_UNCLEAR,
        Finding.SEARCH_UNPROVEN,
        Finding.AUTHOR_IGNORED,
        Finding.CONTACT_AUTHOR_IGNORED,
        Finding.TIME_NOT_KEPT,
        Finding.HTML_NOT_KEPT,
        Finding.EMOJI_NOT_KEPT,
        Finding.CALL_FIELDS_LOST,
        Finding.MISSED_CALL_FIELDS_LOST,
        Finding.FILES_NOT_ADDED,
        Finding.OTHER_FORMATS_MISSED,
        Finding.TASKS_MISSED,
        Finding.RECORDINGS_NOT_COPIED,
        Finding.BUSY,
        Finding.RINGOSTAT_BUSY,
        Finding.KEY_MISSING,
    }
)
"""Neither good nor bad: calls can be delivered."""


@dataclass(frozen=True, kw_only=True)
class Check:
    finding: Finding
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_fine(self) -> bool:
        return self.finding in FINE

    @property
    def is_trouble(self) -> bool:
        return not self.is_fine and self.finding not in UNSURE


@dataclass(kw_only=True)
class Connection:
    """What the check read. Lists are empty if they could not be read."""

    account: str = ""
    """The Planfix account, as in Customer.planfix_account."""
    project: str = ""
    """The Ringostat project ID."""
    checks: list[Check] = field(default_factory=list)
    templates: list[tuple[int, str]] = field(default_factory=list)
    tags: list[tuple[int, str]] = field(default_factory=list)
    users: list[dict[str, Any]] = field(default_factory=list)
    """Planfix employees: id, name, email, extension."""
    staff: list[dict[str, Any]] = field(default_factory=list)
    """Ringostat employees: staff_id, name, email, extension, sip_logins (including phone numbers)."""

    @property
    def is_good(self) -> bool:
        return bool(self.checks) and not any(check.is_trouble for check in self.checks)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Connection:
        checks = [Check(finding=Finding(row["finding"]), names=row["names"]) for row in stored["checks"]]
        return cls(**{**stored, "checks": checks})


def newest_connection(customer: Customer) -> Connection | None:
    """The last finished check of the current accounts. None before the first one."""
    same = _checks_of(customer).filter(
        result__account=customer.planfix_account, result__project=customer.ringostat_project_id
    )
    newest = same.first()
    return Connection.from_json(newest.result) if newest and newest.result else None


def newest_check(customer: Customer) -> BackgroundJob | None:
    """The last requested check, finished or not."""
    return _checks_of(customer).first()


def _checks_of(customer: Customer) -> QuerySet[BackgroundJob]:
    return BackgroundJob.objects.filter(customer=customer, kind=BackgroundJobKind.CONNECT).order_by("-pk")


# What the account cannot keep, by what is known of it


def limit_checks(customer: Customer) -> Iterator[Check]:
    """What the check list shows beside the access check. Nothing that is not known."""
    traits = traits_of(customer)
    for finding, applies in LIMITS.items():
        if applies(customer, traits):
            yield Check(finding=finding, names=NAMES.get(finding, {}))


def _misses_tasks(customer: Customer, traits: AccountTraits) -> bool:
    is_wanted = customer.call_target == Target.LAST_ACTIVE_TASK
    return is_wanted and False in (traits.filters_tasks, traits.shows_active_tasks)


LIMITS: Mapping[Finding, Callable[[Customer, AccountTraits], bool]] = {
    Finding.CALL_TAG_REFUSED: lambda customer, traits: traits.takes_call_tag is False,
    Finding.MISSED_CALL_TAG_REFUSED: lambda customer, traits: traits.takes_missed_call_tag is False,
    Finding.NEW_CONTACT_NOT_FOUND: lambda customer, traits: customer.create_contacts and traits.found_by == frozenset(),
    Finding.NEW_CONTACT_REFUSED: lambda customer, traits: (
        customer.create_contacts and traits.has_required_fields is True
    ),
    Finding.FILTERS_NOT_COMBINED: lambda customer, traits: (
        customer.phone_matching == PhoneMatching.ANY_FORMAT and traits.combines_filters is False
    ),
    Finding.CALL_FIELDS_LOST: lambda customer, traits: traits.keeps_call_fields is False,
    Finding.MISSED_CALL_FIELDS_LOST: lambda customer, traits: traits.keeps_missed_call_fields is False,
    Finding.AUTHOR_IGNORED: lambda customer, traits: traits.honours_employee_author is False,
    Finding.CONTACT_AUTHOR_IGNORED: lambda customer, traits: traits.honours_contact_author is False,
    Finding.TIME_NOT_KEPT: lambda customer, traits: traits.keeps_comment_time is False,
    Finding.HTML_NOT_KEPT: lambda customer, traits: traits.keeps_html is False,
    Finding.EMOJI_NOT_KEPT: lambda customer, traits: traits.takes_emoji is False,
    Finding.FILES_NOT_ADDED: lambda customer, traits: (
        customer.recording == Recording.COPY and traits.files_on_update is FilesOnUpdate.IGNORED
    ),
    Finding.OTHER_FORMATS_MISSED: lambda customer, traits: (
        customer.phone_matching == PhoneMatching.ANY_FORMAT and traits.finds_parts is False
    ),
    Finding.TASKS_MISSED: _misses_tasks,
    Finding.RECORDINGS_NOT_COPIED: lambda customer, traits: (
        customer.recording == Recording.COPY and traits.copies_recordings is False
    ),
}
NAMES: Mapping[Finding, Mapping[str, str]] = {
    Finding.CALL_TAG_REFUSED: {"fields": ", ".join(ROLES[Outcome.ANSWERED])},
    Finding.MISSED_CALL_TAG_REFUSED: {"fields": ", ".join(ROLES[Outcome.MISSED])},
}
