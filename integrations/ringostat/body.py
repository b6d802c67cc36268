"""A raw webhook request becomes a flat mapping of text, whatever its form. Knows nothing of calls."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from integrations.ringostat.fields import NotUnderstood, flat, flat_form

CHARSETS = frozenset({"utf-8", "utf8", "windows-1251", "cp1251", "koi8-u", "koi8-r", "iso-8859-1"})
"""Believed when declared. Python knows others that are no charsets of a body (`zip`, `unicode_escape`)."""

FALLBACK_CHARSET = "windows-1251"
"""What Cyrillic text that is not UTF-8 is written in."""

MAX_PARAMETERS = 1000

_JSON = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
"""Numbers stay as they are written."""
_CHARSET = re.compile(r"charset=[\"']?([\w-]+)")
_PART_NAME = re.compile(rb'[; ]name="([^"]*)"')


@dataclass(frozen=True, kw_only=True)
class RawRequest:
    method: str
    content_type: str
    query_string: str
    body: bytes


def read_body(raw: RawRequest) -> dict[str, str]:
    """The parameters of the body and of the query string by their own names; the body's win. Null is empty.

    The body is looked at and the content type hardly believed, for webhooks are set up by hand.
    Raises NotUnderstood.
    """
    fields = _form_fields(raw.query_string, "utf-8")
    body = _body_fields(raw)
    fields.update({name: text for name, text in body.items() if text or name not in fields})
    if not fields:
        raise NotUnderstood("The request carries no parameters.")
    return fields


def _body_fields(raw: RawRequest) -> dict[str, str]:
    charset = _charset(raw.content_type)
    if "multipart/form-data" in raw.content_type.lower() and raw.body.lstrip().startswith(b"--"):
        return _multipart_fields(raw.body.lstrip(), charset)
    text = _decoded(raw.body, charset).lstrip("\ufeff").strip()
    if not text:
        return {}
    if text[0] in '{["':
        return _json_fields(text)
    if "=" not in text or text[0] == "<":
        raise NotUnderstood("The body is neither a JSON object nor a form.")
    return _form_fields(text, charset)


def _json_fields(text: str) -> dict[str, str]:
    content = _json(text)
    if isinstance(content, str):  # JSON that was encoded twice
        content = _json(content)
    if isinstance(content, list) and len(content) == 1:
        content = content[0]
    if not isinstance(content, Mapping):
        raise NotUnderstood("The body is JSON, but not one object with parameters.")
    if "params" in content and ("jsonrpc" in content or "method" in content):
        content = {name: content[name] for name in ("method", "params") if name in content}
    return flat(content)


def _json(text: str) -> object:
    try:
        return _JSON.decode(text)
    except ValueError as error:
        raise NotUnderstood("The body is not valid JSON.") from error
    except RecursionError as error:
        raise NotUnderstood("The JSON is nested too deeply.") from error


def _form_fields(text: str, charset: str) -> dict[str, str]:
    try:
        return flat_form(_pairs(text, charset))
    except UnicodeDecodeError:
        return flat_form(_pairs(text, FALLBACK_CHARSET, errors="replace"))


def _pairs(text: str, charset: str, errors: str = "strict") -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, encoding=charset, errors=errors, max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError:
        raise
    except ValueError as error:
        raise NotUnderstood(f"The form has more than {MAX_PARAMETERS} parameters.") from error


def _multipart_fields(body: bytes, charset: str) -> dict[str, str]:
    """Taken apart by hand: the email parser of the standard library raises anything at anything odd."""
    boundary = body.split(b"\r\n", 1)[0]
    parts = [part.partition(b"\r\n\r\n") for part in body.split(boundary)]
    return flat_form(
        (_decoded(name[1], charset), _decoded(content.removesuffix(b"\r\n"), charset))
        for head, _, content in parts
        if (name := _PART_NAME.search(head))
    )


def _charset(content_type: str) -> str:
    declared = _CHARSET.search(content_type.lower())
    return declared[1] if declared and declared[1] in CHARSETS else "utf-8"


def _decoded(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset)
    except UnicodeDecodeError:
        return body.decode(FALLBACK_CHARSET, errors="replace")
