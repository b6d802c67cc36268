"""Replaces personal data in a text: every word and number, but not markup, dates and punctuation.

It replaces piece by piece, so a call's ID in a link, in a comment and in JSON stays one ID. Prose also keeps the words
of error messages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from integrations.services.diagnostics.known_words import ATTRIBUTES, HOST_LABELS, TAGS, is_known_word
from integrations.services.diagnostics.pseudonyms import Pseudonyms

_CLOCK = r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?(?:\s?[AaPp][Mm]\b)?"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:19|20)\d\d"
PATTERNS: Mapping[str, str] = {
    "url": r"[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s<>\"'\\]+",
    "uuid": r"(?<![\w-])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![\w-])",
    "date": rf"(?<!\d)(?:{_YEAR}-[01]\d-[0-3]\d|{_DAY}[-./]{_DAY}[-./]{_YEAR})"
    rf"(?:[T\s]{_CLOCK}(?:Z|[+-]\d\d:?\d\d)?)?(?![\d/-])",
    "clock": rf"(?<![\d:]){_CLOCK}(?:Z|[+-]\d\d:?\d\d)?(?![\d:])",
    "duration": r"(?<!\w)\d{1,4}\s?(?:s|secs?|seconds|ms|min|сек|хв|мин|год|sek)\b",
    "tag": rf"</?(?:{'|'.join(TAGS)})(?:\s[^<>]*)?/?>",
    "entity": r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,7}|#x[0-9a-fA-F]{1,6});",
    "percent": r"(?:%[0-9a-fA-F]{2})+",
    "escape": r"(?:\\u[0-9a-fA-F]{4})+",
    "response": r"\bHTTP \d{3}\b|\bcode \d{1,5}\b",
    "ip": r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])",
    "phone": r"(?<![\w+])\+?\(?\d(?:[\s().\u2010-\u2015-]{0,3}\d){6,16}(?!\w)",
    "host": r"(?:[\w-]+\.)+[A-Za-z]{2,24}(?![\w])",
    "word": r"[^\W\d_]+",
    "digits": r"\d+",
}
"""In this order: the first that fits takes the place."""
KEPT = frozenset({"date", "clock", "duration", "entity"})

_TOKENS = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in PATTERNS.items()))
_ATTRIBUTE = re.compile(rf"\b({'|'.join(ATTRIBUTES)})(?=\s*=)", re.IGNORECASE)
_CHARACTER = re.compile(r"&#(?:(\d{1,7})|x([0-9a-fA-F]{1,6}));")
_URL = re.compile(r"([^:]+)://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_][\w.\[\]{}-]{0,63}", re.ASCII)
_LONGEST_NUMBER_IN_NAME = 4


class TextReplacer:
    def __init__(self, pseudonyms: Pseudonyms, protected: frozenset[str] = frozenset()) -> None:
        """`protected`: words of people in lower case, which prose does not keep either."""
        self.pseudonyms = pseudonyms
        self._protected = protected
        self._is_prose = False
        self._handlers: Mapping[str, Callable[[str], str]] = {
            "url": self.url,
            "uuid": pseudonyms.uuid,
            "tag": self._tag,
            "percent": self._percent,
            "escape": self._escape,
            "response": self._response,
            "ip": self._ip,
            "phone": self._phone,
            "host": self._host,
            "word": self._word,
            "digits": self._digits,
        }

    def strict(self, text: str) -> str:
        """Every word and number replaced."""
        return self._replaced(text, is_prose=False)

    def prose(self, text: str) -> str:
        """The text of an error or a finding: words that every account's messages have stay."""
        return self._replaced(text, is_prose=True)

    def name(self, name: str) -> str:
        """The name of a parameter or field. Programs choose it, so it stays unless it looks like a person's text."""
        words = {word.lower() for word in re.findall(PATTERNS["word"], name)}
        is_plain = _NAME.fullmatch(name) and not re.search(rf"\d{{{_LONGEST_NUMBER_IN_NAME + 1}}}", name)
        return name if is_plain and not words & self._protected else self.strict(name)

    def url(self, url: str) -> str:
        parts = _URL.fullmatch(url)
        if parts is None:
            return "".join(map(self.strict, re.split("(:)", url)))
        scheme, authority, path, query, fragment = (part or "" for part in parts.groups())
        start = scheme if scheme.lower() in ("http", "https", "sip", "sips") else self.strict(scheme)
        pieces = "/".join(map(self._quoted, path.split("/")))
        asked = "?" + self.query(query[1:]) if query else ""
        return f"{start}://{self._authority(authority)}{pieces}{asked}{self._fragment(fragment)}"

    def query(self, query: str, value: Callable[[str, str], str] | None = None) -> str:
        """Names and values of a query string or a form, each in its own escapes. `value`: replaces a value by name."""
        return "&".join(self._pair(pair, value) for pair in query.split("&"))

    def _pair(self, pair: str, value: Callable[[str, str], str] | None) -> str:
        name, equals, text = pair.partition("=")
        plain_name, plain = unquote_plus(name), unquote_plus(text)
        kept = self.name(plain_name)
        new = value(plain_name, plain) if value else self.strict(plain)
        written = new if plain == text and new == quote_plus(new, safe=" ") else quote_plus(new)
        return (name if kept == plain_name else quote_plus(kept)) + equals + (written if plain != new else text)

    def _replaced(self, text: str, *, is_prose: bool) -> str:
        former, self._is_prose = self._is_prose, is_prose
        try:
            return _TOKENS.sub(self._token, _CHARACTER.sub(_letter, text))
        finally:
            self._is_prose = former

    def _token(self, found: re.Match[str]) -> str:
        kind, text = found.lastgroup or "", found[0]
        return text if kind in KEPT else self._handlers[kind](text)

    def _word(self, word: str) -> str:
        is_kept = self._is_prose and is_known_word(word) and word.lower() not in self._protected
        return word if is_kept else self.pseudonyms.word(word)

    def _digits(self, digits: str) -> str:
        return (len(digits) >= 9 and self.pseudonyms.phone(digits)) or self.pseudonyms.digits(digits)

    def _phone(self, span: str) -> str:
        """The longest beginning that is a number; the rest is read again."""
        ends = [found.end() for found in re.finditer(r"\d+", span)]
        for end in reversed(ends):
            if new := self.pseudonyms.phone(span[:end]):
                return new + (self._again(span[end:]) if end < len(span) else "")
        return re.sub(r"\d+", lambda run: self._digits(run[0]), span)

    def _again(self, text: str) -> str:
        return self._replaced(text, is_prose=self._is_prose)

    def _host(self, host: str) -> str:
        labels = host.split(".")
        return ".".join(label if label.lower() in HOST_LABELS else self._label(label) for label in labels)

    def _label(self, label: str) -> str:
        return re.sub(
            f"{PATTERNS['word']}|\\d+", lambda one: (self._digits if one[0].isdigit() else self._word)(one[0]), label
        )

    def _ip(self, address: str) -> str:
        return ".".join(map(self.pseudonyms.octet, address.split(".")))

    def _authority(self, authority: str) -> str:
        user, at, place = authority.rpartition("@")
        host, colon, port = place.partition(":")
        shown = self._ip(host) if re.fullmatch(PATTERNS["ip"], host) else self._host(host)
        return (self.strict(user) + at if at else "") + shown + colon + (port if port.isdigit() else self.strict(port))

    def _quoted(self, piece: str) -> str:
        plain = unquote(piece)
        return self._again(piece) if plain == piece else quote(self.strict(plain), safe="")

    def _fragment(self, fragment: str) -> str:
        return "#" + self._quoted(fragment[1:]) if fragment else ""

    def _tag(self, tag: str) -> str:
        """Names of the tag and of its attributes stay; values and anything else are replaced."""
        name = re.match(r"</?\w+", tag)
        assert name
        pieces = _ATTRIBUTE.split(tag[name.end() :])
        return name[0] + "".join(piece if place % 2 else self.strict(piece) for place, piece in enumerate(pieces))

    def _percent(self, escaped: str) -> str:
        raw = bytes.fromhex(escaped.replace("%", ""))
        try:
            return quote(self.strict(raw.decode()), safe="")
        except UnicodeDecodeError:
            return quote(self.strict(raw.decode("windows-1251", "replace")), safe="", encoding="windows-1251")

    def _escape(self, escaped: str) -> str:
        text = json.loads(f'"{escaped}"').encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return json.dumps(self.strict(text))[1:-1]

    def _response(self, status: str) -> str:
        """HTTP 400 and code 23 of an error message. Of anything else the number is replaced."""
        return status if self._is_prose else self._label(status)


def _letter(escaped: re.Match[str]) -> str:
    """A letter, digit or plus that HTML escapes by its number, as itself; other characters stay escaped."""
    number = int(escaped[1]) if escaped[1] else int(escaped[2], 16)
    character = chr(number) if number < 0xD800 else ""
    return character if character.isalnum() or character == "+" else escaped[0]
