"""Makes URLs of the list. The query string holds the filters. A link is the current query string with changes."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import QueryDict

NOT_FILTERS = ("before", "after", "all")
"""Parameters that are not filters: the position in the list, and the mark for "no filter"."""


def list_query(parameters: Mapping[str, object], **changes: object) -> str:
    """The filters with these changes, without the position in the list. The value "" removes a filter."""
    kept = {name: str(value) for name, value in parameters.items() if name not in NOT_FILTERS}
    query = QueryDict(mutable=True)
    wanted = kept | {name: str(value) for name, value in changes.items()}
    # No page accepts a NUL, so a saved view must not contain one.
    query.update({name: value for name, value in wanted.items() if value and "\0" not in name + value})
    return query.urlencode()


def list_url(parameters: Mapping[str, object], **changes: object) -> str:
    """A URL relative to the list. Without filters it is "?all=1": the bare URL opens the user's default view."""
    return f"?{list_query(parameters, **changes) or 'all=1'}"
