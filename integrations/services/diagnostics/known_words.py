"""What a diagnostics file keeps as it is: words of error messages, of HTML and of the two systems. Tables only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from integrations.domain.outcome import MEANINGS
from integrations.planfix.call_tags.discovery import CALL_NAMES, GROUP_NAMES, MISSED_CALL_NAMES
from integrations.planfix.call_tags.entries import TYPE_VALUES
from integrations.planfix.call_tags.schema import NAMES, plain
from integrations.planfix.http.codes import (
    CODES,
    COMMENTS_REFUSED_ADVICE,
    DAILY_LIMIT_ADVICE,
    REQUIRED_FIELD_ADVICE,
    SCOPES,
    STATUSES,
)
from integrations.planfix.http.explanations import BY_TEXT
from integrations.ringostat.names import folded
from integrations.ringostat.vocabulary import (
    ANALYSIS,
    DIRECTIONS,
    EMPTY,
    EVENT_KINDS,
    FLAGS,
    NOBODY,
    PARAMETERS,
    RATING,
    STATUS_SPELLINGS,
    UTM,
    WRAPPERS,
)

TAGS = (
    *("a", "blockquote", "body", "br", "b", "code", "div", "em", "font", "form", "head", "hr", "html", "h[1-6]", "img"),
    *("input", "i", "link", "li", "meta", "ol", "pre", "p", "script", "small", "span", "strong", "style", "table"),
    *("tbody", "td", "thead", "th", "title", "tr", "ul", "u"),
)
ATTRIBUTES = ("href", "src", "class", "style", "title", "alt", "rel", "target", "id", "type", "name", "value", "lang")

HOST_LABELS = frozenset(
    {
        *("com", "net", "org", "ua", "pl", "ru", "kz", "eu", "de", "uk", "co", "io"),
        *("planfix", "ringostat", "api", "app", "sip", "www", "localhost"),
        *("wav", "mp3", "ogg", "m4a", "vtt", "html", "php", "json"),
    }
)
"""Parts of host names and endings of file names that identify no customer."""

TIMES = (
    *("exact_start", "local_start", "total_seconds", "talk_seconds", "wait_seconds"),
    *("duration_ms", "talk_ms", "wait_ms", "has_recording"),
)
TIME_NAMES = frozenset(folded(name) for fact in TIMES for name in (fact, *PARAMETERS.get(fact, ())))
"""Names of parameters that hold times and durations, which stay."""

PARAMETER_NAMES = frozenset(
    folded(name) for table in (PARAMETERS, ANALYSIS, RATING) for names in table.values() for name in names
)
"""Names of parameters that stay, however they are spelled."""

CHOICES = (
    *(
        "responsible",
        "last_talked",
        "missed_by",
        "nobody",
        "fixed",
        "contact",
        "last_active_task",
        "full",
        "any_format",
    ),
    *("copy", "link", "none", "callers", "all", "new", "known", "plain", "json", "json-rpc"),
)

_MESSAGES = """
    GET POST DELETE HTTP rest api contact contacts task tasks comment comments datatag datatags file files from url user
    users list entry entries key customfield process template field fields custom data tag tags id ids name phones phone
    number numbers email value values date time
    error errors fail failed success unknown invalid valid not is are was be been it no and or of to in on for with by
    the an at as than then this that these has have had does do did can cannot could may must should would will
    required mandatory empty missing wrong access denied forbidden allowed limit exceeded requests request too many
    scope method found deserialize deserialization json object expected type string integer array boolean null argument
    parameter format size large long short server internal service unavailable timeout gateway bad change changed
    stored kept lost added replaced ignored refused hidden visible written read sent nothing something another same
    planfix ringofix ringostat answered answer web page redirect host itself connection broke reached secure public
    address plus digits employee employees author recording recordings copied image audio content token account
    обязательное обязательно поле поля не заполнено контакт задача ошибка
    обов'язкове заповнено помилка pole wymagane
"""


def _words(texts: Iterable[str]) -> Iterable[str]:
    return (word.lower() for text in texts for word in re.findall(r"[^\W\d_]+", text))


@cache
def _known_words() -> frozenset[str]:
    """The words of Planfix's errors and of what Ringofix says about them."""
    advice = [COMMENTS_REFUSED_ADVICE, DAILY_LIMIT_ADVICE, REQUIRED_FIELD_ADVICE]
    advice += [meaning.advice for meaning in CODES.values()] + [text for _kind, text in STATUSES.values()]
    advice += [pattern for pattern, _sentence in BY_TEXT] + [scope for _pattern, scope in SCOPES]
    return frozenset(_words([_MESSAGES, *advice]))


def is_known_word(word: str) -> bool:
    """A word of error messages, or the shape of a text: xxx."""
    return word.lower() in _known_words() or not word.strip("x")


@cache
def _known_values() -> frozenset[str]:
    names = {name for spellings in NAMES.values() for name in spellings} | CALL_NAMES | MISSED_CALL_NAMES | GROUP_NAMES
    statuses = {*MEANINGS, *STATUS_SPELLINGS}
    events = {*EVENT_KINDS, *WRAPPERS, *UTM}
    types = {text for _place, text in TYPE_VALUES.values()}
    known = {*names, *statuses, *DIRECTIONS, *events, *FLAGS, *EMPTY, *NOBODY, *types, *CHOICES}
    return frozenset(value.lower() for value in known)


def is_known_value(value: str) -> bool:
    """A value that is one of the two systems' own words as a whole: ANSWERED, in, (not set), Missed call."""
    return value.strip().lower() in _known_values() or plain(value) in _known_values()
