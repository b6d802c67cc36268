"""Finds names that may belong to one person: in two alphabets, or with a new surname. These are suggestions: a person
decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from itertools import permutations


class Likeness(StrEnum):
    NONE = ""
    SPELLED_DIFFERENTLY = "spelled_differently"
    """All words are alike: Iryna Bondar, Ірина Бондар."""
    SURNAME_DIFFERS = "surname_differs"
    """Only the given name is alike: Iryna Bondar, Iryna Koval."""


# Passport transliteration of Ukraine (Cabinet resolution 55 of 2010) and of Russia (ICAO Doc 9303), in one table: where
# they differ, FOLDED brings both to one form.
CYRILLIC = dict(zip("абвгґдезіїклмнопрстуфцыйиэёєяюўх", "abvhhdeziiklmnoprstufciiieeeauuh", strict=True))
CYRILLIC |= {"ж": "zh", "ч": "ch", "ш": "sh", "щ": "sh", "ь": "", "ъ": ""}
FOLDED = (
    # Polish, English and German spellings of the same sounds. Order matters: the longest first.
    *(("szcz", "sh"), ("shch", "sh"), ("sz", "sh"), ("cz", "ch"), ("rz", "zh"), ("kh", "h"), ("ch", "ch")),
    *(("ph", "f"), ("ck", "k"), ("tz", "c"), ("ts", "c"), ("x", "ks"), ("w", "v"), ("g", "h"), ("q", "k")),
    *(("ya", "a"), ("ja", "a"), ("ia", "a"), ("yu", "u"), ("ju", "u"), ("iu", "u"), ("ye", "e"), ("je", "e")),
    *(("ie", "e"), ("yi", "i"), ("ji", "i"), ("y", "i"), ("j", "i"), ("ii", "i")),
)
GIVEN_NAMES = (
    # Forms of one given name in Ukrainian, Russian, Polish and English.
    *("olena elena alena helena", "mykola nikolai nikolay mikolaj", "oleksandr aleksandr alexander aleksander"),
    *("oleksandra aleksandra alexandra", "serhii sergei sergey serhiy", "dmytro dmitrii dmitry dmitriy"),
    *("volodymyr vladimir wladimir", "andrii andrei andrey andrzej andriy", "hanna anna ganna", "ihor igor"),
    *("yevhen evgenii evgeny yevgeny eugeniusz", "yevheniia evgeniia evgenia", "tetiana tatiana tatyana"),
    *("kateryna ekaterina katarzyna catherine", "mykhailo mikhail michal michael", "pavlo pavel pawel paul"),
    *("petro petr piotr peter", "oleksii aleksei alexey aleksey", "iryna irina irena", "yuliia yulia julia iuliia"),
    *("nataliia natalia natalya", "svitlana svetlana", "yurii yuri jerzy iurii", "ivan jan john", "olha olga"),
    *("viktor victor wiktor", "maksym maksim maxim", "artem artiom", "maria mariia mariya", "oksana", "oleh oleg"),
    *("liudmyla liudmila ludmila", "roman", "bohdan bogdan", "taras", "vasyl vasilii vasily", "marta", "daria dariia"),
    *("vitalii vitaly", "anastasiia anastasia", "viktoriia viktoria victoria", "larysa larisa", "valentyna valentina"),
)
ALIKE = 0.84
"""Share of letters in common at which two words of five letters or more are alike: Kovalenko, Kovalenka."""


def likeness(one: str, other: str) -> Likeness:
    """How alike two full names are. A name of one word is like no other: one word is too little to compare."""
    left, right = name_skeleton(one), name_skeleton(other)
    short, long = sorted((left, right), key=len)
    if len(short) < 2:
        return Likeness.NONE
    if any(all(map(_same_word, short, order)) for order in permutations(long[:4], len(short))):
        return Likeness.SPELLED_DIFFERENTLY
    shared = [word for word in left if any(_same_given_name(word, other_word) for other_word in right)]
    return Likeness.SURNAME_DIFFERS if shared else Likeness.NONE


def best_likeness(name: str, others: Sequence[str]) -> tuple[int, Likeness] | None:
    """The index of the most similar name, and how similar it is; None when no name, or more than one, is as similar."""
    for wanted in (Likeness.SPELLED_DIFFERENTLY, Likeness.SURNAME_DIFFERS):
        places = [place for place, other in enumerate(others) if likeness(name, other) is wanted]
        if places:
            return (places[0], wanted) if len(places) == 1 else None
    return None


@lru_cache(4096)  # every name is compared with every other
def name_skeleton(name: str) -> tuple[str, ...]:
    """The words of a name in one Latin spelling for all alphabets, at most four."""
    return tuple(_skeleton(word) for word in re.findall(r"[^\W\d_]+", re.sub("['’‘ʼ`´′]", "", name)))[:4]


def _skeleton(word: str) -> str:
    latin = "".join(CYRILLIC.get(letter, letter) for letter in unicodedata.normalize("NFC", word.casefold()))
    plain = "".join(c for c in unicodedata.normalize("NFKD", latin.replace("ł", "l")) if not unicodedata.combining(c))
    for spelling, sound in FOLDED:
        plain = plain.replace(spelling, sound)
    return re.sub(r"(.)\1+", r"\1", plain)


_NAME_OF = {_skeleton(form): place for place, forms in enumerate(GIVEN_NAMES) for form in forms.split()}


def _same_given_name(one: str, other: str) -> bool:
    return one in _NAME_OF and _NAME_OF[one] == _NAME_OF.get(other)


def _same_word(one: str, other: str) -> bool:
    if one == other or _same_given_name(one, other):
        return True
    return min(len(one), len(other)) >= 5 and SequenceMatcher(None, one, other).ratio() >= ALIKE
