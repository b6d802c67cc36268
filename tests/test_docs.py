"""The files, functions and tests that the README and docs/ name exist. The example environment has every setting."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RULES = ROOT / "docs/rules.md"
GUIDES = ("onboarding", "runbook", "troubleshooting", "trial")
"""They name buttons and pages, in bold."""
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]

_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)")
_FILE = re.compile(r"`([\w/]+\.(?:py|html|js|css))`")
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
_BOLD = re.compile(r"\*\*([A-Z][^*|.]+)\*\*")
_ROW = re.compile(r"^\| \*\*(\w+)\*\* .*$", re.MULTILINE)


@cache
def names_in(file: Path) -> frozenset[str]:
    """The functions, methods, classes and constants that a file defines."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return frozenset(names)


@cache
def anchors_in(page: Path) -> frozenset[str]:
    """The headings of a page as addresses name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return frozenset(re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings)


def rows() -> dict[str, str]:
    return {row[1]: row[0] for row in _ROW.finditer(RULES.read_text())}


def test_every_rule_has_one_row_in_the_documentation() -> None:
    wanted = [f"M{n}" for n in range(1, 5)] + [f"Q{n}" for n in range(1, 6)] + [f"L{n}" for n in range(1, 7)]
    wanted += [str(n) for n in range(1, 15)] + [f"R{n}" for n in range(1, 12)]
    wanted += [f"N{n}" for n in range(1, 8)] + [f"P{n}" for n in range(1, 11)] + [f"E{n}" for n in range(1, 5)]

    assert [row[1] for row in _ROW.finditer(RULES.read_text())] == wanted


@pytest.mark.parametrize("rule", rows())
def test_rule_row_links_its_code_and_names_its_tests(rule: str) -> None:
    assert _LINK.findall(rows()[rule])
    assert [name for _, name in _TEST.findall(rows()[rule])] not in ([], [""])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_named_in_a_page_exists(page: Path) -> None:
    for file, name in _TEST.findall(page.read_text()):
        assert not name or name in names_in(ROOT / file), f"{file}::{name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_target_of_a_page_exists(page: Path) -> None:
    for text, target, anchor in _LINK.findall(page.read_text()):
        file = (page.parent / target).resolve() if target else page
        name = text.strip("`")
        assert file.exists(), target
        assert not anchor or anchor in anchors_in(file), f"{target}#{anchor}"
        if text.startswith("`") and file.suffix == ".py":
            assert str(file).endswith(name) or name == file.stem or name in names_in(file), text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_named_in_a_page_exists(page: Path) -> None:
    for path in _FILE.findall(page.read_text()):
        assert any((folder / path).exists() for folder in (ROOT, ROOT / "integrations", ROOT / "tests")), path


def test_example_environment_contains_every_setting_and_no_other() -> None:
    sources = (ROOT / "ringofix/settings.py").read_text() + (ROOT / "gunicorn.conf.py").read_text()
    read = re.findall(r"""(?:env\.\w+|_secret|environ\.get)\(['\"](\w+)""", sources)

    listed = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert sorted(set(read)) == sorted(listed)


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_names_buttons_and_pages_as_they_are_labelled(guide: str) -> None:
    named = set(_BOLD.findall((ROOT / f"docs/{guide}.md").read_text()))
    labels = set(re.findall(r'^msgid "(.+)"$', (ROOT / "locale/uk/LC_MESSAGES/django.po").read_text(), re.MULTILINE))

    assert named - labels == set()
