"""Reads the facts of a call from flat parameters. Does not know the kind of an event, or which event is final."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from integrations.domain.calls import CallFacts, Direction
from integrations.domain.folding import kept_keys
from integrations.domain.outcome import MEANINGS, Meaning
from integrations.ringostat.names import (
    EVENT_KEYS,
    MAX_NAME,
    Slot,
    folded,
    own_name,
    plain_name,
    read_long_name,
    read_short_name,
)
from integrations.ringostat.problems import Note, NoteKind
from integrations.ringostat.times import AHEAD, Receipt, exact_time_of, is_clock, is_date, joined, local_start_of
from integrations.ringostat.values import (
    USUAL_DATE,
    Links,
    call_id_of,
    direction_of,
    flag_of,
    is_same_number,
    link_of,
    links_of,
    name_of,
    normal_status,
    number_of,
    seconds_of,
    seconds_of_milliseconds,
    text_of,
    usual_start,
    word_of,
)
from integrations.ringostat.vocabulary import (
    ANALYSIS,
    EVENT_KINDS,
    FLAGS,
    NOBODY,
    RATING,
)

MAX_WORD = 64
MAX_PARAMETER = 2000
MAX_ANALYSIS = 5000
MAX_NOTES = 12
MAX_NOTED = 60

GENERAL_TIMES = frozenset({"timestamp", "unixtime"})
"""Names that flow tools also use for their own time."""

IN_UTC = ("utc", "gmt")
"""Endings of the names of dates in UTC."""

NUMBERS = ("e164", "userfield", "caller", "destination")
"""Facts that may hold the client's number."""

SAME_TIME, SAME_SECOND = timedelta(minutes=2), timedelta(seconds=1)

_TOKEN = re.compile(r"(token=)[^&\s]+", re.IGNORECASE)

_PHONE = re.compile(r"\+?(?:[\s().-]*\d){9,15}")

Read = Callable[[str], str]

Named = tuple[Slot, str, str]
"""The slot of a value, its name in the request, and the value as received."""

Known = dict[str, list[Named]]
"""Fact → its values that are not empty, the most trusted name first."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the parameters say about a call, and notes for a specialist."""

    facts: CallFacts
    notes: tuple[Note, ...] = ()
    event_names: tuple[str, ...] = ()
    """The names of the event that the parameters give, as plain names."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """Parameters sorted by their meaning. `own`: the customer's own; `has_doubtful`: some names are common words."""

    known: Known
    own: list[tuple[str, str]]
    events: dict[str, str]
    has_doubtful: bool

    def event_names(self) -> list[str]:
        """The values of the parameters that may name the event, as plain names, the most trusted first."""
        return [plain_name(self.events[key]) for key in EVENT_KEYS if key in self.events] if self.events else []


def read_facts(fields: Mapping[str, str], timezone: ZoneInfo) -> CallFacts:
    """All facts that the parameters contain. The id is empty if there is none; `is_final` stays False."""
    return read(fields, timezone).facts


def read(fields: Mapping[str, str], timezone: ZoneInfo, received_at: datetime | None = None) -> Reading:
    """As read_facts, with notes. If a date can mean two moments, the time of receipt (UTC) decides, if it is given."""
    found = by_fact(fields)
    known = found.known
    reader = _Reader(known)
    talk, wait, total = reader.durations()
    status = reader.status(talk)
    if talk is None and status.meaning not in (Meaning.MISSED, Meaning.PENDING):
        talk = reader.talk_of(total, wait)
    lasted = total if total is not None else (wait or 0) + (talk or 0)
    receipt = Receipt(received_at, timedelta(seconds=lasted)) if received_at else None
    exact_start, local_start = reader.times(timezone, receipt)
    call_type = reader.call_type()
    has_recording, recording_url, transcript = reader.recording()
    ringostat_id = reader.ringostat_id()
    facts = CallFacts(
        ringostat_id=ringostat_id,
        call_type=call_type,
        direction=direction_of(call_type),
        status=status.word,
        exact_start=exact_start,
        local_start=local_start,
        total_seconds=total,
        wait_seconds=wait,
        talk_seconds=talk,
        e164=reader.first("e164", number_of),
        userfield=reader.first("userfield", number_of),
        caller=reader.first("caller", number_of),
        destination=reader.first("destination", number_of),
        connected_with=reader.first("connected_with", name_of),
        outbound_number=reader.first("outbound_number", name_of),
        staff_id=reader.first("staff_id", _unless_nobody),
        employee_name=reader.first("employee_name", name_of),
        employee_email=reader.first("employee_email", name_of),
        extension=reader.first("extension", _unless_nobody),
        line_name=reader.first("line_name", name_of),
        has_recording=has_recording,
        recording_url=recording_url,
        card_url=reader.first("card_url", link_of),
        parameters=_parameters([*found.own, *reader.unused()] if found.has_doubtful else found.own),
        analysis=reader.analysis(transcript),
        rating={name: mark for name in RATING if name in known and (mark := reader.first(name, _unless_nobody))},
    )
    reader.note_lost_characters(fields)
    return Reading(facts, tuple(reader.notes[:MAX_NOTES]), tuple(found.event_names()))


