"""Single values of Ringostat: times, seconds, flags, links. What makes no sense is read as "not known"."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from integrations.ringostat.vocabulary import EMPTY, FLAGS

MAX_TEXT = 255
MAX_URL = 1000
MAX_SECONDS = 10 * 24 * 3600

FORMATS = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%Y/%m/%d %H:%M:%S")

_EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH = re.compile(r"\d{9,16}(?:\.\d{1,9})?", re.ASCII)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", re.ASCII)
# A `+` that was not encoded in a query string arrives as a space.
_LOOSE_OFFSET = re.compile(r"(:\d\d(?:\.\d+)?) ([+-]?)(\d\d:?\d\d)$", re.ASCII)
_NUMBER = re.compile(r"(\d{1,12})(?:\.\d*)?", re.ASCII)
_OWN_PLAIN_LINK = re.compile(r"http://((?:[a-z0-9-]+\.)*ringostat\.(?:com|net))(?::80)?(?=[/?#]|$)", re.IGNORECASE)


def text_of(raw: str, limit: int = MAX_TEXT) -> str:
    """Trimmed and cut; empty for the words that mean nothing, such as `(not set)`."""
    text = raw.strip()
    return "" if text.lower() in EMPTY else text[:limit].rstrip()


def name_of(raw: str) -> str:
    """A number, SIP identity or name; it may come HTML-escaped: `&quot;Oleh&quot; &lt;acmecom_oleh&gt;`."""
    return text_of(html.unescape(raw))


def link_of(raw: str) -> str:
    """An http(s) address, Ringostat's own always as https. A longer one than we keep is of no use cut."""
    link = text_of(raw.replace("&amp;", "&"), MAX_URL + 1)
    if len(link) > MAX_URL or not link.lower().startswith(("http://", "https://")):
        return ""
    return _OWN_PLAIN_LINK.sub(r"https://\1", link)


def seconds_of(raw: str) -> int | None:
    seconds = _whole(raw)
    return seconds if seconds is not None and seconds <= MAX_SECONDS else None


def seconds_of_milliseconds(raw: str) -> int | None:
    milliseconds = _whole(raw)
    return seconds_of(str(milliseconds // 1000)) if milliseconds is not None else None


def flag_of(raw: str) -> bool | None:
    return FLAGS.get(raw.strip().lower())


def exact_time_of(raw: str) -> datetime | None:
    """UTC by an epoch in seconds, milli- or microseconds or by a date with an offset; otherwise None."""
    text = raw.strip()
    if _EPOCH.fullmatch(text):
        return _epoch(Decimal(text))
    moment = _iso(text)
    return _plausible(moment) if moment is not None and moment.tzinfo is not None else None


def local_time_of(raw: str, timezone: ZoneInfo) -> datetime | None:
    """UTC by a date without a zone, read as wall time in `timezone`; None for a date with an offset."""
    text = raw.strip()
    moment = _iso(text) or _formatted(text)
    if moment is None or moment.tzinfo is not None:
        return None
    return _plausible(moment.replace(tzinfo=timezone))


def _whole(raw: str) -> int | None:
    number = _NUMBER.fullmatch(raw.strip())
    return int(number[1]) if number else None


def _epoch(number: Decimal) -> datetime | None:
    # Between 2000 and 2100 the three units share no number, so at most one of them fits.
    for per_second in (1, 1_000, 1_000_000):
        seconds = number / per_second
        if seconds < 5_000_000_000:
            return _plausible(_EPOCH_START + timedelta(microseconds=int(seconds * 1_000_000)))
    return None


def _iso(text: str) -> datetime | None:
    if not _ISO.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(_LOOSE_OFFSET.sub(_tight_offset, text))
    except ValueError:
        return None


def _tight_offset(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2] or '+'}{match[3]}"


def _formatted(text: str) -> datetime | None:
    for form in FORMATS if ":" in text else ():
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the caller adds the customer's zone
        except ValueError:
            continue
    return None


def _plausible(moment: datetime) -> datetime | None:
    if not 2000 <= moment.year <= 2100:
        return None
    moment = moment.astimezone(UTC)
    return moment if 2000 <= moment.year <= 2100 else None
