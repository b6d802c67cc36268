"""Reads dates in any order of their parts, and says so when a date can mean two moments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from datetime import timezone as fixed_offset
from decimal import Decimal
from urllib.parse import unquote_plus
from zoneinfo import ZoneInfo

MONTHS: dict[str, int] = {
    prefix: number
    for number, prefixes in enumerate(
        (
            *(("jan", "янв", "січ", "sty"), ("feb", "фев", "лют", "lut"), ("mar", "мар", "бер")),
            *(("apr", "апр", "кві", "kwi"), ("may", "май", "мая", "тра", "maj"), ("jun", "июн", "чер", "cze")),
            *(("jul", "июл", "лип", "lip"), ("aug", "авг", "сер", "sie"), ("sep", "сен", "вер", "wrz")),
            *(("oct", "окт", "жов", "paź", "paz"), ("nov", "ноя", "лис", "lis"), ("dec", "дек", "гру", "gru")),
        ),
        start=1,
    )
    for prefix in prefixes
}
"""The first three letters of a month in English, Russian, Ukrainian and Polish."""

AHEAD = timedelta(minutes=10)
"""How far a date may be ahead of our own clock."""

NEAR = timedelta(hours=36)
"""A webhook comes within this time after its call. If a text can mean two dates, it means the one this near to the
receipt.
"""

_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d", "-") | {"\u00a0": " "})
_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH = re.compile(r"\d{9,19}(?:\.\d{1,9})?", re.ASCII)
_COMPACT = re.compile(r"20\d{6}T?\d{6}Z?", re.ASCII)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", re.ASCII)
# A `+` that was not encoded in a query string arrives as a space.
_LOOSE_OFFSET = re.compile(r"(:\d\d(?:\.\d+)?) ([+-]?)(\d\d:?\d\d)$", re.ASCII)

_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?"
)
_ZONE = r"(?:\s*(?P<zone>z|(?:utc|gmt)?\s?[+-](?:0?\d|1[0-4]):?[0-5]\d|(?:utc|gmt)\s?[+-]\d\d?|utc|gmt))?"
_DAY = r"(?P<first>\d{1,4})(?P<separator>[./-])(?P<middle>\d{1,2})(?P=separator)(?P<last>\d{4}|\d\d)"
_NAMED_DAY = (
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s.-]+(?P<month>[^\W\d_]{3,})|(?P<month2>[^\W\d_]{3,})\.?\s+(?P<day2>\d{1,2})"
    r"(?:st|nd|rd|th)?)[.,]*[\s-]+(?P<year>\d{4})"
)
_BETWEEN = r"(?:\s?(?:г|р|r)\.)?(?:,?\s+(?:(?:at|в|о|у|o)\s+)?|t)"
_WEEKDAY = re.compile(
    r"^(?:mon|tue|wed|thu|fri|sat|sun|пн|пон|вт|вів|ср|сер|чт|чет|пт|пят|п.?ят|сб|суб|нд|нед|вс|вос"
    r"|pon|wt|śr|czw|pt|pią|sob|nie|mo|di|mi|do|fr|sa|so)[^\W\d_]*\.?,?\s+"
)
_OF_DOTNET = re.compile(r"\\?/Date\((\d{9,16})(?:[+-]\d{4})?\)\\?/")
_JOINED_DAY = re.compile(r"^(\d{1,4}([-./])\d\d?\2\d{1,4})[_+]+(?=\d)")
_OTHER_CLOCK = re.compile(r"(?<=\d[ T])(\d\d?)([.-])(\d\d)(?:\2(\d\d))?$")
_REGION = re.compile(r"\s*\[?\b([A-Z][A-Za-z]+/[A-Z][A-Za-z_]+)\]?$")
_ABBREVIATION = re.compile(r"\s+([A-Z]{3,4})$")
ABBREVIATIONS = {
    # Hours east of Greenwich, by zone name. A name with several meanings has the one of the customers' countries.
    **{"WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "TRT": 3},
    **{"EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7},
}
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        _DAY + _BETWEEN + _CLOCK + _ZONE,
        _NAMED_DAY + _BETWEEN + _CLOCK + _ZONE,
        _CLOCK + r",?\s+" + _DAY,
        _CLOCK + r",?\s+" + _NAMED_DAY,
        r"(?P<month2>[^\W\d_]{3,})\s+(?P<day2>\d{1,2})\s+" + _CLOCK + r"\s+(?P<year>\d{4})(?P<month>)(?P<day>)",
    )
)
_DATE_ALONE = re.compile(_DAY, re.ASCII)
_CLOCK_ALONE = re.compile(_CLOCK, re.ASCII | re.IGNORECASE)
_IN_PARENTHESES = re.compile(r"\s*\([^)]*\)$")


@dataclass(frozen=True, slots=True)
class Receipt:
    """When the request came, and how long its call had lasted by then."""

    at: datetime
    lasted: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Start:
    """The start of a call in UTC, and what is unclear about it. None if the text is no date or can mean several."""

    at: datetime | None = None
    is_ambiguous: bool = False
    """The text can mean several dates, because the order of day, month and year is unknown."""
    is_hour_twice: bool = False
    """The clocks were put back, and both readings are possible: `at` is the later one."""


def exact_time_of(raw: str) -> datetime | None:
    """The UTC time of an epoch (seconds, milli-, micro- or nanoseconds) or of a date with an offset; None for other
    text."""
    text = raw.strip()
    if text[:2] in ("/D", "\\/") and (dotnet := _OF_DOTNET.fullmatch(text)):
        text = dotnet[1]
    if _EPOCH.fullmatch(text):
        return _epoch(Decimal(text))
    readings = readings_of(text)
    return _plausible(readings[0]) if len(readings) == 1 and readings[0].tzinfo is not None else None


def local_time_of(raw: str, timezone: ZoneInfo) -> datetime | None:
    """The UTC time of a date without a zone, read as local time in `timezone`; None for a date with an offset."""
    return local_start_of(raw, timezone).at


def local_start_of(raw: str, timezone: ZoneInfo, receipt: Receipt | None = None) -> Start:
    """As local_time_of. If the date can mean two moments, the receipt decides between them, if it leaves no doubt."""
    readings = [reading for reading in readings_of(raw.strip()) if reading.tzinfo is None]
    if len(readings) > 1:
        readings = [reading for reading in readings if _is_near(reading, timezone, receipt)] if receipt else readings
        if len(readings) != 1:
            return Start(is_ambiguous=True)
    return _on_the_clock(readings[0], timezone, receipt) if readings else Start()


def joined(day: str, clock: str) -> str:
    """Joins a date and a time that came separately; "" if the texts are not a date and a time."""
    day, clock = day.strip(), clock.strip()
    return f"{day} {clock}" if _DATE_ALONE.fullmatch(day) and _CLOCK_ALONE.fullmatch(clock) else ""


def is_clock(raw: str) -> bool:
    """True for a time of day without its date."""
    return _CLOCK_ALONE.fullmatch(raw.strip()) is not None


def is_date(raw: str) -> bool:
    """True for a date without its time of day."""
    return _DATE_ALONE.fullmatch(raw.strip()) is not None


def readings_of(text: str) -> list[datetime]:
    """All moments that the text may mean, naive if it names no offset; none if it is no date with a time of day."""
    text = _plain(text)
    if (_ISO.fullmatch(text) or _COMPACT.fullmatch(text)) and (moment := _iso(text)):
        return [moment]
    text, zone = _without_zone_name(text[:80])
    text = _OTHER_CLOCK.sub(_with_colons, _JOINED_DAY.sub(r"\1 ", text))
    if zone is None and (_ISO.fullmatch(text) and (moment := _iso(text))):
        return [moment]
    bare = _WEEKDAY.sub("", _IN_PARENTHESES.sub("", text).lower()).strip()
    for pattern in _PATTERNS if ":" in bare else ():
        if found := pattern.fullmatch(bare):
            readings = _combined(found.groupdict())
            return [reading.replace(tzinfo=zone) for reading in readings] if zone else readings
    return []


def _plain(text: str) -> str:
    """The text without quotes, escapes and the hyphens of word processors."""
    if "%" in text:
        text = unquote_plus(text)
    return (text if text.isascii() else text.translate(_HYPHENS)).strip(" \t\r\n'\"")


def _without_zone_name(text: str) -> tuple[str, tzinfo | None]:
    """`… 15:37:18 EEST`, `… 15:37:18 Europe/Kyiv`. A name behind an offset (`…+03:00[Europe/Kyiv]`) adds nothing."""
    if named := _REGION.search(text):
        bare = text[: named.start()]
        if re.search(r"(?:[+-]\d\d:?\d\d|Z)$", bare):
            return bare, None
        zone = _region(named[1])
        return (bare, zone) if zone else (text, None)
    named = _ABBREVIATION.search(text)
    if named and named[1] in ABBREVIATIONS:
        return text[: named.start()], fixed_offset(timedelta(hours=ABBREVIATIONS[named[1]]))
    return text, None


def _region(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return None


def _with_colons(clock: re.Match[str]) -> str:
    return ":".join(filter(None, (clock[1], clock[3], clock[4])))


def _combined(parts: dict[str, str | None]) -> list[datetime]:
    clock = _clock(parts)
    if clock is None:
        return []
    zone = _zone(parts.get("zone"))
    return [datetime.combine(day, clock, zone) for day in dict.fromkeys(_days(parts))]


def _clock(parts: dict[str, str | None]) -> time | None:
    hour, half = int(parts["hour"] or 0), parts["half"]
    if half and not 1 <= hour <= 12:
        return None
    hour = hour % 12 + 12 * (half == "p") if half else hour
    try:
        fraction = (parts["fraction"] or "0")[:6].ljust(6, "0")
        return time(hour, int(parts["minute"] or 0), int(parts["second"] or 0), int(fraction))
    except ValueError:
        return None


def _zone(raw: str | None) -> tzinfo | None:
    if not raw:
        return None
    offset = re.search(r"([+-])(\d\d?)(?::?(\d\d))?$", raw)
    if not offset:
        return UTC
    minutes = int(offset[2]) * 60 + int(offset[3] or 0)
    return fixed_offset(timedelta(minutes=minutes if offset[1] == "+" else -minutes))


def _days(parts: dict[str, str | None]) -> list[date]:
    if parts.get("year"):
        month = MONTHS.get((parts["month"] or parts["month2"] or "")[:3])
        day = parts["day"] or parts["day2"] or ""
        return _valid([(int(parts["year"] or 0), month or 0, int(day))])
    first, middle, last = (parts[name] or "" for name in ("first", "middle", "last"))
    if len(first) == 4:
        return _valid([(int(first), int(middle), int(last))]) if len(last) == 2 else []
    year = int(last) if len(last) == 4 else 2000 + int(last)
    day_first, month_first = (year, int(middle), int(first)), (year, int(first), int(middle))
    if parts["separator"] == ".":  # nobody writes the month first with dots, unless it cannot be a day
        return _valid([day_first]) or _valid([month_first])
    orders = [day_first, month_first]
    if len(last) == 2:
        orders.append((2000 + int(first), int(middle), int(last)))
    return _valid(orders)


def _valid(days: list[tuple[int, int, int]]) -> list[date]:
    valid = []
    for day in days:
        try:
            valid.append(date(*day))
        except ValueError:
            continue
    return valid


def _is_near(reading: datetime, timezone: ZoneInfo, receipt: Receipt) -> bool:
    age = receipt.at - reading.replace(tzinfo=timezone)
    return -AHEAD <= age <= NEAR


def _on_the_clock(reading: datetime, timezone: ZoneInfo, receipt: Receipt | None) -> Start:
    """The moment of a local time. When clocks go back, one hour comes twice: takes the later one if the call can have
    ended by then."""
    first, second = (_plausible(reading.replace(tzinfo=timezone, fold=fold)) for fold in (0, 1))
    if not first or not second or second <= first or not receipt:
        return Start(at=first)
    is_possible = second + receipt.lasted <= receipt.at + timedelta(minutes=2)
    return Start(at=second, is_hour_twice=True) if is_possible else Start(at=first)


def _epoch(number: Decimal) -> datetime | None:
    # Between 2000 and 2100 the four units share no number, so at most one of them fits.
    for per_second in (1, 1_000, 1_000_000, 1_000_000_000):
        seconds = number / per_second
        if seconds < 5_000_000_000:
            return _plausible(_EPOCH_START + timedelta(microseconds=int(seconds * 1_000_000)))
    return None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(_LOOSE_OFFSET.sub(_tight_offset, text) if " " in text[11:] else _compact(text))
    except ValueError:
        return None


def _compact(text: str) -> str:
    return f"{text[:8]}T{text[8:]}" if text[:14].isdecimal() else text


def _tight_offset(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2] or '+'}{match[3]}"


def _plausible(moment: datetime) -> datetime | None:
    if not 2000 <= moment.year <= 2100:
        return None
    moment = moment.astimezone(UTC)
    return moment if 2000 <= moment.year <= 2100 else None
