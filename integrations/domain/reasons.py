"""Why a call ended as it did, or what it waits for: every value of the call's column `reason`."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a call is in its state; "" for a call without a problem. The values are stored: never change one."""

    # Skipped by the rules.
    INTERNAL_CALL = "internal_call"
    NO_CLIENT_NUMBER = "no_client_number"
    HIDDEN_NUMBER = "hidden_number"
    UNUSABLE_NUMBER = "unusable_number"
    IGNORED_NUMBER = "ignored_number"
    UNKNOWN_EMPLOYEE = "unknown_employee"
    AMBIGUOUS_EMPLOYEE = "ambiguous_employee"
    EMPLOYEE_NOT_PARTICIPATING = "employee_not_participating"

    # Skipped during delivery.
    UNKNOWN_CONTACT = "unknown_contact"
    """No contact in Planfix has the number, and the customer's settings do not allow creating one."""

    # Skipped without an attempt to deliver.
    NO_FINAL_EVENT = "no_final_event"
    """Ringostat did not report the end of the call within a day. A final event opens the call again."""
    ERASED = "erased"
    """The client's data was erased before the call was delivered."""
    DISMISSED = "settled"
    """A person dismissed the call. It is delivered only when a person asks for it."""

    # Waiting for the next attempt.
    UNAVAILABLE = "unavailable"
    ACCESS_DENIED = "access"
    SEARCH_BLIND = "search_blind"
    """The contact search of the Planfix account does not find contacts that exist, so no contact is created."""
    TOO_MANY_CONTACTS = "too_many_contacts"
    """The contacts created for the customer within the hour reached its limit. The call creates one later."""

    # Failed: only a person can start the next attempt.
    REFUSED = "refused"
    INTERNAL_ERROR = "internal_error"

    # Delivered, but incomplete.
    TASK_REFUSED = "task_refused"
    """Planfix refused the callback task, its comment or its new status."""
    NOT_ADDED = "not_added"
    """The comment could not be updated with what came later, because it was deleted in Planfix, for example."""
