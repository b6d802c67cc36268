"""Serves the sandbox over HTTP: routes each request to Ringostat, an account, the control API or the pages."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType

from sandbox.http.faults import Fault, spoiled
from sandbox.http.request_log import LoggedRequest
from sandbox.http.server import Broken, Reply, Request, Server, json_reply, media_reply
from sandbox.planfix.account import Account
from sandbox.planfix.api import rest_answer
from sandbox.server import control_api
from sandbox.state import DEFAULT, Sandbox
from sandbox.web import pages

log = logging.getLogger(__name__)

RINGOSTAT_PATHS = ("/recordings/", "/calls/list", "/api/json-rpc", "/sipstatus/", "/minicrm/")
TOKEN_IN_QUERY = re.compile(r"\b((?:access_)?token=)[^&]*")
BODY_EXCERPT, ANSWER_EXCERPT = 4000, 1000


class SandboxServer:
    """Serves a sandbox in threads of this process between `start` and `stop`, or as a context manager."""

    def __init__(self, sandbox: Sandbox, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Port 0 picks a free port."""
        self.sandbox = sandbox
        self._address = (host, port)
        self._server: Server | None = None

    def start(self) -> SandboxServer:
        server = self._server = Server(self._address, self.answer)
        host, port = server.server_address[:2]
        self.sandbox.open_at(f"http://{host!s}:{port}")
        serve = partial(server.serve_forever, poll_interval=0.05)
        threading.Thread(target=serve, name="sandbox", daemon=True).start()
        return self

    def stop(self) -> None:
        if self._server:
            self._server.stop()

    def hang_up(self) -> None:
        """Closes every open connection, without a response where one is due."""
        if self._server:
            self._server.hang_up()

    def __enter__(self) -> SandboxServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def answer(self, request: Request) -> Reply | Broken:
        try:
            return self._answer(request)
        except Exception:
            log.exception("sandbox failed on %s %s", request.method, request.path)
            return json_reply({"result": "fail", "code": 0, "error": "Unknown error"}, 500)

    def _answer(self, request: Request) -> Reply | Broken:
        if request.path.startswith(RINGOSTAT_PATHS):
            return self._logged(
                request, request.path, partial(self.sandbox.ringostat.answer, request), self.sandbox.ringostat.remember
            )
        if request.path.startswith("/_sandbox/"):
            return control_api.answer(self.sandbox, request)
        name, path = _addressed(request.path)
        account = self.sandbox.accounts.get(name)
        if account is None:
            return json_reply({"result": "fail", "code": 0, "error": "No such account"}, 404)
        if path.startswith("/rest/"):
            rest_path = path.removeprefix("/rest")
            act = partial(_rest, account, rest_path, request)
            return self._logged(request, rest_path, act, account.remember, account)
        if path.startswith("/files/"):
            return _file(account, path, request)
        return pages.answer(self.sandbox, account, path, request)

    def _logged(
        self,
        request: Request,
        path: str,
        act: Callable[[], Reply | Broken],
        remember: Callable[[LoggedRequest], None],
        account: Account | None = None,
    ) -> Reply | Broken:
        """Answers the request with the current latency and faults, and logs it."""
        self._wait(self.sandbox.latency + (account.latency if account else 0))
        fault = self.sandbox.faults.strike(request.method, path, account.name if account else "")
        outcome = self._outcome(fault, act)
        remember(
            LoggedRequest(
                method=request.method,
                path=path,
                query=TOKEN_IN_QUERY.sub(r"\1***", request.raw_query),
                body=request.body[:BODY_EXCERPT].decode("utf-8", "replace"),
                status=outcome.status if isinstance(outcome, Reply) else 0,
                started_at=request.started_at,
                seconds=time.time() - request.started_at,
                answer=_text_of(outcome),
                fault=fault.kind if fault else "",
            )
        )
        return outcome

    def _outcome(self, fault: Fault | None, act: Callable[[], Reply | Broken]) -> Reply | Broken:
        if fault is None:
            return act()
        if fault.kind != "slow":
            reply = act() if fault.when == "after" else None
            return reply if isinstance(reply, Broken) else spoiled(fault, reply)
        if fault.when == "before":
            self._wait(fault.seconds)
            return act()
        reply = act()
        self._wait(fault.seconds)
        return reply

    def _wait(self, seconds: float) -> None:
        if seconds and self._server:
            self._server.stopping.wait(seconds)


def _rest(account: Account, path: str, request: Request) -> Reply | Broken:
    """The recorded answer; without one, the account's own."""
    recorded = account.recorded.answer(path, request) if account.recorded else None
    return recorded or rest_answer(account, path, request)


def _addressed(path: str) -> tuple[str, str]:
    """Returns the account's name and the path within the account."""
    if not path.startswith("/a/"):
        return DEFAULT, path
    name, slash, rest = path.removeprefix("/a/").partition("/")
    return name, slash + rest


def _text_of(outcome: Reply | Broken) -> str:
    if isinstance(outcome, Broken) or not outcome.content_type.startswith(("application/json", "text/")):
        return ""
    return outcome.body[:ANSWER_EXCERPT].decode("utf-8", "replace")


def _file(account: Account, path: str, request: Request) -> Reply:
    number, _, key = path.removeprefix("/files/").partition("/")
    file = account.files_by_id.get(int(number)) if number.isdigit() else None
    if file is None or key != file.key:
        return json_reply({"result": "fail", "code": 7000, "error": "File not found"}, 404)
    return media_reply(file.content, file.content_type, request.headers.get("range", ""))
