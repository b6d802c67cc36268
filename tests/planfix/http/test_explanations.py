"""Every error that the client stores is explained in the reader's language."""

from __future__ import annotations

import pytest

from integrations.planfix.http.codes import CODES, COMMENTS_REFUSED_ADVICE, DAILY_LIMIT_ADVICE, REQUIRED_FIELD_ADVICE
from integrations.planfix.http.explanations import BY_CODE, explain

ANSWERED = "POST /contact/: Planfix answered HTTP"

LINES = {
    f"{ANSWERED} 401, code 1 (no token). {CODES[1].advice}": "Planfix does not know the token",
    f"{ANSWERED} 405, code 5. {CODES[5].advice}": "missing a permission",
    f"{ANSWERED} 400, code 23. {CODES[23].advice}": "contact limit",
    f"{ANSWERED} 400, code 5001. {CODES[5001].advice}": "without a reason",
    f"{ANSWERED} 502 and a web page. It will be tried again.": "technical problem",
    f"{ANSWERED} 429. Planfix asks for fewer requests: it will be tried again.": "fewer requests",
    f"{ANSWERED} 200, code 22. {DAILY_LIMIT_ADVICE}": "daily request limit",
    f"{ANSWERED} 400, code 6. {COMMENTS_REFUSED_ADVICE}": "does not allow comments",
    f"{ANSWERED} 400. {REQUIRED_FIELD_ADVICE.format(field='“City” (7)')}": "requires the field “City” (7)",
    f"{ANSWERED} 302. It is a redirect to host example.com: check the account address.": "leads to another address",
    "POST /contact/list: Planfix did not answer in time. It will be tried again.": "did not answer in time",
    "POST /contact/list: the account address is not a public web address.": "not a public web address",
}


@pytest.mark.parametrize("line", LINES)
def test_stored_error_line_is_explained(line: str) -> None:
    assert LINES[line] in explain(line)
    assert "HTTP" not in explain(line)


def test_unknown_error_line_has_no_explanation() -> None:
    assert explain("ZeroDivisionError: division by zero") == ""


def test_every_code_with_a_meaning_has_its_own_explanation() -> None:
    explained = {code for code, meaning in CODES.items() if "gives no reason" not in meaning.advice}

    assert explained <= BY_CODE.keys()
