"""Pseudonyms of numbers, names, texts and IDs in a diagnostics file."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from urllib.parse import parse_qsl, quote_plus, urlsplit

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations.domain.phones import normalize
from integrations.services.contacts.search import unbroken_pieces
from integrations.services.diagnostics.pseudonyms import Pseudonyms
from integrations.services.diagnostics.records import RecordReplacer
from integrations.services.diagnostics.texts import TextReplacer

SALT = b"salt"
PEOPLE = ("Iryna", "Bondar", "Соломія", "Żółć", "Müller", "acmecom")
TEXTS = st.text(
    st.sampled_from("abzABZ абвіЇ żółć 0123456789 +-()./@&=<>%\\\"'_:;,🔥\n\t") | st.characters(codec="utf-8"),
    max_size=60,
)
SPELLINGS = (
    "+380671234567",
    "380671234567",
    "00380671234567",
    "0671234567",
    "067 123-45-67",
    "+38 (067) 123-45-67",
    "+380\u00a067\u00a0123\u00a04567",
)


def replacer(salt: bytes = SALT, protected: frozenset[str] = frozenset()) -> TextReplacer:
    return TextReplacer(Pseudonyms(salt, "UA", avoid=[name.lower() for name in PEOPLE]), protected)


def records() -> RecordReplacer:
    return RecordReplacer(replacer())


@given(TEXTS)
def test_same_text_gets_the_same_pseudonym_and_keeps_its_punctuation(text: str) -> None:
    # What was replaced before may take a pseudonym away, so each comparison begins anew.
    one, other = replacer(), replacer()
    assert one.strict(text) == one.strict(text) == replacer().strict(text)
    assert other.prose(text) == other.prose(text) == replacer().prose(text)


@example("0.0.0.0, 10.20.30.40, 192.168.100.255")
@given(st.text(st.sampled_from("abcXYZабвЖЇżó 0123456789.,-!🔥"), max_size=40))
def test_pseudonym_of_a_text_keeps_its_shape(text: str) -> None:
    shape = re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "0", text))
    assert re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "0", replacer().strict(text))) == shape


@given(st.sampled_from(PEOPLE), TEXTS, TEXTS)
def test_no_name_is_left_in_any_pseudonymised_text(name: str, before: str, after: str) -> None:
    assert name.lower() not in replacer().strict(f"{before} {name} {after}").lower()
    protected = frozenset(word.lower() for word in PEOPLE)
    assert name.lower() not in replacer(protected=protected).prose(f"{before} {name} {after}").lower()


@given(st.from_regex(r"[a-zA-Zа-яіїА-Я]{3,12}", fullmatch=True))
def test_pseudonym_of_a_word_has_its_alphabet_and_case(word: str) -> None:
    replaced = replacer().strict(word)
    assert replaced != word
    assert [(len(letter.encode()), letter.isupper()) for letter in replaced] == [
        (len(letter.encode()), letter.isupper()) for letter in word
    ]
    assert replacer().strict(word.upper()) == replaced.upper()


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_a_number_gets_the_same_pseudonym_in_that_spelling(spelling: str) -> None:
    replaced = replacer().strict(f"Call {spelling}, please")[5:-8]
    expected = replacer().strict("+380671234567")

    assert normalize(replaced, "UA") == expected != "+380671234567"
    assert re.sub(r"\d", "0", replaced) == re.sub(r"\d", "0", spelling)
    assert phonenumbers.is_valid_number(phonenumbers.parse(expected))


@given(
    st.sampled_from(["+38067%07d", "+4822%07d", "+1212%07d", "+49301%07d", "+380000%06d"]), st.integers(0, 9_999_999)
)
def test_pseudonym_of_a_number_has_its_country_and_length(form: str, number: int) -> None:
    original = form % number
    if normalize(original, "UA") != original:
        return
    replaced = replacer().strict(original)
    assert len(replaced) == len(original)
    read, meant = phonenumbers.parse(replaced), phonenumbers.parse(original)
    assert read.country_code == meant.country_code
    assert phonenumbers.is_valid_number(read) == phonenumbers.is_valid_number(meant)


def test_parts_of_a_known_number_become_parts_of_its_pseudonym() -> None:
    one = replacer()
    whole = one.strict("+380671234567")
    assert one.strict("1234567") == whole[-7:]


def test_search_for_parts_of_a_number_contains_parts_of_its_pseudonym() -> None:
    one = replacer()
    whole = one.strict("+380671234567")
    filters = [{"type": 4003, "operator": "equal", "value": part} for part in unbroken_pieces("+380671234567")]
    replaced = RecordReplacer(one).planfix({"filters": filters})["filters"]
    assert tuple(row["value"] for row in replaced) == unbroken_pieces(whole)
    assert {(row["type"], row["operator"]) for row in replaced} == {(4003, "equal")}


@given(st.lists(st.integers(1, 10**9), unique=True, max_size=30))
def test_different_ids_get_different_pseudonyms(ids: list[int]) -> None:
    one = records()
    replaced = [one.planfix({"contactId": number})["contactId"] for number in ids]
    assert [len(str(number)) for number in replaced] == [len(str(number)) for number in ids]
    long = [new for new, old in zip(replaced, ids, strict=True) if old > 999]
    assert len(set(long)) == len(long)


def test_id_gets_the_same_pseudonym_in_path_json_link_and_text() -> None:
    one = records()
    new = one.planfix({"id": 81234})["id"]
    assert one.path("/contact/81234/comments/") == f"/contact/{new}/comments/"
    assert one.planfix({"owner": {"id": "contact:81234"}}) == {"owner": {"id": f"contact:{new}"}}
    assert one.texts.prose("Contact not found by id - 81234") == f"Contact not found by id - {new}"
    assert one.texts.url("https://acme.planfix.com/contact/81234").endswith(f"/{new}")
    assert one.planfix({"fields": "id,name,81234"}) == {"fields": f"id,name,{new}"}


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[object] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _value in attrs]))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(tag)


def test_pseudonymised_html_keeps_its_markup() -> None:
    html = (
        '<p class="call"><b>Iryna Bondar</b> &amp; &#1030;&#1088;&#1080;&#1085;&#1072;<br/>'
        '<a href="https://app.ringostat.com/r/ua9_-1630330463.13.wav?token=s3cret&amp;x=Iryna">Listen</a></p>'
    )
    replaced = replacer().strict(html)
    assert _Tags(replaced).found == _Tags(html).found
    assert "app.ringostat.com" in replaced
    assert ".wav?token=" in replaced
    assert not re.search(r"Iryna|Bondar|Ірина|1030|1630330463|s3cret|Listen", replaced)


@pytest.mark.parametrize("text", ["<Iryna>", "<b Iryna>x</b>", '"Iryna" <acmecom_iryna>', "<Bondar/>", "Iryna.Bondar"])
def test_name_split_by_markup_is_replaced(text: str) -> None:
    assert not re.search("iryna|bondar|acmecom", replacer().strict(text), re.IGNORECASE)


@pytest.mark.parametrize(
    "text",
    [
        "2026-09-30 15:37:18",
        "2026-10-25T03:30:00+02:00",
        "30-09-2026",
        "09/30/2026 03:37:18 PM",
        "00:01:40",
        "40 sec",
        "🔥 - 17!",
    ],
)
def test_dates_durations_and_counts_are_not_replaced(text: str) -> None:
    assert replacer().strict(text) == text


def test_pseudonym_of_a_host_keeps_its_ending_and_a_known_service() -> None:
    one = replacer()
    assert re.fullmatch(r"https://[a-z]{4}\.planfix\.com/rest/?", one.url("https://acme.planfix.com/rest")) is None
    assert re.fullmatch(r"https://[a-z]{4}\.planfix\.com/[a-z]{4}", one.url("https://acme.planfix.com/rest"))
    assert one.url("https://api.ringostat.net") == "https://api.ringostat.net"
    assert "10.20.30.40" not in one.url("http://10.20.30.40:8000/")


def test_pseudonymised_error_message_keeps_its_words_but_no_name_or_id() -> None:
    line = (
        "POST /contact/: Planfix answered HTTP 400, code 30 (custom_field_is_required, id 81905 of Mark Limit). "
        "Planfix wants the field 81905 filled in, and the integration has no value for it"
    )
    replaced = replacer(protected=frozenset({"mark", "limit"})).prose(line)
    assert replaced.startswith("POST /contact/: Planfix answered HTTP 400, code 30 (custom_field_is_required, id ")
    assert not re.search(r"81905|Mark|Limit", replaced)


def test_pseudonymised_json_keeps_its_names_and_types() -> None:
    answer = {
        "result": "success",
        "contacts": [
            {"id": 81234, "name": "Iryna Bondar", "isDeleted": False, "phones": [{"number": "+380671234567"}]}
        ],
        "code": 1000,
        "timeToReset": 95000,
    }
    replaced = json.loads(records().answer(json.dumps(answer)))
    assert replaced["result"] == "success"
    assert (replaced["code"], replaced["timeToReset"]) == (1000, 95000)
    [contact] = replaced["contacts"]
    assert contact["isDeleted"] is False
    assert isinstance(contact["id"], int)
    assert normalize(contact["phones"][0]["number"], "UA") == contact["phones"][0]["number"]
    assert not re.search(r"Iryna|Bondar|81234|0671234567", json.dumps(replaced))


def test_pseudonymised_cut_json_keeps_only_its_names() -> None:
    cut = '{"result":"success","contacts":[{"id":81234,"name":"Contact Bondar","phones":[{"number":"+38067123'
    replaced = records().answer(cut)
    assert replaced.startswith('{"result":"success","contacts":[{"id":')
    assert not re.search(r"81234|Contact|Bondar|067123", replaced)


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), TEXTS, max_size=5))
def test_pseudonymised_form_keeps_its_parameter_names(values: dict[str, str]) -> None:
    form = "&".join(f"{name}={quote_plus(value)}" for name, value in values.items())
    one = records()
    replaced = one.texts.query(form, one.parameter)
    assert [name for name, _value in parse_qsl(replaced, keep_blank_values=True)] == list(values)


def test_pseudonyms_with_different_salts_differ() -> None:
    assert replacer(b"one").strict("+380671234567") != replacer(b"other").strict("+380671234567")
    assert replacer(b"one").strict("Bondar") != replacer(b"other").strict("Bondar")


def test_pseudonym_of_a_link_is_a_link() -> None:
    parts = urlsplit(replacer().url("https://app.ringostat.com/recordings/ua9_-1630330463.13.wav?token=abcDEF123#t=10"))
    assert (parts.scheme, parts.hostname) == ("https", "app.ringostat.com")
    assert re.fullmatch(r"/[a-z]{10}/[a-z]{2}9_-\d{10}\.13\.wav", parts.path)
    assert re.fullmatch(r"token=[a-z]{3}[A-Z]{3}\d{3}", parts.query)
