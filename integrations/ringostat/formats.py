"""The text of a request becomes parameters, nested as they came: JSON, a form, a multipart form. Knows no names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus

from integrations.ringostat.encoding import FALLBACK_CHARSET, declared_charset, decoded
from integrations.ringostat.problems import NotUnderstood, Problem

MAX_PARAMETERS = 1000
MAX_KEY_PARTS = 12

Tree = Mapping[str, object]
"""Parameters by their own names: text, None, bool, lists and further trees."""

JSON_IN_A_NAME = "json"
"""The name of JSON that a form carries in place of a name."""

_PART_NAME = re.compile(rb"[; ]name=\"?([^\";\r\n]*)\"?", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_BOUNDARY_LINE = re.compile(rb"--[^\r\n]+")
_OUTSIDE_OF_STRINGS = re.compile(r"(\"(?:[^\"\\]|\\.)*\")|\x00|,(?=[\s\x00]*[}\]])", re.DOTALL)
_PERCENT_ENCODED_JSON = re.compile(r"(?:%22)?%(?:7B|5B)(?!%7B)", re.IGNORECASE)
_CUT_ESCAPE = re.compile(r"%[0-9A-Fa-f]?$")
_BRACKETS = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")


def read_text(text: str, charset: str) -> Tree:
    """The parameters of a body or of a query string; {} for a blank one. Raises NotUnderstood."""
    bare = text.strip(" \t\r\n\x00\ufeff")
    if not bare:
        return {}
    if bare[0] in '{["' and not bare.startswith("{{"):  # a name in braces begins a form: {{Call ID}}=1
        return _one_object(read_json(text))
    if _PERCENT_ENCODED_JSON.match(bare):
        return _one_object(read_json(unquote_plus(bare).removesuffix("=")))
    if bare[0] == "<":
        raise NotUnderstood(Problem.UNKNOWN_FORMAT, "The body is XML or HTML, neither a JSON object nor a form.")
    if "=" not in bare:
        reason = f"The body is neither a JSON object nor a form. It begins with “{bare[:30]}”."
        raise NotUnderstood(Problem.UNKNOWN_FORMAT, reason)
    return _form(bare.removeprefix("?"), charset)


def is_multipart(body: bytes, content_type: str) -> bool:
    if not body.lstrip().startswith(b"--"):
        return False
    return "multipart/" in content_type.lower() or b"form-data" in body[:400].lower()


def read_multipart(body: bytes, content_type: str) -> Tree:
    """Taken apart by hand: the email parser of the standard library raises anything at anything odd.

    Raises NotUnderstood when the closing line is missing.
    """
    body = body.lstrip()
    line = _BOUNDARY_LINE.match(body)
    boundary = line[0] if line else body
    charset = declared_charset(content_type)
    if boundary + b"--" not in body[len(boundary) :]:
        raise NotUnderstood(Problem.CUT_OFF, "The multipart form is cut off: its closing line is missing.")
    pairs = []
    for part in body.split(boundary):
        head, *content = _BLANK_LINE.split(part, maxsplit=1)
        if content and (name := _PART_NAME.search(head)):
            pairs.append((_part_text(name[1], charset), _part_text(_without_line_end(content[0]), charset)))
    return _tree(pairs)


def read_json(text: str) -> object:
    """Any JSON, numbers as they are written. Control characters in strings, NULs and commas before a closing bracket
    are tolerated; of equal names the last non-empty value counts. Raises NotUnderstood with the place.
    """
    try:
        content = _JSON.decode(text)
    except ValueError:
        content = _json_without_slips(text)
    except RecursionError as error:
        raise NotUnderstood(Problem.TOO_DEEP, "The JSON is nested too deeply.") from error
    return read_json(content) if isinstance(content, str) else content  # encoded twice


def _json_without_slips(text: str) -> object:
    try:
        return _JSON.decode(_OUTSIDE_OF_STRINGS.sub(lambda found: found[1] or " ", text).strip(" \t\r\n=\x00\ufeff"))
    except RecursionError as error:
        raise NotUnderstood(Problem.TOO_DEEP, "The JSON is nested too deeply.") from error
    except ValueError as error:
        raise NotUnderstood(Problem.INVALID_JSON, f"The body is not valid JSON: {_place(text)}.") from error


def _place(text: str) -> str:
    """Where the first fault is, counted in the text as it came."""
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


_JSON = json.JSONDecoder(
    object_pairs_hook=_last_non_empty, parse_int=str, parse_float=str, parse_constant=str, strict=False
)


def _one_object(content: object) -> Tree:
    while isinstance(content, list) and len(content) == 1:
        content = content[0]
    if not isinstance(content, Mapping):
        raise NotUnderstood(Problem.NOT_ONE_OBJECT, "The body is JSON, but not one object with parameters.")
    if "params" in content and ("jsonrpc" in content or "method" in content):
        return {name: content[name] for name in ("method", "params") if name in content}
    return content


def _form(text: str, charset: str) -> Tree:
    if _CUT_ESCAPE.search(text[-3:]) and text.count("%") > 1:
        reason = f"The form is cut off inside an escape: it ends with “{text[-20:]}”."
        raise NotUnderstood(Problem.CUT_OFF, reason)
    if "&amp;" in text and text.count("&amp;") == text.count("&"):
        text = text.replace("&amp;", "&")
    try:
        return _tree(_pairs(text, charset))
    except UnicodeDecodeError:
        return _tree(_pairs(text, FALLBACK_CHARSET, errors="replace"))


def _pairs(text: str, charset: str, errors: str = "strict") -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, encoding=charset, errors=errors, max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError:
        raise
    except ValueError as error:
        reason = f"The form has more than {MAX_PARAMETERS} parameters."
        raise NotUnderstood(Problem.TOO_MANY_PARAMETERS, reason) from error


def _tree(pairs: list[tuple[str, str]]) -> Tree:
    """`outer[inner]=value` nests, `name[]=value` makes a list. Of equal names the last non-empty value counts."""
    tree: dict[str, object] = {}
    for name, value in pairs:
        if name.lstrip().startswith("{") and not name.startswith("{{"):
            tree[JSON_IN_A_NAME] = f"{name}={value}" if value else name
        elif "[" in name and (nested := _BRACKETS.fullmatch(name.strip())):
            _put(tree, [nested[1], *nested[2][1:-1].split("][")][:MAX_KEY_PARTS], value)
        elif value or name not in tree:
            tree[name] = value
    return _with_lists(tree) if any(isinstance(value, dict) for value in tree.values()) else tree


def _put(tree: dict[str, object], keys: list[str], value: str) -> None:
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
