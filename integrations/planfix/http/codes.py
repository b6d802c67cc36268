"""Planfix's error codes and HTTP statuses as tables: what each means and what a specialist should do.

Codes: https://planfix.com/ru/help/REST_API:_Коды_ошибок
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from integrations.planfix.http.errors import (
    PlanfixAccessDenied,
    PlanfixError,
    PlanfixRefused,
    PlanfixUnavailable,
)

API_ACCESS = "Account management, API access, REST API"


class Meaning(NamedTuple):
    """What a code means. Without a kind the HTTP status decides: Planfix uses such codes for any problem."""

    kind: type[PlanfixError] | None
    advice: str


_FAILED = Meaning(None, "Planfix gives no reason: see the request in the log and try it again.")
_WRONG = Meaning(PlanfixRefused, "Check the ids and values in the customer's settings.")
_GONE = Meaning(PlanfixRefused, "It is deleted in Planfix, or the token's employee may not see it.")

CODES: Mapping[int, Meaning] = {
    0: _FAILED,
    1: Meaning(PlanfixAccessDenied, f"Planfix does not know the token: copy it anew from {API_ACCESS}."),
    2: Meaning(PlanfixAccessDenied, f"The token is switched off: activate it in {API_ACCESS}."),
    5: Meaning(PlanfixAccessDenied, f"The token lacks the scope {{scope}}: add it in {API_ACCESS}."),
    6: Meaning(PlanfixRefused, "The token's employee has no right to it: use an administrator's or robot's token."),
    10: Meaning(PlanfixUnavailable, "Planfix blocks the account's requests for a while as spam."),
    11: Meaning(PlanfixAccessDenied, "The account is frozen: it has to be reactivated in Planfix."),
    16: Meaning(PlanfixAccessDenied, f"The token's employee is inactive: choose an active one in {API_ACCESS}."),
    20: Meaning(PlanfixAccessDenied, "The account is not paid for: the customer has to pay for Planfix."),
    21: Meaning(PlanfixAccessDenied, "The free plan has no API: the customer needs a paid plan of Planfix."),
    22: Meaning(PlanfixUnavailable, "The account has sent too many requests: the call is tried again by itself."),
    23: Meaning(PlanfixRefused, "The plan's limit of contacts is reached: delete contacts or change the plan."),
    24: Meaning(PlanfixAccessDenied, "A billing limit of the account is reached: see the plan in Planfix."),
    30: _WRONG,
    40: _WRONG,
    41: _WRONG,
    1000: Meaning(PlanfixRefused, "There is no such task for the token's employee."),
    1001: _FAILED,
    1002: _FAILED,
    2000: Meaning(PlanfixRefused, "There is no such contact for the token's employee."),
    2001: _FAILED,
    2002: _FAILED,
    2003: _WRONG,
    2004: _WRONG,
    2005: _WRONG,
    2006: _WRONG,
    4000: Meaning(PlanfixRefused, "There is no such employee: check the employees in the customer's settings."),
    5000: _GONE,
    5001: _FAILED,
    5002: _FAILED,
    6000: Meaning(PlanfixRefused, "There is no such data tag or entry: discover the call tags again."),
    6001: Meaning(
        None,
        "If it is a system tag, Planfix may not take entries into it: create a data tag with the same fields, choose "
        "it in the customer's settings and retry.",
    ),
    6002: _FAILED,
    6010: _GONE,
    6011: _FAILED,
    6012: _FAILED,
    6013: _FAILED,
    7000: _GONE,
    7001: Meaning(None, "Planfix could not take the file over from its address."),
    7002: Meaning(PlanfixRefused, "The file is larger than the customer's plan allows."),
}

STATUSES: Mapping[int, tuple[type[PlanfixError], str]] = {
    401: (PlanfixAccessDenied, CODES[1].advice),
    405: (PlanfixAccessDenied, CODES[5].advice),
    408: (PlanfixUnavailable, "It will be tried again."),
    425: (PlanfixUnavailable, "It will be tried again."),
    429: (PlanfixUnavailable, "Planfix asks for fewer requests: it will be tried again."),
}
REQUEST_LIMIT = 22
DAILY_LIMIT_ADVICE = "The account's daily limit of requests is used up."
SHORTEST_DAILY_WAIT_SECONDS = 3600.0
"""Code 22 means the daily limit or a limit of a minute or two. `timeToReset` tells which."""

NOT_JSON = 30
"""Also the answer to a text with emoji, which some versions of Planfix cannot read."""

_FIELD = r"\b(?:field|поле|поля|pole|pola)\b"
_REQUIRED = (
    r"(?:\b(?:required|mandatory|wymagan\w*|обязательн\w*|must be filled|must not be empty|cannot be empty)"
    r"|обов.{0,2}язков|не ?заполнен|не ?заповнен)"
)
REQUIRED_FIELD = re.compile(rf"(?is)\bcustom_field_is_required\b|{_FIELD}.*{_REQUIRED}|{_REQUIRED}.*{_FIELD}")
"""Planfix names a required field in the text alone, with any status and code: "custom_field_is_required, id 81905".

