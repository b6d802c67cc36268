"""Removes emoji from a request body that Planfix has refused to read. Knows no endpoint."""

from __future__ import annotations

import re

from integrations.planfix.http.json_fields import JSON

EMOJI = re.compile("[\U00010000-\U0010ffff\u2600-\u27bf\u2b00-\u2bff\u231a-\u23ff\u200d\u20e3\ufe0e\ufe0f]+ ?")
"""Characters above U+FFFF, which some JSON readers do not take, and the symbols and joiners that belong to emoji."""


def has_emoji(value: JSON) -> bool:
    if isinstance(value, str):
        return EMOJI.search(value) is not None
    if isinstance(value, list):
        return any(map(has_emoji, value))
    return isinstance(value, dict) and any(map(has_emoji, value.values()))


def without_emoji(value: JSON) -> JSON:
    """The same value without the emoji in its texts."""
    if isinstance(value, str):
        return EMOJI.sub("", value)
    if isinstance(value, list):
        return [without_emoji(item) for item in value]
    if isinstance(value, dict):
        return {key: without_emoji(item) for key, item in value.items()}
    return value
