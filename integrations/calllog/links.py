"""Addresses that a page may link to: pages of a customer's Planfix, and web addresses that came with a call."""

from __future__ import annotations

from urllib.parse import urlsplit


def contact_address(planfix_url: str, contact_id: int, comment_id: int | None = None) -> str:
    """The contact's page in Planfix, at the comment if there is one."""
    return f"{_account(planfix_url)}/contact/{contact_id}{_at(comment_id)}"


def task_address(planfix_url: str, task_id: int, comment_id: int | None = None) -> str:
    return f"{_account(planfix_url)}/task/{task_id}{_at(comment_id)}"


def web_address(text: str) -> str:
    """The text if it is an http(s) address, else "": what a webhook calls a link may be javascript."""
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        return ""
    return text.strip() if parts.scheme in ("http", "https") and parts.netloc else ""


def _account(planfix_url: str) -> str:
    return planfix_url.rstrip("/").removesuffix("/rest")


def _at(comment_id: int | None) -> str:
    return f"?comment={comment_id}" if comment_id else ""
