"""Spellings of phone numbers, and texts that are no phone number."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from integrations.domain.phones import is_hidden, normalize, same_number, search_pieces, sip_login

REGIONS = ["UA", "PL", "RU", "KZ", "DE", "US", "GB"]
TRUNK_PREFIXES = {"UA": "0", "PL": "", "RU": "8", "KZ": "8", "DE": "0", "US": "1", "GB": "0"}
EXAMPLES = [
    (region, phonenumbers.format_number(number, PhoneNumberFormat.E164))
    for region in REGIONS
    for kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE)
    if (number := phonenumbers.example_number_for_type(region, kind))
]
any_number = st.sampled_from(EXAMPLES)


def national_of(number: str) -> str:
    return phonenumbers.national_significant_number(phonenumbers.parse(number))


@st.composite
def spelled(draw: st.DrawFn, digits: str, prefixes: tuple[str, ...] = ("",)) -> str:
    """A prefix, the digits with punctuation between them, an extension, and markup around them."""
    separators = st.sampled_from(["", "", "", " ", "-", ".", " (", ") ", "\u00a0", "/"])
    body = draw(st.sampled_from(prefixes)) + digits[0]
    body += "".join(draw(separators) + digit for digit in digits[1:])
    body += draw(st.sampled_from(["", ",101", ", 101", " ext. 101", "#101", ";ext=101", "x101", " доб. 101"]))
    around = st.sampled_from(
        ["{}", " {} ", '"Iryna" <{}>', "&quot;O&#39;Neil&quot; &lt;{}&gt;", "<b>{}</b>", "{}<br/>"]
    )
    return draw(around).format(body)


@given(any_number, st.data())
def test_international_spelling_is_the_same_number_in_every_region(case: tuple[str, str], data: st.DataObject) -> None:
    _, number = case
    spelling = data.draw(spelled(number[1:], prefixes=("+", "00", "++", "(+", "&#43;", "＋")))

    assert normalize(spelling, data.draw(st.sampled_from(REGIONS))) == number


@given(any_number, st.data())
def test_national_spelling_is_the_same_number_in_its_country(case: tuple[str, str], data: st.DataObject) -> None:
    region, number = case

    assert normalize(data.draw(spelled(TRUNK_PREFIXES[region] + national_of(number))), region) == number


@pytest.mark.parametrize("home", REGIONS)
@pytest.mark.parametrize("number", [number for _, number in EXAMPLES if len(number) > 11])
def test_bare_digits_with_a_country_code_are_read_in_every_region(number: str, home: str) -> None:
    assert normalize(number[1:], home) == number


@given(st.text(), st.sampled_from([*REGIONS, "", "ZZ", "ua"]))
@example("&#" + "9" * 5000 + ";", "UA")
@example("<" * 5000, "UA")
@example("+" + "1" * 5000, "UA")
@example("\ud800", "UA")
@example("٣٨٠٦٧١٢٣٤٥٦٧", "UA")
def test_any_text_is_read_as_a_number_or_login_without_an_error(text: str, region: str) -> None:
    number = normalize(text, region)

    assert number is None or (number.startswith("+") and number[1:].isdecimal())
    assert isinstance(sip_login(text), str)
    assert isinstance(is_hidden(text), bool)
    assert same_number(text, text, region) is (number is not None)


@settings(max_examples=150)
@given(st.from_regex(r"\+?[0-9]{5,16}", fullmatch=True), st.sampled_from(REGIONS), st.sampled_from(REGIONS))
@example("+49000000", "UA", "UA")
def test_full_number_is_the_same_in_every_region(text: str, home: str, abroad: str) -> None:
    number = normalize(text, home)

    assert number is None or normalize(number, abroad) == number


@pytest.mark.parametrize(
    ("raw", "region", "number"),
    [
        pytest.param("671234567", "UA", "+380671234567", id="without its national 0"),
        pytest.param("8 (067) 123-45-67", "UA", "+380671234567", id="the Ukrainian 8 of old address books"),
        pytest.param("+38 (067) 123 45 67, 101", "UA", "+380671234567", id="with an extension after a comma"),
        pytest.param("+380 (0) 67 123 45 67", "UA", "+380671234567", id="national 0 after the country code"),
        pytest.param("+0671234567", "UA", "+380671234567", id="a plus before a national number"),
        pytest.param("tel:+380671234567", "UA", "+380671234567", id="as a tel link"),
        pytest.param("sip:+380671234567@10.0.0.1;user=phone", "UA", "+380671234567", id="as a SIP address"),
        pytest.param("\u202a+380671234567\u202c", "PL", "+380671234567", id="between direction marks"),
        pytest.param("8 029 123-45-67", "BY", "+375291234567", id="the Belarusian 8 0"),
        pytest.param("87771234567", "KZ", "+77771234567", id="the Kazakh 8"),
        pytest.param("84951234567", "RU", "+74951234567", id="the Russian 8, not Vietnam"),
        pytest.param("00380671234567", "RU", "+380671234567", id="00 where it is not the prefix for abroad"),
        pytest.param("810380671234567", "RU", "+380671234567", id="the Russian prefix for abroad"),
        pytest.param("4915112345678", "UA", "+4915112345678", id="bare foreign number"),
        pytest.param("380671234567", "DE", "+380671234567", id="bare foreign number, German as well"),
        pytest.param("4915123456789", "DE", "+4915123456789", id="bare own number, valid after another 49 too"),
        pytest.param("2035550123", "US", "+12035550123", id="short bare number, Egyptian as well"),
        pytest.param("+380001234567", "UA", "+380001234567", id="of a range that the numbering plan lacks"),
        pytest.param("380001234567", "UA", "+380001234567", id="the same without plus"),
        pytest.param("+48401234567", "UA", "+48401234567", id="of an unknown foreign range"),
        pytest.param("48401234567", "UA", None, id="of an unknown foreign range, without plus"),
        pytest.param("+380671234567 (101)", "PL", "+380671234567", id="with an extension in parentheses"),
        pytest.param("067 123 45 67 (доб. 3)", "UA", "+380671234567", id="with a named extension in parentheses"),
        pytest.param("+38 067 123-45-67 - 12", "UA", "+380671234567", id="with an extension behind a dash"),
        pytest.param("+38 067 123 45 (67)", "UA", "+380671234567", id="its last digits in parentheses"),
        pytest.param("+0380671234567", "PL", None, id="plus and 0 is no country"),
        pytest.param("380671234567.0", "UA", "+380671234567", id="as a spreadsheet writes a number"),
        pytest.param("+380671234567,00", "PL", "+380671234567", id="the same with a comma"),
        pytest.param("067.123.45.00", "UA", "+380671234500", id="its last two digits are zeros"),
        pytest.param("3.80671234567E+11", "UA", "+380671234567", id="in exponents"),
        pytest.param("3.80671E+11", "UA", None, id="in exponents that lost its last digits"),
        pytest.param("#31#0671234567", "UA", "+380671234567", id="dialled with the caller's number hidden"),
        pytest.param("*31#+380671234567", "UA", "+380671234567", id="dialled with the caller's number shown"),
        pytest.param("whatsapp:+380671234567", "UA", "+380671234567", id="as a WhatsApp address"),
        pytest.param("callto:0671234567", "UA", "+380671234567", id="as an old call link"),
        pytest.param("SIP/trunk/380671234567", "UA", "+380671234567", id="as a line of Asterisk"),
        pytest.param("PJSIP/380671234567-0000a1b2", "UA", "+380671234567", id="as a channel of Asterisk"),
        pytest.param("+380671234567 доп. 101", "UA", "+380671234567", id="with a Russian extension"),
        pytest.param("٣٨٠٦٧١٢٣٤٥٦٧", "UA", "+380671234567", id="in Arabic digits"),
        pytest.param("３８０６７１２３４５６７", "UA", "+380671234567", id="in full-width digits"),
        pytest.param("+38O671234567", "UA", None, id="a letter O in the place of a zero"),
    ],
)
def test_number_with_usual_ornaments_is_read(raw: str, region: str, number: str | None) -> None:
    assert normalize(raw, region) == number


@pytest.mark.parametrize(
    "raw",
    [
        "101",
        "112",
        "0",
        "00",
        "+",
        "+101",
        "+380",
        "380442",
        "123456789",
        "1" * 30,
        "380671234567 / 380501112233",
    ],
)
def test_short_or_malformed_number_is_unusable(raw: str) -> None:
    assert normalize(raw, "UA") is None


@pytest.mark.parametrize(
    "raw", ["acmecom_iryna", '"Iryna" <acmecom_iryna>', "acmecom_380671234567", "Iryna Bondar", "٣+380671234567"]
)
def test_text_with_letters_or_unknown_digits_is_no_number(raw: str) -> None:
    assert normalize(raw, "UA") is None


HIDDEN = [
    "anonymous",
    "Anonymous",
    "RESTRICTED",
    "unknown",
    "private",
    "unavailable",
    "withheld",
    "hidden",
    "-1",
    "",
]
HIDDEN += ["Private number", "unknown caller", '"Anonymous" <anonymous>', "sip:anonymous@anonymous.invalid"]
HIDDEN += ["+", "Скрытый номер", "прихований"]


@pytest.mark.parametrize("raw", HIDDEN)
def test_hidden_number_is_neither_number_nor_login(raw: str) -> None:
    assert is_hidden(raw)
    assert normalize(raw, "UA") is None
    assert sip_login(raw) == ""


@pytest.mark.parametrize(
    "raw", ["+380671234567", "101", "1", "acmecom_private", "privatecom_iryna", '"Anonymous" <101>', "+38O671234567"]
)
def test_text_that_only_resembles_a_hidden_number_is_not_hidden(raw: str) -> None:
    assert not is_hidden(raw)


@pytest.mark.parametrize(
    ("raw", "login"),
    [
        ("acmecom_iryna", "acmecom_iryna"),
        ('"Iryna" <acmecom_iryna>', "acmecom_iryna"),
        ('"Bondar, Iryna" <acmecom_iryna>', "acmecom_iryna"),
        ("&quot;Oleh&quot; &lt;acmecom_oleh&gt;", "acmecom_oleh"),
        ("sip:acmecom_iryna@sip.ringostat.net", "acmecom_iryna"),
        ("<sip:acmecom_iryna@host;transport=udp>", "acmecom_iryna"),
        ("acmecom_9x101", "acmecom_9x101"),
        ("24x7com_iryna", "24x7com_iryna"),
        ("PJSIP/acmecom_iryna-0000a1b2", "acmecom_iryna"),
        ("3.80671E+11", ""),
        ("+38067I234567", ""),
        ("101", ""),
        ("+380671234567", ""),
        ("380671234567x101", ""),
        ('"Support PhonerLite" <380671234567>', ""),
        ("sip:380671234567@host", ""),
        ("Iryna Bondar", ""),
        ("", ""),
    ],
)
def test_sip_login_is_distinguished_from_a_number(raw: str, login: str) -> None:
    assert sip_login(raw) == login


def test_spellings_of_one_number_are_the_same_number() -> None:
    assert same_number("067 123-45-67", "380671234567", "UA")


@pytest.mark.parametrize(("one", "other"), [("0671234567", "0671234568"), ("", ""), ("101", "101"), ("a", "a")])
def test_different_or_unusable_numbers_are_not_the_same_number(one: str, other: str) -> None:
    assert not same_number(one, other, "UA")


@pytest.mark.parametrize("spelling", ["067 123-45-67", "380671234567", "+38 (067) 123 45 67, 101", "067 123 4567"])
def test_every_usual_spelling_contains_the_search_pieces(spelling: str) -> None:
    assert all(piece in spelling for piece in search_pieces("+380671234567"))


@pytest.mark.parametrize(("region", "number"), EXAMPLES)
def test_search_pieces_contain_the_whole_national_number(region: str, number: str) -> None:
    assert "".join(search_pieces(number)) == national_of(number)
