"""Turns a raw webhook request into a flat mapping of text, however it is compressed, encoded, formatted and nested.

Each step is pure and has a module of its own. Knows nothing of calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, unquote_plus

from integrations.ringostat.encoding import declared_charset, decoded, query_text, unpacked
from integrations.ringostat.formats import Tree, call_in, is_multipart, read_json, read_multipart, read_text
from integrations.ringostat.names import holds_call_id, inner_name, is_not_a_call, is_wrapper
from integrations.ringostat.problems import Note, NoteKind, NotUnderstood, Problem

MAX_DEPTH = 6

MAX_DECODINGS = 3
"""How often a text may have been percent-encoded."""

_JSON_BEGINS = frozenset('{["')
MAY_BEGIN_JSON = _JSON_BEGINS | frozenset(" \t\r\n")
VALUES = frozenset(("value", "val", "rawvalue", "_text", "#text", "$t"))
"""Names of the only member of an object that stands for a value: `{"call_id": {"value": "1.1"}}`."""
_BLANKS = " \t\r\n\x0b\x0c"
"""ASCII blanks only: half of a wrongly decoded letter may look like another blank."""
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_JAVASCRIPT_ESCAPE = re.compile(r"%u([0-9A-Fa-f]{4})")
"""How JavaScript's old escape() writes other alphabets."""
_ESCAPED_LETTER = re.compile(r"\\u([0-9A-Fa-f]{4})")
"""How JSON writes other alphabets, in a text that was escaped twice."""
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HAS_BLANKS = re.compile(r"[\s,]")
_LOOKS_LIKE_ADDRESS = re.compile(r"[:/?&=@]")
_SURE_ESCAPES = re.compile(r"%25|(?:%[89A-Fa-f][0-9A-Fa-f])+")


@dataclass(frozen=True, kw_only=True)
class RawRequest:
    """A request as it came. `content_encoding` is the header that says how the body is compressed."""

    method: str
    content_type: str
    query_string: str
    body: bytes
    content_encoding: str = ""


@dataclass(frozen=True, slots=True)
class Fields:
    """All parameters as text by their own names, and notes on how they were read."""

    values: dict[str, str]
    notes: tuple[Note, ...] = ()


def read_body(raw: RawRequest) -> dict[str, str]:
    """The parameters of the body and of the query string by their own names. The body's values win. Null becomes "".

    Trusts the body more than its content type, because people set up webhooks by hand. Raises NotUnderstood.
    """
    return read_fields(raw).values


def read_fields(raw: RawRequest) -> Fields:
    """As read_body, with notes. Raises NotUnderstood."""
    fields = flat(read_text(query_text(raw.query_string), "utf-8")) if raw.query_string else {}
    tree, notes = _body_tree(raw)
    body = flat(tree)
    if fields:
        fields.update({name: text for name, text in body.items() if text or name not in fields})
    else:
        fields = body
    if not fields:
        raise NotUnderstood(Problem.NO_PARAMETERS, "The request carries no parameters.")
    return Fields(fields, notes)


def _body_tree(raw: RawRequest) -> tuple[Tree, tuple[Note, ...]]:
    body = unpacked(raw.body, raw.content_encoding)
    if is_multipart(body, raw.content_type):
        return read_multipart(body, raw.content_type), ()
    text = decoded(body, raw.content_type)
    notes = (Note(NoteKind.CHARSET_GUESSED, "", text.guessed),) if text.guessed else ()
    # Escapes in a form are in the charset of the page it was sent from, even when the form itself is plain ASCII.
    charset = text.charset if text.charset != "utf-8" else declared_charset(raw.content_type) or "utf-8"
    return read_text(text.text, charset), notes


