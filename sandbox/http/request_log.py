"""One request as the sandbox remembers it, for tests and for the request page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LoggedRequest:
    method: str
    path: str
    """Without the query. For Planfix, the part after /rest."""
    query: str
    body: str
    """The first 4000 characters."""
    status: int
    """0 when the connection ended without a response."""
    started_at: float
    """Seconds since the epoch."""
    seconds: float
    answer: str = ""
    """The first 1000 characters."""
    fault: str = ""
    """The kind of fault that hit the request, if any."""
