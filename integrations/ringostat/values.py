"""Single values of Ringostat: texts, call IDs, durations, flags, links, and dates in the usual format. A value that
makes no sense is read as unknown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote
from zoneinfo import ZoneInfo

from integrations.domain.calls import Direction
from integrations.ringostat.name_words import plain_letters
from integrations.ringostat.names import slot_of
from integrations.ringostat.text_repair import LOOKS_DAMAGED, repaired, unescaped, with_references_read
from integrations.ringostat.vocabulary import (
    CALL_WORDS,
    DIRECTION_STEMS,
    DIRECTIONS,
    EMPTY,
    FLAGS,
    NOBODY,
    STATUS_SPELLINGS,
    STATUS_WORDS,
)

MAX_TEXT = 255
MAX_ID = 64
MAX_URL = 1000
MAX_SECONDS = 10 * 24 * 3600

TRANSCRIPTS = (".vtt", ".srt", ".txt", ".json", ".html", ".pdf", ".docx")
"""Endings of the names of transcripts: files of text, not of sound."""

USUAL_DATE = re.compile(r"20[1-9]\d-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
"""How Ringostat writes a date, unless a project has chosen another format."""

_ID = re.compile(r"[^\t\r\n;=&,|\"'<>{}?/]{1,64}")
_RINGOSTAT_ID = re.compile(r"[a-z]{2,3}\d{0,3}_-\d{9,11}\.\d{1,12}|\d{9,11}\.\d{3,12}", re.ASCII)
_NUMBER = re.compile(r"[+'\"]?(\d{1,12})(?:[.,]\d*)?['\"]?", re.ASCII)
_GROUPED = re.compile(r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+")
_CLOCK = re.compile(r"(?:(\d{1,3})\s?:\s?(?=\d\d\s?:))?(\d{1,3})\s?:\s?([0-5]\d)(?:[.,]\d+)?(\s*[^\W\d_]+\.?)?")
_HOURS = r"hours?|hrs?|h|годин[аи]?|год|час(?:ов|а)?|ч|godz(?:in[ay]?)?|stunden?|std"
_MINUTES = r"minuten?|minutes?|mins?|m|хвилин[аи]?|хв|минут[аы]?|мин|м|minut[ay]?|′|'"
_SECONDS = r"sekunden?|seconds?|secs?|s|секунд[аиы]?|сек|с|sekund[ay]?|sek|″|\""
_UNITS = re.compile(
    rf"(?:p(?:0d)?t)?(?:(?P<h>\d+)\s*(?:{_HOURS})\.?,?\s*(?:and|и|і|та|i|und)?\s*)?"
    rf"(?:(?P<m>\d+)\s*(?:{_MINUTES})\.?,?\s*(?:and|и|і|та|i|und)?\s*)?"
    rf"(?:(?P<s>\d+)(?:[.,]\d+)?\s*(?:{_SECONDS})\.?)?",
    re.IGNORECASE,
)
_PARTS_OF_A_MINUTE = re.compile(rf"(\d{{1,4}}[.,]\d{{1,3}})\s*(?:{_MINUTES})\.?", re.IGNORECASE)
_MINUTES_AND_SECONDS = re.compile(rf"\s*(?:{_MINUTES})\.?", re.IGNORECASE)
_MILLISECONDS = re.compile(r"(\d{1,12})(?:[.,]\d+)?\s*(?:ms|msec|milliseconds?|мс)\.?", re.IGNORECASE)
LONGEST_EMPTY = max(map(len, EMPTY))

_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)}
_ASCII_BLANKS = " \t\r\n\x0b\x0c"
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
"""Line breaks and tabs stay."""
_BREAK = re.compile(r"[\t\r\n\x0b\x0c]+")
_LETTERS = re.compile(r"[\W_]+")
_BETWEEN_WORDS = re.compile(r"[\s+_-]+")

_CLEAN_LINK = re.compile(r"https://[\w.~:/?#@!$()*+=%-]+(?:&(?!amp;)[\w.~:/?#@!$()*+=%-]*)*", re.ASCII)
"""A link that needs no repair."""
_USUAL_LINK = re.compile(
    r"https://[\w.-]+/(?:[\w.~%-]+/)*[\w.~%-]+\.(?:wav|mp3|ogg|m4a)(?:\?token=[0-9a-f]{16,64})?", re.ASCII
)
_NEXT_LINK = re.compile(r"[\s,;|]+(?=\"?'?(?:https?:)?//)", re.IGNORECASE)
_NOT_IN_LINKS = re.compile(r"[^\x21-\x7e]")
_RINGOSTAT_HOST = re.compile(r"(?:[a-z0-9-]+\.)*ringostat\.(?:com|net)(?=[:/])", re.IGNORECASE)
_OWN_PLAIN_LINK = re.compile(r"http://((?:[a-z0-9-]+\.)*ringostat\.(?:com|net))(?::80)?(?=[/?#]|$)", re.IGNORECASE)
_EMPTY_TOKEN = re.compile(
    r"[?&]token(?:=(?:null|none|undefined|nil|false|0|%20|\+|%7B%7B.*?%7D%7D|\{\{.*?\}\}|\{.*?\})?)?(?=&|#|$)",
    re.IGNORECASE,
)
_LINK_IN_TEXT = re.compile(r"https?://[^\s\"'<>\[\](){}|\\^]+[^\s\"'<>\[\](){}|\\^.,;:!]", re.IGNORECASE)
_WITH_A_PATH = re.compile(r"https?://[^/?#]+/[^?#]*[^/?#](?:[?#].*)?|https?://[^/?#]+/?\?.+", re.IGNORECASE)
"""An address with a file, or with a query."""
_ONE_SLASH = re.compile(r"^(https?:)/(?!/)", re.IGNORECASE)
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\ufeff]")


def text_of(raw: str, limit: int = MAX_TEXT) -> str:
    """Trimmed, repaired and cut; empty for the words that mean nothing, such as `(not set)`."""
    text = _whole_text(raw)
    if len(text) <= LONGEST_EMPTY and text.lower() in EMPTY:
        return ""
    return text if len(text) <= limit else text[:limit].rstrip()


def _whole_text(raw: str) -> str:
    if raw.isascii() and raw.isprintable() and "&#" not in raw:
        return raw.strip()
    # Trimmed at the end only: half of a letter that was decoded wrong may look like a blank.
    text = raw.strip(_ASCII_BLANKS)
    if "&#" in text:
        text = with_references_read(text)
    if LOOKS_DAMAGED.search(text):
        text = repaired(text)
    return _CONTROL.sub("", text).strip()


def call_id_of(raw: str, is_doubtful: bool) -> str:
    """The ID of a call; "" for a text that cannot be one. Under a doubtful name, only an ID in Ringostat's own form
    counts.
    """
    text = INVISIBLE.sub("", text_of(raw, MAX_ID + 1))
    wanted = _RINGOSTAT_ID if is_doubtful else _ID
    return text if wanted.fullmatch(text) and not _stands_for_no_id(text) else ""


def _stands_for_no_id(text: str) -> bool:
    """True for words for "nothing" and for a placeholder that a template did not fill in, `[call_id]`. As IDs, they
    would join all such calls into one.
    """
    if text in NOBODY:
        return True
    if any(map(str.isdecimal, text)):
        return False
    return text.lower() in FLAGS or slot_of(text.strip("[]()%$#@*:")) is not None


def number_of(raw: str) -> str:
    """As name_of, but keeps the words for an unknown value: in place of a number they mean a hidden caller."""
    return name_of(raw) or (_whole_text(raw)[:MAX_TEXT].rstrip() if raw else "")


def is_same_number(one: str, other: str) -> bool:
    """True for two spellings that end with the same digits, with a country code or without."""
    digits = [re.sub(r"\D", "", raw)[-9:] for raw in (one, other)]
    return digits[0] == digits[1]


def name_of(raw: str) -> str:
    """A number, SIP identity or name; it may come HTML-escaped: `&quot;Oleh&quot; &lt;acmecom_oleh&gt;`."""
    text = text_of(unescaped(raw) if "&" in raw else raw)
    return text if text.isprintable() else _BREAK.sub(" ", text)


def word_of(raw: str) -> str:
    """The letters and digits of a word, in lower case: `Transit-In` is `transitin`."""
    return raw.lower() if raw.isalnum() else _LETTERS.sub("", raw.lower())


@lru_cache(256)  # every call has one of a few words
def direction_of(text: str) -> Direction | None:
    """What a word or a few of them say: `out`, `Transit-In`, `Вихідний виклик`. None if it is nothing, or both."""
    if direction := DIRECTIONS.get(word_of(text)):
        return direction
    stems = {direction for word in text.lower().split() for stem, direction in DIRECTION_STEMS.items() if stem in word}
    return stems.pop() if len(stems) == 1 else None


def normal_status(raw: str) -> str:
    """The status in one spelling: upper case, single spaces (`no-forward` → `NO FORWARD`)."""
    words = (raw if raw.isalpha() else _BETWEEN_WORDS.sub(" ", raw).strip(" .,:;!?\"'()[]{}")).upper()
    return words if words in STATUS_WORDS else STATUS_SPELLINGS.get(words) or _status_among_words(words)


def _status_among_words(words: str) -> str:
    """`MISSED CALL` as MISSED; the words themselves if that is no status either."""
    words = plain_letters(INVISIBLE.sub("", words))
    others = [word for word in words.split() if word not in CALL_WORDS]
    return STATUS_SPELLINGS.get(" ".join(others), words)


def usual_start(raw: str, timezone: ZoneInfo) -> datetime | None:
    """The UTC time of a local date in Ringostat's usual format. None for any other text, and for an hour that the
    clocks repeat or leave out. local_start_of() reads every text, and a usual one alike.
    """
    if not USUAL_DATE.fullmatch(raw):
        return None
    try:
        local = datetime.fromisoformat(raw).replace(tzinfo=timezone)
    except ValueError:
        return None
    return local.astimezone(UTC) if local.utcoffset() == local.replace(fold=1).utcoffset() else None


def seconds_of(raw: str) -> int | None:
    """Whole seconds of a number, of a clock (`00:01:40`, `1:40`) or of a text with units (`1m40s`, `40 сек`)."""
    text = raw.strip() if raw.isascii() else plain_digits(raw)
    seconds = _whole(text)
    if seconds is None:
        seconds = _seconds_in_words(text)
    return seconds if seconds is not None and seconds <= MAX_SECONDS else None


def seconds_of_milliseconds(raw: str) -> int | None:
    milliseconds = _whole(raw if raw.isascii() else plain_digits(raw))
    return seconds_of(str(milliseconds // 1000) if milliseconds is not None else raw)


def plain_digits(raw: str) -> str:
    """Trimmed, without invisible characters, and with plain digits in the place of full-width ones."""
    return INVISIBLE.sub("", raw).translate(_FULL_WIDTH).strip()


def flag_of(raw: str) -> bool | None:
    return FLAGS.get(raw.strip().lower())


@dataclass(frozen=True, slots=True)
class Links:
    """The links in one parameter. `sound`: the first link to a recording; `others`: how many more there are.

    `is_ready` is False for a link whose token has no value yet: Ringostat fills it in when the file is there.
    """

    sound: str = ""
    transcript: str = ""
    others: int = 0
    is_ready: bool = True


def link_of(raw: str) -> str:
    """An http(s) address, Ringostat's own always as https; "" for one that is too long to store."""
    if len(raw) <= MAX_URL and _CLEAN_LINK.fullmatch(raw):
        return raw
    text = text_of(raw.replace("&amp;", "&").replace("\\/", "/"), MAX_URL * 3)
    text = INVISIBLE.sub("", re.sub(r"[\t\r\n]", "", text)).strip("\"'<>[] ")
    if text.startswith("//") or _RINGOSTAT_HOST.match(text):
        text = "https://" + text.removeprefix("//")
    text = _ONE_SLASH.sub(r"\1//", text)
    if not text.lower().startswith(("http://", "https://")):
        text = found[0] if (found := _LINK_IN_TEXT.search(text)) else ""
    link = _OWN_PLAIN_LINK.sub(r"https://\1", _NOT_IN_LINKS.sub(lambda found: quote(found[0]), text))
    return link if len(link) <= MAX_URL else ""


