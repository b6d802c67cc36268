"""The text of a call's comment in Planfix, in the customer's language. Sends nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import escape, unescape
from urllib.parse import urlsplit

from django.utils import translation
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from integrations.domain.calls import Direction, Outcome

BREAK = "<br/>"
"""Planfix drops line feeds. With the slash the text is well-formed XML too."""
PLAIN_BREAK = " · "
"""Between the lines of a text without HTML, whose line feeds are dropped too."""
VALUE_LENGTH = 255
NOTE_LENGTH = 1000
ADDRESS_LENGTH = 2000

HEADINGS: Mapping[tuple[Direction, Outcome], str] = {
    (Direction.INCOMING, Outcome.ANSWERED): gettext_noop("%(start)sIncoming call%(end)s from %(number)s"),
    (Direction.INCOMING, Outcome.MISSED): gettext_noop("%(start)sMissed call%(end)s from %(number)s"),
    (Direction.OUTGOING, Outcome.ANSWERED): gettext_noop("%(start)sOutgoing call%(end)s to %(number)s"),
    (Direction.OUTGOING, Outcome.MISSED): gettext_noop("%(start)sUnanswered outgoing call%(end)s to %(number)s"),
}


CORRECTIONS: Mapping[Outcome, str] = {
    Outcome.ANSWERED: gettext_noop("Correction from Ringostat: the call was answered"),
    Outcome.MISSED: gettext_noop("Correction from Ringostat: the call was not answered"),
}

FALLBACK_FOR = gettext_lazy("It was %(who)s who talked; calls like this are kept in the name of %(employee)s.")
FALLBACK_FOR_NOBODY_KNOWN = gettext_lazy(
    "Ringostat does not say who talked; calls like this are kept in the name of %(employee)s."
)


@dataclass(frozen=True, kw_only=True)
class CallText:
    """`recording_url` is given if the recording is linked, not attached."""

    direction: Direction
    outcome: Outcome
    client_number: str
    ringostat_id: str
    line: str = ""
    line_name: str = ""
    employee_name: str = ""
    talk_seconds: int | None = None
    wait_seconds: int | None = None
    status: str = ""
    card_url: str = ""
    recording_url: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    analysis: Mapping[str, str] = field(default_factory=dict)
    rating: Mapping[str, str] = field(default_factory=dict)
    fallback_for: str | None = None
    """Who talked instead of the employee, "" if that is unknown; None if the employee talked."""
    started_at: datetime | None = None
    """In the customer's time zone; None if Planfix keeps the time of a comment."""
    correction: Outcome | None = None
    """The outcome that Ringostat reported after the comment was written, if it differs."""


def call_text(call: CallText, language: str) -> str:
    """The comment as HTML (b, br, a), with every value escaped. It always contains the Ringostat call id."""
    with translation.override(language):
        return BREAK.join(line for line in _lines(call) if line)


def without_html(text: str) -> str:
    """A comment's text for an account that removes HTML or shows it as text: each link is followed by its address.

    What remains of < and > is replaced, because the account would take it for HTML.
    """
    linked = re.sub(r'<a href="([^"]*)">([^<]*)</a>', r"\2: \1", text)
    plain = unescape(re.sub("<[^<>]*>", "", linked.replace(BREAK, PLAIN_BREAK)))
    return plain.translate({ord("<"): "‹", ord(">"): "›"})


