"""The client over HTTP: its requests, its errors, and its token, which no error or log contains."""

from __future__ import annotations

import gzip
import select
import socket
import socketserver
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
import responses
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError, ProtocolError, ReadTimeoutError

from integrations.planfix.http import client as client_module
from integrations.planfix.http.client import PlanfixClient, api_root, is_write
from integrations.planfix.http.errors import (
    PlanfixAccessDenied,
    PlanfixError,
    PlanfixRefused,
    PlanfixUnavailable,
)
from integrations.planfix.http.json_fields import masked

URL = "https://acme.planfix.com"
TOKEN = "0123456789abcdef0123456789abcdef"
PING = f"{URL}/rest/ping"
CONTACT = f"{URL}/rest/contact/"
SUCCESS = {"result": "success", "id": 813}


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("https://acme.planfix.com", "https://acme.planfix.com/rest"),
        ("https://acme.planfix.com/", "https://acme.planfix.com/rest"),
        (" https://acme.planfix.ua/rest ", "https://acme.planfix.ua/rest"),
        ("https://acme.planfix.ua/rest/", "https://acme.planfix.ua/rest"),
        ("http://127.0.0.1:8099/planfix/acme", "http://127.0.0.1:8099/planfix/acme/rest"),
        ("http://127.0.0.1:8099/planfix/acme/rest/", "http://127.0.0.1:8099/planfix/acme/rest"),
        ("https://crm.acme.ua/forest", "https://crm.acme.ua/forest/rest"),
    ],
)
def test_an_account_address_may_be_written_in_several_ways(url, root):
    assert api_root(url) == root


@pytest.mark.parametrize(
    ("method", "path", "writes"),
    [
        ("GET", "/ping", False),
        ("GET", "/comment/90211", False),
        ("POST", "/contact/list", False),
        ("POST", "/contact/812/comments/list/", False),
        ("POST", "/contact/", True),
        ("POST", "/contact/812/comments/", True),
        ("POST", "/file/from-url/", True),
        ("DELETE", "/datatag/entry/11", True),
    ],
)
def test_every_request_but_get_and_lists_is_a_write(method, path, writes):
    assert is_write(method, path) is writes


def test_request_is_sent_as_json_with_the_bearer_token(planfix, client, sent):
    planfix.post(CONTACT, json=SUCCESS, status=201)

    answer = client.request("POST", "/contact/", body={"name": "Ольга"}, params={"silent": "true"})

    assert answer == SUCCESS
    assert sent() == [{"name": "Ольга"}]
    request = planfix.calls[0].request
    assert request.url == f"{CONTACT}?silent=true"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["Content-Type"] == "application/json"


