"""The catalogues match the code: they translate every string with the same placeholders, and the compiled files are
current. Strings are found as `make messages` finds them, without gettext's tools.
"""

from __future__ import annotations

import ast
import gettext
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import django
import polib
import pytest
import unfold
from django.conf import settings
from django.utils.translation.template import templatize

from integrations.planfix import comment_text
from ringofix.console.unfold_words import WORDS

ROOT = Path(__file__).parent.parent
LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
FOLDERS = ["integrations", "ringofix", "templates"]
NOT_TRANSLATED = "sandbox"
"""The stand-in for tests, wherever its files lie."""

NAMES = {"API", "Planfix", "Planfix: %(came)s", "PostgreSQL", "Ringofix", "Ringostat", "UTM", "5. UTM"} | {
    *("URL:", "json", "json-rpc", "%(source)s: %(why)s."),
}
SPELLED_ALIKE: dict[str, set[str]] = {
    "uk": {"callback", "e-mail"},
    "pl": {"%(minutes)d min %(seconds)d s", "%(seconds)d s", "%(seconds)s s", "Administrator"}
    | {"15 min", "%(count)s min", "%(count)s s", "Link", "Menu", "System", "problem"}
    | {"%(number)s ms", "Routing", "routing"}
    | {"alert", "callback", "e-mail", "status", "token"},
    "ru": {"callback", "e-mail"},
}
"""What a language spells as English does, beside names."""

Key = tuple[str, str, str]
"""Context, text and plural; "" for none."""

WITH_CONTEXT = {"pgettext", "npgettext"}
WITH_PLURAL = {"ngettext", "npgettext"}
_LITERAL = r"""u?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_IN_TEMPLATE = re.compile(rf"\b(n?p?gettext|_)\(({_LITERAL}(?:, ?{_LITERAL})*)")
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}|</?\w+[^>]*>|&\w+;")


# --- the strings of the source ---


@cache
def strings() -> dict[Key, str]:
    """Every marked string, and a file that contains it."""
    found: dict[Key, str] = {}
    for folder in FOLDERS:
        found |= _strings_in(ROOT / folder)
    return found


def _strings_in(folder: Path) -> dict[Key, str]:
    found: dict[Key, str] = {}
    for file in sorted(folder.rglob("*.*")):
        in_file = READERS.get(file.suffix)
        if in_file and NOT_TRANSLATED not in file.parts:
            found |= dict.fromkeys(in_file(file.read_text(encoding="utf-8")), str(file))
    return found


def _in_python(source: str) -> Iterator[Key]:
    """The strings of a module, under any name that it gives to Django's functions."""
    tree = ast.parse(source)
    functions: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            functions |= {alias.asname or alias.name: alias.name for alias in node.names}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(), *_]) if "gettext" in functions.get(name, ""):
                yield _key(functions[name], [text.value for text in node.args if isinstance(text, ast.Constant)])


def _in_template(source: str) -> Iterator[Key]:
    for function, arguments in _IN_TEMPLATE.findall(templatize(source)):
        yield _key(function, list(ast.literal_eval(f"({arguments},)")))


def _key(function: str, texts: list[str]) -> Key:
    kind = re.sub("_lazy$|_noop$", "", function)
    context = texts.pop(0) if kind in WITH_CONTEXT else ""
    return context, texts[0], texts[1] if kind in WITH_PLURAL else ""


READERS = {".py": _in_python, ".html": _in_template, ".txt": _in_template}


# --- the catalogues ---


@cache
def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(ROOT / "locale" / language / "LC_MESSAGES/django.po"))


def key_of(entry: polib.POEntry) -> Key:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural


