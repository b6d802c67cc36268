"""Small writes that travel with another statement: one round trip and one commit for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class PiggybackWrites:
    """`queries`: data-modifying WITH queries by name. PostgreSQL runs them whatever the main statement does.
    `parameters`: of all queries; their names differ from those of the main statement.
    """

    queries: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """The text between WITH and the main statement's own WITH query."""
        return "".join(f"{name} AS ({query}), " for name, query in self.queries.items())


NOTHING = PiggybackWrites()
