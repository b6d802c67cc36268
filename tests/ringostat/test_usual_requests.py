"""The reader takes a short way for usual requests, dates and texts. Each short way gives what the long way gives."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations.ringostat.body import RawRequest, read_fields
from integrations.ringostat.problems import NotUnderstood
from integrations.ringostat.text_repair import LOOKS_DAMAGED, repaired
from integrations.ringostat.times import Receipt, Start, exact_time_of, local_start_of
from integrations.ringostat.values import USUAL_DATE, usual_start
from integrations.ringostat.webhook import usual_fields
from tests.end_to_end.bodies import answered, dialled, missed
from tests.payloads.cases import CASES, request_of
from tests.payloads.field_cases import FIELD_CASES, field_request_of
from tests.payloads.mutations import SOURCES, mutated

JSON, FORM = "application/json", "application/x-www-form-urlencoded"

NAMES = (
    *("call_id", "calldate", "utm_source", "Дата", "params", "method", "jsonrpc", "data", "event", "call_id"),
    *("Call type", "{{call_id}}", "a[b]", "a[]", " id", "", "json", '{"a"', "x\x00", "amp;a"),
)
VALUES = (
    *('"Oleh" <acmecom_oleh>', '"" <>', '"a" <b>"', '"a": "b"', '"[1]"'),
    *(
        "1.1",
        "in",
        "ANSWERED",
        "купити авто",
        "Iryna  Bondar",
        "a+b",
        "",
        " ",
        " 1 ",
        "50%",
        "%41",
        "%D0%86",
        "\\u0406",
    ),
    *(
        "[1]",
        '{"call_id": "1"}',
        '"a"',
        " {}",
        "a\nb",
        "\t1",
        "\u00a01",
        "\u200b",
        "\ufeff",
        "\x00",
        "\x1f",
        "\ud800",
        "🌸",
    ),
)
PIECES = (
    *(
        "call_id=1.1",
        "type=in",
        "a",
        "=",
        "&",
        "&amp;",
        "&amp;b=2",
        "%",
        "%4",
        "%41=1",
        "%D0%86",
        "%CF",
        "+",
        "?",
        "\n",
    ),
    *(
        " ",
        "x^",
        "BZh",
        "--x\r\nContent-",
        "{",
        "}",
        "[",
        '"',
        "<",
        "\ufeff",
        "\x00",
        ";",
        "\\u0406",
        '{"a": "1"}',
        '{"a"',
    ),
    *(': "1"', ": 1", ": 1e3", ": 1.50", ": null", ": true", ": NaN", ': ["b"]', ', "b": "2"}', ', "a": "3"}', ",}"),
)
TYPES = (JSON, FORM, "", "text/plain", f"{FORM}; charset=utf-8", f'{FORM}; charset="UTF-8"', f"{FORM}; charset=cp1251")


def posted(body: bytes, content_type: str = "", *, coding: str = "", query: str = "") -> RawRequest:
    return RawRequest(method="POST", content_type=content_type, query_string=query, body=body, content_encoding=coding)


def assert_read_alike(raw: RawRequest) -> None:
    if fields := usual_fields(raw):
        read = read_fields(raw)
        assert (fields, ()) == (read.values, read.notes)
        assert list(fields) == list(read.values)


pairs = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES) | st.text(max_size=8)), max_size=5)
types = st.sampled_from(TYPES)


@settings(max_examples=400)
@given(pairs, types, st.booleans())
def test_a_usual_json_object_is_read_as_any_body(
    pairs: list[tuple[str, str]], content_type: str, ascii_only: bool
) -> None:
    members = (f"{json.dumps(n, ensure_ascii=ascii_only)}: {json.dumps(v, ensure_ascii=ascii_only)}" for n, v in pairs)
    assert_read_alike(posted(f"{{{', '.join(members)}}}".encode("utf-8", "surrogatepass"), content_type))


@settings(max_examples=400)
@given(pairs, types)
def test_a_usual_form_is_read_as_any_body(pairs: list[tuple[str, str]], content_type: str) -> None:
    assert_read_alike(posted(urlencode(pairs, errors="surrogatepass").encode(), content_type))


@settings(max_examples=600)
@given(st.lists(st.sampled_from(PIECES), max_size=7).map("".join), types)
@example("?call_id=1.1", FORM)
@example("a=1&&b=2&", FORM)
@example('{"a": "1"}\n', JSON)
@example('{"a": 3.5e1}', JSON)
@example('{"method": "call", "params": "1.1", "id": "2"}', JSON)
@example('{"data": "\\"{\\\\\\"call_id\\\\\\": \\\\\\"1.1\\\\\\"}\\""}', JSON)
def test_a_body_that_is_nearly_usual_is_read_as_any_body(body: str, content_type: str) -> None:
    assert_read_alike(posted(body.encode(), content_type))


def test_the_corpus_and_its_mutations_are_read_as_any_body() -> None:
    rng = Random(20_261_129)
    requests = [*map(request_of, CASES), *map(field_request_of, FIELD_CASES)]
    requests += [mutated(rng.choice(SOURCES), rng).request for _ in range(200)]
    for raw in requests:
        try:
            assert_read_alike(raw)
        except NotUnderstood as error:
            pytest.fail(f"{raw.body!r} counts as usual, and is not understood: {error.reason}")
    assert sum(bool(usual_fields(raw)) for raw in requests) > len(CASES) / 2


def test_a_form_of_too_many_parameters_is_not_usual() -> None:
    assert usual_fields(posted("&".join(f"a{number}=1" for number in range(1001)).encode(), FORM)) == {}


@pytest.mark.parametrize("change", [{"coding": "identity"}, {"query": "call_id=1.2"}, {"content_type": "; charset=x"}])
def test_a_request_with_more_than_a_plain_body_is_not_usual(change: dict[str, str]) -> None:
    assert usual_fields(posted(b"call_id=1.1", **change)) == {}


@pytest.mark.parametrize("body", [answered(), missed(), dialled()])
def test_requests_as_ringostat_sends_them_are_usual(body: dict[str, str]) -> None:
    assert usual_fields(posted(json.dumps(body).encode(), JSON)) == body
    assert usual_fields(posted(json.dumps(body, ensure_ascii=False).encode(), JSON)) == body
    assert usual_fields(posted(urlencode(body).encode(), FORM)) == body


zones = st.sampled_from(["Europe/Kyiv", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]).map(
    ZoneInfo
)
CHANGES = (
    datetime(2026, 3, 29),
    datetime(2026, 10, 25),
    datetime(2026, 4, 5),
    datetime(2026, 9, 6),
    datetime(2099, 12, 31),
)
seconds = st.integers(-2 * 86400, 2 * 86400)


@given(st.sampled_from(CHANGES), seconds, zones, st.none() | st.tuples(seconds, st.integers(0, 7200)))
@example(datetime(2026, 10, 25, 3, 30), 0, ZoneInfo("Europe/Kyiv"), (3600 * 4, 60))
@example(datetime(2026, 3, 29, 3, 30), 0, ZoneInfo("Europe/Kyiv"), None)
def test_a_date_in_the_usual_format_is_read_as_any_date(
    day: datetime, later: int, zone: ZoneInfo, receipt: tuple[int, int] | None
) -> None:
    local = day + timedelta(seconds=later)
    raw = f"{local:%Y-%m-%d %H:%M:%S}"
    at = Receipt(local.replace(tzinfo=UTC) + timedelta(seconds=receipt[0]), timedelta(receipt[1])) if receipt else None

    if start := usual_start(raw, zone):
        assert local_start_of(raw, zone, at) == Start(at=start)


@given(st.from_regex(USUAL_DATE, fullmatch=True))
def test_a_date_in_the_usual_format_names_no_offset(raw: str) -> None:
    assert exact_time_of(raw) is None


def test_a_date_in_the_usual_format_takes_the_short_way_except_when_the_clocks_change() -> None:
    zone = ZoneInfo("Europe/Kyiv")

    assert usual_start("2026-09-30 15:37:18", zone) == datetime(2026, 9, 30, 12, 37, 18, tzinfo=UTC)
    assert usual_start("2026-10-25 03:30:00", zone) is None
    assert usual_start("2026-02-30 15:37:18", zone) is None
    assert usual_start("2026-09-30T15:37:18", zone) is None


damaged = st.characters(max_codepoint=0x250) | st.characters(min_codepoint=0x400, max_codepoint=0x4FF)
damaged |= st.characters(min_codepoint=0x2010, max_codepoint=0x25A0)


@settings(max_examples=400)
@given(st.text(damaged, max_size=14) | st.text("Р РЎСЂёÐÑ‡°²ðèíà³¹żabцйТЙОБ╨╤ў¤", max_size=8))
def test_a_text_without_a_sign_of_damage_is_not_repaired(text: str) -> None:
    if not LOOKS_DAMAGED.search(text):
        assert repaired(text) == text
