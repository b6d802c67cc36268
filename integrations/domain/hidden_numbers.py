"""What networks and PBXs send in place of a number that the caller hides: words, and words typed on a keypad.

Knows no numbering plan. The words are those of telephones and PBXs (Asterisk, iOS, Android), of RFC 3323 ("anonymous")
and of programs that print a missing value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

KEYPAD_WORDS = (
    # Voice networks that take digits only spell the reason on the keypad; Twilio documents the first five:
    # https://www.twilio.com/docs/voice/twiml#anonymous-calls
    *("RESTRICTED", "ANONYMOUS", "BLOCKED", "UNKNOWN", "UNAVAILABLE"),
    *("PRIVATE", "WITHHELD", "SUPPRESSED", "NOTAVAILABLE", "OUTOFAREA", "NOCALLERID", "NONUMBER"),
    *("PRIVATENUMBER", "PRIVATECALLER", "UNKNOWNNUMBER", "UNKNOWNCALLER", "HIDDENNUMBER", "NUMBERWITHHELD"),
    *("BLOCKEDNUMBER", "BLOCKEDCALLER", "ANONYMOUSCALLER"),
)
KEYPAD = {
    letter: digit
    for digit, letters in zip("23456789", ["ABC", "DEF", "GHI", "JKL", "MNO", "PQRS", "TUV", "WXYZ"], strict=True)
    for letter in letters
}
SHORTEST_TRUNCATION = 8
"""Digits. Networks cut off long codes. A shorter one could be the local number of a small country."""
SURE_CODE = 9
"""Digits. A code this long is never a number by chance, even behind a country code that a network added."""

HIDDEN: tuple[str, ...] = (
    # English, and what programs print
    *("anonymous", "anonymized", "restricted", "unknown", "private", "unavailable", "withheld", "hidden", "blocked"),
    *("suppressed", "concealed", "masked", "secret", "unidentified", "undisclosed", "unlisted", "undefined", "none"),
    *("null", "nil", "nan", "empty", "blank", "clir", "false", "invalid", "payphone", "coin", "unspecified", "nobody"),
    # German
    *("unbekannt", "unbekannte", "unbekannter", "unbekanntes", "anonym", "anonyme", "anonymer", "anonymes"),
    *("unterdrückt", "unterdrückte", "unterdrückter", "verborgen", "verborgene", "geheim", "gesperrt", "versteckt"),
    # French, Spanish, Italian, Czech, as roaming networks send them
    *("inconnu", "masqué", "privé", "anonyme", "desconocido", "oculto", "privado", "anónimo", "sconosciuto"),
    *("nascosto", "privato", "anonimo", "neznámé", "skryté", "soukromé", "anonymní"),
    *("zurückgehalten", "privat", "privater", "private", "rufnummernunterdrückung", "nummernunterdrückung"),
)
HIDDEN_STEMS: tuple[str, ...] = (
    # Ukrainian
    *("прихован", "схован", "невідом", "невизначен", "анонім", "приватн", "засекречен", "заблокован", "недоступ"),
    *("закрит", "обмежен", "відсутн", "неідентифікован", "прихова", "конфіденц", "таємн", "пуст"),
    # Russian
    *("скрыт", "неизвест", "неопредел", "аноним", "закрыт", "заблокирован", "ограничен", "отсутств", "секретн"),
    *("засекреч", "частн", "анти", "неидентифицир", "скрыл", "конфиденц", "пуст"),
    # Polish
    *("zastrzeżon", "ukryt", "nieznan", "anonim", "prywatn", "niedostępn", "zablokowan", "utajnion", "nieokreślon"),
    *("niezidentyfikowan", "nierozpoznan"),
)
NEGATIONS: tuple[str, ...] = ("no", "not", "without", "не", "ні", "нет", "нема", "немає", "без", "nie", "brak", "bez")
NEGATIONS += ("nicht", "kein", "keine", "keiner", "ohne")
SHOWN: tuple[str, ...] = (
    "available",
    "provided",
    "shown",
    "known",
    "displayed",
    "identified",
    "disclosed",
    "sent",
    "set",
    "present",
    "specified",
    "found",
    "detected",
    "recognized",
    "determined",
)
SHOWN += ("verfügbar", "bekannt", "angezeigt", "übermittelt", "vorhanden", "ermittelt")
SHOWN_STEMS: tuple[str, ...] = (
    "определ",
    "указан",
    "известен",
    "передан",
    "доступ",
    "отображ",
    "визначен",
    "вказан",
    "відом",
    "показан",
    "надан",
)
SHOWN_STEMS += ("відображ", "przekazan", "dostępn", "znan", "wyświetl", "rozpoznan", "określon")
"""Words that mean a hidden number only together with a negation: "number not available"."""
ABOUT_NUMBERS: tuple[str, ...] = (
    "caller",
    "callers",
    "call",
    "calling",
    "id",
    "number",
    "num",
    "cid",
    "cli",
    "user",
    "line",
    "phone",
)
ABOUT_NUMBERS += (
    "telephone",
    "subscriber",
    "party",
    "name",
    "nummer",
    "rufnummer",
    "telefonnummer",
    "anrufer",
    "anruf",
)
ABOUT_NUMBERS += ("the", "their", "is", "was", "has", "by", "of", "numéro", "número", "číslo", "numer")
ABOUT_NUMBERS += ("teilnehmer", "anruferkennung", "numer", "numeru", "telefon", "telefonu", "abonent", "identyfikator")
ABOUT_NUMBERS_STEMS: tuple[str, ...] = (
    "номер",
    "абонент",
    "звонящ",
    "вызов",
    "вызыва",
    "телефон",
    "користувач",
    "пользовател",
    "дзвін",
)
ABOUT_NUMBERS_STEMS += ("аон", "звонок", "абонен", "dzwoni", "rozmówc", "połączeni", "numer", "telefon")
PHRASES = frozenset({"out of area", "n a", "na", "o", "p", "not set", "brak", "нет", "нема", "немає", "ні"})
"""Caller ID equipment sends O for "out of area" and P for "private" (Telcordia GR-30)."""


def is_hidden_word(address: str) -> bool:
    """True for an empty text, -1, zeros, and words that say in English, Ukrainian, Russian, Polish or German that the
    number is hidden."""
    if not any(char.isalnum() for char in address) or re.fullmatch(r"\W*(?:-1|0+)\W*", address):
        return True
    if any(char.isdigit() for char in address):
        return False
    words = tuple(_words(address))
    if " ".join(words) in PHRASES or _FILLED_UP.fullmatch(address):
        return True
    kinds = {_kind(word) for word in words}
    if not words or None in kinds:
        return False
    return HIDDEN_KIND in kinds or (NEGATION_KIND in kinds and len(kinds) > 1)


def is_keypad_word(digits: str, *, states_country: bool) -> bool:
    """True for such a word typed on a telephone's keypad: +7378742833 is RESTRICTED.

    Networks put a + or zeros before the code, or a country code, and cut long codes off.
    """
    code = digits.lstrip("0")
    if code in CODES or code in TRUNCATED_CODES:
        return True
    shortest = 0 if states_country else SURE_CODE
    return any(code[length:] in CODES and len(code) - length >= shortest for length in (1, 2, 3))


# --- words ---

HIDDEN_KIND, NEGATION_KIND, SHOWN_KIND, NUMBER_KIND = "hidden", "negation", "shown", "number"


def _folded(text: str) -> str:
    """The text in lower case, without accents and without the letters that people replace: ё, ł."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _spellings(words: tuple[str, ...]) -> Iterator[str]:
    """Each word folded, German ones also without umlauts: unterdrückt, unterdrueckt."""
    for word in words:
        yield _folded(word)
        yield _folded(word.replace("ü", "ue").replace("ö", "oe").replace("ä", "ae"))


