"""How a Planfix account behaves where Planfix's documentation is silent: one switch for each open question.

A product that must work in every account is tested in many worlds. The first value of each switch is the default.
https://help.planfix.com/restapidocs/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, get_type_hints


class StoredNumber(StrEnum):
    """How the account stores a phone number."""

    AS_GIVEN = "as_given"
    DIGITS = "digits"
    MASKED = "masked"
    """By a mask: +38 (067) 123-45-67."""


class PhoneFilter(StrEnum):
    """What contact filter 4003 compares."""

    CONTAINS = "contains"
    EQUALS = "equals"
    DIGITS = "digits"
    """The digits alone; the rest of both numbers is ignored."""
    WITH_PLUS = "with_plus"
    """The digits of a whole number, which has to begin with a plus."""
    NOTHING = "nothing"
    """It answers an empty list, as Planfix does for a filter that it does not know."""


class NewContacts(StrEnum):
    """Does filter 4003 find a contact that the API has created?"""

    FOUND = "found"
    NOT_FOUND = "not_found"


class SeveralFilters(StrEnum):
    """Does a contact have to pass all filters of a request, or one?"""

    ALL = "all"
    ANY = "any"


class CompanyFlag(StrEnum):
    """`isCompany` of a contact search."""

    HONOURED = "honoured"
    IGNORED = "ignored"
    """Contacts and companies are both found."""


class DeletedContacts(StrEnum):
    """Contacts that are marked as deleted, in a search."""

    HIDDEN = "hidden"
    FOUND = "found"


class ChangedFilter(StrEnum):
    """The filter of contacts by their last change."""

    HONOURED = "honoured"
    NOTHING = "nothing"
    """It answers an empty list, as Planfix does for a filter that it does not know."""
    IGNORED = "ignored"
    """All contacts are listed."""


class FilterZone(StrEnum):
    """The time zone in which a filter's date and time are read: that of the token's employee."""

    ACCOUNT = "account"
    WEST = "west"
    """New York."""
    EAST = "east"
    """Tokyo."""


class ContactTemplate(StrEnum):
    """Does the template have a required field?"""

    FREE = "free"
    REQUIRES_FIELD = "requires_field"


class Owner(StrEnum):
    """An author of a comment other than the token's employee."""

    HONOURED = "honoured"
    IGNORED = "ignored"
    """The token's employee becomes the author."""
    REFUSED = "refused"


class CommentTime(StrEnum):
    """`dateTime` of a comment that is written."""

    HONOURED = "honoured"
    IGNORED = "ignored"
    """The comment gets the time of the request."""
    ACCOUNT_ZONE = "account_zone"
    """The time is read in the account's time zone, although it says UTC."""


class Html(StrEnum):
    """Tags in a comment's text."""

    KEPT = "kept"
    ESCAPED = "escaped"
    STRIPPED = "stripped"


class Emoji(StrEnum):
    """Characters above U+FFFF."""

    KEPT = "kept"
    STRIPPED = "stripped"
    REFUSED = "refused"
    """HTTP 400, code 30."""


class HiddenFlag(StrEnum):
    """`isHidden` of a comment that is written."""

    HONOURED = "honoured"
    IGNORED = "ignored"
    REFUSED = "refused"


class CommentOrder(StrEnum):
    """The order of a list of comments."""

    AS_ASKED = "as_asked"
    ASCENDING = "ascending"
    """The lowest id first, whatever order the request names."""
    DESCENDING = "descending"


class UpdatedFiles(StrEnum):
    """`files` of a comment that is updated."""

    REPLACE = "replace"
    ADD = "add"


class SourceObjectId(StrEnum):
    """`sourceObjectId` of a record that is read."""

    READABLE = "readable"
    NOT_READABLE = "not_readable"
    """The property is left out."""
    NOT_STORED = "not_stored"
    """The property is empty."""


class SystemTags(StrEnum):
    """Entries of the data tags Call and Missed call, which Planfix itself has created."""

    WRITABLE = "writable"
    REFUSED = "refused"


class OwnFields(StrEnum):
    """Fields that people have added to a data tag or a contact."""

    ATTACHED = "attached"
    DROPPED = "dropped"
    """Planfix answers success and stores nothing."""


class ListValues(StrEnum):
    """A value of a List field that is not among its items."""

    KEPT = "kept"
    DROPPED = "dropped"
    REFUSED = "refused"


class OvernightPeriod(StrEnum):
    """A value of a Period field that ends before it begins."""

    KEPT = "kept"
    REFUSED = "refused"


class FileFromUrl(StrEnum):
    """Files that Planfix is asked to fetch."""

    FETCHED = "fetched"
    REFUSED = "refused"
    """HTTP 400, code 41."""
    SLOW = "slow"
    WRONG_TYPE = "wrong_type"
    """They are stored without their content type."""


