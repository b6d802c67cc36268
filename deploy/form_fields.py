"""Reads the fields of a page's form, as a browser would send them."""

from __future__ import annotations

from html.parser import HTMLParser


def form_of(html: str) -> dict[str, str | list[str]]:
    """The values of all fields except buttons and the CSRF token. A field with several values is a list."""
    reader = _FieldReader()
    reader.feed(html)
    return reader.fields


class _FieldReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str | list[str]] = {}
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input":
            self._read_input(given)
        elif tag == "select":
            self._select = given.get("name", "")
            self.fields[self._select] = [] if "multiple" in given else ""
        elif tag == "option" and "selected" in given:
            chosen = self.fields[self._select]
            self.fields[self._select] = [*chosen, given["value"]] if isinstance(chosen, list) else given["value"]
        elif tag == "textarea":
            self._textarea = given.get("name", "")
            self.fields[self._textarea] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.fields[self._textarea] = data.removeprefix("\n")

    def _read_input(self, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        is_off = kind in ("checkbox", "radio") and "checked" not in given
        if name and name != "csrfmiddlewaretoken" and not is_off and kind not in ("submit", "button", "file"):
            self.fields[name] = given.get("value", "on" if kind == "checkbox" else "")
