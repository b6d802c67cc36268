"""Reads a primary key from a URL or a form."""

from __future__ import annotations

MAX_DIGITS = 18
"""Every number of 18 digits fits into a bigint."""


def parse_pk(text: str) -> int | None:
    """The primary key, or None if the text cannot be one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS else None