class TaskFilter(StrEnum):
    """The filter of tasks by counterparty."""

    HONOURED = "honoured"
    IGNORED = "ignored"
    """All tasks of the account are listed."""
    NOTHING = "nothing"


class TaskActivity(StrEnum):
    """`isActive` of a task's status in a list."""

    SHOWN = "shown"
    ABSENT = "absent"


class TaskComments(StrEnum):
    """Does the tasks' process take comments?"""

    TAKEN = "taken"
    REFUSED = "refused"


class TaskStatusChange(StrEnum):
    """Does the tasks' process allow the API to change a status?"""

    CHANGED = "changed"
    REFUSED = "refused"
    """Planfix answers success with `failures`, and the status stays."""


class TaskDeletion(StrEnum):
    """`isDeleted` in an update of a task. Planfix documents no request that deletes a task."""

    IGNORED = "ignored"
    DELETED = "deleted"
    REFUSED = "refused"
    """HTTP 400, code 41."""


class TaskTemplateFields(StrEnum):
    """Do the task templates have a required field?"""

    FREE = "free"
    REQUIRED = "required"


class TimePoints(StrEnum):
    """How times are given."""

    FULL = "full"
    UTC_ONLY = "utc_only"
    LOCAL_ONLY = "local_only"
    """Date and time in the account's zone, without the zone."""


class TooFast(StrEnum):
    """The answer to a request that comes too early."""

    STATUS_429 = "status_429"
    CODE_22 = "code_22"
    """HTTP 403, code 22, with `timeToReset`."""
    DAILY_LIMIT = "daily_limit"
    """HTTP 403, code 22, as when no requests are left today."""


@dataclass(frozen=True, kw_only=True)
class World:
    """The value of every switch. A switch's name is the field's name; its values are those of the enum."""

    stored_number: StoredNumber = StoredNumber.AS_GIVEN
    phone_filter: PhoneFilter = PhoneFilter.CONTAINS
    new_contacts: NewContacts = NewContacts.FOUND
    several_filters: SeveralFilters = SeveralFilters.ALL
    company_flag: CompanyFlag = CompanyFlag.HONOURED
    deleted_contacts: DeletedContacts = DeletedContacts.HIDDEN
    changed_filter: ChangedFilter = ChangedFilter.HONOURED
    filter_zone: FilterZone = FilterZone.ACCOUNT
    contact_template: ContactTemplate = ContactTemplate.FREE
    employee_owner: Owner = Owner.HONOURED
    contact_owner: Owner = Owner.HONOURED
    comment_time: CommentTime = CommentTime.HONOURED
    html: Html = Html.KEPT
    emoji: Emoji = Emoji.KEPT
    hidden_flag: HiddenFlag = HiddenFlag.HONOURED
    comment_order: CommentOrder = CommentOrder.AS_ASKED
    updated_files: UpdatedFiles = UpdatedFiles.REPLACE
    source_object_id: SourceObjectId = SourceObjectId.READABLE
    system_tags: SystemTags = SystemTags.WRITABLE
    own_fields: OwnFields = OwnFields.ATTACHED
    list_values: ListValues = ListValues.KEPT
    overnight_period: OvernightPeriod = OvernightPeriod.KEPT
    file_from_url: FileFromUrl = FileFromUrl.FETCHED
    task_filter: TaskFilter = TaskFilter.HONOURED
    task_activity: TaskActivity = TaskActivity.SHOWN
    task_comments: TaskComments = TaskComments.TAKEN
    task_status: TaskStatusChange = TaskStatusChange.CHANGED
    task_deletion: TaskDeletion = TaskDeletion.IGNORED
    task_template: TaskTemplateFields = TaskTemplateFields.FREE
    time_points: TimePoints = TimePoints.FULL
    too_fast: TooFast = TooFast.STATUS_429

    def with_switches(self, switches: Mapping[str, str]) -> World:
        """The same world with the named switches changed. Raises ValueError for an unknown name or value."""
        changes: dict[str, Any] = {name: _value(name, value) for name, value in switches.items()}
        return replace(self, **changes)

    def changed(self) -> dict[str, str]:
        """The switches that differ from the default."""
        return {name: value for name, value in self.switches().items() if value != SWITCHES[name][0]}

    def switches(self) -> dict[str, str]:
        return {field.name: str(getattr(self, field.name)) for field in fields(self)}


ENUMS: Mapping[str, type[StrEnum]] = get_type_hints(World)
SWITCHES: Mapping[str, tuple[str, ...]] = {name: tuple(enum) for name, enum in ENUMS.items()}
"""The values of each switch, the default first."""


def _value(name: str, value: str) -> StrEnum:
    if name not in ENUMS:
        raise ValueError(f"there is no switch {name}; the switches are {', '.join(ENUMS)}")
    try:
        return ENUMS[name](value)
    except ValueError:
        raise ValueError(f"{name} is one of {', '.join(SWITCHES[name])}, not {value}") from None
