"""Addresses of an account's pages in Planfix."""

from __future__ import annotations

import re

_CONTACT_URL = re.compile(r"https?://(?P<host>[^/\s]+)/(?:\S*/)?contact/(?P<id>\d{1,18})(?!\d)")


def account_url(planfix_url: str) -> str:
    return planfix_url.rstrip("/").removesuffix("/rest")


def contact_url(planfix_url: str, contact_id: int, comment_id: int | None = None) -> str:
    """The contact's page in Planfix, scrolled to the comment if there is one."""
    return f"{account_url(planfix_url)}/contact/{contact_id}{_comment_query(comment_id)}"


def contact_of_url(url: str) -> tuple[str, int] | None:
    """The host and the id of a contact's page in Planfix; None for any other text."""
    found = _CONTACT_URL.match(url)
    return (found["host"], int(found["id"])) if found else None


def task_url(planfix_url: str, task_id: int, comment_id: int | None = None) -> str:
    """The task's page in Planfix, scrolled to the comment if there is one."""
    return f"{account_url(planfix_url)}/task/{task_id}{_comment_query(comment_id)}"


def _comment_query(comment_id: int | None) -> str:
    return f"?comment={comment_id}" if comment_id else ""
