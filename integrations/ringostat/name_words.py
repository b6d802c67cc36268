"""The words of a parameter's name and the fact that they mean together: `secondsOfTalk`, `Номер телефона клиента`.

People and flow tools combine the same few words in many ways. A name means a fact only if every word of it is known.
Knows nothing of values.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

_LOOKALIKES = str.maketrans("аеорсхуіјѕкАВЕКМНОРСТУХІЈЅ", "aeopcxyijskABEKMHOPCTYXIJS")
"""Cyrillic letters that look like Latin ones: one of them in a Latin word is a slip of the keyboard."""
_ACCENTS = re.compile(r"(?<=[A-Za-z])[\u0300-\u036f]+")
_WORD = re.compile(r"(?i:e[ ._-]?164)|[A-ZА-ЯІЇЄҐЁ]+(?![a-zа-яіїєґё])|[A-ZА-ЯІЇЄҐЁ]?[a-zа-яіїєґё'ʼ’]+|[^\W\d_]+|\d+")

WORDS: dict[str, tuple[str, ...]] = {
    "call": ("call", "calls", "cdr"),
    "id": ("id", "uid", "identifier", "ид", "ід", "айди", "айді"),
    "unique": ("unique", "uniq"),
    "client": ("client", "clients", "customer", "customers", "contact", "contacts", "subscriber", "abonent", "klient"),
    "caller": ("caller", "callers", "calling", "from"),
    "called": ("called", "callee", "dialed", "dialled", "destination", "dst", "recipient", "to"),
    "number": ("number", "num", "phone", "phonenumber", "telephone", "tel", "mobile", "msisdn", "numer", "telefon"),
    "e164": ("e164",),
    "duration": ("duration", "durations", "length"),
    "unit": ("s", "sec", "secs", "second", "seconds", "с", "сек"),
    "ms": ("ms", "msec", "millisecond", "milliseconds", "мс"),
    "time": ("time", "at", "час", "часу", "czas", "godzina"),
    "date": ("date", "datetime", "дата", "дати", "даты", "data"),
    "utc": ("utc", "gmt"),
    "epoch": ("timestamp", "unixtime", "unix", "epoch", "microsecond", "microseconds"),
    "start": ("start", "started", "starting", "begin", "began", "beginning", "begun"),
    "talk": (
        "talk",
        "talking",
        "conversation",
        "dialog",
        "dialogue",
        "speaking",
        "bill",
        "billing",
        "billed",
        "billable",
    ),
    "wait": ("wait", "waiting", "ring", "ringing", "queue"),
    "total": ("total", "full", "whole", "overall", "entire"),
    "status": ("status", "disposition", "result", "outcome", "state", "стан", "wynik"),
    "final": ("final", "end"),
    "type": ("type", "kind", "direction", "тип", "вид", "typ", "rodzaj", "kierunek"),
    "recording": ("recording", "recordings", "record", "recorded", "audio", "nagranie", "nagrania"),
    "url": ("url", "uri", "link", "href", "file", "wav", "mp3", "ogg", "файл"),
    "has": ("has", "is", "presence", "exists", "available", "есть", "є", "czy", "jest"),
    "card": ("card", "карточка", "картка", "карта", "karta"),
    "employee": ("employee", "employees", "manager", "managers", "operator", "operators", "agent", "staff"),
    "name": ("name", "fio", "fullname", "фио", "піб", "имя", "імя", "імʼя", "ім'я", "nazwa", "imie", "nazwisko"),
    "email": ("email", "mail"),
    "extension": ("extension", "ext", "internal", "inner"),
    "sip": ("sip",),
    "login": ("login", "account", "логин", "логін"),
    "": (
        "of",
        "the",
        "for",
        "by",
        "in",
        "ringostat",
        "webhook",
        "value",
        "field",
        "и",
        "в",
        "й",
        "і",
        "та",
        "w",
        "z",
        "i",
    ),
}
"""Idea → its words. The words of the idea "" add no meaning."""

STEMS: dict[str, tuple[str, ...]] = {
    "call": ("звон", "вызов", "дзвін", "дзвон", "виклик", "polacz"),
    "id": ("идентификатор", "ідентифікатор", "identyfikator"),
    "unique": ("уникальн", "унікальн", "unikal"),
    "client": ("клиент", "клієнт", "абонент", "заказчик", "замовник", "klient", "abonent"),
    "caller": ("звонящ", "вызывающ", "dzwoniac"),
    "called": ("назначени", "призначенн", "вызываем", "набран", "docelow"),
    "number": ("номер", "телефон", "numer", "telefon"),
    "duration": ("длительност", "продолжительност", "тривал", "dlugosc"),
    "unit": ("секунд", "sekund"),
    "time": ("врем",),
    "start": ("начал", "початк", "початок", "rozpoczec"),
    "talk": ("разговор", "розмов", "бесед", "rozmow"),
    "wait": ("ожидан", "очікуван", "oczekiwan"),
    "total": ("общ", "полн", "загальн", "повн", "calkowit"),
    "status": ("статус", "результат", "состояни"),
    "type": ("направлен", "напрям"),
    "recording": ("запис", "nagran"),
    "url": ("ссылк", "посилан", "odnosnik"),
    "has": ("наличи", "наявн"),
    "card": ("карточк", "картк"),
    "employee": ("сотрудник", "менеджер", "оператор", "співробітник", "працівник", "агент", "pracowni", "konsultant"),
    "email": ("почт", "пошт"),
    "extension": ("внутренн", "внутрішн", "добавочн", "wewnetrzn"),
}
"""Idea → beginnings of its words in languages that decline them."""


class Rule(NamedTuple):
    fact: str
    needs: frozenset[str]
    may_have: frozenset[str]
    is_doubtful: bool


def _rule(fact: str, needs: str, may_have: str = "", *, is_doubtful: bool = False) -> Rule:
    return Rule(fact, frozenset(needs.split()), frozenset(may_have.split()), is_doubtful)


RULES = (
    _rule("ringostat_id", "call id", "unique"),
    _rule("ringostat_id", "unique id"),
    _rule("staff_id", "employee id"),
    _rule("employee_email", "employee email"),
    _rule("extension", "extension", "employee number sip call"),
    _rule("connected_with", "sip", "employee call login"),
    _rule("employee_name", "employee", "name total call"),
    _rule("call_type", "call type"),
    _rule("status", "call status", "final"),
    _rule("status", "final status"),
    _rule("has_recording", "has recording", "call talk"),
    _rule("recording_url", "recording", "url call talk"),
    _rule("card_url", "card url", "call"),
    _rule("card_url", "card call"),
    _rule("exact_start", "call epoch", "start date time"),
    _rule("exact_start", "start epoch", "date time"),
    _rule("exact_start", "date utc", "call time start"),
    _rule("exact_start", "time utc", "call start"),
    _rule("talk_ms", "talk ms", "duration time call"),
    _rule("wait_ms", "wait ms", "duration time call"),
    _rule("duration_ms", "ms", "duration time call total"),
    _rule("wait_seconds", "wait", "duration time call unit total client"),
    _rule("talk_seconds", "talk duration", "call unit total time"),
    _rule("talk_seconds", "talk time", "call unit total"),
    _rule("talk_seconds", "talk unit", "call total"),
    _rule("talk_seconds", "talk", is_doubtful=True),
    _rule("total_seconds", "duration", "call unit total time"),
    _rule("total_seconds", "total time", "call unit"),
    _rule("total_seconds", "call unit", "total time"),
    _rule("local_start", "date", "call time start talk"),
    _rule("local_start", "call time", "start"),
    _rule("local_start", "start time", "call"),
    _rule("local_start", "call start"),
    _rule("e164", "e164", "client number call"),
    _rule("userfield", "client number", "call caller total"),
    _rule("caller", "caller", "number call id total"),
    _rule("destination", "called", "number call"),
    _rule("ringostat_id", "id", is_doubtful=True),
    _rule("call_type", "type", is_doubtful=True),
    _rule("status", "status", is_doubtful=True),
    _rule("local_start", "start", is_doubtful=True),
    _rule("userfield", "client", is_doubtful=True),
    _rule("userfield", "number", is_doubtful=True),
)
"""The first rule that fits decides. A rule fits a name that has all ideas that the rule needs, and no ideas beside
those that it allows.