The text may be in the account's language.
"""
FIELD_NUMBER = re.compile(r"(?i)\b(?:id|field|поле|pole|empty|required)\W{0,3}(\d{1,18})\b")
FIELD_NAME = re.compile("[\"'«“„]([^\"'»”“]{1,80})[\"'»”“]")
REQUIRED_FIELD_ADVICE = (
    "Planfix wants the field {field} filled in, and the integration has no value for it: make the field optional in "
    "Planfix's contact template, or choose another contact template in the customer's settings."
)
TASK_FIELD_ADVICE = (
    "Planfix wants the field {field} filled in, and the integration has no value for it: make the field optional in "
    "Planfix's task template, or choose another task template in the customer's settings."
)
COMMENTS_REFUSED = re.compile(
    r"(?i)\bcomments? (?:is |are )?(?:not allowed|forbidden|denied|closed|disabled)\b|\bno (?:new )?comments?\b"
    r"|\b(?:adding|new) comments? (?:is|are) (?:not allowed|forbidden|denied|disabled)\b"
)
COMMENTS_REFUSED_ADVICE = "The task takes no comments: its process in Planfix forbids them."
NO_RIGHT = 6
COMMENT_ON_TASK = re.compile(r"POST /task/[^/]+/comments/?")

SURELY_NOT_DONE = frozenset({10, REQUEST_LIMIT})
"""Codes with which Planfix refuses a request before it reads it."""

SCOPES: tuple[tuple[str, str], ...] = (
    (r"POST /(contact|task)/[^/]+/comments/list", "comment_readonly"),
    (r"POST /(contact|task)/[^/]+/comments", "comment_add"),
    (r"POST /(contact|task)/[^/]+/comments/[^/]+", "comment_update"),
    (r"GET /comment/[^/]+", "comment_readonly"),
    (r"DELETE /comment/[^/]+", "comment_delete"),
    (r"POST /(contact|task)/[^/]+/datatags(/[^/]+)?", "datatag_add"),
    (r"DELETE /datatag/entry/[^/]+", "datatag_delete"),
    (r"(GET|POST) /(customfield/)?datatag/.*", "datatag_readonly"),
    (r"POST /file(/from-url)?", "file_add"),
    (r"GET /file/.*", "file_readonly"),
    (r"DELETE /file/[^/]+", "file_delete"),
    (r"POST /customfield/contact", "custom_field_add"),
    (r"GET /customfield/(group/)?contact", "contact_readonly"),
    (r"POST /contact", "contact_add"),
    (r"POST /contact/list", "contact_readonly"),
    (r"POST /contact/[^/]+", "contact_update"),
    (r"GET /(customfield/)?contact(/.*)?", "contact_readonly"),
    (r"POST /task", "task_add"),
    (r"POST /task/(?!list$)[^/]+", "task_update"),
    (r"(GET|POST) /task/.*", "task_readonly"),
    (r"(GET|POST) /user/.*", "user_readonly"),
    (r"GET /process/.*", "process_readonly"),
)


def scope_of(request: str) -> str:
    """The scope that a request ("POST /contact/") needs, as the token's settings in Planfix name it."""
    wanted = request.rstrip("/")
    return next((scope for pattern, scope in SCOPES if re.fullmatch(pattern, wanted)), "of this request")