def flat(parameters: Mapping[str, object], depth: int = 1) -> dict[str, str]:
    """All leaves as text; null is empty. A parameter of an outer object wins over one of its name inside.

    Raises NotUnderstood if objects are nested deeper than in any webhook, or contain several calls.
    """
    if depth > MAX_DEPTH:
        raise NotUnderstood(Problem.TOO_DEEP, "The parameters are nested too deeply.")
    fields: dict[str, str] = {}
    inner: dict[str, str] = {}
    for raw_name, value in parameters.items():
        if isinstance(value, str) and _is_plain(raw_name) and _is_plain(value) and value[:1] not in MAY_BEGIN_JSON:
            fields[raw_name.strip()] = value.strip()
            continue
        name = raw_name.strip() if raw_name.isascii() and "\x00" not in raw_name else clean(raw_name)
        opened = value if value is None else _opened(name, value)
        if isinstance(opened, Mapping):
            leaves = flat(opened, depth + 1)
            wraps = is_wrapper(name) or holds_call_id(name, leaves)
            _add(inner, ((inner_name(name, key, wraps=wraps), text) for key, text in leaves.items()))
        else:
            fields[name] = _text(name, opened)
    if inner:
        _add(fields, inner.items())
    return fields


def _is_plain(text: str) -> bool:
    """True for ASCII text that has nothing to decode: most names and values are so."""
    return text.isascii() and "%" not in text and "\x00" not in text and "\\u" not in text


def clean(text: str) -> str:
    """The text without NUL characters and lone surrogates, which PostgreSQL cannot store."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\x00", "").strip(_BLANKS)


def _opened(name: str, value: object) -> object:
    """The object behind a list, or behind JSON text."""
    if isinstance(value, list):
        found = call_in(value) if is_wrapper(name) or not is_not_a_call(name) else value
        return value if found is None or isinstance(found, list) else _opened(name, found)
    if isinstance(value, Mapping) and len(value) == 1 and not VALUES.isdisjoint(map(str.lower, value)):
        return next(iter(value.values()))
    if isinstance(value, str) and value[:1] in MAY_BEGIN_JSON and value.lstrip()[:1] in _JSON_BEGINS:
        return _object_in(name, value)
    return value


def _object_in(name: str, text: str) -> object:
    """The object of a JSON text, if it wraps a call: other JSON is a value like any other text."""
    try:
        content = read_json(text)
    except NotUnderstood:
        return text
    content = call_in(content) if isinstance(content, list) else content
    if isinstance(content, Mapping) and (is_wrapper(name) or holds_call_id(name, content)):
        return content
    return text


def _add(fields: dict[str, str], more: Iterable[tuple[str, str]]) -> None:
    for name, text in more:
        fields[name] = fields.get(name) or text


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return _list_text(name, value)
    text = str(value)
    if not text.isascii() or "\x00" in text:
        text = clean(text)
    if "\\u" in text:
        text = _with_letters(_ESCAPED_LETTER, text)
    return (_percent_decoded(text) if "%" in text else text).strip(_BLANKS)


def _list_text(name: str, items: list[object]) -> str:
    texts = (_text(name, _only_text(item)) for item in items if not isinstance(item, list))
    return ", ".join(text for text in dict.fromkeys(texts) if text)


def _only_text(item: object) -> object:
    """The first text of an object in a list: `{"url": "https://…", "size": 5}`."""
    if not isinstance(item, Mapping):
        return item
    return next((value for value in item.values() if isinstance(value, str) and value), None)


def _percent_decoded(text: str) -> str:
    """Some webhooks percent-encode the values inside of JSON (help.ringostat.com, article 6325129), and flow tools
    encode what is encoded.

    Only a text in which every `%` is an escape was encoded. An address keeps its escapes: they belong to it.
    """
    if "%u" in text:
        text = _with_letters(_JAVASCRIPT_ESCAPE, text)
    for _ in range(MAX_DECODINGS):
        once = _once_decoded(text)
        if once == text:
            break
        text = clean(once)
    return text


def _with_letters(escape: re.Pattern[str], text: str) -> str:
    """Replaces escapes by the UTF-16 characters that they stand for. An emoji has two of them."""
    letters = escape.sub(lambda found: chr(int(found[1], 16)), text)
    return clean(letters.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _once_decoded(text: str) -> str:
    if not _ESCAPE.search(text) or _LONE_PERCENT.search(text) or _LOOKS_LIKE_ADDRESS.search(text):
        return text
    try:
        if not _HAS_BLANKS.search(text):
            return unquote_plus(text, errors="strict")
        # A text with blanks may be encoded in part or not at all: decode it only if every escape in it is certainly
        # one.
        return unquote(text, errors="strict") if not _ESCAPE.search(_SURE_ESCAPES.sub("", text)) else text
    except UnicodeDecodeError:
        return text