def duration(seconds: int) -> str:
    """A duration in the active language: "2 min 4 s"."""
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    if hours:
        return gettext("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    if minutes:
        return gettext("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    return gettext("%(seconds)d s") % {"seconds": rest}


def _lines(call: CallText) -> Iterator[str]:
    yield _heading(call)
    yield _correction(call)
    yield named(gettext("Time: %(value)s"), f"{call.started_at:%Y-%m-%d %H:%M}" if call.started_at else "")
    yield named(gettext("Line: %(value)s"), line_label(call.line_name, call.line))
    yield named(gettext("Employee: %(value)s"), call.employee_name)
    yield _who_talked(call)
    yield named(gettext("Call status: %(value)s"), call.status)
    yield from (f"{safe(name)}: {safe(value)}" for name, value in call.parameters.items() if value)
    yield from _additions(call)
    yield link(call.recording_url, gettext("Recording"))
    yield card(call.card_url, call.ringostat_id)


ANALYSIS: Mapping[str, str] = {
    "summary": gettext_noop("Summary: %(value)s"),
    "client_mood": gettext_noop("Client's mood: %(value)s"),
    "employee_mood": gettext_noop("Employee's mood: %(value)s"),
    "call_mood": gettext_noop("Mood of the call: %(value)s"),
    "score": gettext_noop("Quality of the dialogue: %(value)s"),
    "action": gettext_noop("To do: %(value)s"),
}
RATING: Mapping[str, str] = {
    "category": gettext_noop("Category: %(value)s"),
    "category_mark": gettext_noop("Mark of the category: %(value)s"),
    "employee_mark": gettext_noop("Mark of the employee: %(value)s"),
}


def _additions(call: CallText) -> Iterator[str]:
    """The AI analysis and the rating from Ringostat, in the order of the tables; action items by their numbers."""
    for name, pattern in ANALYSIS.items():
        for key in sorted((key for key in call.analysis if re.fullmatch(rf"{name}(_\d+)?", key)), key=_action_number):
            yield named(gettext(pattern), call.analysis[key], NOTE_LENGTH)
    for name, pattern in RATING.items():
        yield named(gettext(pattern), call.rating.get(name, ""))


def _action_number(key: str) -> int:
    return int("".join(filter(str.isdigit, key)) or 0)


def _heading(call: CallText) -> str:
    words = {"start": "<b>", "end": "</b>", "number": safe(call.client_number)}
    heading = gettext(HEADINGS[call.direction, call.outcome]) % words
    talk = duration(call.talk_seconds) if call.talk_seconds and call.correction is None else ""
    waiting = gettext("waiting: %(duration)s") % {"duration": duration(call.wait_seconds)} if call.wait_seconds else ""
    return " · ".join(part for part in (heading, talk, waiting) if part)


def _correction(call: CallText) -> str:
    if call.correction is None:
        return ""
    talk = f" ({duration(call.talk_seconds)})" if call.talk_seconds else ""
    return f"<b>{gettext(CORRECTIONS[call.correction])}</b>{talk}"


def line_label(name: str, number: str) -> str:
    """The line's name and number; either may be unknown."""
    if name and number and name != number:
        return f"{name} ({number})"
    return name or number


def card(url: str, ringostat_id: str) -> str:
    """The line that identifies a call, with a link to its card if there is one."""
    title = link(url, gettext("Ringostat call card")) or gettext("Ringostat call")
    return f"{title} · {safe(ringostat_id)}"


def _who_talked(call: CallText) -> str:
    """Who talked, if the comment's author is another employee."""
    if call.fallback_for is None:
        return ""
    pattern = FALLBACK_FOR if call.fallback_for else FALLBACK_FOR_NOBODY_KNOWN
    return str(pattern) % {"who": safe(call.fallback_for), "employee": safe(call.employee_name)}


def named(pattern: str, value: str, length: int = VALUE_LENGTH) -> str:
    """The pattern with the escaped value; "" without a value."""
    return pattern % {"value": safe(value, length)} if value else ""


_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]+")
"""Control characters, lone surrogates and characters that reverse text: they mean nothing, and some break the page."""


def safe(value: str, length: int = VALUE_LENGTH) -> str:
    """A value from outside as escaped HTML text in one line, cut to a length."""
    return escape(plain(value, length))


def plain(value: str, length: int = VALUE_LENGTH) -> str:
    """A value from outside as plain text in one line, cut to a length."""
    return _UNPRINTABLE.sub(" ", value).strip()[:length]


def link(url: str, title: str) -> str:
    """A link with a title; "" if the address is not a web address."""
    if len(url) > ADDRESS_LENGTH or re.search(r"\s", url) or _UNPRINTABLE.search(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return f'<a href="{escape(url)}">{escape(title)}</a>'
