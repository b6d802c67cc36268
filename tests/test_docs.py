"""The pages of docs/ name files, functions and tests: all of them exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RULES = ROOT / "docs/rules.md"

_LINK = re.compile(r"\[([^\]]+)\]\(([^)#]+)\)")
_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
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


def rows() -> dict[str, str]:
    return {row[1]: row[0] for row in _ROW.finditer(RULES.read_text())}


def test_every_rule_has_one_row() -> None:
    wanted = [f"M{n}" for n in range(1, 5)] + [f"Q{n}" for n in range(1, 6)] + [f"L{n}" for n in range(1, 7)]
    wanted += [str(n) for n in range(1, 15)]

    assert [row[1] for row in _ROW.finditer(RULES.read_text())] == wanted


@pytest.mark.parametrize("rule", rows())
def test_a_rule_says_where_it_is_decided_and_which_tests_show_it(rule: str) -> None:
    assert _LINK.findall(rows()[rule])
    assert [name for _, name in _TEST.findall(rows()[rule])] not in ([], [""])


@pytest.mark.parametrize(("file", "name"), sorted(set(_TEST.findall(RULES.read_text()))))
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    assert not name or name in names_in(ROOT / file)


@pytest.mark.parametrize(("text", "target"), sorted(set(_LINK.findall(RULES.read_text()))))
def test_what_is_linked_exists(text: str, target: str) -> None:
    file = (RULES.parent / target).resolve()

    assert file.exists()
    assert not text.startswith("`") or text.strip("`") in names_in(file)
