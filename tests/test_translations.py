"""The translations that are kept beside the code: complete, of the same placeholders, and compiled as they stand."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import pytest

from integrations.planfix import texts

LOCALE = Path(__file__).parent.parent / "locale"
CATALOGUES = sorted(LOCALE.glob("*/LC_MESSAGES/django.po"), key=str)
LANGUAGES = ["uk", "ru", "pl"]
SPELLED_ALIKE = {("pl", "%(minutes)d min %(seconds)d s"), ("pl", "%(seconds)d s")}

_MARKED = {"gettext", "gettext_noop"}
_COMMENT = re.compile("^#.*\n", re.MULTILINE)
_ENTRY = re.compile(r'msgid (".*")\nmsgstr (".*")', re.DOTALL)
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%.")


def messages_of(catalogue: Path) -> dict[str, str]:
    """The translations of a .po file without plural forms and contexts, its header as the translation of ""."""
    messages: dict[str, str] = {}
    content = catalogue.read_text(encoding="utf-8")
    assert "fuzzy" not in content
    for block in content.split("\n\n"):
        text, translated = _ENTRY.fullmatch(_COMMENT.sub("", block).strip()).groups()
        messages[_joined(text)] = _joined(translated)
    return messages


def _joined(literals: str) -> str:
    return "".join(map(ast.literal_eval, literals.split("\n")))


def marked_in_texts() -> list[str]:
    """The strings of what managers read in Planfix."""
    calls = [node for node in ast.walk(ast.parse(Path(texts.__file__).read_text())) if isinstance(node, ast.Call)]
    return [
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in _MARKED and isinstance(call.args[0], ast.Constant)
    ]


def test_the_texts_for_planfix_are_found() -> None:
    assert {*texts.HEADINGS.values(), *texts.ANALYSIS.values(), *texts.RATING.values()} < set(marked_in_texts())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", marked_in_texts())
def test_a_text_for_planfix_is_translated_with_its_placeholders(language: str, text: str) -> None:
    translated = messages_of(LOCALE / language / "LC_MESSAGES/django.po").get(text, "")

    assert translated
    assert (translated == text) is ((language, text) in SPELLED_ALIKE)
    assert sorted(_PLACEHOLDER.findall(translated)) == sorted(_PLACEHOLDER.findall(text))


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.parts[-3])
def test_the_compiled_catalogue_says_what_its_source_says(catalogue: Path) -> None:
    with catalogue.with_suffix(".mo").open("rb") as compiled:
        kept = dict(gettext.GNUTranslations(compiled)._catalog)

    assert kept == {text: translated for text, translated in messages_of(catalogue).items() if translated}


def test_every_language_has_a_catalogue() -> None:
    assert [path.parts[-3] for path in CATALOGUES] == sorted(LANGUAGES)
