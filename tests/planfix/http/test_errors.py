"""Answers of Planfix as errors: the tables of codes and statuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from integrations.planfix.http.codes import CODES, scope_of
from integrations.planfix.http.errors import PlanfixAccessDenied, PlanfixError, PlanfixRefused, PlanfixUnavailable
from integrations.planfix.http.json_fields import Answer
from integrations.planfix.http.response_errors import error_of, retry_after_seconds

NOW = datetime(2026, 8, 20, 9, 15, tzinfo=UTC)


def error(
    status: int,
    body: object = None,
    *,
    request: str = "POST /contact/",
    is_write: bool = True,
    headers: dict[str, str] | None = None,
) -> PlanfixError | None:
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
    payload = body if isinstance(body, dict) else {} if body is None else None
    answer = Answer(
        request=request, is_write=is_write, status=status, headers=headers or {}, text=text, payload=payload
    )
    return None if answer.is_success else error_of(answer, now=NOW)


def fail(code: int, text: str = "Rest API error") -> dict[str, object]:
    return {"result": "fail", "code": code, "error": text}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, fail(1), PlanfixAccessDenied),
        (401, fail(2), PlanfixAccessDenied),
        (401, None, PlanfixAccessDenied),
        (401, fail(6), PlanfixAccessDenied),
        (405, fail(5), PlanfixAccessDenied),
        (405, None, PlanfixAccessDenied),
        (200, fail(1), PlanfixAccessDenied),
        (403, fail(11), PlanfixAccessDenied),
        (400, fail(16), PlanfixAccessDenied),
        (400, fail(20), PlanfixAccessDenied),
        (400, fail(21), PlanfixAccessDenied),
        (500, fail(24), PlanfixAccessDenied),
        (400, fail(10), PlanfixUnavailable),
        (400, fail(22), PlanfixUnavailable),
        (200, fail(22), PlanfixUnavailable),
        (429, None, PlanfixUnavailable),
        (429, fail(0), PlanfixUnavailable),
        (408, None, PlanfixUnavailable),
        (500, None, PlanfixUnavailable),
        (502, "<html>Bad gateway</html>", PlanfixUnavailable),
        (503, "upstream connect error", PlanfixUnavailable),
        (500, fail(0), PlanfixUnavailable),
        (500, fail(2001), PlanfixUnavailable),
        (500, fail(31337), PlanfixUnavailable),
        (200, "<html>Welcome</html>", PlanfixUnavailable),
        (200, '{"result":"succ', PlanfixUnavailable),
        (200, "[]", PlanfixUnavailable),
        (404, "<html>No such account</html>", PlanfixUnavailable),
        (400, '{"result":"fail","co', PlanfixUnavailable),
        (400, fail(0), PlanfixRefused),
        (400, fail(6), PlanfixRefused),
        (403, fail(6), PlanfixRefused),
        (400, fail(23), PlanfixRefused),
        (400, fail(41), PlanfixRefused),
        (500, fail(30), PlanfixRefused),
        (400, fail(2001), PlanfixRefused),
        (200, fail(2001), PlanfixRefused),
        (400, fail(31337), PlanfixRefused),
        (200, fail(31337), PlanfixRefused),
        (200, {"result": "file"}, PlanfixRefused),
        (500, fail(1000), PlanfixRefused),
        (500, fail(2000), PlanfixRefused),
        (404, fail(2000), PlanfixRefused),
        (400, None, PlanfixRefused),
        (418, "I am a teapot", PlanfixRefused),
        (302, None, PlanfixAccessDenied),
    ],
)
def test_each_failed_answer_is_exactly_one_kind_of_error(status, body, kind):
    assert type(error(status, body)) is kind


@pytest.mark.parametrize(
    ("status", "body", "is_write"),
    [
        (200, {"result": "success"}, True),
        (200, {"result": "success", "contacts": []}, False),
        (201, {"result": "success", "id": 813}, True),
        (200, None, True),
        (202, None, True),
        (204, None, True),
        (200, {"failures": [{"field": "template", "error": "Field change failed"}]}, True),
    ],
)
def test_successful_answer_is_no_error(status, body, is_write):
    assert error(status, body, is_write=is_write) is None


@pytest.mark.parametrize("body", [None, {}, {"contacts": []}, {"maintenance": True}])
def test_read_without_a_success_result_is_unavailable(body):
    assert type(error(200, body, is_write=False, request="POST /contact/list")) is PlanfixUnavailable


@pytest.mark.parametrize(
    ("status", "body", "may_have_written"),
    [
        (500, None, True),
        (502, "<html/>", True),
        (200, "<html/>", True),
        (201, '{"result":"success","i', True),
        (429, None, False),
        (429, "<html>Slow down</html>", False),
        (400, fail(22), False),
        (500, fail(22), False),
        (400, fail(10), False),
    ],
)
def test_unclear_write_may_have_happened_unless_planfix_refused_it_unread(status, body, may_have_written):
    failure = error(status, body)

    assert isinstance(failure, PlanfixUnavailable)
    assert failure.may_have_written is may_have_written


def test_failed_read_never_may_have_written():
    failure = error(502, "<html/>", is_write=False)

    assert isinstance(failure, PlanfixUnavailable)
    assert failure.may_have_written is False


@pytest.mark.parametrize(("code", "is_daily"), [(22, True), (10, False), (0, False)])
def test_only_code_22_is_the_daily_limit(code, is_daily):
    failure = error(429, fail(code))

    assert isinstance(failure, PlanfixUnavailable)
    assert failure.daily_limit is is_daily


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", None),
        ("7", 7.0),
        (" 120 ", 120.0),
        ("Thu, 20 Aug 2026 09:16:30 GMT", 90.0),
        ("Thu, 20 Aug 2026 11:16:30 +0200", 90.0),
        ("Thu, 20 Aug 2026 09:00:00 GMT", 0.0),
        ("Thu, 20 Aug 2026 09:16:30 -0000", 90.0),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("9" * 5000, None),
        ("Mon, 01 Jan 99999999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2026 00:00:00 +99999999999999999999", None),
        ("999999999", 86400.0),
        ("Thu, 20 Aug 2037 09:15:00 GMT", 86400.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header, seconds):
    assert retry_after_seconds(header, NOW) == seconds


def test_error_has_the_seconds_of_retry_after():
    failure = error(429, None, headers={"Retry-After": "7"})

    assert isinstance(failure, PlanfixUnavailable)
    assert failure.retry_after == 7.0


@pytest.mark.parametrize(
    ("request_line", "scope"),
    [
        ("POST /contact/list", "contact_readonly"),
        ("POST /contact/", "contact_add"),
        ("POST /contact/812", "contact_update"),
        ("GET /contact/templates", "contact_readonly"),
        ("GET /customfield/contact", "contact_readonly"),
        ("POST /contact/812/comments/", "comment_add"),
        ("POST /task/4102/comments/", "comment_add"),
        ("POST /task/4102/comments/list", "comment_readonly"),
        ("POST /contact/812/comments/90211", "comment_update"),
        ("GET /comment/90211", "comment_readonly"),
        ("POST /contact/812/datatags/90211", "datatag_add"),
        ("POST /task/4102/datatags/90211", "datatag_add"),
        ("POST /datatag/list", "datatag_readonly"),
        ("GET /customfield/datatag/7025", "datatag_readonly"),
        ("POST /file/from-url/", "file_add"),
        ("POST /task/list", "task_readonly"),
        ("POST /user/list", "user_readonly"),
        ("GET /unknown", "of this request"),
    ],
)
def test_a_missing_scope_is_named(request_line, scope):
    failure = error(405, fail(5, "Scope denied, method not allowed"), request=request_line)

    assert scope_of(request_line) == scope
    assert failure is not None
    assert f"lacks the scope {scope}" in failure.message


@pytest.mark.parametrize("code", sorted(CODES))
def test_error_sentence_of_every_code_is_not_cut(code):
    failure = error(400, fail(code, "Access denied for contact by id - 20, " * 10), request="POST /contact/123456789/")

    assert failure is not None
    assert failure.code == code
    assert failure.http_status == 400
    assert failure.request == "POST /contact/123456789/"
    assert failure.message.endswith(".")
    assert "{" not in failure.message
    assert len(failure.message) <= 300


def test_error_message_says_what_was_asked_what_came_back_and_what_to_do():
    failure = error(400, fail(20, "Account is not paid"))

    assert str(failure) == (
        "POST /contact/: Planfix answered HTTP 400, code 20 (Account is not paid). "
        "The account is not paid for: the customer has to pay for Planfix."
    )


def test_error_message_never_contains_a_whole_body():
    failure = error(502, "<html>" + "secret" * 500 + "</html>")

    assert failure is not None
    assert "secret" not in failure.message
    assert len(PlanfixError("x" * 1000).message) == 300


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("https://login.planfix.com/?next=secret", "login.planfix.com"),
        ("/login", "itself"),
        ("", "itself"),
        ("http://[broken", "unknown"),
    ],
)
def test_error_of_a_redirect_names_only_the_host(location, host):
    failure = error(301, None, headers={"Location": location})

    assert failure is not None
    assert f"redirect to host {host}: check the account address" in failure.message
    assert "secret" not in failure.message


@pytest.mark.parametrize(
    ("status", "code", "request_line", "is_contact", "is_task"),
    [
        (404, 2000, "GET /contact/812", True, False),
        (400, 2000, "POST /contact/812/comments/", True, False),
        (404, 0, "POST /contact/812/comments/", True, False),
        (500, 1000, "POST /task/4102/comments/list", False, True),
        (400, 1000, "POST /task/4102/comments/", False, True),
        (404, 6000, "GET /datatag/13", False, False),
        (400, 41, "POST /contact/", False, False),
    ],
)
def test_missing_contact_or_task_is_distinguished_from_other_refusals(status, code, request_line, is_contact, is_task):
    failure = error(status, fail(code), request=request_line)

    assert isinstance(failure, PlanfixRefused)
    assert (failure.is_missing_contact, failure.is_missing_task) == (is_contact, is_task)


@pytest.mark.parametrize("code", ["22", 22])
def test_error_code_is_read_as_number_or_text(code):
    assert type(error(200, {"result": "fail", "code": code})) is PlanfixUnavailable


@pytest.mark.parametrize("code", [None, "x", 1.5, True, [22], {"a": 1}, "-1"])
def test_error_code_of_another_type_is_ignored(code):
    failure = error(400, {"result": "fail", "code": code})

    assert type(failure) is PlanfixRefused
    assert failure.code is None


@pytest.mark.parametrize(
    ("time_to_reset", "seconds"),
    [(95_000, 95), ("95000", 95), (95, 95), (1000, 1000), (1001, 1.001), (60_000.5, 60.0005)],
)
def test_error_of_a_short_request_limit_has_its_wait(time_to_reset: object, seconds: float) -> None:
    found = error(403, fail(22) | {"timeToReset": time_to_reset}, headers={"X-RateLimit-Remaining": "18211"})

    assert isinstance(found, PlanfixUnavailable)
    assert (found.retry_after, found.daily_limit, found.may_have_written) == (seconds, False, False)
    assert "daily" not in found.message


@pytest.mark.parametrize(
    ("body", "headers", "is_daily"),
    [
        (fail(22), {}, True),
        (fail(22), {"X-RateLimit-Remaining": "0"}, True),
        (fail(22), {"X-RateLimit-Remaining": "18211"}, False),
        (fail(22) | {"timeToReset": 95_000}, {"X-RateLimit-Remaining": "0"}, False),
        (fail(22) | {"timeToReset": 7_200_000}, {"X-RateLimit-Remaining": "18211"}, True),
        (fail(22) | {"timeToReset": None}, {"X-RateLimit-Remaining": "18211"}, False),
        (fail(22) | {"timeToReset": "soon"}, {}, True),
    ],
)
def test_daily_request_limit_is_distinguished_from_a_short_one(
    body: dict[str, object], headers: dict[str, str], is_daily: bool
) -> None:
    found = error(403, body, headers=headers)

    assert isinstance(found, PlanfixUnavailable)
    assert found.daily_limit is is_daily


@pytest.mark.parametrize("status", [200, 400, 403, 404, 500, 502])
@pytest.mark.parametrize("code", [0, 2, 30, 40, 2001, 31337])
@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("custom_field_is_required, id 81905", "81905"),
        ("Custom_Field_Is_Required, id: 81905", "81905"),
        ("Field 'Lead source' is required", "Lead source"),
        ("Required field “Джерело” is empty", "Джерело"),
        ("field 81905 is required", "81905"),
        ("Required field is empty: 81905", "81905"),
        ("mandatory field 81905 must be filled", "81905"),
        ("Не заполнено обязательное поле «Источник»", "Источник"),
        ("Поле «Джерело» обов'язкове", "Джерело"),
        ('Pole "Źródło" jest wymagane', "Źródło"),
    ],
)
def test_refusal_for_a_required_field_names_the_field(status: int, code: int, text: str, field: str) -> None:
    found = error(status, fail(code, text))

    assert isinstance(found, PlanfixRefused)
    assert found.required_field == field
    assert f"the field {field} filled in" in found.message
    assert "contact template" in found.message


def test_required_field_is_read_from_the_id_beside_the_text() -> None:
    found = error(400, {"result": "fail", "code": 30, "error": "custom_field_is_required", "id": 81905})
    assert getattr(found, "required_field", "") == "81905"


@pytest.mark.parametrize(
    ("status", "text"), [(401, "Authorization field is required"), (400, "Access denied"), (400, "is required")]
)
def test_other_refusals_name_no_required_field(status: int, text: str) -> None:
    assert not getattr(error(status, fail(1 if status == 401 else 0, text)), "required_field", "")


@pytest.mark.parametrize(
    ("body", "request_", "refuses"),
    [
        (fail(6, "New comments not allowed in this process"), "POST /task/77/comments/", True),
        (fail(6, "Access denied"), "POST /task/77/comments/", True),
        (fail(0, "Comments are not allowed"), "POST /task/77/comments/", True),
        (fail(0, "Comments are disabled in this process"), "POST /task/77/comments/", True),
        (fail(30, "Adding comments is forbidden"), "POST /task/77/comments/", True),
        (fail(5001, "Rest API error"), "POST /task/77/comments/", False),
        (fail(1000, "Task not found"), "POST /task/77/comments/", False),
        (fail(6, "New comments not allowed in this process"), "POST /contact/7/comments/", False),
        (fail(6), "POST /task/77/comments/5", False),
    ],
)
def test_refusal_of_a_task_that_takes_no_comments_is_recognised(
    body: dict[str, object], request_: str, refuses: bool
) -> None:
    found = error(400, body, request=request_)

    assert isinstance(found, PlanfixRefused)
    assert found.refuses_comments is refuses