def test_netrc_file_does_not_replace_the_token(planfix, client, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine acme.planfix.com login eve password guess")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    planfix.get(PING, json={"result": "success"})

    client.request("GET", "/ping")

    assert planfix.calls[0].request.headers["Authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("status", [200, 202, 204])
def test_empty_answer_to_a_planfix_write_is_a_success(planfix, client, status):
    planfix.post(CONTACT, body="", status=status)

    assert client.request("POST", "/contact/", body={}) == {}


def test_pace_is_called_before_each_request_with_its_longest_duration(planfix):
    planfix.get(PING, json={"result": "success"})
    waits: list[tuple[int, float]] = []
    client = PlanfixClient(URL, TOKEN, timeout=10, pace=lambda seconds: waits.append((len(planfix.calls), seconds)))

    client.request("GET", "/ping")
    client.request("GET", "/ping", timeout_factor=3)

    connect = client_module.CONNECT_SECONDS
    assert waits == [(0, connect + 10), (1, connect + 30)]


def _refused_connection() -> Exception:
    reason = NewConnectionError(None, "Connection refused")
    return requests.ConnectionError(_retried(reason))


def _unknown_host() -> Exception:
    return requests.ConnectionError(_retried(NameResolutionError("acme", None, socket.gaierror("unknown"))))


def _retried(reason: Exception) -> Exception:
    return MaxRetryError(None, "/rest/contact/", reason)


@pytest.mark.parametrize(
    ("failure", "may_have_written"),
    [
        (requests.ConnectTimeout(), False),
        (_refused_connection(), False),
        (_unknown_host(), False),
        (requests.ReadTimeout(), True),
        (requests.ConnectionError(ProtocolError("Connection aborted.", ConnectionResetError(104, "reset"))), True),
        (requests.ConnectionError(ReadTimeoutError(None, "/", "Read timed out.")), True),
        (requests.exceptions.ChunkedEncodingError("broken"), True),
        (requests.exceptions.SSLError("handshake"), True),
        (requests.exceptions.ProxyError("proxy"), True),
        (ProtocolError("leaked"), True),
        (ConnectionResetError(104, "reset"), True),
    ],
)
def test_failed_write_may_have_happened_unless_no_connection_was_made(planfix, client, failure, may_have_written):
    planfix.post(CONTACT, body=failure)

    with pytest.raises(PlanfixUnavailable) as caught:
        client.request("POST", "/contact/", body={"name": "x"})

    assert caught.value.may_have_written is may_have_written
    assert caught.value.request == "POST /contact/"
    assert caught.value.http_status is None


def test_a_failed_read_has_written_nothing(planfix, client):
    planfix.post(f"{URL}/rest/contact/list", body=requests.ReadTimeout())

    with pytest.raises(PlanfixUnavailable) as caught:
        client.request("POST", "/contact/list", body={})

    assert caught.value.may_have_written is False


@pytest.mark.parametrize("url", ["acme.planfix.com", "ftp://acme.planfix.com", "https://", "https://[broken"])
def test_malformed_account_address_is_denied_access(url):
    with pytest.raises(PlanfixAccessDenied, match="account address"):
        PlanfixClient(url, TOKEN).request("GET", "/ping")


@pytest.mark.parametrize("token", ["", "  ", "два слова", "abc def", "abc\ndef", "ключ"])
def test_malformed_token_is_not_sent(planfix, token):
    client = PlanfixClient(URL, token)

    with pytest.raises(PlanfixAccessDenied, match="token") as caught:
        client.request("GET", "/ping")

    assert not planfix.calls
    assert not token.strip() or token not in str(caught.value)


def test_a_token_pasted_with_a_line_feed_works(planfix):
    planfix.get(PING, json={"result": "success"})

    assert PlanfixClient(URL, f" {TOKEN}\n").request("GET", "/ping") == {"result": "success"}


def test_redirect_of_planfix_is_not_followed(planfix, client):
    planfix.get(PING, status=302, headers={"Location": "https://login.example/rest/ping"})
    elsewhere = planfix.get("https://login.example/rest/ping", json={"result": "success"})

    with pytest.raises(PlanfixAccessDenied, match=r"login\.example"):
        client.request("GET", "/ping")

    assert elsewhere.call_count == 0


def test_redirect_to_a_malformed_address_is_denied_access(planfix, client):
    planfix.get(PING, status=302, headers={"Location": "https://[nowhere/"})

    with pytest.raises(PlanfixAccessDenied, match="check the account address"):
        client.request("GET", "/ping")


def test_answer_above_the_size_limit_is_given_up(planfix, client, monkeypatch):
    monkeypatch.setattr(client_module, "ANSWER_BYTES", 1000)
    planfix.get(PING, body="{" + " " * 2000)

    with pytest.raises(PlanfixUnavailable, match="longer than"):
        client.request("GET", "/ping")


class _Server(ThreadingHTTPServer):
    """Keeps connections alive, counts them, and answers each request with the same headers and body."""

    daemon_threads = True

    def __init__(self, headers: dict[str, str], body: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.headers, self.body, self.connections = headers, body, 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def finish_request(self, request, client_address) -> None:
        self.connections += 1
        super().finish_request(request, client_address)


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)
        self.close_connection = "Connection" in self.server.headers

    def log_message(self, *args: object) -> None:
        """Silent."""


@pytest.fixture
def serve() -> Iterator[Callable[..., _Server]]:
    with ExitStack() as servers:

        def start(headers: dict[str, str], body: bytes) -> _Server:
            server = servers.enter_context(_Server(headers, body))
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            servers.callback(server.shutdown)
            return server

        yield start


def test_requests_to_one_account_share_a_connection(serve):
    server = serve({"Content-Length": "20"}, b'{"result":"success"}')
    client = PlanfixClient(server.url, TOKEN)

    answers = [client.request("GET", "/ping") for _ in range(3)]

    assert answers == [{"result": "success"}] * 3
    assert server.connections == 1


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Transfer-Encoding": "chunked"}, b'8\r\n{"result\r\nc\r\n":"success"}\r\n0\r\n\r\n'),
        (
            {"Content-Encoding": "gzip", "Content-Length": str(len(gzip.compress(b'{"result":"success"}', mtime=0)))},
            gzip.compress(b'{"result":"success"}', mtime=0),
        ),
        ({"Connection": "close"}, b'{"result":"success"}'),
    ],
)
def test_compressed_or_chunked_answer_is_read(serve, headers, body):
    assert PlanfixClient(serve(headers, body).url, TOKEN).request("GET", "/ping") == {"result": "success"}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Length": "100", "Connection": "close"}, b'{"result":"success"}'),
        ({"Transfer-Encoding": "chunked", "Connection": "close"}, b'14\r\n{"result":"success"}\r\n'),
        ({"Content-Encoding": "gzip", "Connection": "close"}, b"no gzip at all"),
    ],
)
def test_an_answer_that_ends_too_early_is_unavailable(serve, headers, body):
    with pytest.raises(PlanfixUnavailable):
        PlanfixClient(serve(headers, body).url, TOKEN).request("GET", "/ping")


