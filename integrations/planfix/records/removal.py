"""Removes records that we made. What is gone already counts as removed."""

from __future__ import annotations

from integrations.planfix.http.client import Planfix
from integrations.planfix.http.errors import PlanfixRefused
from integrations.planfix.http.json_fields import child_of

GONE = frozenset({2000, 5000, 6000, 7000})
"""Codes for a contact, comment, data tag entry and file that do not exist."""


def delete_comment(client: Planfix, comment_id: int) -> None:
    """Raises PlanfixError, also for a missing right (comment_delete)."""
    _remove(client, "DELETE", f"/comment/{comment_id}")


def delete_tag_entry(client: Planfix, key: int) -> None:
    """Raises PlanfixError, also for a missing right (datatag_delete)."""
    _remove(client, "DELETE", f"/datatag/entry/{key}")


def delete_file(client: Planfix, file_id: int) -> None:
    """Raises PlanfixError, also for a missing right (file_delete)."""
    _remove(client, "DELETE", f"/file/{file_id}")


def mark_contact_deleted(client: Planfix, contact_id: int) -> None:
    """Planfix has no request that deletes a contact for good. Raises PlanfixError, also without contact_update."""
    _remove(client, "POST", f"/contact/{contact_id}", {"isDeleted": True})


def is_gone(client: Planfix, contact_id: int) -> bool:
    """Is the contact deleted, or marked as deleted? One request."""
    params = {"fields": "id,isDeleted"}
    try:
        contact = child_of(client.request("GET", f"/contact/{contact_id}", params=params), "contact")
    except PlanfixRefused as error:
        if error.is_missing_contact:
            return True
        raise
    return contact.get("isDeleted") is True


def _remove(client: Planfix, method: str, path: str, body: dict[str, bool] | None = None) -> None:
    try:
        client.request(method, path, body=dict(body) if body else None)
    except PlanfixRefused as error:
        if error.code not in GONE and error.http_status != 404:
            raise
