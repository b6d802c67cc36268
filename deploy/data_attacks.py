"""Tries through the proxy what harm addresses, calls and recordings from strangers can do."""

from __future__ import annotations

import contextlib
import csv
import re
import socket
import socketserver
import threading
from collections.abc import Iterator

from form_fields import form_of
from proxy_attacks import Attacker, Client, NotProtected

REFERENCE = "&#" + "9" * 4500 + ";"
"""An HTML reference to a character that does not exist."""
FORMULA = "a;=HYPERLINK(1);b,=HYPERLINK(2)\t=HYPERLINK(3)|@HYPERLINK(4)"
ERASED_NUMBER = "+380501112233"
BAD_HEADERS, TWO_READINGS = "+380501112244", "+380501112255"
"""Two clients with one recording each."""
HOSTILE = (
    {"utm_source": REFERENCE, "utm_campaign": FORMULA, "E164": ERASED_NUMBER},
    {"utm_term": "%26%23" + "9" * 4500 + "%3B", "caller": REFERENCE, "landing": REFERENCE},
    {"utm_medium": " =HYPERLINK(5)", "utm_content": "\ufeff=HYPERLINK(6)", "department": FORMULA},
)
"""Webhook parameters that a visitor of the customer's site can choose."""
PLAYS = 8
"""More plays than both web processes have slots."""
MOST_WEBHOOKS = 1500
"""More webhooks than the limits of both web processes allow."""
BAD_ADDRESSES = (
    "https://acme.planfix.com@evil.example",
    "https://acme.planfix.com\\@evil.example",
    "https://evil.example\\.planfix.com",
    "https://acme.planfix.com:99999",
    "https://evil%2eexample",
    "https://acme。planfix。com",
    "javascript:alert(1)",
)


def new_hosts_get_no_stored_secret(attacker: Attacker) -> None:
    admin = attacker.logged_in(7)
    found = re.search(r"/admin/integrations/customer/(\d+)/", admin.ask("GET", "/admin/").body)
    if not found:
        raise NotProtected("the first page shows no customer")
    page = f"/admin/integrations/customer/{found[1]}/change/"
    form = form_of(admin.ask("GET", page).body)
    if admin.post(page, form).status != 302:
        raise NotProtected("the unchanged settings of a customer were not saved")
    with _unasked() as address:
        moved: list[dict[str, str | list[str]]] = [{"planfix_url": address}, {"ringostat_api_url": address}]
        moved += [{"planfix_url": address, "planfix_token": "   "}, {"planfix_url": f"{address}/a/", "name": "Moved"}]
        moved += [{column: bad} for bad in BAD_ADDRESSES for column in ("planfix_url", "ringostat_api_url")]
        for changes in moved:
            if admin.post(page, form | changes).status != 200:
                raise NotProtected(f"a customer was saved with {changes}")


@contextlib.contextmanager
def _unasked() -> Iterator[str]:
    """Yields the address of a server. Raises NotProtected if anything connects to it, up to three seconds later."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.settimeout(3)
        with contextlib.suppress(TimeoutError):
            server.accept()
            raise NotProtected("a forbidden host was asked")


def no_file_has_a_formula(attacker: Attacker) -> None:
    """Exports all calls and looks for formulas. The hostile calls must be stored already."""
    text = attacker.logged_in(7).ask("GET", "/calls/export.csv").body.removeprefix("\ufeff")
    if "HYPERLINK(1)" not in text or "HYPERLINK(6)" not in text:
        raise NotProtected("the file lacks the hostile calls")
    for delimiter in ",;\t|":
        for row in csv.reader(text.splitlines(), delimiter=delimiter):
            for cell in row:
                start = cell.strip(' \ufeff"')
                if start[:1] in tuple("=+-@") and not re.fullmatch(r"[+-]?\d+", start):
                    raise NotProtected(f"split at {delimiter!r}, a cell is the formula {start[:40]}")


class _BadHeaders(socketserver.BaseRequestHandler):
    """Answers with a recording whose headers no web server passes on."""

    def handle(self) -> None:
        self.request.recv(65536)
        head = b'HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nETag: "a\x01b"\r\nLast-Modified: \x07\r\n'
        self.request.sendall(head + b"Content-Length: 4\r\nConnection: close\r\n\r\nabcd")


@contextlib.contextmanager
def recordings_with_bad_headers() -> Iterator[str]:
    """Yields the address of a recording with bad headers."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _BadHeaders) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/a.mp3"
        finally:
            server.shutdown()


def plays_free_their_slots(attacker: Attacker, number: str) -> None:
    client = attacker.logged_in(7)
    path = f"{_page_of(client, number)}recording"
    for _number in range(PLAYS):
        answer = client.ask("GET", path)
        if (answer.status, answer.body) != (200, "abcd"):
            raise NotProtected(f"a recording was answered {answer.status} {answer.body[:100]}")
    if client.ask("GET", "/calls/export.csv").status != 200:
        raise NotProtected("after some recordings no file can be exported")


def a_link_with_two_readings_is_not_opened(attacker: Attacker, number: str) -> None:
    client = attacker.logged_in(7)
    status = client.ask("GET", f"{_page_of(client, number)}recording").status
    if status != 404:
        raise NotProtected(f"a link with two readings was answered {status}")


def _page_of(client: Client, number: str) -> str:
    """The path of a call's page. The client with this number must have called once."""
    found = re.search(r'href="(/calls/\d+/)"', client.ask("GET", f"/calls/?number={number[1:]}").body)
    if not found:
        raise NotProtected(f"the call of {number} is not found")
    return found[1]


def a_flood_is_refused(attacker: Attacker, webhook: str) -> None:
    answer = attacker.client(30).ask_often(webhook, b'{"event": "form"}', MOST_WEBHOOKS)
    if answer.status != 429 or not answer.headers.get("retry-after", "").isdigit():
        raise NotProtected(f"{MOST_WEBHOOKS} webhooks were answered {answer.status}")
