"""The call entity in Planfix: a data tag's entry on a comment, written and found again."""

from __future__ import annotations

from collections.abc import Iterable

from integrations.planfix.call_tags.schema import CallTag
from integrations.planfix.http.client import Planfix
from integrations.planfix.http.json_fields import JSON, child_of, created_id, id_of, rows_of
from integrations.planfix.records.comments import Target


def write_tag(
    client: Planfix,
    target: Target,
    comment_id: int,
    tag: CallTag,
    values: Iterable[dict[str, JSON]],
) -> int:
    """The key of the new entry. Not idempotent: after an unclear answer use find_tag_key."""
    path = f"{target.path}/datatags/{comment_id}"
    items: list[JSON] = [{"customFieldData": list(values)}]
    keys = client.request("POST", path, body={"dataTag": {"id": tag.id}, "items": items}).get("keys")
    return created_id(keys[0] if isinstance(keys, list) and keys else None, f"POST {path}")


def find_tag_key(client: Planfix, comment_id: int, tag_id: int) -> int | None:
    """The key of the comment's entry in that tag, or None. Raises PlanfixRefused if the comment is gone."""
    answer = client.request("GET", f"/comment/{comment_id}", params={"fields": "id,dataTags"})
    for row in rows_of(child_of(answer, "comment"), "dataTags"):
        if id_of(child_of(row, "dataTag").get("id")) == tag_id:
            return id_of(row.get("key"))
    return None
