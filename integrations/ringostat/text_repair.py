"""Repairs text that an earlier program decoded in the wrong encoding, if only one reading is plausible.

"Ірина" in UTF-8 that was read as windows-1251 is `Р†СЂРёРЅР°`, in windows-1251 that was read as Latin-1 `²ðèíà`, and
"Ирина" in KOI8 that was read as windows-1251 `йТЙОБ`.
"""

from __future__ import annotations

import html
import re
from itertools import pairwise

MISREAD_AS = (
    *("cp1251", "cp1252", "cp1250", "iso-8859-2", "cp866", "koi8-u", "mac-cyrillic", "cp437", "cp850", "iso-8859-5"),
)
"""What UTF-8 is read as by mistake; Latin-1 is cp1252 with controls in its holes."""

MAX_ROUNDS = 2
"""How often in a row a text may have been read wrongly."""

MAX_REPAIRED = 10_000

_SUSPECT = re.compile(
    "[абвтХУ][\\x80-\\x9f]|[ГДЕРСврѓРС][^\\x00-\\x7fа-яА-Я]"  # UTF-8 read as windows-1251
    "|[РС] |[ÂÃÄÅÐÑâðĂĐŃĹ][^\\x00-\\x7f]|[╨╤├─┼][^\\x00-\\x7f]|[пяц┐└][\\u2219-\\u25a0©°²·÷]|[–—√ƒ≈][^\\x00-\\x7f\\s]"
)
_PLAUSIBLE = re.compile(
    "[\\x20-\\x7e\\n\\r\\t\\u00a0-\\u024f\\u0400-\\u045f\\u0490\\u0491\\u2010-\\u2027\\u2030-\\u203a\\u20a0-\\u20bf"
    "\\u2100-\\u214f\\u2190-\\u21ff\\u2600-\\u27bf\\ufe0f\\u200d\\U0001f000-\\U0001faff]*"
)
_HALF_PAIR = re.compile("([РС]) ")
_MISREAD_LETTERS = "À-ÿ¨¸²³ªº¯¿´¥ŔĹĆČĘĚĎĐŃŇŐŘŮŰŢŕĺćčęěďđńňőřůűţ˙ľŞşŽžŤť˘Ł"
_MISREAD_CYRILLIC = re.compile(f"[{_MISREAD_LETTERS}]{{4,}}")
_MIXED_WORD = re.compile(f"[A-Za-z][{_MISREAD_LETTERS}]|[{_MISREAD_LETTERS}][A-Za-z]")
_TWO_ALPHABETS = re.compile("[A-Za-z][\\u0400-\\u04ff]|[\\u0400-\\u04ff][A-Za-z]")
_ODD_CASE = re.compile("[а-яёіїєґa-zß-žß][А-ЯЁІЇЄҐÀ-Þ]|\\b[А-ЯЁЎІЇЄҐ]{2,}[а-яёіїєґ]|\\b[A-Z][ÀÂ-Þ][a-z]")
_UNUSUAL = re.compile("[ŝĉĝĥĵŭŜĈĜĤĴŬ]|[ўЎџЏќЌѓЃ]|[А-яЁёІіЇїЄєҐґ][\\u2100-\\u214f]")
_OTHER_PAGE = re.compile(
    "\\b[а-яёіїєґ][А-ЯЁІЇЄҐ]{2}"  # windows-1251 and KOI8: small and capital letters change places
    "|[\u2500-\u259f][р-яЁёЄєЇїЎўЮА-ЯЪ\u2500-\u259f]"  # read as cp866 or KOI8
    "|[а-п][ЎўЈ¤Ґ¦§Ё©Є«¬\xad®Ї]|[ЎўЈ¤¦§©«¬\xad®][а-п]"  # cp866 read as windows-1251
    "|[à-ï][¡-¯]|[¡-¯][à-ï]|[À-ÿ]{4}"  # cp866 and KOI8 read as Latin-1
)
_CYRILLIC_PAGES = (
    *(("koi8-u", "cp1251"), ("cp1251", "koi8-u"), ("cp1251", "cp866"), ("cp866", "cp1251"), ("koi8-u", "cp866")),
    *(("cp866", "koi8-u"), ("cp1252", "koi8-u"), ("cp1252", "cp866"), ("cp1250", "koi8-u")),
)
"""The encoding that a text was read with, and the one that it was written in."""
_FREQUENT_PAIRS = frozenset(
    letters[0] + second
    for letters in (
        *("абвдежзйклмнпрстчюяє", "беоухі", "вагеилнортучыі", "гаело", "дадезикмнорті", "ебвгдзйклмнрстц", "жаек"),
        *("завмн", "ивдежзйклмнрстхя", "йклт", "каеилорстуці", "лаеиоьюяі", "маеикопуі", "надеикнотуыяі"),
        *("обвгджзйклмнпрст", "паеиорі", "равгежиноучьі", "савеиклмоптья", "тавдеиклнорсуья", "увдзкт", "хаоу"),
        *("цио", "чаеиу", "шеи", "ще", "ый", "ьгнстя", "эт", "юдлт", "якнт", "єв", "івдйклнстя"),
    )
    for second in letters[1:]
)
"""The letters that most often follow a letter in Ukrainian and Russian: nineteen of twenty pairs of their texts."""
_SURELY_READS, _READS_BETTER = 0.6, 0.3
"""The least share of frequent pairs in a text that is read again, and by how much it is greater than before."""
_FEWEST_PAIRS = 3

