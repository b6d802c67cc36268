"""Replaces personal data in a webhook's body. JSON stays JSON, a form a form, and what is neither stays neither.

The result is text in UTF-8: compression and other character sets are undone.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from integrations.models import WebhookEvent
from integrations.ringostat.encoding import query_text, readable_body
from integrations.services.diagnostics.records import RecordReplacer

LONGEST_BODY = 50_000
"""Characters. A call's webhook has a few thousand."""

_CHARSET = re.compile(r";\s*charset=[^;]*", re.IGNORECASE)
_BOUNDARY = re.compile(r"\s*(--[^\r\n]+)\r?\n")
_FORM = re.compile(r"[^\s<>{}\[\]\"&=]{1,80}(?:\[[^\]]*\])?=")
_PART_NAME = re.compile(r"[; ]name=\"?([^\";\r\n]*)\"?", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Body:
    content_type: str
    query_string: str
    body: str


def replaced_body(event: WebhookEvent, records: RecordReplacer) -> Body:
    text = readable_body(bytes(event.body), event.content_type, event.content_encoding)[:LONGEST_BODY]
    query = query_text(event.query_string)
    return Body(
        content_type=_CHARSET.sub("", event.content_type),
        query_string=_form(query, records) if query else "",
        body=_text(text, records),
    )


def _text(text: str, records: RecordReplacer) -> str:
    if (boundary := _BOUNDARY.match(text)) and "content-disposition" in text.lower():
        return boundary[1].join(_part(part, records) for part in text.split(boundary[1]))
    try:
        return json.dumps(records.webhook(json.loads(text, strict=False)), ensure_ascii=False)
    except (ValueError, RecursionError):
        return _form(text, records) if _FORM.match(text) else records.texts.strict(text)


def _form(text: str, records: RecordReplacer) -> str:
    return records.texts.query(text, records.parameter)


def _part(part: str, records: RecordReplacer) -> str:
    """A part of a multipart form: its value is replaced, and its head but for the name."""
    head, line, value = re.split(r"(\r?\n\r?\n)", part, maxsplit=1) if re.search(r"\n\r?\n", part) else (part, "", "")
    found = _PART_NAME.search(head)
    if found is None:
        return records.texts.strict(part)
    end = re.search(r"\r?\n$", value)
    content = value[: end.start()] if end else value
    shown = f'\r\nContent-Disposition: form-data; name="{records.name(found[1])}"'
    return shown + line + records.parameter(found[1], content) + (end[0] if end else "")
