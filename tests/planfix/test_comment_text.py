"""The text of a call's comment, as managers read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.domain.calls import Direction, Outcome
from integrations.planfix.comment_text import CallText, call_text, without_html

CALL_ID = "ua9_-1790775458.2139025"
LANGUAGES = ["en", "uk", "ru", "pl"]
CALL = CallText(
    direction=Direction.INCOMING,
    outcome=Outcome.ANSWERED,
    client_number="+380671234567",
    ringostat_id=CALL_ID,
    line="+380442223344",
    line_name="Main site",
    employee_name="Iryna Bondar",
    talk_seconds=124,
    wait_seconds=12,
    status="PROPER",
    card_url="https://app.ringostat.com/card/1/?project_id=2&x=3",
    recording_url="https://app.ringostat.com/recordings/1.wav?token=abc",
    parameters={"utm_source": "google", "utm_medium": ""},
)
BARE = CallText(
    direction=Direction.INCOMING, outcome=Outcome.MISSED, client_number="+380671234567", ringostat_id=CALL_ID
)


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(f"<div>{text}</div>")


def lines(call: CallText, language: str) -> list[str]:
    """The visible text, line by line."""
    root = parsed(call_text(call, language).replace("<br/>", "\n"))
    return "".join(root.itertext()).split("\n")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "Incoming call from +380671234567 · 2 min 4 s · waiting: 12 s",
                "Line: Main site (+380442223344)",
                "Employee: Iryna Bondar",
                "Call status: PROPER",
                "utm_source: google",
                "Recording",
                f"Ringostat call card · {CALL_ID}",
            ],
        ),
        (
            "uk",
            [
                "Вхідний дзвінок з номера +380671234567 · 2 хв 4 с · очікування: 12 с",
                "Лінія: Main site (+380442223344)",
                "Співробітник: Iryna Bondar",
                "Статус дзвінка: PROPER",
                "utm_source: google",
                "Запис розмови",
                f"Картка дзвінка в Ringostat · {CALL_ID}",
            ],
        ),
        (
            "ru",
            [
                "Входящий звонок с номера +380671234567 · 2 мин 4 с · ожидание: 12 с",
                "Линия: Main site (+380442223344)",
                "Сотрудник: Iryna Bondar",
                "Статус звонка: PROPER",
                "utm_source: google",
                "Запись разговора",
                f"Карточка звонка в Ringostat · {CALL_ID}",
            ],
        ),
        (
            "pl",
            [
                "Połączenie przychodzące z numeru +380671234567 · 2 min 4 s · oczekiwanie: 12 s",
                "Linia: Main site (+380442223344)",
                "Pracownik: Iryna Bondar",
                "Status połączenia: PROPER",
                "utm_source: google",
                "Nagranie rozmowy",
                f"Karta połączenia w Ringostat · {CALL_ID}",
            ],
        ),
    ],
)
def test_comment_of_a_call_is_in_the_customers_language(language, expected):
    assert lines(CALL, language) == expected


HEADINGS = [
    ("en", "Incoming call from", "Missed call from", "Outgoing call to", "Unanswered outgoing call to"),
    (
        "uk",
        "Вхідний дзвінок з номера",
        "Пропущений дзвінок з номера",
        "Вихідний дзвінок на номер",
        "Вихідний дзвінок без відповіді на номер",
    ),
    (
        "ru",
        "Входящий звонок с номера",
        "Пропущенный звонок с номера",
        "Исходящий звонок на номер",
        "Исходящий звонок без ответа на номер",
    ),
    (
        "pl",
        "Połączenie przychodzące z numeru",
        "Nieodebrane połączenie z numeru",
        "Połączenie wychodzące na numer",
        "Połączenie wychodzące bez odpowiedzi na numer",
    ),
]
KINDS = [(direction, outcome) for direction in Direction for outcome in Outcome]


@pytest.mark.parametrize(
    ("language", "direction", "outcome", "heading"),
    [(row[0], *kind, heading) for row in HEADINGS for kind, heading in zip(KINDS, row[1:], strict=True)],
)
def test_heading_of_a_comment_names_direction_and_outcome(language, direction, outcome, heading):
    call = replace(BARE, direction=direction, outcome=outcome)

    assert lines(call, language)[0] == f"{heading} +380671234567"


def test_comment_of_a_call_without_details_has_two_lines():
    assert call_text(BARE, "en") == (f"<b>Missed call</b> from +380671234567<br/>Ringostat call · {CALL_ID}")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(59, "59 s"), (60, "1 min 0 s"), (124, "2 min 4 s"), (3600, "1 h 0 min"), (7384, "2 h 3 min")],
)
def test_durations_in_a_comment_are_readable(seconds, shown):
    assert lines(replace(BARE, talk_seconds=seconds), "en")[0].endswith(f"· {shown}")


@pytest.mark.parametrize("seconds", [None, 0])
def test_comment_does_not_show_a_duration_of_zero(seconds):
    assert lines(replace(BARE, talk_seconds=seconds, wait_seconds=seconds), "en")[0] == "Missed call from +380671234567"


@pytest.mark.parametrize(
    ("line", "line_name", "shown"),
    [
        ("+380442223344", "Main", "Line: Main (+380442223344)"),
        ("+380442223344", "", "Line: +380442223344"),
        ("", "Main", "Line: Main"),
        ("+380442223344", "+380442223344", "Line: +380442223344"),
    ],
)
def test_comment_names_the_line_once(line, line_name, shown):
    assert lines(replace(BARE, line=line, line_name=line_name), "en")[1] == shown


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("New Comer", "It was New Comer who talked; calls like this are kept in the name of Iryna Bondar."),
        ("", "Ringostat does not say who talked; calls like this are kept in the name of Iryna Bondar."),
    ],
)
def test_comment_in_another_employees_name_says_who_talked(who, said):
    shown = lines(replace(CALL, fallback_for=who), "en")

    assert shown[shown.index("Employee: Iryna Bondar") + 1] == said


SAID_LATER = replace(
    BARE,
    analysis={
        "score": "8.5",
        "action_10": "Call on Monday",
        "action_2": "Send the price list",
        "action_1": "Find the contract",
        "call_mood": "neutral",
        "employee_mood": "positive",
        "client_mood": "negative",
        "summary": "The client asks for a price list.",
        "details": "Greeting: 2",
        "transcript": "https://app.ringostat.com/vtt/1.vtt",
    },
    rating={"employee_mark": "4", "category_mark": "5", "category": "Sale"},
)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "en",
            [
                "Summary: The client asks for a price list.",
                "Client's mood: negative",
                "Employee's mood: positive",
                "Mood of the call: neutral",
                "Quality of the dialogue: 8.5",
                "To do: Find the contract",
                "To do: Send the price list",
                "To do: Call on Monday",
                "Category: Sale",
                "Mark of the category: 5",
                "Mark of the employee: 4",
            ],
        ),
        (
            "uk",
            [
                "Підсумок розмови: The client asks for a price list.",
                "Настрій клієнта: negative",
                "Настрій співробітника: positive",
                "Настрій розмови: neutral",
                "Якість діалогу: 8.5",
                "Що зробити: Find the contract",
                "Що зробити: Send the price list",
                "Що зробити: Call on Monday",
                "Категорія: Sale",
                "Оцінка за категорією: 5",
                "Оцінка співробітника: 4",
            ],
        ),
        (
            "ru",
            [
                "Итог разговора: The client asks for a price list.",
                "Настроение клиента: negative",
                "Настроение сотрудника: positive",
                "Настроение разговора: neutral",
                "Качество диалога: 8.5",
                "Что сделать: Find the contract",
                "Что сделать: Send the price list",
                "Что сделать: Call on Monday",
                "Категория: Sale",
                "Оценка по категории: 5",
                "Оценка сотрудника: 4",
            ],
        ),
        (
            "pl",
            [
                "Podsumowanie rozmowy: The client asks for a price list.",
                "Nastrój klienta: negative",
                "Nastrój pracownika: positive",
                "Nastrój rozmowy: neutral",
                "Jakość rozmowy: 8.5",
                "Do zrobienia: Find the contract",
                "Do zrobienia: Send the price list",
                "Do zrobienia: Call on Monday",
                "Kategoria: Sale",
                "Ocena w kategorii: 5",
                "Ocena pracownika: 4",
            ],
        ),
    ],
)
def test_analysis_and_rating_in_a_comment_are_in_the_customers_language(language, expected):
    assert lines(SAID_LATER, language)[1:-1] == expected


def links(call: CallText) -> list[str]:
    return [link.attrib["href"] for link in parsed(call_text(call, "en")).iter("a")]


def test_comment_links_the_recording_and_the_call_card():
    assert links(CALL) == [CALL.recording_url, CALL.card_url]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,<b>",
        "//evil.example/x",
        "/card/1",
        "https://",
        "https://[broken",
        "https://a.example/ x",
        "https://a.example/\nx",
        "https://a.example/\x00",
        "ftp://a.example/x",
        "https://a.example/" + "x" * 2000,
        "",
    ],
)
def test_comment_links_only_web_addresses(address):
    assert links(replace(CALL, card_url=address, recording_url=address)) == []


def test_address_in_a_comment_cannot_break_out_of_its_link():
    address = "https://a.example/\"onclick='x'><script>"

    assert links(replace(BARE, card_url=address)) == [address]


HOSTILE = "<script>alert('x')</script> & \"quotes\" <b> </a> \x00\x1b[0m\r\n\u202egnp.exe\ud800\uffff %s %(number)s"


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_values_in_a_comment_stay_text(language):
    call = CallText(
        direction=Direction.INCOMING,
        outcome=Outcome.ANSWERED,
        client_number=HOSTILE,
        ringostat_id=HOSTILE,
        line=HOSTILE,
        line_name="x" + HOSTILE,
        employee_name=HOSTILE,
        status=HOSTILE,
        parameters={HOSTILE: HOSTILE},
        analysis={"summary": HOSTILE, "action_1": HOSTILE, HOSTILE: HOSTILE},
        rating={"category": HOSTILE, HOSTILE: HOSTILE},
        fallback_for=HOSTILE,
    )

    root = parsed(call_text(call, language))

    assert {element.tag for element in root.iter()} == {"div", "b", "br"}
    assert "<script>alert('x')</script>" in "".join(root.itertext())
    assert not set("\x00\x1b\r\n\u202e\ud800\uffff") & set("".join(root.itertext()))


def test_comment_without_html_keeps_every_line_and_shows_each_address():
    call = replace(CALL, card_url="https://app.ringostat.com/card?a=1&b=2", employee_name="O'Neil & <Sons>")
    plain = without_html(call_text(call, "en"))

    assert "<" not in plain
    assert ">" not in plain
    assert "Employee: O'Neil & ‹Sons›" in plain
    assert "Ringostat call card: https://app.ringostat.com/card?a=1&b=2" in plain
    assert CALL.ringostat_id in plain


@given(value=st.text())
def test_no_value_adds_html_to_a_comment_without_html(value):
    text = without_html(call_text(replace(CALL, employee_name=value, parameters={value: value}), "en"))
    assert not set("<>\n") & set(text)


def test_comment_text_shows_the_call_time_if_planfix_does_not_keep_it():
    at = datetime(2026, 9, 30, 15, 37, tzinfo=ZoneInfo("Europe/Kyiv"))
    assert "Time: 2026-09-30 15:37" in call_text(replace(CALL, started_at=at), "en")
    assert "Time:" not in call_text(CALL, "en")


@given(value=st.text(), language=st.sampled_from(LANGUAGES))
def test_any_value_gives_a_well_formed_comment(value, language):
    call = replace(
        CALL,
        client_number=value,
        line=value,
        fallback_for=value,
        card_url=value,
        status=value,
        parameters={value: value},
    )

    assert {element.tag for element in parsed(call_text(call, language)).iter()} <= {"div", "b", "br", "a"}


def test_long_values_in_a_comment_are_cut():
    text = call_text(replace(BARE, parameters={"utm_term": "&" * 9000}, fallback_for="<" * 9000), "en")

    assert text.count("&amp;") == 255
    assert text.count("&lt;") == 255


def test_summary_in_a_comment_may_be_longer_than_other_values():
    summary = replace(BARE, analysis={"summary": "x" * 9000}, rating={"category": "&" * 9000})

    assert call_text(summary, "en").count("x") == 1000
    assert call_text(summary, "en").count("&amp;") == 255


def test_comment_in_an_unsupported_language_is_in_english():
    assert lines(BARE, "de")[1] == f"Ringostat call · {CALL_ID}"
