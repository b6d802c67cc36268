"""A raw webhook request becomes a flat mapping of text, whatever its form: transfer, encoding, form, structure.

Each step is pure and lies in a module of its own. Knows nothing of calls.
"""

from __future__ import annotations

from dataclasses import dataclass

from integrations.ringostat.encoding import declared_charset, decoded, query_text, unpacked
from integrations.ringostat.fields import flat
from integrations.ringostat.formats import Tree, is_multipart, read_multipart, read_text
from integrations.ringostat.problems import Note, NoteKind, NotUnderstood, Problem


@dataclass(frozen=True, kw_only=True)
class RawRequest:
    """As it came; `content_encoding` is the header that says how the body is compressed."""

    method: str
    content_type: str
    query_string: str
    body: bytes
    content_encoding: str = ""


@dataclass(frozen=True, slots=True)
class Fields:
    """All parameters as text by their own names, and what to tell of how they were read."""

    values: dict[str, str]
    notes: tuple[Note, ...] = ()


def read_body(raw: RawRequest) -> dict[str, str]:
    """The parameters of the body and of the query string by their own names; the body's win. Null is empty.

    The body is looked at and the content type hardly believed, for webhooks are set up by hand.
    Raises NotUnderstood.
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
