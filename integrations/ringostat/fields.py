"""Nested, typed, escaped values become a flat mapping of text. Knows nothing of what the names mean."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote_plus

TRANSPARENT = frozenset({"additional_call_data", "params", "data", "payload", "body"})
"""Objects that only wrap: what is in them goes by its own name, `employee: {id: 1}` becomes employee_id."""

MAX_DEPTH = 5

_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_REMOVED_BY_ENCODING = re.compile(r"[\s:/?&=@,]")
_BRACKETS = re.compile(r"([^\[\]]+)\[([^\[\]]+)\]")


class NotUnderstood(Exception):
    """The request is no set of parameters. The reason is a sentence for the specialist."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def flat(parameters: Mapping[str, object], depth: int = 1) -> dict[str, str]:
    """All leaves as text; null is empty. A parameter of an outer object wins over one of its name inside.

    Raises NotUnderstood when objects are nested deeper than any webhook nests them.
    """
    if depth > MAX_DEPTH:
        raise NotUnderstood("The parameters are nested too deeply.")
    fields: dict[str, str] = {}
    inner: dict[str, str] = {}
    for raw_name, value in parameters.items():
        name = clean(raw_name)
        opened = _opened(name, value)
        if isinstance(opened, Mapping):
            _add(inner, ((_inner_name(name, key), text) for key, text in flat(opened, depth + 1).items()))
        else:
            fields[name] = _text(opened)
    _add(fields, inner.items())
    return fields


def flat_form(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The same for a form, where `outer[inner]=value` nests. Of equal names the last non-empty one counts."""
    form: dict[str, object] = {}
    for name, value in pairs:
        bracketed = _BRACKETS.fullmatch(name)
        key = _inner_name(*bracketed.groups()) if bracketed else name
        if value or key not in form:
            form[key] = value
    return flat(form)


def clean(text: str) -> str:
    """Without what PostgreSQL cannot hold as text: NUL characters and lone surrogates."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\x00", "").strip()


def _opened(name: str, value: object) -> object:
    """The object behind a list of one, or behind the JSON text of a wrapping parameter."""
    if isinstance(value, list) and len(value) == 1:
        return _opened(name, value[0]) if not isinstance(value[0], list) else value
    if name in TRANSPARENT and isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return json.loads(value, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError):
            return value
    return value


def _inner_name(outer: str, inner: str) -> str:
    return inner if outer in TRANSPARENT else f"{outer}_{inner}"


def _add(fields: dict[str, str], more: Iterable[tuple[str, str]]) -> None:
    for name, text in more:
        fields[name] = fields.get(name) or text


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return clean(", ".join(_text(item) for item in value if not isinstance(item, (list, Mapping))))
    return clean(_percent_decoded(str(value)))


def _percent_decoded(text: str) -> str:
    """Some webhooks percent-encode the values inside of JSON (help.ringostat.com, article 6325129).

    A text with a character that encoding would have removed was not encoded: a landing page stays as it is.
    """
    if not _PERCENT.search(text) or _REMOVED_BY_ENCODING.search(text):
        return text
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        return text