WORDS = {
    **dict.fromkeys(_spellings(HIDDEN), HIDDEN_KIND),
    **{_folded(word): NEGATION_KIND for word in NEGATIONS},
    **dict.fromkeys(_spellings(SHOWN), SHOWN_KIND),
    **{_folded(word): NUMBER_KIND for word in ABOUT_NUMBERS},
}
STEMS = {
    **{_folded(stem): HIDDEN_KIND for stem in HIDDEN_STEMS},
    **{_folded(stem): SHOWN_KIND for stem in SHOWN_STEMS},
    **{_folded(stem): NUMBER_KIND for stem in ABOUT_NUMBERS_STEMS},
}
_HUMP = re.compile(r"(?<=[a-zа-я])(?=[A-ZА-Я])")
LONGEST_GLUED = 24
_FILLED_UP = re.compile("[x\u0445]{3,}", re.IGNORECASE)
"""A letter in the place of each digit, Latin or Cyrillic."""


def _words(address: str) -> Iterator[str]:
    """Splits a text into words, also hiddenNumber, HIDDEN_NUMBER and hiddennumber."""
    text = address if _folded(address) in WORDS else _HUMP.sub(" ", address)
    for word in re.findall(r"[^\W\d_]+", _folded(text)):
        glued = _glued_words(word) if word not in WORDS and len(word) <= LONGEST_GLUED else ()
        yield from glued or [word]


@lru_cache(1024)
def _glued_words(text: str) -> tuple[str, ...]:
    """The known words that make up the whole text, or (). The last one may have any ending that its stem allows.

    Tries all first words: "callersuppressed" begins with "caller" and with "callers".
    """
    for first in (word for word in (*WORDS, *STEMS) if text.startswith(word) and text != word):
        rest = text.removeprefix(first)
        if others := _glued_words(rest) or ((rest,) if _kind(rest) else ()):
            return first, *others
    return ()


@lru_cache(1024)
def _kind(word: str) -> str | None:
    return WORDS.get(word) or next((kind for stem, kind in STEMS.items() if word.startswith(stem)), None)


# --- keypad ---

CODES = frozenset("".join(KEYPAD[letter] for letter in word) for word in KEYPAD_WORDS)
TRUNCATED_CODES = frozenset(code[:length] for code in CODES for length in range(SHORTEST_TRUNCATION, len(code)))
