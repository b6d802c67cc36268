"""Debian's Firefox, driven by WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/) as far as the tests need it.

Playwright drives only a Firefox of its own, and geckodriver is not in Debian.
"""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

TIMEOUT = 30
ADDRESS = "WebDriver BiDi listening on "


class Firefox:
    """One tab. Remembers the errors of scripts until they are taken."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self._errors: list[str] = []
        self._command("session.new", capabilities={})
        self._command("session.subscribe", events=["log.entryAdded"])
        self._tab = self._command("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, url: str) -> None:
        self._command("browsingContext.navigate", context=self._tab, url=url, wait="complete")

    def resize(self, width: int, height: int) -> None:
        self._command("browsingContext.setViewport", context=self._tab, viewport={"width": width, "height": height})

    def add_cookie(self, name: str, value: str, domain: str) -> None:
        cookie = {"name": name, "domain": domain, "value": {"type": "string", "value": value}}
        self._command("storage.setCookie", cookie=cookie)

    def evaluate(self, expression: str) -> Any:
        """Returns the number, text or boolean of the expression, or of its promise."""
        answer = self._command(
            "script.evaluate", expression=expression, target={"context": self._tab}, awaitPromise=True
        )
        assert answer["type"] == "success", answer
        return answer["result"].get("value")

    def take_errors(self) -> list[str]:
        """Returns the errors of scripts since the last time."""
        errors, self._errors = self._errors, []
        return errors

    def close(self) -> None:
        self._command("browser.close")

    def _command(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while (message := json.loads(self._connection.recv(timeout=TIMEOUT))).get("id") != number:
            self._note(message)
        assert message["type"] == "success", message
        return dict(message["result"])

    def _note(self, message: dict[str, Any]) -> None:
        entry = message.get("params", {})
        if message.get("method") == "log.entryAdded" and entry["level"] == "error":
            self._errors.append(entry["text"])


@contextmanager
def started(program: str, profile: Path) -> Iterator[Firefox]:
    """Starts the program with an empty profile in this folder, and stops it at the end."""
    command = [program, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        address = next(line.split(ADDRESS)[1].strip() for line in process.stderr if ADDRESS in line)
        try:
            with connect(f"{address}/session", open_timeout=TIMEOUT, max_size=None) as connection:
                firefox = Firefox(connection)
                yield firefox
                firefox.close()
        finally:
            process.terminate()
