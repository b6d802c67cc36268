"""Reads the JSON of an answer that may be malicious."""

from __future__ import annotations

import json
import re
from typing import Any

_MAY_BE_UNSTORABLE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
"""A NUL, or a surrogate: alone, or as half of a pair."""


def read_json(text: str) -> Any:
    """Parses JSON. Its texts have no NULs and no lone surrogates, which PostgreSQL does not store.

    Raises ValueError for anything but JSON, and for JSON that is nested too deep.
    """
    try:
        value = json.loads(text)
        return _storable(value) if _MAY_BE_UNSTORABLE.search(text) else value
    except RecursionError as error:
        raise ValueError("JSON is nested too deep") from error


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value
