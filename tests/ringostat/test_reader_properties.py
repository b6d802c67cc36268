"""Properties of reading any request: it never fails, never invents a value, and gives one result for all formats."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.domain.calls import CallFacts
from integrations.ringostat.body import RawRequest, read_body
from integrations.ringostat.encoding import MAX_BYTES, unpacked
from integrations.ringostat.facts import read, read_facts
from integrations.ringostat.names import slot_of
from integrations.ringostat.problems import NotUnderstood
from integrations.ringostat.text_repair import repaired, unescaped
from integrations.ringostat.times import Receipt, exact_time_of, local_start_of, local_time_of
from integrations.ringostat.values import links_of, seconds_of, text_of
from integrations.ringostat.vocabulary import DOUBTFUL, PARAMETERS
from integrations.ringostat.webhook import parse
from tests.payloads.mutations import DATES, DURATIONS

KYIV = ZoneInfo("Europe/Kyiv")
RECEIVED = datetime(2026, 10, 1, 13, tzinfo=UTC)

names = st.sampled_from([name for table in (PARAMETERS, DOUBTFUL) for names in table.values() for name in names[:4]])
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20).map(str.strip)
plain_texts = texts.filter(lambda text: "%" not in text and text[:1] not in ("{", "["))
headers = st.sampled_from(["", "application/json", "text/plain; charset=utf-16", "multipart/form-data; boundary=x"])
codings = st.one_of(st.sampled_from(["", "gzip", "deflate", "br", "gzip, deflate", "utf-8"]), st.text(max_size=12))


def posted(body: bytes, content_type: str = "", coding: str = "") -> RawRequest:
    return RawRequest(method="POST", content_type=content_type, query_string="", body=body, content_encoding=coding)


@st.composite
def any_requests(draw: st.DrawFn) -> RawRequest:
    body = draw(st.binary(max_size=300))
    return RawRequest(
        method="POST",
        content_type=draw(headers),
        query_string=draw(st.text(max_size=30)),
        body=gzip.compress(body) if draw(st.booleans()) else body,
        content_encoding=draw(codings),
    )


def reason_of(raw: RawRequest) -> str:
    """Why a request is not understood; "" for one that is."""
    try:
        parse(raw, event="after_call", timezone=KYIV, received_at=RECEIVED)
    except NotUnderstood as error:
        return error.reason
    return ""


@settings(max_examples=150)
@given(any_requests())
def test_any_request_is_parsed_or_refused_with_a_sentence(raw: RawRequest) -> None:
    reason = reason_of(raw)
    assert reason.isprintable()
    assert not reason or reason.endswith(".")


@given(fields=st.dictionaries(names, texts, max_size=8), received=st.booleans())
def test_any_values_of_known_names_are_read_without_an_error(fields: dict[str, str], received: bool) -> None:
    reading = read(fields, KYIV, RECEIVED if received else None)
    assert all(len(note.value) <= 60 for note in reading.notes)


@given(fields=st.dictionaries(names, plain_texts.filter(bool), min_size=1, max_size=8))
def test_every_format_of_a_request_is_read_alike(fields: dict[str, str]) -> None:
    form = urlencode(fields)
    expected = read_facts(fields, KYIV)
    requests = [
        posted(json.dumps(fields).encode()),
        posted(form.encode(), "application/x-www-form-urlencoded"),
        RawRequest(method="GET", content_type="", query_string=form, body=b""),
        posted(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": fields}).encode()),
        posted(json.dumps({"data": [fields]}).encode()),
        posted(urlencode({"jsonData": json.dumps(fields)}).encode()),
        posted(json.dumps(fields, ensure_ascii=False).encode("utf-16")),
        posted(gzip.compress(form.encode()), coding="gzip"),
    ]
    for request in requests:
        read_fields = {name: raw for name, raw in read_body(request).items() if name != "method"}
        assert read_facts(read_fields, KYIV) == expected


@given(st.dictionaries(st.text(min_size=1, max_size=12).filter(lambda name: slot_of(name) is None), texts, max_size=6))
def test_unknown_names_become_parameters_and_no_facts(fields: dict[str, str]) -> None:
    facts = read_facts(fields, KYIV)
    assert facts == CallFacts(ringostat_id="", parameters=facts.parameters)
    assert set(facts.parameters.values()) <= {text_of(raw, 2000) for raw in fields.values()}


@given(st.datetimes(datetime(2001, 1, 1), datetime(2099, 12, 31)), st.sampled_from(sorted(DATES)))
def test_dates_are_read_in_every_order(at: datetime, style: str) -> None:
    at = at.replace(microsecond=0)
    text = DATES[style](at)
    expected = at.replace(tzinfo=KYIV).astimezone(UTC)
    start = local_start_of(text, KYIV, Receipt(expected + timedelta(minutes=5)))
    read_start = exact_time_of(text) or start.at
    later = at.replace(tzinfo=KYIV, fold=1).astimezone(UTC)
    assert read_start in (expected, later) or start.is_ambiguous


@given(st.integers(0, 20_000), st.sampled_from(sorted(DURATIONS)))
def test_durations_are_read_in_every_spelling(seconds: int, style: str) -> None:
    if style == "1:40" and seconds // 60 > 999:
        return
    assert seconds_of(DURATIONS[style](seconds)) == seconds


@given(st.text(max_size=60))
def test_any_text_is_read_as_each_kind_of_value_without_an_error(text: str) -> None:
    for read_value in (seconds_of, links_of, repaired, unescaped, exact_time_of):
        read_value(text)
    local_time_of(text, KYIV)


WORDS = (
    *("Ірина", "Бондар", "Їжак", "Ґалаґан", "знижка", "Сіє", "Рік", "Щербина", "Юлія", "Эльдар", "Ёлкин", "Роман"),
    *("Łucja", "Wiśniewska", "Żółć", "Iryna", "spring sale", "50%", "–", "“лапки”", "№ 5", "Ærø", "Şükrü", "🌸"),
)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join))
def test_correct_text_is_never_repaired(text: str) -> None:
    assert repaired(text) == text


def misread(text: str, written: str, read_as: str) -> str:
    """The text as browsers decode it: a byte without a letter in the code page becomes the control character of its
    number.
    """

    def character(byte: int) -> str:
        try:
            return bytes([byte]).decode(read_as)
        except UnicodeDecodeError:
            return chr(byte)

    return "".join(map(character, text.encode(written)))


@pytest.mark.parametrize("read_as", ["cp1251", "cp1252", "latin-1", "cp866", "koi8-u"])
@given(text=st.lists(st.sampled_from(WORDS[:12]), min_size=1, max_size=4).map(" ".join))
def test_text_that_was_read_in_the_wrong_encoding_is_repaired(read_as: str, text: str) -> None:
    assert repaired(misread(text, "utf-8", read_as)) == text


@given(text=st.lists(st.sampled_from(["Ірина", "Бондар", "Галаган", "Щербина", "знижка"]), min_size=1).map(" ".join))
def test_windows_1251_that_was_read_as_latin_1_is_repaired(text: str) -> None:
    assert repaired(misread(text, "cp1251", "latin-1")) == text


@pytest.mark.parametrize(
    "entity", ["&#" + "9" * 5000 + ";", "&#x" + "f" * 9999 + ";", "&#1114112;", "&#xD800;", "&#0;"]
)
def test_entity_of_an_impossible_number_is_no_error(entity: str) -> None:
    assert isinstance(unescaped(entity), str)


@pytest.mark.parametrize("size", [MAX_BYTES, MAX_BYTES + 1])
def test_compressed_body_is_unpacked_only_up_to_the_size_limit(size: int) -> None:
    packed = gzip.compress(b"a" * size)
    if size <= MAX_BYTES:
        assert len(unpacked(packed, "gzip")) == size
        return
    with pytest.raises(NotUnderstood, match="more than 262144 bytes"):
        unpacked(packed, "gzip")


@pytest.mark.parametrize("written", ["Ирина Бондарь", "Сергей Петренко", "Отдел продаж", "Купить авто в кредит"])
@pytest.mark.parametrize(
    ("encoding", "read_as"),
    [
        *(("cp1251", "koi8-u"), ("cp1251", "cp866"), ("koi8-u", "cp1251"), ("koi8-u", "cp866"), ("koi8-u", "cp1252")),
        *(("cp866", "cp1251"), ("cp866", "koi8-u"), ("cp866", "latin-1")),
    ],
)
def test_a_text_of_one_code_page_that_was_read_as_another_is_repaired(
    written: str, encoding: str, read_as: str
) -> None:
    assert repaired(written.encode(encoding).decode(read_as)) == written


@pytest.mark.parametrize(
    "genuine",
    [
        *("иВАНОВ иВАН", "ООО «Ромашка»", "ТОВ «Світло»", "Євген", "їжак Ґанок", "ЖК «Щасливий»", "Łódź świeża żółć"),
        *("Müller Straße ÄÖÜ", "©2026 компанія", "вул. Шевченка 5°", "цена 5 ÷ 7", "мТС Украина", "─── Відділ ───"),
    ],
)
def test_correct_text_with_unusual_characters_is_not_repaired(genuine: str) -> None:
    assert repaired(genuine) == genuine


@given(st.text(st.sampled_from("абвгдеєжзиіїйклмнопрстуфхцчшщьюяАБВГДЕЄЖЗИІЇ «»–№’-.,1 "), max_size=40))
def test_correct_text_in_lower_case_is_not_repaired(text: str) -> None:
    small = text.lower()
    assert repaired(small) == small
