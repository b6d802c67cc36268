"""The number of a row, as a browser sends it: in an address, or in a form."""

from __future__ import annotations

LONGEST = 18
"""Digits: all of these fit into a bigint."""


def parse_pk(text: str) -> int | None:
    """None for what can be no row's number."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST else None
