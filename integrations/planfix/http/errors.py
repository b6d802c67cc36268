"""The three kinds of errors of a request to Planfix. Knows no codes and no calls.

PlanfixError
├── PlanfixUnavailable   Planfix cannot answer now: wait and try again
│   └── PlanfixSearchBlind  the contact search does not find a contact that exists
├── PlanfixAccessDenied  the account or token is denied access: a specialist has to change something in Planfix
└── PlanfixRefused       Planfix refuses this request, and would refuse it again
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

MESSAGE_LENGTH = 300


class PlanfixError(Exception):
    """A request that failed. The message is a sentence for the integration specialist."""

    outcome: ClassVar[str] = "refused"

    def __init__(
        self, message: str, *, request: str = "", http_status: int | None = None, code: int | None = None
    ) -> None:
        self.message = message[:MESSAGE_LENGTH]
        self.request = request
        self.http_status = http_status
        self.code = code
        super().__init__(self.message)


class PlanfixUnavailable(PlanfixError):
    """Planfix cannot answer now.

    `may_have_written`: the write may have happened, so search before you repeat it. `retry_after`: seconds.
    """

    outcome = "unavailable"

    def __init__(
        self,
        message: str,
        *,
        request: str = "",
        http_status: int | None = None,
        code: int | None = None,
        retry_after: float | None = None,
        may_have_written: bool = False,
        daily_limit: bool = False,
    ) -> None:
        super().__init__(message, request=request, http_status=http_status, code=code)
        self.retry_after = retry_after
        self.may_have_written = may_have_written
        self.daily_limit = daily_limit


class PlanfixSearchBlind(PlanfixUnavailable):
    """The contact search does not find a contact that exists, so a contact that it does not find may exist too."""


class PlanfixAccessDenied(PlanfixError):
    """No request can succeed before a person corrects the account, its address or the token."""

    outcome = "access"


class PlanfixRefused(PlanfixError):
    """Planfix understood the request and refused it."""

    def __init__(
        self,
        message: str,
        *,
        request: str = "",
        http_status: int | None = None,
        code: int | None = None,
        required_field: str = "",
        refuses_comments: bool = False,
    ) -> None:
        """`required_field`: the name or number of a field that Planfix wants filled in. `refuses_comments`: the task's
        process takes no comments, now or later.
        """
        super().__init__(message, request=request, http_status=http_status, code=code)
        self.required_field = required_field
        self.refuses_comments = refuses_comments

    def naming(self, fields: Mapping[str, int]) -> PlanfixRefused:
        """The same refusal with the name of the required field beside its number. `fields`: ids by name."""
        name = next((name for name, number in fields.items() if str(number) == self.required_field), "")
        if not name:
            return self
        number = self.required_field
        return PlanfixRefused(
            self.message.replace(f"the field {number} ", f"the field “{name}” ({number}) "),
            request=self.request,
            http_status=self.http_status,
            code=self.code,
            required_field=number,
        )

    @property
    def is_missing_contact(self) -> bool:
        return self.code == 2000 or self._is_404_on("/contact/")

    @property
    def is_missing_task(self) -> bool:
        return self.code == 1000 or self._is_404_on("/task/")

    @property
    def is_missing_comment(self) -> bool:
        """True if the comment, its contact or its task is missing."""
        return self.code == 5000 or self.is_missing_contact or self.is_missing_task

    @property
    def may_concern_author(self) -> bool:
        """True if a comment was refused because of a missing right or a value: its author may be the reason."""
        return self.code in (6, 41)

    @property
    def may_be_missing_tag(self) -> bool:
        """True for a refused data tag entry. Planfix has no separate code for a tag or field that does not exist."""
        return self.code in (6000, 6001)

    def _is_404_on(self, path: str) -> bool:
        return self.http_status == 404 and f" {path}" in self.request
