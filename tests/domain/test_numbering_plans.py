"""National habits, impossible numbers, new ranges: which number is searched for, and which creates a contact."""

from __future__ import annotations

from datetime import date

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.domain.numbering_plans import DISUSED_PREFIXES, LIBRARY_DATES, library_date
from integrations.domain.phones import normalize, read_number


@pytest.mark.parametrize(
    ("raw", "region", "number"),
    [
        pytest.param("022 512 34 56", "PL", "+48225123456", id="Poland: the abolished 0"),
        pytest.param("+48 022 512 34 56", "PL", "+48225123456", id="Poland: the abolished 0 after the country code"),
        pytest.param("+48 (0) 22 512 34 56", "UA", "+48225123456", id="Poland: the abolished 0 in brackets, abroad"),
        pytest.param("0048 022 512-34-56", "UA", "+48225123456", id="Poland: after 00 and the country code"),
        pytest.param("48 (022) 5123456", "PL", "+48225123456", id="Poland: country code without plus"),
        pytest.param("0 512 345 678", "PL", "+48512345678", id="Poland: the abolished 0 before a mobile number"),
        pytest.param("80671234567", "UA", "+380671234567", id="Ukraine: 80"),
        pytest.param("+80671234567", "UA", "+380671234567", id="Ukraine: 80 after a plus"),
        pytest.param("8 (067) 123-45-67", "UA", "+380671234567", id="Ukraine: 8 and brackets"),
        pytest.param("810 380 67 123 45 67", "UA", "+380671234567", id="Ukraine: the abolished 8 10 for abroad"),
        pytest.param("+380 067 123 45 67", "PL", "+380671234567", id="Ukraine: 0 after the country code"),
        pytest.param("8 (495) 123-45-67", "RU", "+74951234567", id="Russia: 8"),
        pytest.param("+7 8 (495) 123-45-67", "RU", "+74951234567", id="Russia: 8 after the country code"),
        pytest.param("8 701 123 45 67", "KZ", "+77011234567", id="Kazakhstan: 8"),
        pytest.param("+7 8 701 123 45 67", "UA", "+77011234567", id="Kazakhstan: 8 after the country code"),
        pytest.param("8 612 34567", "LT", "+37061234567", id="Lithuania: the old 8"),
        pytest.param("0 612 34567", "LT", "+37061234567", id="Lithuania: the new 0"),
        pytest.param("+370 8 612 34567", "UA", "+37061234567", id="Lithuania: 8 after the country code"),
        pytest.param("06 20 123 4567", "HU", "+36201234567", id="Hungary: 06"),
        pytest.param("+36 06 20 123 4567", "UA", "+36201234567", id="Hungary: 06 after the country code"),
        pytest.param("80 29 123-45-67", "BY", "+375291234567", id="Belarus: 80"),
        pytest.param("+375 8 029 123 45 67", "BY", "+375291234567", id="Belarus: 80 after the country code"),
        pytest.param("+8 029 123-45-67", "BY", "+375291234567", id="Belarus: 80 after a plus"),
        pytest.param("+39 06 1234 5678", "UA", "+390612345678", id="Italy keeps its 0"),
        pytest.param("06 1234 5678", "IT", "+390612345678", id="Italy keeps its 0 at home"),
        pytest.param("+420 0 224 123 456", "CZ", "+420224123456", id="Czechia: the abolished 0"),
        pytest.param("+371 8 671 23456", "LV", "+37167123456", id="Latvia: the abolished 8"),
        pytest.param("+30 0 210 123 4567", "UA", "+302101234567", id="Greece: the abolished 0"),
        pytest.param("+351 0 21 123 4567", "UA", "+351211234567", id="Portugal: the abolished 0"),
        pytest.param("+372 8 600 1234", "UA", "+3726001234", id="Estonia: the abolished 8"),
        pytest.param("+374 8 10 123456", "UA", "+37410123456", id="Armenia: the abolished 8"),
        pytest.param("+992 8 37 212 3456", "UA", "+992372123456", id="Tajikistan: the abolished 8"),
        pytest.param("+994 8 12 312 34 56", "UA", "+994123123456", id="Azerbaijan: the abolished 8"),
        pytest.param("+995 8 32 212 34 56", "UA", "+995322123456", id="Georgia: the abolished 8"),
        pytest.param("+996 8 312 123 456", "UA", "+996312123456", id="Kyrgyzstan: the abolished 8"),
        pytest.param("+998 8 71 123 45 67", "UA", "+998711234567", id="Uzbekistan: the abolished 8"),
        pytest.param("+49 (0) 30 1234567", "UA", "+49301234567", id="Germany: 0 in brackets"),
    ],
)
def test_number_in_a_national_habit_is_read_as_dialable(raw: str, region: str, number: str) -> None:
    read = read_number(raw, region)

    assert read
    assert (read.number, read.is_dialable) == (number, True)


