"""Planfix's paged lists as one stream of rows. Knows neither contacts nor tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from integrations.planfix.http.client import Planfix
from integrations.planfix.http.json_fields import JSON, Row, rows_of

PAGE_SIZE = 100
"""Planfix's maximum; it gives no total, so a shorter page is the last one."""


def read_pages(
    client: Planfix, path: str, key: str, *, fields: str, body: Mapping[str, JSON] | None = None
) -> Iterator[list[Row]]:
    """The pages of a list asked for by POST, each fetched when it is wanted."""
    offset = 0
    while True:
        question = {"offset": offset, "pageSize": PAGE_SIZE, "fields": fields, **(body or {})}
        rows = rows_of(client.request("POST", path, body=question), key)
        yield rows
        if len(rows) < PAGE_SIZE:
            return
        offset += PAGE_SIZE


def read_list(
    client: Planfix, path: str, key: str, *, fields: str, body: Mapping[str, JSON] | None = None
) -> Iterator[Row]:
    """The rows of a list to its end; Planfix gives them by ascending id."""
    for page in read_pages(client, path, key, fields=fields, body=body):
        yield from page