A doubtful rule consists of one common word: the name means the fact only if its value can be nothing else.
"""

PREFIXES = frozenset(("data", "body", "payload", "params", "json", "ringostat", "call", "webhook"))
"""Words that flow tools put before the names of what an object holds: `data__call_id`, `body.billsec`."""

_IDEAS = {word: idea for idea, words in WORDS.items() for word in words}
_STEMS = {stem: idea for idea, stems in STEMS.items() for stem in stems}
_LONGEST = max(map(len, _IDEAS))
_SHORTEST_INSIDE = 3
"""Letters: shorter words are recognised in a run of words only at its end, `id` in `callid`."""


def plain_letters(name: str) -> str:
    """Removes the accents of Latin letters, and replaces Cyrillic letters that look like Latin ones."""
    if name.isascii():
        return name
    decomposed = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L"))
    plain = unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed))
    latin = plain.translate(_LOOKALIKES)
    return latin if latin.isascii() and any("a" <= letter <= "z" for letter in plain.lower()) else plain


def words_of(name: str) -> list[str]:
    """The words of a name in lower case: ["call", "id"] of `callId`, `CALL-ID` and `Call Id`."""
    return [re.sub(r"[ ._-]", "", word.lower()) for word in _WORD.findall(name)]


def rule_for(name: str) -> Rule | None:
    """The rule that fits the name's words; None for a name with a word that is not known."""
    ideas = [idea for word in words_of(name) for idea in _ideas(word)]
    if None in ideas:
        return None
    known = frozenset(filter(None, ideas))
    fits = (rule for rule in RULES if rule.needs <= known <= rule.needs | rule.may_have)
    return next(fits, None) if known else None


def without_prefixes(name: str) -> Iterator[str]:
    """The name without words that only name an outer object: `call_id`, then `id`, for `data.call.id`."""
    words = words_of(name)
    for place, word in enumerate(words[:-1], start=1):
        if word not in PREFIXES:
            return
        yield "_".join(words[place:])


def _ideas(word: str) -> Iterator[str | None]:
    idea = _idea(word)
    parts = _parts(word) if idea is None and word.isascii() and not word.isdecimal() else []
    yield from (map(_idea, parts) if parts else [idea])


def _idea(word: str) -> str | None:
    if word in _IDEAS:
        return _IDEAS[word]
    return next((idea for stem, idea in _STEMS.items() if word.startswith(stem)), None)


def _parts(word: str) -> list[str]:
    """Splits a run of letters into known words, the longest first; [] if letters are left over."""
    for length in range(min(len(word), _LONGEST), 1, -1):
        part, rest = word[:length], word[length:]
        if part not in _IDEAS or (rest and length < _SHORTEST_INSIDE):
            continue
        if not rest:
            return [part]
        if following := _parts(rest):
            return [part, *following]
    return []
