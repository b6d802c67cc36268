"""Turns the bytes of a request into text: unpacks them, then decodes them. Knows nothing of what the text means."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass

from integrations.ringostat.problems import NotUnderstood, Problem

MAX_BYTES = 256 * 1024
"""The largest body after unpacking. The webhook has the same limit for a body that is not compressed."""

MAX_CODINGS = 3
LOOKED_AT = 400
"""So many bytes at the beginning are enough to recognise UTF-16 without a mark."""

UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
GZIP_MAGIC = b"\x1f\x8b"
GZIP, ZLIB, RAW_DEFLATE = 31, 15, -15
"""The `wbits` of zlib for each kind of header."""

CODINGS: dict[str, tuple[int, ...]] = {
    "gzip": (GZIP, ZLIB),
    "x-gzip": (GZIP, ZLIB),
    "deflate": (ZLIB, RAW_DEFLATE, GZIP),
}
"""RFC 9110, 8.4.1. Some senders leave the zlib header of "deflate" out, or take one name for the other."""

OTHER_MAGIC = {b"\x28\xb5\x2f\xfd": "zstd", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ": "xz"}
"""First bytes of what is compressed in a way that is not read."""
ZLIB_MAGIC = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
MAGIC = (GZIP_MAGIC, *ZLIB_MAGIC, *OTHER_MAGIC)

UNICODE = frozenset({"utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be"})
ONE_BYTE = frozenset(
    {
        *("windows-1250", "windows-1251", "windows-1252", "cp1250", "cp1251", "cp1252", "cp866", "ibm866"),
        *("koi8-u", "koi8-r", "iso-8859-1", "iso-8859-2", "iso-8859-5", "latin1", "latin-1", "mac-cyrillic"),
    }
)
"""Charsets that are accepted when declared. Python knows other codecs that are no charsets of a body (`zip`,
`unicode_escape`).
"""

FALLBACK_CHARSET = "windows-1251"
"""The most frequent charset after UTF-8 in the countries where Ringostat is used."""

GUESSES = (FALLBACK_CHARSET, "koi8-u", "cp866", "windows-1250")
"""Tried one after another until the text reads well."""

SYNONYMS = {
    "win-1251": "windows-1251",
    "x-cp1251": "windows-1251",
    "win1251": "windows-1251",
    "x-mac-cyrillic": "mac-cyrillic",
}

_CHARSET = re.compile(r"charset=[\"' ]*([\w-]+)")
_READS_BADLY = re.compile(
    r"(?<!\\)[A-Za-z][\u0400-\u04ff]|[\u0400-\u04ff][A-Za-z]|[а-яёіїєґ][А-ЯЁІЇЄҐ]|[\x80-\x9f\xad¶\u2500-\u25a0\ufffd]"
)
"""Signs of a wrong charset: a word of two alphabets, a capital within a word, a character that no text has."""
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Text:
    """A decoded text. `guessed`: the charset, if neither the request nor the bytes identify it."""

    text: str
    charset: str = "utf-8"
    guessed: str = ""


def unpacked(body: bytes, content_encoding: str) -> bytes:
    """The body without the compression that the header Content-Encoding names. Raises NotUnderstood.

    A body that is plain text stays as it is, whatever the header says: proxies unpack bodies and leave the header.
    """
    if not content_encoding and not body.startswith(MAGIC):
        return body
    codings = [coding.strip().lower() for coding in content_encoding.split(",") if coding.strip()]
    if len(codings) > MAX_CODINGS:
        raise NotUnderstood(Problem.UNKNOWN_COMPRESSION, f"The body is compressed {len(codings)} times.")
    for coding in reversed(codings):
        if not _is_plain(body):
            body = _without(coding, body)
    if body.startswith((GZIP_MAGIC, *ZLIB_MAGIC)) and not _is_plain(body):
        return _inflated("gzip", body)
    for magic, coding in OTHER_MAGIC.items():
        if body.startswith(magic) and not _is_plain(body):
            raise _unknown(coding)
    return body


def decoded(body: bytes, content_type: str) -> Text:
    """The text of a body. Bytes that are valid UTF-8 or UTF-16 are read as such, others by the declared charset."""
    try:
        is_marked = body.startswith((b"\xef\xbb\xbf", *UTF_16_MARKS))
        if not is_marked and b"\0" not in body[:4]:
            return Text(body.decode()) if b"\0" not in body[:LOOKED_AT] else _with_zeros(body)
        # Zero bytes without a byte order mark do not prove UTF-16: the text must be valid UTF-16 too.
        errors = "replace" if body.startswith(UTF_16_MARKS) else "strict"
        return Text(body.decode(json.detect_encoding(body), errors).lstrip("\ufeff"))
    except UnicodeDecodeError:
        return _mostly_utf_8(body) or _in_one_byte_charset(body, declared_charset(content_type))


def readable_body(body: bytes, content_type: str, content_encoding: str) -> str:
    """The text of a body for people. A body that cannot be unpacked is decoded as it is. Never raises."""
    try:
        return decoded(unpacked(body, content_encoding), content_type).text
    except NotUnderstood:
        return body.decode("utf-8", "replace")


def declared_charset(content_type: str) -> str:
    """The charset that the header names; "" if it names none, or one that is not accepted."""
    declared = _CHARSET.search(content_type.lower())
    charset = SYNONYMS.get(declared[1], declared[1]) if declared else ""
    return charset if charset in UNICODE | ONE_BYTE else ""


def query_text(query_string: str) -> str:
    """A query string decoded as UTF-8: WSGI passes bytes that were not percent-encoded as Latin-1 (PEP 3333)."""
    if query_string.isascii():
        return query_string
    try:
        return decoded(query_string.encode("latin-1"), "").text
    except UnicodeEncodeError:
        return query_string


def _with_zeros(body: bytes) -> Text:
    """Decodes UTF-16 without a byte order mark that begins with another alphabet: its zero bytes come later, all at
    even or all at odd positions."""
    first = body[: min(LOOKED_AT, len(body) // 2 * 2)]
    even, odd = first[::2].count(0), first[1::2].count(0)
    for charset, many, few in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if many > len(first) // 6 and not few:
            return Text(body.decode(charset))
    return Text(body.decode())


def _mostly_utf_8(body: bytes) -> Text | None:
    """Decodes UTF-8 with a few wrong bytes: cut within a character, or with emoji as two surrogates (CESU-8)."""
    try:
        surrogates = body.decode("utf-8", "surrogatepass")
        return Text(surrogates.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    others = sum(character > "\x7f" for character in text) - lost
    return Text(text) if others > 2 * lost else None


def _in_one_byte_charset(body: bytes, declared: str) -> Text:
    if declared in ONE_BYTE:
        return Text(body.decode(declared, "replace"), declared)
    for charset in GUESSES:
        text = body.decode(charset, "replace")
        if not _READS_BADLY.search(text):
            return Text(text, charset, guessed=charset)
    return Text(body.decode(FALLBACK_CHARSET, "replace"), FALLBACK_CHARSET, guessed=FALLBACK_CHARSET)


def _is_plain(body: bytes) -> bool:
    return not _CONTROL.search(body[:1000])


def _without(coding: str, body: bytes) -> bytes:
    if coding in ("identity", "none") or coding in UNICODE | ONE_BYTE:  # a charset in the wrong header
        return body
    if coding not in CODINGS:
        raise _unknown(coding)
    return _inflated(coding, body)


def _unknown(coding: str) -> NotUnderstood:
    reason = f"The body is compressed as “{coding[:40]}”; Ringofix reads gzip and deflate."
    return NotUnderstood(Problem.UNKNOWN_COMPRESSION, reason)


def _inflated(coding: str, body: bytes) -> bytes:
    for wbits in CODINGS[coding]:
        try:
            content, is_whole = _inflated_members(body, wbits)
        except zlib.error:
            continue
        if len(content) > MAX_BYTES:
            raise NotUnderstood(Problem.TOO_LARGE, f"The body has more than {MAX_BYTES} bytes once unpacked.")
        if not is_whole:
            reason = f"The {coding} body is cut off: it ends after {len(content)} bytes of text."
            raise NotUnderstood(Problem.CUT_OFF, reason)
        return content
    raise NotUnderstood(
        Problem.BROKEN_COMPRESSION, f"The body is announced as {coding}, but cannot be unpacked as that."
    )


def _inflated_members(body: bytes, wbits: int) -> tuple[bytes, bool]:
    """Unpacks at most MAX_BYTES + 1 bytes, and tells whether it reached the end. RFC 1952, 2.2: gzip may have several
    members."""
    content = b""
    while True:
        inflater = zlib.decompressobj(wbits)
        content += inflater.decompress(body, MAX_BYTES + 1 - len(content))
        if not inflater.eof or len(content) > MAX_BYTES or not inflater.unused_data.startswith(GZIP_MAGIC):
            return content, inflater.eof
        body = inflater.unused_data