_POLISH_AS_LATIN_1 = re.compile("[A-Za-zó][³¹¿¼][a-zóêñæ]|[£¯][a-zó]{2}|[a-z][³¹]\\b")
_ONE_PAIR = re.compile(r"[A-Za-z](?:[ÃÄÅ][\x80-\xbf‚ƒ„…†‡ˆ‰‹‘’“”•–—˜™›Œœ]|[ĂĹ][\x80-\xbf‚„…†‡‰‹‘’“”•–—™›ˇ˘łąĽľżšźťž])")
LOOKS_DAMAGED = re.compile(
    "|".join(sign.pattern for sign in (_SUSPECT, _MISREAD_CYRILLIC, _POLISH_AS_LATIN_1, _OTHER_PAGE))
)
"""Finds a sign of damage. repaired() changes no text without one."""
_NUMERIC = re.compile(r"&#(?:\d{1,7}|[xX][0-9a-fA-F]{1,6});")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")


def repaired(text: str) -> str:
    """Undoes a wrong decoding of the text. Returns it unchanged if it may be right as it is."""
    if text.isascii() or len(text) > MAX_REPAIRED:
        return text
    for _ in range(MAX_ROUNDS):
        once = _utf_8_again(text) if _SUSPECT.search(text) else None
        once = once or _cyrillic_again(text) or _polish_again(text) or _of_other_page(text)
        if once is None:
            break
        text = once
    return text


def with_references_read(text: str) -> str:
    """Decodes numeric references (`&#1072;`). Browsers write them for letters that the charset of a form lacks."""
    return _NUMERIC.sub(lambda entity: html.unescape(entity[0]), text)


def unescaped(text: str) -> str:
    """Decodes HTML entities. Never raises, unlike html.unescape, which fails at a number of 4,301 digits."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def _utf_8_again(text: str) -> str | None:
    """Repairs UTF-8 that was decoded in another encoding. If several encodings make sense, takes the most usual one."""
    readings = []
    for encoding in MISREAD_AS:
        for spelled in dict.fromkeys((text, _HALF_PAIR.sub("\\1\u00a0", text))):
            read = _plausible(spelled, encoding)
            is_sure = read is not None and (len(text) - len(read) >= 2 or _ONE_PAIR.search(text))
            if read is not None and is_sure:
                readings.append(read)
    usual = (read for read in readings if not _ODD_CASE.search(read) and not _UNUSUAL.search(read))
    return next(usual, readings[0] if readings else None)


def _plausible(text: str, encoding: str) -> str | None:
    """The text decoded again, twice if it only makes sense then; None if it never does."""
    read = _decoded(text, encoding)
    if read is not None and not _PLAUSIBLE.fullmatch(read):
        read = _decoded(read, encoding)
    return read if read is not None and _PLAUSIBLE.fullmatch(read) else None


def _decoded(text: str, encoding: str) -> str | None:
    try:
        return b"".join(_bytes_of(character, encoding) for character in text).decode()
    except UnicodeError:
        return None


def _bytes_of(character: str, encoding: str) -> bytes:
    """Encodes a character as browsers do: a byte without a letter in the code page is the control character of its
    number."""
    try:
        return character.encode(encoding)
    except UnicodeEncodeError:
        if "\x80" <= character <= "\x9f":
            return character.encode("latin-1")
        raise


def _cyrillic_again(text: str) -> str | None:
    """Repairs windows-1251 that was decoded as Western or Central European. No language has words of four accented
    letters."""
    if not _MISREAD_CYRILLIC.search(text) or _MIXED_WORD.search(text):
        return None
    return _first_plausible(text, ("cp1252", "cp1250"), "cp1251")


def _polish_again(text: str) -> str | None:
    """Repairs windows-1250 that was decoded as Western European: `Ma³gorzata`. No language has ³ or ¿ within a word."""
    return _first_plausible(text, ("cp1252",), "cp1250") if _POLISH_AS_LATIN_1.search(text) else None


def _of_other_page(text: str) -> str | None:
    """Repairs one Cyrillic code page that was decoded as another: `йТЙОБ`, `╚Ёшэр`. None unless one text is clearly the
    most likely.

    Capital and small letters alone prove nothing: with caps lock on, people write `иРИНА`.
    """
    if not _OTHER_PAGE.search(text):
        return None
    readings = {read for pages in _CYRILLIC_PAGES if (read := _first_plausible(text, pages[:1], pages[1]))}
    usual = [read for read in readings if not _UNUSUAL.search(read) and len(_pairs(read)) >= _FEWEST_PAIRS]
    best = max(sorted(usual), key=_share_of_frequent, default="")
    share = _share_of_frequent(best)
    is_sure = share >= _SURELY_READS and share - _share_of_frequent(text) >= _READS_BETTER
    return best if is_sure else None


def _pairs(text: str) -> list[str]:
    """Pairs of neighbouring letters outside ASCII, in lower case."""
    small = text.lower()
    return [first + second for first, second in pairwise(small) if not first.isascii() and not second.isascii()]


def _share_of_frequent(text: str) -> float:
    pairs = _pairs(text)
    return sum(pair in _FREQUENT_PAIRS for pair in pairs) / len(pairs) if pairs else 0.0


def _first_plausible(text: str, read_as: tuple[str, ...], written: str) -> str | None:
    for encoding in read_as:
        try:
            read = b"".join(_bytes_of(character, encoding) for character in text).decode(written)
        except UnicodeError:
            continue
        is_odd = _ODD_CASE.search(read) or _TWO_ALPHABETS.search(read)
        if not is_odd and _PLAUSIBLE.fullmatch(read):
            return read
    return None
