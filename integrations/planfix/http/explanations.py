"""Explains a stored error line of Planfix in the reader's language.

The line itself is English and begins with the request ("POST /contact/: Planfix answered HTTP 400, code 23 (…). …"). It
stays available as a technical detail.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.planfix.http.codes import COMMENTS_REFUSED_ADVICE, DAILY_LIMIT_ADVICE

_NO_REASON = gettext_lazy("Planfix refused the request without a reason. Retry; see the request log if it fails again.")
_WRONG_VALUE = gettext_lazy("Planfix refused a value. Check the IDs in the customer's settings.")
_GONE = gettext_lazy("A record that the call uses was deleted in Planfix, or the token's employee cannot see it.")
_UNKNOWN_TOKEN = gettext_lazy("Planfix does not know the token. Enter a new one in the customer's settings.")
_SCOPE = gettext_lazy("The token is missing a permission. Add it in Planfix, then check the access again.")
_UNAVAILABLE = gettext_lazy("Planfix had a technical problem. Ringofix tries again.")

BY_CODE: Mapping[int, Promise] = {
    0: _NO_REASON,
    1: _UNKNOWN_TOKEN,
    2: gettext_lazy("The Planfix token is switched off. Activate it in Planfix."),
    5: _SCOPE,
    6: gettext_lazy("The token's employee may not do this in Planfix. Use the token of an administrator or a robot."),
    10: gettext_lazy("Planfix blocks the account's requests for a while as spam. Ringofix tries again."),
    11: gettext_lazy("The Planfix account is frozen. The customer has to reactivate it."),
    16: gettext_lazy("The token's employee is inactive in Planfix. Choose an active one for the token."),
    20: gettext_lazy("The Planfix account is not paid for. The customer has to pay."),
    21: gettext_lazy("The customer's Planfix plan does not include the API. The customer needs a paid plan."),
    22: gettext_lazy("The Planfix account has sent too many requests. Ringofix tries again."),
    23: gettext_lazy("The contact limit of the customer's Planfix plan is reached."),
    24: gettext_lazy("A limit of the customer's Planfix plan is reached."),
    30: _WRONG_VALUE,
    40: _WRONG_VALUE,
    41: _WRONG_VALUE,
    1000: gettext_lazy("The task was deleted in Planfix, or the token's employee cannot see it."),
    2000: gettext_lazy("The contact was deleted in Planfix, or the token's employee cannot see it."),
    2003: _WRONG_VALUE,
    2004: _WRONG_VALUE,
    2005: _WRONG_VALUE,
    2006: _WRONG_VALUE,
    4000: gettext_lazy("The employee no longer exists in Planfix. Match the employee again."),
    5000: _GONE,
    6000: gettext_lazy("The data tag no longer exists in Planfix. Check the access to find the tags again."),
    6001: gettext_lazy(
        "Planfix does not accept the entry of its data tag. Create a data tag with the same fields and choose it "
        "in the customer's settings."
    ),
    6010: _GONE,
    7000: _GONE,
    7001: gettext_lazy("Planfix could not fetch the recording from its address."),
    7002: gettext_lazy("The recording is larger than the customer's Planfix plan allows."),
}
BY_STATUS: Mapping[int, Promise] = {
    401: _UNKNOWN_TOKEN,
    405: _SCOPE,
    429: gettext_lazy("Planfix asks for fewer requests. Ringofix tries again."),
}
BY_TEXT: tuple[tuple[str, Promise], ...] = (
    (re.escape(COMMENTS_REFUSED_ADVICE), gettext_lazy("The process of the Planfix task does not allow comments.")),
    (re.escape(DAILY_LIMIT_ADVICE), gettext_lazy("The Planfix account's daily request limit is used up.")),
    ("did not answer in time", gettext_lazy("Planfix did not answer in time. Ringofix tries again.")),
    ("cannot be reached", gettext_lazy("Planfix cannot be reached. Ringofix tries again.")),
    ("no secure connection", gettext_lazy("No secure connection to Planfix is possible. Check the account address.")),
    ("connection to Planfix broke", gettext_lazy("The connection to Planfix broke. Ringofix tries again.")),
    ("not a public web address", gettext_lazy("The account address is not a public web address. Correct it.")),
    ("It is a redirect to host", gettext_lazy("The account address leads to another address. Correct it.")),
)
REQUIRED_FIELD = re.compile(r"Planfix wants the field (.+?) filled in")
TASK_FIELD = re.compile(r"^POST /task\b.*Planfix wants the field (.+?) filled in")
STATUS_AND_CODE = re.compile(r"\bHTTP (\d{3})(?:, code (\d+))?")


def explain(line: str) -> str:
    """What the line means, as one or two sentences; "" for a line that this table does not know."""
    if field := TASK_FIELD.search(line):
        return _("Planfix requires the field %(field)s. Make it optional in the task template.") % {"field": field[1]}
    if field := REQUIRED_FIELD.search(line):
        return _("Planfix requires the field %(field)s. Make it optional in the contact template.") % {
            "field": field[1]
        }
    for pattern, sentence in BY_TEXT:
        if re.search(pattern, line):
            return str(sentence)
    answered = STATUS_AND_CODE.search(line)
    if answered is None:
        return ""
    status, code = int(answered[1]), answered[2]
    known = (BY_CODE.get(int(code)) if code else None) or BY_STATUS.get(status)
    if known is None:
        known = _UNAVAILABLE if status >= 500 else _NO_REASON
    return str(known)
