"""Sanitizes the HTML of a comment: keeps only the tags that Planfix renders."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

ALLOWED = frozenset(("b", "i", "br", "p", "a", "ul", "li", "hr", "code"))
VOID = frozenset(("br", "hr"))
SILENT = frozenset(("script", "style"))
"""Tags whose text is dropped too."""


def safe_html(text: str) -> str:
    """Returns safe HTML. As in Planfix, line breaks in the text show as spaces."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.result()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._open: list[str] = []
        self._silent = 0

    def result(self) -> str:
        return "".join([*self._out, *(f"</{tag}>" for tag in reversed(self._open))])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self._silent += 1
        if tag not in ALLOWED:
            return
        self._out.append(_link(dict(attrs).get("href") or "") if tag == "a" else f"<{tag}>")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent = max(0, self._silent - 1)
        while tag in self._open:
            closed = self._open.pop()
            self._out.append(f"</{closed}>")
            if closed == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._out.append(escape(data))


def _link(href: str) -> str:
    if urlsplit(href).scheme not in ("http", "https", "mailto", "tel"):
        return "<a>"
    return f'<a href="{escape(href)}" target="_blank" rel="noopener noreferrer">'
