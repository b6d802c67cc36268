"""Plays back the recorded answers of a server, as a diagnostics file of the product holds them."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sandbox.http.server import Broken, Reply, Request

SAME = "/list"
"""Requests for lists get a recorded answer only if they are identical: a search for another client must not find this
one.
"""
_NUMBER = re.compile(r"\d+")


@dataclass(kw_only=True)
class _Exchange:
    path: str
    leaves: Counter[str]
    outcome: Reply | Broken
    played: int = 0


class RecordedAnswers:
    """Answers each request as the most similar recorded requests were answered, in their order. The last answer
    repeats.
    """

    def __init__(self, recorded: Iterable[Mapping[str, Any]]) -> None:
        """`recorded`: requests of a diagnostics file."""
        self._lock = threading.Lock()
        self._exchanges: dict[tuple[str, str], list[_Exchange]] = defaultdict(list)
        for row in recorded:
            path = row["path"].rstrip("/")
            exchange = _Exchange(path=path, leaves=_leaves(row["body"]), outcome=_outcome(row))
            self._exchanges[row["method"], _NUMBER.sub("#", path)].append(exchange)

    def answer(self, path: str, request: Request) -> Reply | Broken | None:
        """The recorded answer; None if no similar request was recorded. `path`: the part after /rest."""
        path = path.rstrip("/")
        leaves = _leaves(_json(request.body))
        with self._lock:
            known = self._exchanges.get((request.method, _NUMBER.sub("#", path)), [])
            if path.endswith(SAME):
                known = [one for one in known if one.path == path and one.leaves == leaves]
            if not known:
                return None
            best = max(known, key=lambda one: ((one.leaves & leaves).total(), one.path == path, -one.played))
            same = [one for one in known if (one.leaves, one.path) == (best.leaves, best.path)]
            chosen = next((one for one in same if not one.played), same[-1])
            chosen.played += 1
            return chosen.outcome


def _outcome(row: Mapping[str, Any]) -> Reply | Broken:
    """The recorded outcome. A request without a status had no answer: its connection broke, or it timed out."""
    if row["http_status"] is None:
        return Broken()
    answer: str = row["answer"]
    is_page = answer.lstrip().startswith("<")
    kind = "text/html; charset=utf-8" if is_page else "application/json; charset=utf-8"
    return Reply(status=HTTPStatus(row["http_status"]).value, body=answer.encode(), content_type=kind)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


def _leaves(value: Any) -> Counter[str]:
    """The values in JSON with their names, counted."""
    return Counter(_each_leaf(value, ""))


def _each_leaf(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _each_leaf(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _each_leaf(item, name)
    else:
        yield f"{name}={value}"