def by_fact(fields: Mapping[str, str]) -> Sorted:
    """Sorts parameters by what their names mean, and the values of a fact by how far their names can be trusted."""
    known: Known = {}
    own: list[tuple[str, str]] = []
    events: dict[str, str] = {}
    has_doubtful = has_several = False
    for name, raw in fields.items():
        slot, event, _, own_as = read_short_name(name) if len(name) <= MAX_NAME else read_long_name(name)
        if event and raw:
            events[event] = raw
        if slot is None:
            if not event:
                own.append((own_as, raw))
        elif raw:
            has_doubtful = has_doubtful or slot.is_doubtful
            has_several = has_several or slot.fact in known
            known.setdefault(slot.fact, []).append((slot, name, raw))
    for named in known.values() if has_several else ():
        named.sort(key=lambda one: one[0].rank)
    return Sorted(known, own, events, has_doubtful)


@dataclass(frozen=True, slots=True)
class Status:
    word: str = ""
    meaning: Meaning | None = None


class _Reader:
    """Reads the values of one request and collects notes on them."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.notes: list[Note] = []
        self._used: set[str] = set()

    def first(self, fact: str, read: Read) -> str:
        """The value of the most trusted name that has one."""
        for slot, name, raw in self.known.get(fact, ()):
            if (value := read(raw)) and not (slot.is_doubtful and not self._is_only_number(value)):
                self._used.add(name)
                return value
        return ""

    def _is_only_number(self, value: str) -> bool:
        """True if this value of a common word is the client's number: it looks like one, and the request names no
        other."""
        others = [named for fact in NUMBERS for named in self.known.get(fact, ()) if not named[0].is_doubtful]
        if not _PHONE.fullmatch(value) or len(others) > 1:
            return False
        # Beside the number that was called on an incoming call, only the client's is left.
        is_other_end = others and others[0][0].fact == "destination" and not is_same_number(value, others[0][2])
        return not others or (bool(is_other_end) and self._is_incoming())

    def _is_incoming(self) -> bool:
        word = next((raw for _slot, _name, raw in self.known.get("call_type", ())), "")
        return direction_of(word) is Direction.INCOMING

    def ringostat_id(self) -> str:
        ids = [
            (name, call_id)
            for slot, name, raw in self.known.get("ringostat_id", ())
            if (call_id := call_id_of(raw, slot.is_doubtful))
        ]
        if not ids:
            return ""
        self._used.add(ids[0][0])
        self._note_difference(ids)
        return ids[0][1]

    def durations(self) -> tuple[int | None, int | None, int | None]:
        """The seconds of talk, of waiting and of the whole call."""
        talk = self._seconds("talk_seconds", "talk_ms")
        wait = self._seconds("wait_seconds", "wait_ms")
        return talk, wait, self._seconds("total_seconds", "duration_ms")

    def talk_of(self, total: int | None, wait: int | None) -> int | None:
        """The seconds of talk: the whole call without the waiting (rows of Ringostat's documentation: 50 = 27 + 23)."""
        if total is None or wait is None:
            return None
        if wait > total:
            self.note(NoteKind.DURATIONS_CONTRADICT, "", f"{wait} > {total}")
            return None
        return total - wait

    def status(self, talk: int | None) -> Status:
        """The call's status. Words that Ringostat documents win over others. If two contradict each other, the talk
        time decides."""
        words = [(named[1], word) for named in self.known.get("status", ()) if (word := _status_of(named))]
        known = [(name, word) for name, word in words if word in MEANINGS]
        meanings = {MEANINGS[word] for _, word in known} - {Meaning.PENDING}
        if len(meanings) > 1:
            self._note_difference(known)
            if talk is None:
                return Status()
            wanted = Meaning.TALKED if talk else Meaning.MISSED
            known = [(name, word) for name, word in known if MEANINGS[word] is wanted]
        for name, word in known or words:
            self._used.add(name)
            if not known:
                self.note(NoteKind.STATUS_UNKNOWN, name, word)
            return Status(word, MEANINGS.get(word))
        return Status()

    def call_type(self) -> str:
        named = [
            named for named in self.known.get("call_type", ()) if not named[0].is_doubtful or _is_direction(named[2])
        ]
        words = [(name, text_of(raw, MAX_WORD)) for _slot, name, raw in named]
        self._used.update(name for name, _word in words)
        directions = [(name, word_of(text)) for name, text in words if direction_of(text)]
        if directions:
            if len(directions) > 1 and len({direction_of(word) for _, word in directions}) > 1:
                self._note_difference(directions)
            return directions[0][1]
        for name, text in words:
            if text:
                if plain_name(text) not in EVENT_KINDS:
                    self.note(NoteKind.DIRECTION_UNKNOWN, name, text)
                return text.lower()
        return ""

    def times(self, timezone: ZoneInfo, receipt: Receipt | None) -> tuple[datetime | None, datetime | None]:
        """The start as an exact time and as a local time."""
        # The format of a date is chosen in Ringostat's settings, so each name may hold either kind of time.
        named = [*self.known.get("exact_start", ()), *self.known.get("local_start", ())]
        exact_name, exact = next(((name, at) for _, name, raw in named if (at := _exact_time(name, raw))), ("", None))
        others = (found for found in named if found[1] != exact_name)
        local = next(filter(None, (self._local(name, raw, timezone, receipt) for _, name, raw in others)), None)
        if named and not exact and not local:
            local = self._local_of_parts(named, timezone, receipt)
        if exact and local and folded(exact_name) in GENERAL_TIMES and abs(exact - local) > SAME_SECOND:
            if abs(exact - local) > SAME_TIME:
                self.note(NoteKind.VALUES_DIFFER, exact_name, exact.isoformat())
            exact = None
        self._used.add(exact_name)
        return self._not_ahead(exact, receipt), self._not_ahead(local, receipt)

    def recording(self) -> tuple[bool | None, str, str]:
        """Whether there is a recording, its link, and the link of a transcript in the place of the recording."""
        flag, name = None, ""
        for _slot, name, raw in self.known.get("has_recording", ()):
            if (flag := flag_of(raw)) is None and text_of(raw):
                self.note(NoteKind.VALUE_UNREADABLE, name, raw)
            break
        sound = transcript = ""
        for name, raw in self._recording_links():
            links = links_of(raw)
            sound, transcript = sound or links.sound, transcript or links.transcript
            self._note_links(name, raw, links)
            if not links.is_ready and flag is None:
                flag = True
        return flag, sound, transcript

    def _recording_links(self) -> list[tuple[str, str]]:
        """`record` is the call's ID in Ringostat's documentation, and a link elsewhere."""
        found = [(name, raw) for _, name, raw in self.known.get("recording_url", ())]
        return found + [(name, raw) for _, name, raw in self.known.get("ringostat_id", ()) if "//" in raw]

    def analysis(self, transcript: str) -> dict[str, str]:
        told = {}
        for name in self.known:
            if (name in ANALYSIS or name.startswith("action_")) and (text := self.first(name, _long_text)):
                told[name] = text
        if transcript and "transcript" not in told:
            told["transcript"] = transcript
        return told

    def unused(self) -> list[tuple[str, str]]:
        """Parameters with a common name that turned out to be the customer's own."""
        return [
            (own_name(name), raw)
            for named in self.known.values()
            for slot, name, raw in named
            if slot.is_doubtful and name not in self._used
        ]

    def note(self, kind: NoteKind, name: str, value: str) -> None:
        self.notes.append(Note(kind, name[:MAX_NOTED], _TOKEN.sub(r"\1…", value)[:MAX_NOTED]))

    def note_lost_characters(self, fields: Mapping[str, str]) -> None:
        for name, raw in fields.items():
            if not raw.isascii() and "\ufffd" in raw:
                self.note(NoteKind.CHARACTERS_LOST, name, raw)

    def _seconds(self, fact: str, fact_in_milliseconds: str) -> int | None:
        found = self._readings(fact, seconds_of)
        return (found or self._readings(fact_in_milliseconds, seconds_of_milliseconds) or [None])[0]

    def _readings(self, fact: str, read: Callable[[str], int | None]) -> list[int | None]:
        """The value of each name of the fact, the most trusted first."""
        found: list[tuple[str, int]] = []
        for slot, name, raw in self.known.get(fact, ()):
            seconds = read(raw)
            if seconds is not None:
                self._used.add(name)
                found.append((name, seconds))
            elif text_of(raw) and not slot.is_doubtful:
                self.note(NoteKind.VALUE_UNREADABLE, name, raw)
        if len(found) > 1:
            self._note_difference([(name, str(seconds)) for name, seconds in found])
        return [seconds for _name, seconds in found]

    def _local(self, name: str, raw: str, timezone: ZoneInfo, receipt: Receipt | None) -> datetime | None:
        if usual := usual_start(raw, timezone):
            self._used.add(name)
            return usual
        start = local_start_of(raw, timezone, receipt)
        if start.is_ambiguous:
            self.note(NoteKind.DATE_AMBIGUOUS, name, raw)
        if start.is_hour_twice:
            self.note(NoteKind.HOUR_TWICE, name, raw)
        if start.at:
            self._used.add(name)
        return start.at

    def _local_of_parts(self, named: list[Named], timezone: ZoneInfo, receipt: Receipt | None) -> datetime | None:
        """The local time of a date and a time that came under two names."""
        days = [(name, raw) for _, name, raw in named if is_date(raw)]
        clocks = [(name, raw) for _, name, raw in named if is_clock(raw)]
        if days and clocks:
            self._used.update((days[0][0], clocks[0][0]))
            if start := self._local(days[0][0], joined(days[0][1], clocks[0][1]), timezone, receipt):
                return start
        for slot, name, raw in named:
            is_told = any(note.name == name for note in self.notes)
            if text_of(raw) and not slot.is_doubtful and not is_told:
                self.note(NoteKind.DATE_UNREADABLE, name, raw)
        return None

    def _not_ahead(self, start: datetime | None, receipt: Receipt | None) -> datetime | None:
        if start and receipt and start > receipt.at + AHEAD:
            self.note(NoteKind.DATE_IN_FUTURE, "", start.isoformat())
            return None
        return start

    def _note_links(self, name: str, raw: str, links: Links) -> None:
        if not links.is_ready:
            self.note(NoteKind.LINK_NOT_READY, name, raw)
        elif links.transcript and not links.sound:
            self.note(NoteKind.LINK_TO_TRANSCRIPT, name, raw)
        elif not links.sound and text_of(raw) and raw.strip().lower() not in FLAGS:
            self.note(NoteKind.LINK_UNUSABLE, name, raw)
        if links.others:
            self.note(NoteKind.LINKS_UNUSED, name, str(links.others))

    def _note_difference(self, found: list[tuple[str, str]]) -> None:
        first = found[0][1]
        for name, value in found[1:]:
            if value != first:
                self.note(NoteKind.VALUES_DIFFER, name, f"{value} ≠ {first}")


def _parameters(own: list[tuple[str, str]]) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for name, raw in own:
        if raw and name and (value := text_of(raw, MAX_PARAMETER)):
            parameters[name] = value
    return {name: parameters[name] for name in kept_keys(parameters)}


def _exact_time(name: str, raw: str) -> datetime | None:
    """The time of a name such as `call_date_utc` needs no offset."""
    is_in_utc = name.lower().endswith(IN_UTC)
    if not is_in_utc and USUAL_DATE.fullmatch(raw):
        return None
    exact = exact_time_of(raw)
    return exact if exact or not is_in_utc else exact_time_of(f"{raw} UTC")


def _status_of(named: Named) -> str:
    slot, _name, raw = named
    word = normal_status(text_of(raw, MAX_WORD))
    return word if not slot.is_doubtful or word in MEANINGS else ""


def _is_direction(raw: str) -> bool:
    return direction_of(text_of(raw, MAX_WORD)) is not None


def _long_text(raw: str) -> str:
    return text_of(raw, MAX_ANALYSIS)


def _unless_nobody(raw: str) -> str:
    text = name_of(raw)
    return "" if text in NOBODY else text