class _Dripping(socketserver.BaseRequestHandler):
    """Sends one byte at a time while the client listens."""

    head = b"HTTP/1.1 200 OK"

    def handle(self) -> None:
        self.request.recv(65536)
        self.request.sendall(self.head + b"\r\nContent-Length: 100000\r\n\r\n{")
        with suppress(OSError):
            while not select.select([self.request], [], [], 0.02)[0]:
                self.request.sendall(b" ")


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK", b"HTTP/1.1 302 Found\r\nLocation: /elsewhere"])
def test_answer_that_arrives_too_slowly_is_given_up(head, monkeypatch):
    monkeypatch.setattr(_Dripping, "head", head)
    monkeypatch.setattr(client_module, "CONNECT_SECONDS", 0.1)
    with socketserver.TCPServer(("127.0.0.1", 0), _Dripping) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        client = PlanfixClient(f"http://127.0.0.1:{server.server_address[1]}", TOKEN, timeout=0.1)

        with pytest.raises(PlanfixUnavailable, match="in time"):
            client.request("GET", "/ping")

        thread.join(timeout=10)
        assert not thread.is_alive()


def test_an_answer_that_never_ends_is_given_up(planfix, client, monkeypatch):
    monkeypatch.setattr(client_module, "CONNECT_SECONDS", -client_module.TIMEOUT_SECONDS - 1)
    planfix.post(CONTACT, json=SUCCESS)

    with pytest.raises(PlanfixUnavailable, match="in time") as caught:
        client.request("POST", "/contact/", body={})

    assert caught.value.may_have_written is True


DEEP = b'{"id":' + b"[" * 700 + b"]" * 700 + b"}"
"""It can be read, but not be looked through."""


@pytest.mark.parametrize(
    "body", [b"\xff\xfe\x00", b"[" * 100_000, DEEP, b'{"id":' + b"9" * 5000 + b"}", b"null", b'"ok"']
)
def test_an_answer_that_is_no_json_object_is_unavailable(planfix, client, body):
    planfix.get(PING, body=body)

    with pytest.raises(PlanfixUnavailable):
        client.request("GET", "/ping")


def test_an_answer_may_begin_with_a_byte_order_mark(planfix, client):
    planfix.get(PING, body=b'\xef\xbb\xbf{"result":"success"}')

    assert client.request("GET", "/ping") == {"result": "success"}


def test_successful_request_is_reported_to_the_log(planfix, client, exchanges):
    planfix.post(CONTACT, json=SUCCESS, status=201, headers={"X-RateLimit-Remaining": "19970"})
    before = datetime.now(UTC)

    client.request("POST", "/contact/", body={"name": "x"})

    (exchange,) = exchanges
    assert (exchange.method, exchange.path, exchange.request_body) == ("POST", "/contact/", {"name": "x"})
    assert (exchange.http_status, exchange.code, exchange.outcome) == (201, None, "ok")
    assert exchange.answer == '{"result": "success", "id": 813}'
    assert exchange.requests_left == 19970
    assert before <= exchange.sent_at <= datetime.now(UTC)
    assert 0 <= exchange.seconds < 60


