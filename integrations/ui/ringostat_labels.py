"""Labels for Ringostat's codes (status, call type, mood), each shown with its code, and for the fields of its AI."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from integrations.ringostat.values import normal_status
from integrations.ui.labels import LazyText

STATUSES: dict[str, LazyText] = {
    "ANSWERED": _("answered"),
    "PROPER": _("answered, a target call"),
    "REPEATED": _("answered, a repeated call"),
    "NO ANSWER": _("nobody answered"),
    "BUSY": _("all lines were busy"),
    "FAILED": _("connection failed"),
    "NO FORWARD": _("forwarded to no employee"),
    "VOICEMAIL": _("sent to voicemail"),
    "WRONG EXTENSION": _("wrong extension dialled"),
    "NO EXTENSION": _("no extension dialled"),
    "CLIENT NO ANSWER": _("the client did not answer the callback"),
    "FAILED FORBIDDEN DESTINATION": _("calls to this number are forbidden"),
    "DECLINE": _("declined"),
    "IN PROGRESS": _("in progress"),
    "CALLING": _("ringing"),
}
"""Source: https://help.ringostat.com/en/articles/6413217."""

TYPES: dict[str, LazyText] = {
    "in": _("incoming"),
    "out": _("outgoing"),
    "callback": _("callback"),
    "transitin": _("incoming through the customer's own PBX"),
    "transitout": _("outgoing through the customer's own PBX"),
}

MOODS: dict[str, LazyText] = {
    "positive": _("good"),
    "neutral": _("neutral"),
    "negative": _("bad"),
    "mixed": _("mixed"),
}

ANALYSIS_LABELS: dict[str, LazyText] = {
    "client_mood": _("Client's mood"),
    "employee_mood": _("Employee's mood"),
    "call_mood": _("Mood of the call"),
    "score": _("Conversation score"),
    "details": _("Score details"),
    "category": _("Category"),
    "category_mark": _("Category rating"),
    "employee_mark": _("Employee rating"),
}
"""Labels for the fields of the AI and of the rating menu (ringostat/vocabulary.py), in the order of pages."""


def status_label(status: str) -> str:
    """A label such as "nobody answered (NO ANSWER)". An unknown status stays as it is."""
    return label_with_code(STATUSES, normal_status(status), status)


def type_label(call_type: str) -> str:
    return label_with_code(TYPES, call_type.lower(), call_type)


def mood_label(mood: str) -> str:
    return label_with_code(MOODS, mood.strip().lower(), mood)


def label_with_code(labels: Mapping[str, LazyText], key: str, code: str) -> str:
    label = str(labels.get(key, code))
    return label if label.casefold() == code.casefold() else f"{label} ({code})"
