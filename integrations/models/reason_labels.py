"""Labels of the column Call.reason: why a call was skipped, waits or failed. Each may follow a colon in a sentence."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.domain.reasons import Reason

REASONS: dict[str, str | Promise] = {
    Reason.INTERNAL_CALL: _("call between employees"),
    Reason.NO_CLIENT_NUMBER: _("the webhook has no client number"),
    Reason.HIDDEN_NUMBER: _("number is hidden"),
    Reason.UNUSABLE_NUMBER: _("not a phone number"),
    Reason.IGNORED_NUMBER: _("number is on the ignore list"),
    Reason.UNKNOWN_EMPLOYEE: _("employee is unknown"),
    Reason.AMBIGUOUS_EMPLOYEE: _("several employees match"),
    Reason.EMPLOYEE_NOT_PARTICIPATING: _("employee is not included"),
    Reason.UNKNOWN_CONTACT: _("no matching contact, and creating one is off"),
    Reason.NO_FINAL_EVENT: _("Ringostat did not report the end of the call"),
    Reason.ERASED: _("client data was erased before delivery"),
    Reason.DISMISSED: _("marked as resolved"),
    Reason.NOT_ADDED: _("later data could not be added"),
    Reason.SEARCH_BLIND: _("Planfix's contact search does not find contacts that exist"),
    Reason.TOO_MANY_CONTACTS: _("held: more new contacts than usual"),
    Reason.UNAVAILABLE: _("Planfix did not answer"),
    Reason.ACCESS_DENIED: _("Planfix denied access"),
    Reason.REFUSED: _("Planfix refused the request"),
    Reason.INTERNAL_ERROR: _("Ringofix error"),
}
