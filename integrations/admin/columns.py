"""Columns of coloured words, as unfold draws them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from unfold.decorators import display

from integrations.calllog.words import Words

Column = TypeVar("Column", bound=Callable[..., tuple[str, str]])


def coloured(description: Words, colours: Mapping[str, str]) -> Callable[[Column], Column]:
    """Decorates a method that gives a code, which chooses the colour, and the words for it."""
    decorate: Any = display(description=description, label=dict(colours))

    def decorated(method: Column) -> Column:
        decorate(method)
        return method

    return decorated
