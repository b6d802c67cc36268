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
METHODS = ("get", "post", "put", "delete")
Schema = Any


class Judge:
    """`file`: the OpenAPI file."""

    def __init__(self, file: Path) -> None:
        self.document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        self.validator_of = pytest.importorskip("jsonschema").Draft4Validator

    def faults(self, request: LoggedRequest) -> Iterator[str]:
        """What the file does not allow."""
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
        for path, operations in self.document["paths"].items():
            pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
            if request.method.lower() in operations and re.fullmatch(pattern, request.path):
                found: Mapping[str, Any] = operations[request.method.lower()]
                return found
        return None

    def _of_body(self, place: str, operation: Mapping[str, Any], request: LoggedRequest) -> Iterator[str]:
        content = self._resolved(operation.get("requestBody", {})).get("content", {})
        if "application/json" not in content:
            return
        schema = content["application/json"]["schema"]
        for error in self._validator(schema, is_closed=True).iter_errors(json.loads(request.body)):
            yield f"{place}: {'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"

    def _of_answer(self, place: str, operation: Mapping[str, Any], request: LoggedRequest) -> Iterator[str]:
        answer = self._resolved(operation["responses"].get(str(request.status)))
        if answer is None:
            yield f"{place}: status {request.status} is not documented"
            return
        schema = answer.get("content", {}).get("application/json", {}).get("schema")
        if schema is None or not request.answer.strip() or len(request.answer) >= WHOLE_ANSWER:
            return
        for error in self._validator(schema, is_closed=False).iter_errors(json.loads(request.answer)):
            yield f"{place}: answer: {'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"

    def _resolved(self, part: Any) -> Any:
        if not isinstance(part, Mapping) or "$ref" not in part:
            return part
        found: Any = self.document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found

    def _validator(self, schema: Schema, *, is_closed: bool) -> Any:
        """`is_closed`: a property that the file does not name is a fault."""
        components = self._closed_components if is_closed else self._components
        return self.validator_of({**as_json_schema(schema, is_closed), "components": {"schemas": components}})

    @cached_property
    def _components(self) -> Schema:
        return as_json_schema(self.document["components"]["schemas"], False)

    @cached_property
    def _closed_components(self) -> Schema:
        return as_json_schema(self.document["components"]["schemas"], True)


def as_json_schema(part: Any, is_closed: bool) -> Any:
    """OpenAPI 3.0 writes "or null" in its own way."""
    if isinstance(part, list):
        return [as_json_schema(one, is_closed) for one in part]
    if not isinstance(part, Mapping):
        return part
    found = {name: as_json_schema(value, is_closed) for name, value in part.items() if name not in ("example",)}
    if found.get("nullable") is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
    if is_closed and found.get("type") == "object" and isinstance(part.get("properties"), Mapping):
        found.setdefault("additionalProperties", False)
    return found