def translations(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@cache
def plural_form(language: str) -> tuple[int, dict[int, int]]:
    """How many forms the language has, and of how many of the numbers up to 1000 each is."""
    header = catalogue(language).metadata["Plural-Forms"]
    count, rule = re.fullmatch(r"nplurals=(\d+); plural=(.+);", header).groups()
    return int(count), Counter(map(gettext.c2py(rule), range(1000)))


def faults(entry: polib.POEntry, language: str) -> Iterator[str]:
    """What is wrong with the translation of one string."""
    if entry.fuzzy:
        yield "is a guess"
    if not all(translations(entry)):
        yield "is empty"
    elif not entry.msgid_plural:
        if placeholders(entry.msgstr) != placeholders(entry.msgid):
            yield "has other placeholders"
    else:
        yield from _faults_of_plural(entry, language)
    for text in translations(entry):
        if text[:1].isspace() != entry.msgid[:1].isspace() or text[-1:].isspace() != entry.msgid[-1:].isspace():
            yield "begins or ends otherwise"


def _faults_of_plural(entry: polib.POEntry, language: str) -> Iterator[str]:
    count, numbers = plural_form(language)
    if sorted(entry.msgstr_plural) != list(range(count)):
        yield "lacks plural forms"
    for form, text in entry.msgstr_plural.items():
        # Only a form of a single number may leave that number out.
        allowed = [placeholders(entry.msgid_plural)] + [placeholders(entry.msgid)] * (numbers[form] == 1)
        if placeholders(text) not in allowed:
            yield f"has other placeholders in its form {form}"


def placeholders(text: str) -> Counter[str]:
    return Counter(_PLACEHOLDER.findall(text))


# --- what must be ---


def test_translatable_strings_are_found_in_code_and_templates() -> None:
    """Strings of renamed functions, of several lines and of plurals, and the texts that managers read in Planfix."""
    source = (
        "from django.utils.translation import ngettext as n, gettext_lazy as _\n_('a' 'b')\nn('%(n)s c', '%(n)s cs', 2)"
    )
    template = (
        '{% load i18n %}{% translate "a" %}'
        "{% blocktranslate count n=n %}{{ n }} c{% plural %}{{ n }} cs{% endblocktranslate %}"
    )

    assert set(_in_python(source)) == {("", "ab", ""), ("", "%(n)s c", "%(n)s cs")}
    assert set(_in_template(template)) == {("", "a", ""), ("", "%(n)s c", "%(n)s cs")}
    assert {*comment_text.HEADINGS.values(), *comment_text.ANALYSIS.values(), *comment_text.RATING.values()} < {
        key[1] for key in strings()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_has_a_catalogue_entry_and_every_entry_a_string(language: str) -> None:
    """If this fails, run make messages and translate the new strings."""
    entries = {key_of(entry) for entry in catalogue(language) if not entry.obsolete}

    assert {key: file for key, file in strings().items() if key not in entries} == {}
    assert entries - set(strings()) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_catalogue_entry_is_translated_with_its_placeholders(language: str) -> None:
    found = {entry.msgid: list(faults(entry, language)) for entry in catalogue(language)}

    assert {text: wrong for text, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_the_english_source(language: str) -> None:
    same = {entry.msgid for entry in catalogue(language) if entry.msgid in translations(entry)}

    assert same - NAMES - SPELLED_ALIKE[language] == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_catalogue_equals_its_source(language: str) -> None:
    compiled = polib.mofile(str(ROOT / "locale" / language / "LC_MESSAGES/django.mo"))

    def said(entries: polib.POFile | polib.MOFile) -> dict[Key, list[str]]:
        return {key_of(entry): translations(entry) for entry in entries if any(translations(entry))}

    assert said(compiled) == said(catalogue(language))
    assert compiled.metadata["Plural-Forms"] == catalogue(language).metadata["Plural-Forms"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_those_of_django(language: str) -> None:
    """With other forms, Django would keep the catalogues apart and look up every string twice."""
    of_django = polib.pofile(str(Path(django.__file__).parent / "conf/locale" / language / "LC_MESSAGES/django.po"))

    assert catalogue(language).metadata["Plural-Forms"] == of_django.metadata["Plural-Forms"]


def test_translated_words_of_unfold_still_exist_in_unfold() -> None:
    found = {text for _context, text, _plural in _strings_in(Path(unfold.__file__).parent)}

    assert set(WORDS) - found == set()
