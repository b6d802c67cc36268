"""Text that somebody before us read in the wrong encoding becomes what it was, if it surely is that.

"Ірина" in UTF-8 that was read as windows-1251 is `Р†СЂРёРЅР°`, in windows-1251 that was read as Latin-1 `²ðèíà`.
"""

from __future__ import annotations

import html
import re

MISREAD_AS = ("cp1251", "cp1252", "cp1250", "iso-8859-2", "cp866", "koi8-u", "mac-cyrillic")
"""What UTF-8 is read as by mistake; Latin-1 is cp1252 with controls in its holes."""

MAX_ROUNDS = 2
"""How often in a row a text may have been read wrongly."""

MAX_REPAIRED = 10_000

_SUSPECT = re.compile(
    "[ГДЕРСврѓРС][^\\x00-\\x7fа-яА-Я]"  # UTF-8 read as windows-1251
    "|[РС] |[ÂÃÄÅÐÑâðĂĐŃ][^\\x00-\\x7f]|[╨╤├─┼][^\\x00-\\x7f]|[пяц┐└][\\u2219-\\u25a0©°²·÷]|[–—√ƒ≈][^\\x00-\\x7f\\s]"
)
_PLAUSIBLE = re.compile(
    "[\\x20-\\x7e\\n\\r\\t\\u00a0-\\u024f\\u0400-\\u045f\\u0490\\u0491\\u2010-\\u2027\\u2030-\\u203a\\u20a0-\\u20bf"
    "\\u2100-\\u214f\\u2190-\\u21ff\\u2600-\\u27bf\\ufe0f\\u200d\\U0001f000-\\U0001faff]*"
)
_HALF_PAIR = re.compile("([РС]) ")
_LATIN_1_CYRILLIC = re.compile("[À-ÿ¨¸²³ªº¯¿´¥]{4,}")
_MIXED_WORD = re.compile("[A-Za-z][À-ÿ¨¸²³ªº¯¿´¥]|[À-ÿ¨¸²³ªº¯¿´¥][A-Za-z]")
_CASE_INSIDE = re.compile("[а-яёіїєґ][А-ЯЁІЇЄҐ]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")


def repaired(text: str) -> str:
    """The text as it was written; the same text if it may have been meant so."""
    if text.isascii() or len(text) > MAX_REPAIRED:
        return text
    for _ in range(MAX_ROUNDS):
        once = _utf_8_again(text) if _SUSPECT.search(text) else None
        once = once or _cyrillic_again(text)
        if once is None:
            break
        text = once
    return text


def unescaped(text: str) -> str:
    """Without HTML entities. Unlike html.unescape it cannot raise: that one fails at a number of 4,301 digits."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if "&" in text else text


def _utf_8_again(text: str) -> str | None:
    """By the first encoding that turns all of the text into bytes of UTF-8 that make sense."""
    for encoding in MISREAD_AS:
        for spelled in (text, _HALF_PAIR.sub("\\1\u00a0", text)):
            read = _decoded(spelled, encoding)
            if read is not None and len(text) - len(read) >= 2 and _PLAUSIBLE.fullmatch(read):
                return read
    return None


def _decoded(text: str, encoding: str) -> str | None:
    try:
        return b"".join(_bytes_of(character, encoding) for character in text).decode()
    except UnicodeError:
        return None


def _bytes_of(character: str, encoding: str) -> bytes:
    """As browsers encode: what the code page does not have is the control character of that number."""
    try:
        return character.encode(encoding)
    except UnicodeEncodeError:
        if "\x80" <= character <= "\x9f":
            return character.encode("latin-1")
        raise


def _cyrillic_again(text: str) -> str | None:
    """Of windows-1251 that was read as Latin-1: no language has words of four accented letters and no other."""
    if not _LATIN_1_CYRILLIC.search(text) or _MIXED_WORD.search(text):
        return None
    try:
        read = b"".join(_bytes_of(character, "cp1252") for character in text).decode("cp1251")
    except UnicodeError:
        return None
    return None if _CASE_INSIDE.search(read) or not _PLAUSIBLE.fullmatch(read) else read
