"""Ringostat's own words in plain ones, with the word itself beside: the statuses, the types, what its AI says."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from integrations.domain.outcome import normal_status
from integrations.ui.labels import LazyText

STATUSES: dict[str, LazyText] = {
    "ANSWERED": _("answered"),
    "PROPER": _("answered, a target call"),
    "REPEATED": _("answered, a repeated call"),
    "NO ANSWER": _("nobody answered"),
    "BUSY": _("everybody was busy"),
    "FAILED": _("the line failed"),
    "NO FORWARD": _("it was forwarded to nobody"),
    "VOICEMAIL": _("it went to voicemail"),
    "WRONG EXTENSION": _("a wrong extension was dialled"),
    "NO EXTENSION": _("no extension was dialled"),
    "CLIENT NO ANSWER": _("the client did not answer the callback"),
    "FAILED FORBIDDEN DESTINATION": _("calls to this number are forbidden"),
    "DECLINE": _("it was declined"),
    "IN PROGRESS": _("under way"),
    "CALLING": _("it is ringing"),
}
"""As https://help.ringostat.com/en/articles/6413217 explains them to Ringostat's own users."""

TYPES: dict[str, LazyText] = {
    "in": _("incoming"),
    "out": _("outgoing"),
    "callback": _("callback"),
    "transitin": _("incoming through the customer's own exchange"),
    "transitout": _("outgoing through the customer's own exchange"),
}

MOODS: dict[str, LazyText] = {
    "positive": _("good"),
    "neutral": _("neutral"),
    "negative": _("bad"),
    "mixed": _("mixed"),
}

SAID_LATER: dict[str, LazyText] = {
    "client_mood": _("Client's mood"),
    "employee_mood": _("Employee's mood"),
    "call_mood": _("Mood of the call"),
    "score": _("Quality of the dialogue"),
    "details": _("Details of the quality"),
    "category": _("Category"),
    "category_mark": _("Mark of the category"),
    "employee_mark": _("Mark of the employee"),
}
"""Names of what the AI and the rating menu say (ringostat/vocabulary.py), in the order in which they are shown."""


def status_words(status: str) -> str:
    """ "nobody answered (NO ANSWER)"; a status that is new to us as it came."""
    return in_plain_words(STATUSES, normal_status(status), status)


def type_words(call_type: str) -> str:
    return in_plain_words(TYPES, call_type.lower(), call_type)


def mood_words(mood: str) -> str:
    return in_plain_words(MOODS, mood.strip().lower(), mood)


def in_plain_words(table: Mapping[str, LazyText], word: str, raw: str) -> str:
    plain = str(table.get(word, raw))
    return plain if plain.casefold() == raw.casefold() else f"{plain} ({raw})"
