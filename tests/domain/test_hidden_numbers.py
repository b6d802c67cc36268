"""Words and keypad codes in place of a hidden number, and texts that only resemble them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.domain.hidden_numbers import CODES, KEYPAD, KEYPAD_WORDS, LONGEST_GLUED, STEMS, WORDS, is_hidden_word
from integrations.domain.phones import is_hidden, normalize, read_number, sip_login

IN_WORDS = [
    *("No Caller ID", "NoCallerID", "no-caller-id", "Caller ID not available", "Unknown caller", "UNKNOWN_CALLER"),
    *("number_hidden", "hiddenNumber", "hiddennumber", "callersuppressed", "withheld number"),
    *("Number withheld", "caller id withheld"),
    *("Out of area", "N/A", "none", "None", "null", "(null)", "NULL", "undefined", "NaN", "nil", "(not set)"),
    *("Номер не определён", "номер не определен", "Скрытый номер", "Номер скрыт", "Номер скрыт абонентом"),
    *("Неизвестный", "неизвестный абонент", "Аноним", "АОН недоступен", "нет номера", "Частный номер"),
    *("Номер приховано", "Прихований номер", "Номер не визначено", "Невідомий абонент", "Невідомий", "немає номера"),
    *("Анонімний дзвінок", "Приватний номер", "Numer zastrzeżony", "numer zastrzezony", "Numer nieznany", "Nieznany"),
    *("Ukryty numer", "Brak numeru", "numer niedostępny", "Anonimowy", "Unbekannt", "Unbekannter Anrufer"),
    *("Unbekannte Rufnummer", "Nummer unterdrückt", "Rufnummer nicht verfügbar", "Keine Rufnummer", "Anonym", "Privat"),
    *("O", "NA", "brak", "false", "0", "000", "Payphone", "anonymous.invalid", "Caller withheld their number"),
    *("Абонент приховав номер", "абонент скрыл номер", "номер не надано", "АнтиАОН", "Połączenie anonimowe"),
    *("Rufnummernunterdrückung", "Rufnummer unterdrueckt", "Nummer nicht uebermittelt"),
    *("нет", "немає", "пусто", "Конфиденциальный номер", "конфіденційний", "XXXXXXX", "хххх", "unspecified"),
    *("not specified", "Number not found", "Inconnu", "Numéro masqué", "Número oculto", "Sconosciuto", "skryté číslo"),
    *("номерскрыт", "номернеопределен", "нетномера", "numerzastrzezony", "numertelefonuukryty"),
    *('"Private" <private>', "sip:anonymous@anonymous.invalid", "<b>Unknown</b>"),
]


@pytest.mark.parametrize("raw", IN_WORDS)
def test_words_for_a_hidden_number_are_neither_number_nor_login(raw: str) -> None:
    assert is_hidden(raw)
    assert normalize(raw, "UA") is None
    assert sip_login(raw) == ""


def test_two_words_without_a_blank_mean_what_they_mean_with_one() -> None:
    words = [*WORDS, *STEMS]
    short = [(one, other) for one in words for other in words if len(one + other) <= LONGEST_GLUED]

    differing = [pair for pair in short if is_hidden_word("".join(pair)) != is_hidden_word(" ".join(pair))]

    assert len(short) > 40_000
    assert differing == []


@pytest.mark.parametrize(
    "raw",
    [
        *("телефонист", "telefonanna", "безпалий", "нетреба"),
        *("acmecom_private", "privatecom_iryna", "id_user", "caller", "user1", "anna", "nick", "nicole"),
        *(
            "unknown_iryna",
            "номер Ірини",
            "no",
            "xx",
            "maxxx",
            "privatecom",
            "unlisted 067 123 45 67",
            "hidden5",
            "Iryna Bondar",
        ),
    ],
)
def test_words_that_only_resemble_hidden_number_words_are_not_hidden(raw: str) -> None:
    assert not is_hidden(raw)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("RESTRICTED", "7378742833"),
        ("ANONYMOUS", "266696687"),
        ("BLOCKED", "2562533"),
        ("UNKNOWN", "8656696"),
        ("UNAVAILABLE", "86282452253"),
        ("PRIVATE", "7748283"),
        ("WITHHELD", "94844353"),
    ],
)
def test_keypad_codes_are_computed_from_the_words_for_hidden(word: str, code: str) -> None:
    assert code in CODES
    assert "".join(KEYPAD[letter] for letter in word) == code


@pytest.mark.parametrize("prefix", ["", "+", "00", "0", "000", "tel:+", '"x" <', " ("])
@pytest.mark.parametrize("word", KEYPAD_WORDS)
def test_keypad_code_is_hidden_with_any_prefix(word: str, prefix: str) -> None:
    raw = prefix + "".join(KEYPAD[letter] for letter in word) + (">" if "<" in prefix else "")

    assert is_hidden(raw)
    assert normalize(raw, "UA") is None


@given(st.sampled_from([word for word in KEYPAD_WORDS if len(word) > 8]), st.data())
def test_keypad_code_that_the_network_cut_is_hidden(word: str, data: st.DataObject) -> None:
    code = "".join(KEYPAD[letter] for letter in word)
    length = data.draw(st.integers(8, len(code)))
    prefix = data.draw(st.sampled_from(["", "+", "00", "0"]))

    assert is_hidden(prefix + code[:length])


@pytest.mark.parametrize("raw", ["+17378742833", "+37378742833", "+380266696687", "+487378742833", "+12562533"])
def test_keypad_code_after_a_country_code_is_hidden(raw: str) -> None:
    assert is_hidden(raw)
    assert read_number(raw, "UA") is None


@pytest.mark.parametrize("raw", ["+380671234567", "0256253301", "+12562532534", "2562562533", "+48266696688", "266"])
def test_number_that_only_resembles_a_keypad_code_is_not_hidden(raw: str) -> None:
    assert not is_hidden(raw)


@given(st.text(max_size=60))
def test_hidden_text_is_never_a_number_or_a_login(text: str) -> None:
    if is_hidden(text):
        assert normalize(text, "UA") is None
        assert sip_login(text) == ""
