"""Judges requests and answers by Planfix's published OpenAPI file, which is not part of this repository."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from sandbox.http.request_log import LoggedRequest

WHOLE_ANSWER = 1000
"""The sandbox keeps no more of an answer."""
FREE_VALUE = re.compile(r"customFieldData\.\d+\.value$")
"""The file calls the value of every custom field an object. In its own examples it is a text or a number."""
Schema = Any


class Judge:
    """`file`: the OpenAPI file."""

    def __init__(self, file: Path) -> None:
        self.document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        self.validator_of = pytest.importorskip("jsonschema").Draft4Validator

    def faults(self, request: LoggedRequest) -> Iterator[str]:
        """The violations of the file."""
        place = f"{request.method} {request.path}"
        operation = self._operation(request)
        if operation is None:
            yield f"{place}: no such operation"
            return
        known = {one["name"] for one in map(self._resolved, operation.get("parameters", ())) if one["in"] == "query"}
        for name, _value in parse_qsl(request.query):
            if name not in known:
                yield f"{place}: unknown query parameter {name}"
        if request.method != "GET" and request.body:
            yield from self._of_body(place, operation, request)
        yield from self._of_answer(place, operation, request)

    def _operation(self, request: LoggedRequest) -> Mapping[str, Any] | None:
        """A path without parameters comes before one with them: /contact/list is no contact."""
        for path, operations in sorted(self.document["paths"].items(), key=lambda item: "{" in item[0]):
            pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
            if request.method.lower() in operations and re.fullmatch(pattern, request.path):
                found: Mapping[str, Any] = operations[request.method.lower()]
                return found
        return None

    def _of_body(self, place: str, operation: Mapping[str, Any], request: LoggedRequest) -> Iterator[str]:
        content = self._resolved(operation.get("requestBody", {})).get("content", {})
        if "application/json" not in content:
            return
        schema, body = content["application/json"]["schema"], json.loads(request.body)
        for error in self._validator(schema).iter_errors(body):
            where = ".".join(map(str, error.absolute_path))
            if not FREE_VALUE.search(where):
                yield f"{place}: {where}: {error.message[:200]}"
        for name in self._unknown(schema, body):
            yield f"{place}: unknown property {name}"

    def _of_answer(self, place: str, operation: Mapping[str, Any], request: LoggedRequest) -> Iterator[str]:
        answer = self._resolved(operation["responses"].get(str(request.status)))
        if answer is None:
            yield f"{place}: status {request.status} is not documented"
            return
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if schema is None or not request.answer.strip() or len(request.answer) >= WHOLE_ANSWER:
            return
        for error in self._validator(schema).iter_errors(json.loads(request.answer)):
            yield f"{place}: answer: {'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"

    def _resolved(self, part: Any) -> Any:
        if not isinstance(part, Mapping) or "$ref" not in part:
            return part
        found: Any = self.document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found

    def _unknown(self, schema: Schema, value: Any, path: str = "") -> Iterator[str]:
        """The properties that the file does not name where it names some."""
        if isinstance(value, list):
            for one in value:
                yield from self._unknown(self._resolved(schema).get("items", {}), one, path)
        if not isinstance(value, Mapping):
            return
        named = self._properties(schema)
        for name, part in value.items():
            if named and name not in named:
                yield f"{path}{name}"
            yield from self._unknown(named.get(name, {}), part, f"{path}{name}.")

    def _properties(self, schema: Schema) -> dict[str, Schema]:
        """The properties of the schema and of the schemas that it consists of."""
        schema = self._resolved(schema)
        found = dict(schema.get("properties", {}))
        for key in ("allOf", "anyOf", "oneOf"):
            for part in schema.get(key, ()):
                found |= self._properties(part)
        return found

    def _validator(self, schema: Schema) -> Any:
        return self.validator_of({**as_json_schema(schema), "components": {"schemas": self._components}})

    @cached_property
    def _components(self) -> Schema:
        return as_json_schema(self.document["components"]["schemas"])


def as_json_schema(part: Any) -> Any:
    """OpenAPI 3.0 writes "or null" in its own way, and Planfix writes remarks into lists of numbers."""
    if isinstance(part, list):
        return [as_json_schema(one) for one in part]
    if not isinstance(part, Mapping):
        return part
    found = {name: as_json_schema(value) for name, value in part.items() if name != "example"}
    if isinstance(found.get("enum"), list):
        found["enum"] = [_without_remark(value) for value in found["enum"]]
    if found.get("nullable") is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
    return found


def _without_remark(value: Any) -> Any:
    """ "4003 // Contact phone" → 4003"""
    remarked = re.match(r"(\d+) //", value) if isinstance(value, str) else None
    return int(remarked[1]) if remarked else value
