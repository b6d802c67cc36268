"""Single values of Ringostat: texts, durations, flags, links. What makes no sense is read as "not known"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from integrations.ringostat.text_repair import repaired, unescaped
from integrations.ringostat.vocabulary import EMPTY, FLAGS

MAX_TEXT = 255
MAX_URL = 1000
MAX_SECONDS = 10 * 24 * 3600

TRANSCRIPTS = (".vtt", ".srt")
"""What a transcript's file is called: text with times, nothing to listen to."""

_NUMBER = re.compile(r"(\d{1,12})(?:[.,]\d*)?", re.ASCII)
_CLOCK = re.compile(r"(?:(\d{1,3}):(?=\d\d:))?(\d{1,3}):([0-5]\d)(?:[.,]\d+)?", re.ASCII)
_UNITS = re.compile(
    r"(?:pt)?(?:(?P<h>\d+)\s*(?:hours?|hrs?|h|годин[аи]?|год|час(?:ов|а)?|ч|godz(?:in[ay]?)?)\.?,?\s*)?"
    r"(?:(?P<m>\d+)\s*(?:minutes?|mins?|m|хвилин[аи]?|хв|минут[аы]?|мин|minut[ay]?|′|')\.?,?\s*)?"
    r"(?:(?P<s>\d+)(?:[.,]\d+)?\s*(?:seconds?|secs?|s|секунд[аи]?|секунды|сек|с|sekund[ay]?|sek|″|\")\.?)?",
    re.IGNORECASE,
)
_MILLISECONDS = re.compile(r"(\d{1,12})(?:[.,]\d+)?\s*(?:ms|msec|milliseconds?|мс)\.?", re.IGNORECASE | re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
"""Line breaks and tabs stay."""
_BREAK = re.compile(r"[\t\r\n\x0b\x0c]+")
_LETTERS = re.compile(r"[\W_]+")

_CLEAN_LINK = re.compile(r"https://[\w.~:/?#@!$()*+=%-]+(?:&(?!amp;)[\w.~:/?#@!$()*+=%-]*)*", re.ASCII)
"""Nothing has to be put right in such a link."""
_NEXT_LINK = re.compile(r"[\s,;|]+(?=\"?'?(?:https?:)?//)", re.IGNORECASE)
_NOT_IN_LINKS = re.compile(r"[^\x21-\x7e]")
_RINGOSTAT_HOST = re.compile(r"(?:[a-z0-9-]+\.)*ringostat\.(?:com|net)(?=[:/])", re.IGNORECASE)
_OWN_PLAIN_LINK = re.compile(r"http://((?:[a-z0-9-]+\.)*ringostat\.(?:com|net))(?::80)?(?=[/?#]|$)", re.IGNORECASE)
_EMPTY_TOKEN = re.compile(r"[?&]token(?:=(?:null|none|undefined)?)?(?=&|#|$)", re.IGNORECASE)


def text_of(raw: str, limit: int = MAX_TEXT) -> str:
    """Trimmed, repaired and cut; empty for the words that mean nothing, such as `(not set)`."""
    text = raw.strip()
    if not text.isascii():
        text = repaired(text)
    if not text.isprintable():
        text = _CONTROL.sub("", text)
    return "" if text.lower() in EMPTY else text[:limit].rstrip()


def name_of(raw: str) -> str:
    """A number, SIP identity or name; it may come HTML-escaped: `&quot;Oleh&quot; &lt;acmecom_oleh&gt;`."""
    text = text_of(unescaped(raw) if "&" in raw else raw)
    return text if text.isprintable() else _BREAK.sub(" ", text)


def word_of(raw: str) -> str:
    """The letters and digits of a word, in lower case: `Transit-In` is `transitin`."""
    return _LETTERS.sub("", raw.lower())


def seconds_of(raw: str) -> int | None:
    """Whole seconds of a number, of a clock (`00:01:40`, `1:40`) or of a text with units (`1m40s`, `40 сек`)."""
    seconds = _whole(raw)
    if seconds is None:
        seconds = _seconds_in_words(raw.strip())
    return seconds if seconds is not None and seconds <= MAX_SECONDS else None


def seconds_of_milliseconds(raw: str) -> int | None:
    milliseconds = _whole(raw)
    return seconds_of(str(milliseconds // 1000) if milliseconds is not None else raw)


def flag_of(raw: str) -> bool | None:
    return FLAGS.get(raw.strip().lower())


@dataclass(frozen=True, slots=True)
class Links:
    """What stands in a link's parameter. `sound`: the first link to a recording; `others`: how many more there are.

    `is_ready` is False for a link whose token has no value yet: Ringostat fills it in when the file is there.
    """

    sound: str = ""
    transcript: str = ""
    others: int = 0
    is_ready: bool = True


def link_of(raw: str) -> str:
    """An http(s) address, Ringostat's own always as https. A longer one than we keep is of no use cut."""
    if len(raw) <= MAX_URL and _CLEAN_LINK.fullmatch(raw):
        return raw
    text = text_of(raw.replace("&amp;", "&"), MAX_URL * 3)
    text = re.sub(r"[\t\r\n]", "", text).strip("\"'<>[] ")
    if text.startswith("//") or _RINGOSTAT_HOST.match(text):
        text = "https://" + text.removeprefix("//")
    if not text.lower().startswith(("http://", "https://")):
        return ""
    link = _OWN_PLAIN_LINK.sub(r"https://\1", _NOT_IN_LINKS.sub(lambda found: quote(found[0]), text))
    return link if len(link) <= MAX_URL else ""


def links_of(raw: str) -> Links:
    """The links of a text: one, or several separated by blanks or commas."""
    if _is_clean(raw):
        return Links(sound=raw)
    links = [link for piece in _NEXT_LINK.split(raw.strip()) if (link := link_of(piece))]
    sounds = list(dict.fromkeys(link for link in links if not _is_transcript(link)))
    ready = [link for link in sounds if not _EMPTY_TOKEN.search(link)]
    return Links(
        sound=ready[0] if ready else "",
        transcript=next(filter(_is_transcript, links), ""),
        others=max(len(ready) - 1, 0),
        is_ready=bool(ready) or not sounds,
    )


def _is_clean(raw: str) -> bool:
    """True for the usual link to a recording: nothing has to be put right."""
    is_link = len(raw) <= MAX_URL and _CLEAN_LINK.fullmatch(raw) is not None
    return is_link and not _EMPTY_TOKEN.search(raw) and not _is_transcript(raw)


def _is_transcript(link: str) -> bool:
    return link.partition("?")[0].partition("#")[0].lower().endswith(TRANSCRIPTS)


def _whole(raw: str) -> int | None:
    number = _NUMBER.fullmatch(raw.strip())
    return int(number[1]) if number else None


def _seconds_in_words(text: str) -> int | None:
    if len(text) > 40:
        return None
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return None if clock[1] and minutes > 59 else hours * 3600 + minutes * 60 + seconds
    if milliseconds := _MILLISECONDS.fullmatch(text):
        return int(milliseconds[1]) // 1000
    units = _UNITS.fullmatch(text) if text[:1].isdecimal() or text[:2].lower() == "pt" else None
    if units and any(units.groups()):
        hours, minutes, seconds = (int(units[name] or 0) for name in "hms")
        return hours * 3600 + minutes * 60 + seconds
    return None
