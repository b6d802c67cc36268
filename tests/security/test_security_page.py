"""docs/security.md promises nothing without a test, and every test, file and chapter it names exists."""

from __future__ import annotations

import re

import pytest

from tests.test_docs import ROOT, names_in

PAGE = ROOT / "docs/security.md"
TEXT = PAGE.read_text()

_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_LINK = re.compile(r"\[[^\]]+\]\(([^)#]+)\)")
_PROMISE = re.compile(r"^\| \*\*.*$", re.MULTILINE)
_CHAPTER = re.compile(r"^\| V(\d+) .*$", re.MULTILINE)


@pytest.mark.parametrize(("file", "name"), sorted(set(_TEST.findall(TEXT))))
def test_every_test_named_on_the_security_page_exists(file: str, name: str) -> None:
    assert name in names_in(ROOT / file)


@pytest.mark.parametrize("promise", _PROMISE.findall(TEXT))
def test_every_promise_of_the_security_page_has_a_test(promise: str) -> None:
    assert _TEST.search(promise)


def test_security_page_has_every_chapter_of_asvs() -> None:
    assert [int(number) for number in _CHAPTER.findall(TEXT)] == list(range(1, 15))


@pytest.mark.parametrize("target", sorted(set(_LINK.findall(TEXT))))
def test_every_file_linked_on_the_security_page_exists(target: str) -> None:
    assert (PAGE.parent / target).exists()
