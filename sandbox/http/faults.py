"""Faults on demand: which requests fail, and how. Knows nothing of what the requests mean."""

from __future__ import annotations

import json as json_module
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import Literal

from sandbox.http.server import Broken, Reply, html_reply

Kind = Literal["status", "reset", "hang", "close", "html", "cut_json", "slow"]

HTML = "<html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Makes requests fail that match `method`, `path` (after /rest) and `account`.

    The first `skip` matching requests succeed, then `times` requests fail (None: all). `share` below 1 makes only that
    share fail, at random; `seed` makes the choice repeatable. With `when` "before" the request has no effect; with
    "after" it takes effect, and then its response is spoiled.
    """

    kind: Kind = "status"
    method: str = "*"
    path: str = "*"
    account: str | None = None
    times: int | None = None
    skip: int = 0
    share: float = 1
    seed: int = 0
    when: Literal["before", "after"] = "before"
    status: int | None = None
    """For kinds "status" (500 when not given) and "html" (502 when not given)."""
    body: str = ""
    json: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 30
    """For kinds "hang" and "slow"."""

    def concerns(self, method: str, path: str, account: str) -> bool:
        return (
            (self.account is None or fnmatchcase(account, self.account))
            and self.method in ("*", method)
            and (fnmatchcase(path, self.path) or fnmatchcase(path.rstrip("/"), self.path))
        )


@dataclass
class _Armed:
    fault: Fault
    to_skip: int
    left: int | None
    chance: Random
    struck: int = 0

    def strikes(self) -> bool:
        if self.to_skip:
            self.to_skip -= 1
            return False
        if self.left == 0 or self.chance.random() >= self.fault.share:
            return False
        if self.left is not None:
            self.left -= 1
        self.struck += 1
        return True


class Faults:
    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._armed.append(_Armed(fault, fault.skip, fault.times, Random(fault.seed)))  # noqa: S311 - not a secret

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def struck(self) -> list[tuple[Fault, int]]:
        """Every fault with the number of requests that it hit."""
        with self._lock:
            return [(armed.fault, armed.struck) for armed in self._armed]

    def strike(self, method: str, path: str, account: str) -> Fault | None:
        """Returns the first fault that hits this request. A fault that still skips requests only counts this one."""
        if not self._armed:
            return None
        with self._lock:
            for armed in self._armed:
                if armed.fault.concerns(method, path, account) and armed.strikes():
                    return armed.fault
        return None


def spoiled(fault: Fault, reply: Reply | None) -> Reply | Broken:
    """Returns what the client gets instead of the reply. `reply` is None when the request had no effect."""
    return SPOILERS[fault.kind](fault, reply)


def _status(fault: Fault, _: Reply | None) -> Reply:
    text = json_module.dumps(fault.json, ensure_ascii=False) if fault.json is not None else fault.body
    return Reply(status=fault.status or 500, body=text.encode(), headers=fault.headers)


def _html(fault: Fault, _: Reply | None) -> Reply:
    return html_reply(fault.body or HTML, status=fault.status or 502)


def _cut_json(fault: Fault, reply: Reply | None) -> Reply:
    whole = reply.body if reply and reply.body else b'{"result":"success"}'
    return Reply(status=reply.status if reply else 200, body=whole[: len(whole) // 2])


def _reset(fault: Fault, _: Reply | None) -> Broken:
    return Broken(is_reset=True)


def _hang(fault: Fault, _: Reply | None) -> Broken:
    return Broken(after_seconds=fault.seconds)


def _close(fault: Fault, _: Reply | None) -> Broken:
    return Broken()


SPOILERS: Mapping[str, Callable[[Fault, Reply | None], Reply | Broken]] = {
    "status": _status,
    "html": _html,
    "cut_json": _cut_json,
    "reset": _reset,
    "hang": _hang,
    "close": _close,
}
"""Every kind but "slow", which only delays."""
