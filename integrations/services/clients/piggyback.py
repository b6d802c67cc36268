"""Small writes that travel with a statement which is sent anyway: one round trip and one commit for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class PiggybackWrites:
    """`queries`: data-modifying WITH queries by their names. PostgreSQL carries them out whatever the main statement
    does. `parameters`: of all of them, and named otherwise than the main statement's.
    """

    queries: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """To stand between WITH and a query of the statement's own."""
        return "".join(f"{name} AS ({query}), " for name, query in self.queries.items())


NOTHING = PiggybackWrites()
