"""Finds the one-line mutations of a module: another comparison, and for or, a changed constant, no return value."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
NOT_MUTATED = {"annotation", "returns", "type_params", "decorator_list"}
"""Parts of a syntax tree that type checkers read, or that change no result: caches, frozen."""
FALSE_ANYWAY = {"None", "False", "0", "''", "()"}
"""Return values that callers cannot tell from None."""


@dataclass(frozen=True, kw_only=True)
class Mutation:
    path: Path
    line: int
    """Counts from 1."""
    before: str
    after: str
    """The whole line."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}\n    - {self.before.strip()}\n    + {self.after.strip()}"

    def apply(self, root: Path) -> None:
        lines = (root / self.path).read_text().split("\n")
        lines[self.line - 1] = self.after
        (root / self.path).write_text("\n".join(lines))

    def undo(self, root: Path) -> None:
        lines = (root / self.path).read_text().split("\n")
        lines[self.line - 1] = self.before
        (root / self.path).write_text("\n".join(lines))


def mutations_of(path: Path, root: Path) -> Iterator[Mutation]:
    """All mutations of the module at `path` below `root`, in the order of its lines."""
    source = (root / path).read_text()
    lines = source.split("\n")
    for node in sorted(_nodes(ast.parse(source)), key=lambda node: (node.lineno, node.col_offset)):
        mutated = _mutated(node)
        if mutated is None or node.lineno != node.end_lineno:
            continue
        before = lines[node.lineno - 1]
        text = before.encode()
        after = text[: node.col_offset] + ast.unparse(mutated).encode() + text[node.end_col_offset :]
        yield Mutation(path=path, line=node.lineno, before=before, after=after.decode())


def _nodes(tree: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    for name, value in ast.iter_fields(tree):
        for node in value if isinstance(value, list) else [value]:
            # Python 3.11 gives no positions inside an f-string.
            if name in NOT_MUTATED or not isinstance(node, ast.AST) or isinstance(node, ast.JoinedStr | ast.Assert):
                continue
            if isinstance(node, ast.expr | ast.stmt):
                yield node
            yield from _nodes(node)


def _mutated(node: ast.AST) -> ast.AST | None:
    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            return ast.Compare(node.left, [COMPARISONS[type(op)]()], node.comparators)
        case ast.BoolOp(op=ast.And()):
            return ast.BoolOp(ast.Or(), node.values)
        case ast.BoolOp(op=ast.Or()):
            return ast.BoolOp(ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not()):
            return node.operand
        case ast.Constant(value=bool(value)):
            return ast.Constant(not value)
        case ast.Constant(value=int(value)):
            return ast.Constant(value + 1)
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) not in FALSE_ANYWAY:
            return ast.Return(ast.Constant(None))
    return None
