"""Addresses of the list: its filters are its query string, and a link is the same query with something changed."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import QueryDict

NO_FILTERS = ("before", "after", "all")
"""Where in the list one is, and that nothing is filtered: no part of what it shows."""


def list_query(parameters: Mapping[str, object], **changes: object) -> str:
    """The query string with these changes, from the newest call on unless a place is among them; "" takes one away."""
    kept = {name: str(value) for name, value in parameters.items() if name not in NO_FILTERS}
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in (kept | {n: str(v) for n, v in changes.items()}).items() if value})
    return query.urlencode()


def list_url(parameters: Mapping[str, object], **changes: object) -> str:
    """Relative to the list. Without filters it says so: the bare address opens somebody's own first view."""
    return f"?{list_query(parameters, **changes) or 'all=1'}"
