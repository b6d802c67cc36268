"""Parses the text of a request into parameters, nested as they came: JSON, a form, a multipart form.

Knows no names but those of a call's ID, by which it finds the one call in a list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from urllib.parse import parse_qsl, unquote_plus, unquote_to_bytes

from integrations.ringostat.encoding import declared_charset, decoded
from integrations.ringostat.names import has_call_id
from integrations.ringostat.problems import NotUnderstood, Problem

MAX_PARAMETERS = 1000
MAX_KEY_PARTS = 12
MAX_PREAMBLE = 1000
MAX_DIGITS = 30

Tree = Mapping[str, object]
"""Parameters by their own names: text, None, bool, lists and further trees."""

PAIR_NAMES, PAIR_VALUES = ("name", "key", "field", "parameter", "param"), ("value", "val", "text")
MAX_PAIR = 4
"""Members of an object that only holds a name and its value."""
MAX_LOOKED_INTO = 4

MISREAD_MARK = "ï»¿"
"""The byte order mark of UTF-8 that was read as Latin-1."""

RPC_PARAMETERS = "params"
"""The name of the parameters in a request of JSON-RPC."""

JSON_IN_A_NAME = "json"
"""The name that stands for JSON in place of a form parameter's name."""

_PART_NAME = re.compile(rb"[; ]name=\"?([^\";\r\n]*)\"?", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_MULTIPART = re.compile(rb"^\s*(--[^\r\n]+)\r?\nContent-", re.IGNORECASE | re.MULTILINE)
"""The first line of the first part."""
_OUTSIDE_OF_STRINGS = re.compile(
    r"(\"(?:[^\"\\]|\\.)*\")|[\x00\u00a0\u200b\ufeff]|,(?=[\s\x00\u00a0]*[}\]])", re.DOTALL
)
_AROUND_JSON = " \t\r\n=;,\x00\x1a\ufeff"
_PERCENT_ENCODED_JSON = re.compile(r"(?:%22)?(?:%(?:7B|5B)(?:%20|%09|%0A|%0D|\+)*)+(?:%22|%5C%22)", re.IGNORECASE)
_JSON_BEGINS = re.compile(r"\s*(?:[{\[]\s*)+[\"\\]")
_ESCAPED_JSON = re.compile(r"\s*(?:[{\[]\s*)+\\\"")
"""How old PHP passes a form on: with a backslash before each quote."""
_NAME_IN_BRACES = re.compile(r"\{+[\w .-]+\}+\s*=")
_JSON_BEHIND = re.compile(r"[^<={\[&]*[{\[]\s*\"")
"""Text before JSON, such as a comment. It is read as JSON, so that the error names its place."""
_ESCAPED_AMPERSAND = re.compile(r"&amp;(?=[^&=]+=|$)")
_CUT_ESCAPE = re.compile(r"%[0-9A-Fa-f]?$")
_BRACKETS = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")


def read_text(text: str, charset: str) -> Tree:
    """The parameters of a body or of a query string; {} for a blank one. Raises NotUnderstood."""
    text = text.removeprefix(MISREAD_MARK)
    bare = text.strip(" \t\r\n\x00\ufeff")
    if not bare:
        return {}
    if bare[0] in '{["' and not _NAME_IN_BRACES.match(bare):  # which begins a form: {{Call ID}}=1
        return _one_object(read_json(text))
    if _PERCENT_ENCODED_JSON.match(bare):
        return _one_object(read_json(unquote_plus(bare).removesuffix("=")))
    if _JSON_BEHIND.match(bare):
        return _one_object(read_json(text))
    if bare[0] == "<":
        raise NotUnderstood(Problem.UNKNOWN_FORMAT, "The body is XML or HTML, neither a JSON object nor a form.")
    if "=" not in bare:
        reason = f"The body is neither a JSON object nor a form. It begins with “{bare[:30]}”."
        raise NotUnderstood(Problem.UNKNOWN_FORMAT, reason)
    return _form(bare.removeprefix("?"), charset)


def is_multipart(body: bytes, content_type: str) -> bool:
    if not _MULTIPART.search(body[:MAX_PREAMBLE]):
        return False
    return "multipart/" in content_type.lower() or b"form-data" in body[:MAX_PREAMBLE].lower()


def read_multipart(body: bytes, content_type: str) -> Tree:
    """Parses a multipart form by hand: the standard library's email parser may raise any error for odd input.

    Raises NotUnderstood when the closing line is missing.
    """
    line = _MULTIPART.search(body)
    boundary = line[1] if line else body
    charset = declared_charset(content_type)
    _preamble, *parts = body.split(boundary)
    if not any(part.startswith(b"--") for part in parts):
        raise NotUnderstood(Problem.CUT_OFF, "The multipart form is cut off: its closing line is missing.")
    pairs = []
    for part in parts:
        head, *content = _BLANK_LINE.split(part, maxsplit=1)
        if content and (name := _PART_NAME.search(head)):
            pairs.append((_part_text(name[1], charset), _part_text(_without_line_end(content[0]), charset)))
    return _tree(pairs)


def read_json(text: str) -> object:
    """Parses any JSON, and keeps numbers as they are written.

    Tolerates control characters in strings, NULs, and commas before a closing bracket. Of equal names the last
    non-empty value counts. Raises NotUnderstood with the place.
    """
    try:
        content = _JSON.decode(text)
    except ValueError:
        content = _json_without_slips(text)
    except RecursionError as error:
        raise NotUnderstood(Problem.TOO_DEEP, "The JSON is nested too deeply.") from error
    return read_json(content) if isinstance(content, str) and _is_json_text(text) else content  # encoded twice


def _is_json_text(text: str) -> bool:
    """False for a bare number, which is read as text too."""
    return text.lstrip()[:1] == '"'


def _json_without_slips(text: str) -> object:
    if _ESCAPED_JSON.match(text):
        text = text.replace('\\"', '"').replace("\\\\", "\\")
    try:
        return _JSON.decode(_OUTSIDE_OF_STRINGS.sub(lambda found: found[1] or " ", text).strip(_AROUND_JSON))
    except RecursionError as error:
        raise NotUnderstood(Problem.TOO_DEEP, "The JSON is nested too deeply.") from error
    except ValueError as error:
        raise NotUnderstood(Problem.INVALID_JSON, f"The body is not valid JSON: {_place(text)}.") from error


def _place(text: str) -> str:
    """The position of the first error, counted in the original text."""
    patched = _OUTSIDE_OF_STRINGS.sub(lambda found: found[1] or " ", text)
    try:
        _JSON.decode(patched)
    except json.JSONDecodeError as error:
        near = patched[error.pos : error.pos + 20].strip()
        what = f"{error.msg[:1].lower()}{error.msg[1:]}"
        return f"line {error.lineno}, column {error.colno}: {what}" + (f", near “{near}”" if near else ", at the end")
    return "at the end"


def _last_non_empty(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) < len(pairs):
        content = {}
        for name, value in pairs:
            if value not in (None, "") or name not in content:
                content[name] = value
    return content


def _all_digits(number: str) -> str:
    """`3.80671234567e11` as 380671234567. A number without its last digits stays as it came."""
    if "e" not in number.lower() or len(number) > MAX_DIGITS:
        return number
    decimal = Decimal(number)
    return f"{decimal:f}" if -MAX_DIGITS < int(decimal.as_tuple().exponent) <= 0 else number


_JSON = json.JSONDecoder(
    object_pairs_hook=_last_non_empty, parse_int=str, parse_float=_all_digits, parse_constant=str, strict=False
)


def _one_object(content: object) -> Tree:
    found = call_in(content) if isinstance(content, list) else content
    if not isinstance(found, Mapping):
        raise NotUnderstood(Problem.NOT_ONE_OBJECT, "The body is JSON, but not one object with parameters.")
    if RPC_PARAMETERS in found and ("jsonrpc" in found or "method" in found):
        return {name: found[name] for name in ("method", RPC_PARAMETERS) if name in found}
    return _tree(list(found.items())) if any("[" in name for name in found) else found


def call_in(items: list[object]) -> object:
    """The one call in a list: its only item, its only object with parameters of a call, or an object made of its pairs
    of names and values. None for a list of several things. Raises NotUnderstood for several calls."""
    while len(items) == 1 and isinstance(items[0], list):
        items = items[0]
    objects = [item for item in items if isinstance(item, Mapping)]
    if pairs := _named_pairs(objects):
        return pairs
    distinct = [item for place, item in enumerate(objects) if item not in objects[:place]]
    calls = [item for item in distinct if _tells_of_a_call(item)]
    if len(calls) > 1:
        reason = f"The body is JSON, but not one object with parameters: a list tells of {len(calls)} calls."
        raise NotUnderstood(Problem.NOT_ONE_OBJECT, reason)
    if calls:
        return calls[0]
    return items[0] if len(items) == 1 else None


def _named_pairs(objects: list[Mapping[str, object]]) -> dict[str, object]:
    """`[{"name": "call_id", "value": "1.1"}, …]` as an object; {} for other lists."""
    pairs: dict[str, object] = {}
    for item in objects:
        lower = {name.lower(): value for name, value in item.items()}
        name = next((lower[key] for key in PAIR_NAMES if key in lower), None)
        value = next((lower[key] for key in PAIR_VALUES if key in lower), None)
        if not isinstance(name, str) or len(item) > MAX_PAIR:
            return {}
        pairs[name] = value
    return pairs if len(pairs) > 1 and len(pairs) == len(objects) else {}


def _tells_of_a_call(item: object, depth: int = 0) -> bool:
    if isinstance(item, str) and item.lstrip()[:1] == "{":
        try:
            item = read_json(item)
        except NotUnderstood:
            return False
    if isinstance(item, list) and depth < MAX_LOOKED_INTO:
        return any(_tells_of_a_call(inner, depth + 1) for inner in item)
    if not isinstance(item, Mapping) or depth > MAX_LOOKED_INTO:
        return False
    return has_call_id(item) or any(_tells_of_a_call(inner, depth + 1) for inner in item.values())


def _form(text: str, charset: str) -> Tree:
    if _CUT_ESCAPE.search(text[-3:]) and text.count("%") > 1:
        reason = f"The form is cut off inside an escape: it ends with “{text[-20:]}”."
        raise NotUnderstood(Problem.CUT_OFF, reason)
    text = _ESCAPED_AMPERSAND.sub("&", text) if "&amp;" in text else text
    try:
        return _tree(_pairs(text, charset))
    except UnicodeDecodeError:
        guessed = decoded(unquote_to_bytes(text), "").charset
        return _tree(_pairs(text, guessed, errors="replace"))


def _pairs(text: str, charset: str, errors: str = "strict") -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, encoding=charset, errors=errors, max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError:
        raise
    except ValueError as error:
        reason = f"The form has more than {MAX_PARAMETERS} parameters."
        raise NotUnderstood(Problem.TOO_MANY_PARAMETERS, reason) from error


def _tree(pairs: Sequence[tuple[str, object]]) -> Tree:
    """`outer[inner]=value` nests, `name[]=value` makes a list. Of equal names the last non-empty value counts."""
    tree: dict[str, object] = {}
    for name, value in pairs:
        if _JSON_BEGINS.match(name):
            tree[JSON_IN_A_NAME] = f"{name}={value}" if value else name
        elif "[" in name and (nested := _BRACKETS.fullmatch(name.strip())):
            _put(tree, [nested[1], *nested[2][1:-1].split("][")][:MAX_KEY_PARTS], value)
        elif value or name not in tree:
            tree[name] = value
    return _with_lists(tree) if any(isinstance(value, dict) for value in tree.values()) else tree


def _put(tree: dict[str, object], keys: list[str], value: object) -> None:
    *outer, last = keys
    for key in outer:
        inner = tree.get(key)
        if not isinstance(inner, dict):
            inner = tree[key] = {}
        tree = inner
    last = last or str(len(tree))
    if value or last not in tree:
        tree[last] = value


def _with_lists(tree: dict[str, object]) -> dict[str, object]:
    return {name: _list_or_tree(value) if isinstance(value, dict) else value for name, value in tree.items()}


def _list_or_tree(tree: dict[str, object]) -> object:
    tree = _with_lists(tree)
    return list(tree.values()) if all(name.isdecimal() for name in tree) else tree


def _without_line_end(content: bytes) -> bytes:
    return content.removesuffix(b"\n").removesuffix(b"\r")


def _part_text(content: bytes, charset: str) -> str:
    return decoded(content, f"charset={charset}").text
