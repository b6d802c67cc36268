"""Replaces personal data in JSON by the names of its values: requests to Planfix, webhooks, settings.

A value stays only if its name or the value itself shows that it is a word of the two systems, a time or a count.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from integrations.domain.phones import search_pieces
from integrations.ringostat.names import folded
from integrations.services.contacts.search import unbroken_pieces
from integrations.services.diagnostics.known_words import PARAMETER_NAMES, TIME_NAMES, is_known_value
from integrations.services.diagnostics.texts import TextReplacer

JSON = Any
Change = Callable[[JSON, str], JSON]

CODES = frozenset({"result", "operator", "fields", "resultType"})
"""Names of values that programs compare."""
MESSAGES = frozenset({"error", "message", "scopes", "rights", "detail", "came"})
PLAIN_NUMBERS = frozenset({"type", "code", "offset", "pageSize", "timeToReset", "objectType", "parent"})
SMALLEST_ID = 100
"""Smaller numbers count something, unless their name says that they are an ID."""
SETTINGS = frozenset({"language", "timezone", "region", "parameter", "working_hours", "holidays"})
"""Names of settings whose texts stay."""

LONGEST_DURATION = 8
"""Digits."""

_EPOCH = re.compile(r"1\d{9}(?:\d{3}|\d{6})?")
"""Seconds, milliseconds or microseconds of our years."""
_ID_NAME = re.compile(r"(?:.*_)?(?:id|ID|ids|key|keys)|.*[a-z](?:Id|ID)")
_PREFIXED_ID = re.compile(r"([a-z]+:)(\d+)")
_TIME_VALUE = re.compile(r"[\d\s:.,/+TZ-]*(?:\s?(?:[AaPp][Mm]|s|sec|seconds|ms|min|сек|хв|мин))?\.?")


class RecordReplacer:
    def __init__(self, texts: TextReplacer) -> None:
        self.texts = texts
        self._pseudonyms = texts.pseudonyms

    # Planfix

    def planfix(self, value: JSON, name: str = "") -> JSON:
        """A request to Planfix, or its answer, as JSON."""
        if isinstance(value, str):
            return self._planfix_text(value, name)
        new = self._parts(value, name, self.planfix)
        return self._with_number_parts(value, new) if name == "filters" else new

    def answer(self, answer: str) -> str:
        """The stored beginning of an answer. JSON that is cut off is read as a text."""
        try:
            content = json.loads(answer)
        except (ValueError, RecursionError):
            return self._text_of_answer(answer)
        return json.dumps(self.planfix(content), ensure_ascii=False)

    def path(self, path: str) -> str:
        """The path of a request: Ringofix's own words and IDs."""
        place, question, query = path.partition("?")
        ids = re.sub(r"\d+", lambda run: self._pseudonyms.identifier(run[0]), place)
        return ids + question + self.texts.query(query) if question else ids

    def _planfix_text(self, text: str, name: str) -> str:
        if name in CODES:
            return re.sub(r"\d+", lambda run: self._pseudonyms.identifier(run[0]), text)
        if name in MESSAGES:
            return self.texts.prose(text)
        if is_known_value(text):
            return text
        if prefixed := _PREFIXED_ID.fullmatch(text):
            return prefixed[1] + self._pseudonyms.identifier(prefixed[2])
        return self._id(text) if _ID_NAME.fullmatch(name) else self.texts.strict(text)

    def _with_number_parts(self, filters: JSON, new: JSON) -> JSON:
        """A search for a number in any format asks for its parts, each in a filter of its own."""
        asked = tuple(row.get("value") for row in filters if isinstance(row, Mapping))
        for number, replaced in self._pseudonyms.numbers.items():
            for parts in (unbroken_pieces, search_pieces):
                if parts(number) == asked:
                    return [{**new[0], "value": part} for part in parts(replaced)]
        return new

    def _text_of_answer(self, answer: str) -> str:
        """Names of cut JSON stay as they are; in a web page or another text there are none."""
        if not answer.lstrip().startswith(("{", "[")):
            return self.texts.strict(answer) if "<" in answer else self.texts.prose(answer)
        pieces = re.split(r'("[A-Za-z]\w{0,40}"\s*:|"(?:success|fail)")', answer)
        return "".join(piece if place % 2 else self.texts.strict(piece) for place, piece in enumerate(pieces))

    # Ringostat

    def webhook(self, value: JSON, name: str = "") -> JSON:
        """A parameter of a webhook, or all of them."""
        if isinstance(value, str):
            return self.parameter(name, value)
        if isinstance(value, int) and not isinstance(value, bool):
            text = self.parameter(name, str(value))
            return int(text) if re.fullmatch(r"-?\d+", text) else text
        return self._parts(value, name, self.webhook)

    def parameter(self, name: str, value: str) -> str:
        if value.lstrip().startswith(("{", "[")):
            try:
                return json.dumps(self.webhook(json.loads(value, strict=False)), ensure_ascii=False)
            except (ValueError, RecursionError):
                return self.texts.strict(value)
        if is_known_value(value):
            return value
        if folded(name) in TIME_NAMES and _TIME_VALUE.fullmatch(value) and not self._may_be_phone(value):
            return value
        return self.texts.strict(value)

    def _may_be_phone(self, value: str) -> bool:
        if value.isdigit():
            return len(value) > LONGEST_DURATION and not _EPOCH.fullmatch(value)
        return self._pseudonyms.phone(value) is not None

    # Settings

    def settings(self, value: JSON, name: str = "") -> JSON:
        """A customer as import_customer reads it. Its numbers are settings, except IDs."""
        if isinstance(value, str):
            return value if name in SETTINGS or is_known_value(value) else self.texts.strict(value)
        if isinstance(value, int | float) and not _ID_NAME.fullmatch(name):
            return value
        return self._parts(value, name, self.settings)

    def prose(self, value: JSON, name: str = "") -> JSON:
        """A finding's values."""
        return self.texts.prose(value) if isinstance(value, str) else self._parts(value, name, self.prose)

    def _parts(self, value: JSON, name: str, change: Change) -> JSON:
        if isinstance(value, Mapping):
            return {self.name(key): change(item, key) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [change(item, name) for item in value]
        if isinstance(value, bool) or not isinstance(value, int):
            return value
        return self._number(value, name)

    def name(self, name: str) -> str:
        return name if folded(name) in PARAMETER_NAMES else self.texts.name(name)

    def _number(self, value: int, name: str) -> int:
        is_id = _ID_NAME.fullmatch(name) is not None
        if not is_id and (name in PLAIN_NUMBERS or abs(value) < SMALLEST_ID):
            return value
        return int(self._id(str(value)))

    def _id(self, text: str) -> str:
        return self._pseudonyms.identifier(text) if text.isdigit() else self.texts.strict(text)