@given(st.sampled_from([("PL", "225123456"), ("PL", "512345678"), ("CZ", "224123456"), ("LV", "67123456")]), st.data())
def test_disused_prefix_does_not_change_the_number_in_any_spelling(case: tuple[str, str], data: st.DataObject) -> None:
    region, national = case
    code = phonenumbers.country_code_for_region(region)
    prefix = data.draw(st.sampled_from(["", *DISUSED_PREFIXES[code]]))
    start = data.draw(st.sampled_from(["", f"+{code}", f"00{code}", f"{code}"]))
    separator = data.draw(st.sampled_from(["", " ", "-", " ("]))

    assert normalize(f"{start}{separator}{prefix}{separator}{national}", region) == f"+{code}{national}"


@pytest.mark.parametrize(
    "raw",
    [
        *("380000000000", "+380000000000", "+10000000000", "+3806712345678", "06712345678", "+48000000000"),
        *("+70000000000", "+15555555555", "+390000000000", "+380123456789", "+12001234567", "+380111111111"),
        *("38067123456789", "+4900000000000", "+330000000000"),
    ],
)
def test_impossible_number_is_never_dialable(raw: str) -> None:
    read = read_number(raw, "UA")

    assert read is None or not read.is_dialable


@pytest.mark.parametrize("raw", ["+380701234567", "380701234567", "0701234567", "070 123-45-67", "8 070 123 45 67"])
def test_well_formed_number_of_a_new_ukrainian_range_is_dialable(raw: str) -> None:
    number = phonenumbers.parse("+380701234567")
    assert not phonenumbers.is_valid_number(number), "the library knows this range by now: choose another one"
    read = read_number(raw, "UA")

    assert read
    assert (read.number, read.is_dialable) == ("+380701234567", True)


@pytest.mark.parametrize(("raw", "region"), [("+37351396937", "MD"), ("+37429141777", "AM"), ("+998835337406", "UZ")])
def test_well_formed_number_of_a_new_range_of_another_country_is_dialable(raw: str, region: str) -> None:
    assert not phonenumbers.is_valid_number(phonenumbers.parse(raw)), "the library knows this range by now"
    read = read_number(raw, region)

    assert read
    assert (read.number, read.is_dialable) == (raw, True)


@given(st.from_regex(r"\+[0-9]{8,15}", fullmatch=True), st.sampled_from(["UA", "PL", "US"]))
def test_dialable_number_has_a_possible_length(raw: str, region: str) -> None:
    read = read_number(raw, region)

    if read and read.is_dialable:
        assert phonenumbers.is_possible_number(phonenumbers.parse(read.number))


def test_release_day_of_the_installed_phonenumbers_is_known() -> None:
    """To raise the version of phonenumbers, add the day of its release on PyPI."""
    assert phonenumbers.__version__ in LIBRARY_DATES
    assert library_date() == LIBRARY_DATES[phonenumbers.__version__] >= date(2026, 1, 1)