@pytest.mark.parametrize(
    ("status", "body", "outcome", "code"),
    [
        (502, "<html/>", "unavailable", None),
        (401, '{"result":"fail","code":1}', "access", 1),
        (400, '{"result":"fail","code":41}', "refused", 41),
    ],
)
def test_failed_request_is_reported_to_the_log_before_it_raises(
    planfix, client, exchanges, status, body, outcome, code
):
    planfix.post(CONTACT, body=body, status=status)

    with pytest.raises(PlanfixError):
        client.request("POST", "/contact/", body={})

    (exchange,) = exchanges
    assert (exchange.http_status, exchange.outcome, exchange.code) == (status, outcome, code)
    assert exchange.answer == body
    assert exchange.requests_left is None


def test_lost_connection_is_reported_to_the_log(planfix, client, exchanges):
    planfix.post(CONTACT, body=requests.ReadTimeout())

    with pytest.raises(PlanfixUnavailable):
        client.request("POST", "/contact/", body={})

    (exchange,) = exchanges
    assert (exchange.http_status, exchange.outcome, exchange.answer) == (None, "unavailable", "")


def test_long_answer_is_reported_to_the_log_as_an_excerpt(planfix, client, exchanges):
    planfix.get(PING, body="<html>" + "x" * 9000, status=500)

    with pytest.raises(PlanfixUnavailable):
        client.request("GET", "/ping")

    assert len(exchanges[0].answer) == 2000


ECHOES = [
    {"status": 400, "json": {"result": "fail", "code": 41, "error": f"bad token {TOKEN}"}},
    {"status": 401, "json": {"result": "fail", "code": 1, "error": f"Bearer {TOKEN} unknown"}},
    {"status": 500, "body": f"<html>{TOKEN}</html>"},
    {"status": 302, "headers": {"Location": f"https://evil.example/?access_token={TOKEN}"}},
    {"body": requests.ConnectionError("broken")},
    {"body": requests.exceptions.InvalidHeader(f"header value: 'Bearer {TOKEN}'")},
]


@pytest.mark.parametrize("echo", ECHOES)
def test_token_is_in_no_error_and_no_exchange(planfix, client, exchanges, echo):
    planfix.add(responses.POST, CONTACT, **echo)

    with pytest.raises(PlanfixError) as caught:
        client.request("POST", "/contact/", body={"name": "x"})

    shown = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in shown + repr(caught.value) + repr(vars(caught.value)) + repr(exchanges) + repr(client)
    assert caught.value.__context__ is None


def test_repr_of_a_client_shows_only_the_host():
    client = PlanfixClient("https://user:pass@acme.planfix.com/rest", TOKEN)

    assert repr(client) == "<PlanfixClient acme.planfix.com>"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("https://rec.example/a.wav?token=abc123", "https://rec.example/a.wav?token=***"),
        ("https://rec.example/a.wav?id=1&access_token=abc&x=2", "https://rec.example/a.wav?id=1&access_token=***&x=2"),
        ('<a href="https://r/a?x=1&amp;token=abc">a</a>', '<a href="https://r/a?x=1&amp;token=***">a</a>'),
        ("utm_source=google", "utm_source=google"),
        ([{"url": "https://r/a?api_key=1"}], [{"url": "https://r/a?api_key=***"}]),
        (124, 124),
        ("a\x00b\ud800c", "ab?c"),
        ({"a\x00": ["\x00"]}, {"a": [""]}),
    ],
)
def test_tokens_in_addresses_are_masked_for_the_log(value, shown):
    assert masked(value) == shown


def test_token_of_a_recording_link_is_sent_but_not_logged(planfix, client, exchanges, sent):
    planfix.post(f"{URL}/rest/file/from-url/", json=SUCCESS)
    body = {"url": "https://rec.example/a.wav?token=abc123", "name": "a.wav"}

    client.request("POST", "/file/from-url/", body=body)

    assert sent() == [body]
    assert "abc123" not in repr(exchanges)


def test_refusal_error_has_the_code_of_planfix(planfix, client):
    planfix.get(
        f"{URL}/rest/contact/1", status=404, json={"result": "fail", "code": 2000, "error": "Contact not found"}
    )

    with pytest.raises(PlanfixRefused) as caught:
        client.request("GET", "/contact/1")

    assert caught.value.is_missing_contact