def links_of(raw: str) -> Links:
    """The links of a text: one, or several separated by blanks or commas."""
    if len(raw) <= MAX_URL and _USUAL_LINK.fullmatch(raw):
        return Links(sound=raw)
    pieces = _NEXT_LINK.split(raw.replace("\\/", "/").strip())
    links = [link for piece in pieces if _WITH_A_PATH.fullmatch(link := link_of(piece))]
    sounds = list(dict.fromkeys(link for link in links if not _is_transcript(link)))
    ready = [link for link in sounds if not _EMPTY_TOKEN.search(link)]
    return Links(
        sound=ready[0] if ready else "",
        transcript=next(filter(_is_transcript, links), ""),
        others=max(len(ready) - 1, 0),
        is_ready=bool(ready) or not sounds,
    )


def _is_transcript(link: str) -> bool:
    return link.partition("?")[0].partition("#")[0].lower().endswith(TRANSCRIPTS)


def _whole(raw: str) -> int | None:
    number = _NUMBER.fullmatch(raw.strip())
    return int(number[1]) if number else None


def _seconds_in_words(text: str) -> int | None:
    if len(text) > 40:
        return None
    if clock := _CLOCK.fullmatch(text):
        return _seconds_on_the_clock(*clock.groups())
    if milliseconds := _MILLISECONDS.fullmatch(text):
        return int(milliseconds[1]) // 1000
    if minutes := _PARTS_OF_A_MINUTE.fullmatch(text):
        return round(float(minutes[1].replace(",", ".")) * 60)
    if _GROUPED.fullmatch(text):
        return int("".join(filter(str.isdecimal, text)))
    units = _UNITS.fullmatch(text) if text[:1].isdecimal() or text[:1].lower() == "p" else None
    if units and any(units.groups()):
        return _in_seconds(*(int(units[name] or 0) for name in "hms"))
    return None


def _seconds_on_the_clock(hours: str | None, minutes: str, seconds: str, unit: str | None) -> int | None:
    """`1:40 min` is a minute and 40 seconds. Another word behind a clock makes it unclear."""
    is_unclear = unit is not None and (hours is not None or not _MINUTES_AND_SECONDS.fullmatch(unit))
    if is_unclear or (hours is not None and int(minutes) > 59):
        return None
    return _in_seconds(int(hours or 0), int(minutes), int(seconds))


def _in_seconds(hours: int, minutes: int, seconds: int) -> int:
    return hours * 3600 + minutes * 60 + seconds
