"""The texts of callback tasks in Planfix, in the customer's language: names, descriptions, comments. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext

from integrations.planfix.comment_text import BREAK, card, duration, line_label, named, plain, safe

NAME_LENGTH = 200


@dataclass(frozen=True, kw_only=True)
class TaskCall:
    """The call that a text is about. `at`: its start in the customer's time zone."""

    number: str
    at: datetime
    ringostat_id: str
    client_name: str = ""
    employee: str = ""
    """Who talked, or who missed the call, if known."""
    line: str = ""
    line_name: str = ""
    wait_seconds: int | None = None
    talk_seconds: int | None = None
    source: str = ""
    """utm_source."""
    card_url: str = ""


def missed_call_name(call: TaskCall, language: str) -> str:
    """The name of the task for a missed call, as plain text."""
    with translation.override(language):
        client = f"{call.client_name}, {call.number}" if call.client_name else call.number
        return plain(gettext("Call back: %(client)s") % {"client": client}, NAME_LENGTH)


def missed_call_text(call: TaskCall, language: str) -> str:
    """The description of the task for a missed call, as HTML. Contains the Ringostat call id, as all texts do."""
    with translation.override(language):
        return _text(gettext("%(start)sMissed call%(end)s from %(number)s"), call, _missed_call(call))


def further_call_text(call: TaskCall, language: str) -> str:
    """The comment for a further missed call."""
    with translation.override(language):
        return _text(gettext("%(start)sThe client called again%(end)s from %(number)s"), call, _missed_call(call))


def reached_text(call: TaskCall, language: str) -> str:
    """The comment that says who reached the client, and when."""
    with translation.override(language):
        return _text(gettext("%(start)sThe client was reached%(end)s: %(number)s"), call, _reached(call))


def unknown_employee_name(who: str, language: str) -> str:
    """The name of the task about an unknown employee. `who`: as Ringostat names them."""
    with translation.override(language):
        return plain(gettext("Unknown employee in Ringostat: %(who)s") % {"who": who}, NAME_LENGTH)


def unknown_employee_text(call: TaskCall, who: str, language: str) -> str:
    """The description of that task. Names the SIP login or number, and the client's number."""
    with translation.override(language):
        return _text(gettext("%(start)sAn unknown employee talked%(end)s with %(number)s"), call, _unknown(who))


def further_unknown_text(call: TaskCall, who: str, language: str) -> str:
    """The comment for a further call of the unknown employee."""
    with translation.override(language):
        heading = gettext("%(start)sThe unknown employee talked again%(end)s, with %(number)s")
        return _text(heading, call, [named(gettext("Employee in Ringostat: %(value)s"), who)])


def _text(heading: str, call: TaskCall, lines: Iterator[str] | list[str]) -> str:
    words = {"start": "<b>", "end": "</b>", "number": safe(call.number)}
    first = f"{heading % words} · {call.at:%d.%m.%Y %H:%M}"
    return BREAK.join(line for line in (first, *lines, card(call.card_url, call.ringostat_id)) if line)


def _missed_call(call: TaskCall) -> Iterator[str]:
    yield named(gettext("Client: %(value)s"), call.client_name)
    yield named(gettext("Line: %(value)s"), line_label(call.line_name, call.line))
    if call.wait_seconds:
        yield gettext("Waited: %(duration)s") % {"duration": duration(call.wait_seconds)}
    yield named(gettext("Missed by: %(value)s"), call.employee)
    yield named(gettext("Source: %(value)s"), call.source)


def _reached(call: TaskCall) -> Iterator[str]:
    yield named(gettext("Employee: %(value)s"), call.employee)
    if call.talk_seconds:
        yield gettext("Talk: %(duration)s") % {"duration": duration(call.talk_seconds)}


def _unknown(who: str) -> Iterator[str]:
    yield named(gettext("Employee in Ringostat: %(value)s"), who)
    yield gettext(
        "Calls of this employee cannot be written in their name. Ask the integration specialist to match the employee"
        " with one in Planfix."
    )
