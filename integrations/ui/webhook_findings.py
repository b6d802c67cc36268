"""Labels for the results of parsing a webhook request: why it was not understood, or notes about it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from integrations.models import WebhookEvent
from integrations.ringostat.problems import NoteKind, Problem
from integrations.ringostat.webhook import IgnoredReason
from integrations.ui.labels import LazyText

PROBLEMS: Mapping[str, LazyText] = {
    Problem.NO_PARAMETERS: _("The request is empty"),
    Problem.UNKNOWN_COMPRESSION: _("Compressed in a way that Ringofix does not read"),
    Problem.BROKEN_COMPRESSION: _("The compressed body is damaged"),
    Problem.TOO_LARGE: _("Too large once unpacked"),
    Problem.INVALID_JSON: _("Not valid JSON"),
    Problem.UNKNOWN_FORMAT: _("Neither JSON nor a form"),
    Problem.NOT_ONE_OBJECT: _("Not exactly one call"),
    Problem.TOO_DEEP: _("Nested too deeply"),
    Problem.TOO_MANY_PARAMETERS: _("Too many parameters"),
    Problem.CUT_OFF: _("Cut off"),
    Problem.WRONG_SEPARATOR: _("Parameters are not separated by “&”"),
    Problem.UNUSABLE_CALL_ID: _("Not a valid call ID"),
    Problem.NO_CALL_ID: _("No call ID"),
}

NOTES: Mapping[str, LazyText] = {
    NoteKind.CHARSET_GUESSED: _("The body names no character set. It was read as %(value)s."),
    NoteKind.CHARACTERS_LOST: _("“%(name)s” lost characters before it was sent: %(value)s."),
    NoteKind.VALUES_DIFFER: _("“%(name)s” contradicts another parameter: %(value)s."),
    NoteKind.VALUE_UNREADABLE: _("The value of “%(name)s” is not understood: %(value)s."),
    NoteKind.DATE_UNREADABLE: _("The date in “%(name)s” is not understood: %(value)s. The time of receipt is used."),
    NoteKind.DATE_AMBIGUOUS: _("The date in “%(name)s” could be two days: %(value)s. The time of receipt is used."),
    NoteKind.DATE_IN_FUTURE: _("The call starts in the future: %(value)s. The time of receipt is used."),
    NoteKind.HOUR_TWICE: _("The hour in “%(name)s” exists twice on that day: %(value)s. The later one is used."),
    NoteKind.DURATIONS_CONTRADICT: _("The waiting time is longer than the whole call: %(value)s seconds."),
    NoteKind.STATUS_UNKNOWN: _("The status in “%(name)s” is new to Ringofix: %(value)s."),
    NoteKind.OUTCOME_UNKNOWN: _(
        "It is not known whether the call was answered. Send the call status or the talk time."
    ),
    NoteKind.DIRECTION_UNKNOWN: _("The direction is not known. Send the type of the call, such as “in” or “out”."),
    NoteKind.LINK_UNUSABLE: _("“%(name)s” holds no link: %(value)s."),
    NoteKind.LINK_NOT_READY: _("The recording in “%(name)s” is not ready: its link has no token yet."),
    NoteKind.LINK_TO_TRANSCRIPT: _("“%(name)s” links a transcript, not a recording."),
    NoteKind.LINKS_UNUSED: _("“%(name)s” holds several links. The first one is used."),
}


IGNORED_REASONS: Mapping[str, LazyText] = {
    IgnoredReason.NO_CALL_ID: _("it has no call ID"),
    IgnoredReason.NOT_A_CALL: _("it is not about a call"),
    IgnoredReason.UNKNOWN_EVENT: _("its event is unknown"),
    IgnoredReason.TEST: _("it is a test"),
}
"""Labels for why a webhook created no call, by the code in WebhookEvent.reason."""


def problem_label(code: str) -> LazyText:
    """The label for why a request was not understood. A code that this version does not know is its own label."""
    return PROBLEMS.get(code, code)


def note_sentence(kind: str, name: str, value: str) -> str:
    return str(NOTES.get(kind, kind)) % {"name": name, "value": value}


def note_sentences(event: WebhookEvent) -> list[str]:
    return [note_sentence(*note) for note in event.notes or ()]
