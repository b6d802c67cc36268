"""No address that comes from data reaches a private host: not by its name, its DNS answer, a redirect, or a DNS answer
that changes.
"""

from __future__ import annotations

import datetime
import select
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util import connection

from integrations.outbound.allowed_hosts import (
    MOST_ADDRESSES,
    is_allowed,
    is_public,
    is_recording_allowed,
    parse_address,
)
from integrations.outbound.public_session import NoRedirectSession, public_session
from integrations.services.clients.planfix import planfix_client, planfix_session
from integrations.services.clients.ringostat import ringostat_client
from tests.factories import make_customer

PUBLIC = "93.184.215.14"
NAME = "planfix.example"

PRIVATE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    *("192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.1"),
    *("198.18.0.1", "198.51.100.1", "203.0.113.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::5db8:d70e", "64:ff9b:1::a00:1", "100::1", "fec0::1", "ff02::1"),
    *("2001::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:5db8:d70e::1"),
    *("2620:4f:8000::1", "3fff::1", "5f00::1", "4000::1"),
]
"""An address of each range in IANA's registries of special-purpose addresses."""


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.planfix.com",
        "https://localhost",
        "https://planfix",
        "https://metadata.google.internal/",
        "https://printer.local/",
        "https://127.0.0.1",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "ftp://acme.planfix.com",
        "file:///etc/passwd",
        "https://",
        "",
        "https://198.18.0.1/",
        "https://printer.local./",
        "https://localhost./",
    ],
)
def test_address_with_a_private_host_name_is_refused(url: str) -> None:
    assert not is_allowed(url)
    with pytest.raises(requests.RequestException):
        public_session().get(url)


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The results of the next DNS lookups; the last one repeats. Only literal addresses are really looked up."""
    answers: list[list[str]] = []
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *arguments: Any, **named: Any) -> Any:
        if host != NAME:
            return real(host, port, *arguments, **named)
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses of the connections that would be made. None is made."""
    made: list[str] = []

    def connect(address: tuple[str, int], *arguments: Any, **named: Any) -> None:
        made.append(address[0])
        raise OSError("no line")

    monkeypatch.setattr(connection, "create_connection", connect)
    return made


@pytest.mark.parametrize("address", PRIVATE)
@pytest.mark.parametrize("others", [[], [PUBLIC]], ids=["alone", "among others"])
def test_host_that_resolves_to_a_private_address_is_refused(
    lookups: list[list[str]], lines: list[str], address: str, others: list[str]
) -> None:
    lookups.append([*others, address])

    with pytest.raises(requests.exceptions.InvalidURL):
        public_session().get(f"https://{NAME}/")
    assert lines == []


def test_host_that_resolves_differently_the_second_time_is_not_reached(
    lookups: list[list[str]], lines: list[str]
) -> None:
    lookups += [[PUBLIC], ["127.0.0.1"]]

    with pytest.raises(requests.ConnectionError):
        public_session().get(f"https://{NAME}/")
    assert lines == [PUBLIC]


def test_every_ip_address_of_a_host_is_tried(lookups: list[list[str]], lines: list[str]) -> None:
    lookups.append([PUBLIC, "93.184.215.15"])

    with pytest.raises(requests.ConnectionError):
        public_session().get(f"https://{NAME}/")
    assert lines == [PUBLIC, "93.184.215.15"]


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:21f:cb07::1", "::ffff:93.184.215.14"])
def test_public_https_addresses_are_allowed(address: str) -> None:
    assert is_public(address)


TWO_READINGS = [
    "https://evil.example\\.ringostat.com/a.wav",
    "https://evil.example\\@app.ringostat.com/",
    "https://app.ringostat.com@evil.example/",
    "https://user:password@acme.planfix.com",
    "https://acme.planfix.com;@evil.example/",
    "https://acme.planfix.com?@evil.example/",
    "https://acme.planfix.com#@evil.example/",
    "https://acme.planfix.com /",
    "https://acme.planfix.com\t/",
    "https://acme.planfix.com/\r\nHost: evil.example",
    "https://acme.planfix.com/a b",
    "https://acme.planfix.com/\x00",
    "https://acme.planfix.com\u00a0/",
    "https://evil%2eexample/",
    "https://acme。planfix。com/",
    "https://асme.planfix.com/",
    "https://acme.planfix.com:99999/",
    "https://acme.planfix.com:x/",
    "https:acme.planfix.com",
    "https:///acme.planfix.com",
    "//acme.planfix.com",
    " https://acme.planfix.com",
]


@pytest.mark.parametrize("url", TWO_READINGS)
def test_address_that_parsers_read_differently_is_refused(url: str, settings: Any) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    assert parse_address(url) is None
    assert not is_allowed(url)
    assert not is_recording_allowed(url, api_url="https://api.ringostat.net")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://acme.planfix.com", "acme.planfix.com"),
        ("https://ACME.planfix.com:8443/rest/", "acme.planfix.com"),
        ("https://xn--80akhbyknj4f.example/a?b=c@d#e", "xn--80akhbyknj4f.example"),
        ("https://app.ringostat.com/recordings/ua7.mp3?token=a%20b", "app.ringostat.com"),
        ("http://127.0.0.1:8000/", "127.0.0.1"),
        ("https://[2001:db8::1]:8443/", "2001:db8::1"),
    ],
)
def test_unambiguous_address_is_parsed(url: str, host: str) -> None:
    parsed = parse_address(url)

    assert parsed
    assert parsed.host == host


@given(st.text(alphabet="ahtps:/\\@.#?[]%;\t\x00 é。", max_size=30))
def test_parsed_host_is_the_host_that_is_requested(text: str) -> None:
    url = f"https://{text}"
    parsed = parse_address(url)
    if parsed is None:
        return

    sent = requests.Request("GET", url).prepare().url
    assert sent
    assert urlsplit(sent).hostname == parsed.host


def test_ip_addresses_of_one_host_share_the_connect_timeout(lookups: list[list[str]], monkeypatch: Any) -> None:
    lookups.append([f"93.184.215.{number}" for number in range(1, 60)])
    waited: list[float] = []

    def connect(address: tuple[str, int], timeout: float, **named: Any) -> None:
        waited.append(timeout)
        raise TimeoutError

    monkeypatch.setattr(connection, "create_connection", connect)

    with pytest.raises(requests.ConnectionError):
        public_session().get(f"https://{NAME}/", timeout=(4, 15))
    assert len(waited) == MOST_ADDRESSES
    assert max(waited) <= 4


class Drip(socketserver.BaseRequestHandler):
    """Drips a header for as long as the client listens."""

    def handle(self) -> None:
        self.request.recv(65536)
        self.request.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        with suppress(OSError):
            for _ in range(200):  # some seconds, so that a missing deadline fails the test instead of hanging it
                if select.select([self.request], [], [], 0.02)[0]:
                    return
                self.request.sendall(b"x")


@pytest.mark.parametrize("make_session", [public_session, NoRedirectSession])
def test_response_with_too_slow_headers_is_given_up_at_the_deadline(make_session: Any, settings: Any) -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Drip) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        began = time.monotonic()

        with pytest.raises(requests.ReadTimeout):
            make_session().get(f"http://127.0.0.1:{server.server_address[1]}/", timeout=(0.1, 0.2), stream=True)

        assert time.monotonic() - began < 2
        server.shutdown()


@pytest.mark.django_db
def test_planfix_and_ringostat_clients_refuse_private_addresses(lookups: list[list[str]], lines: list[str]) -> None:
    lookups.append(["169.254.169.254"])
    customer = make_customer(planfix_url=f"https://{NAME}", ringostat_api_url=f"https://{NAME}")
    planfix = planfix_client(
        customer,
        session=planfix_session(customer.planfix_url),
        pace=lambda seconds: None,
        observe=lambda exchange: None,
    )
    ringostat = ringostat_client(customer)
    assert ringostat is not None

    for ask in (lambda: planfix.request("GET", "/ping"), ringostat.employees):
        with pytest.raises(Exception, match=r"address|InvalidURL") as caught:
            ask()
        assert not isinstance(caught.value, requests.RequestException)
    assert lines == []


# --- what is allowed still works ---


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for the name that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return public, private


class Redirecting(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(302 if self.path == "/elsewhere" else 200)
        self.send_header("Location", "https://169.254.169.254/latest/meta-data/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def tls_server(tmp_path: Path, lookups: list[list[str]], settings: Any) -> Iterator[tuple[str, Path]]:
    """The address of a server on this machine that is NAME's, and its certificate."""
    settings.ALLOW_PRIVATE_HOSTS = True
    lookups.append(["127.0.0.1"])
    public, private = certificate(tmp_path, NAME)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    with HTTPServer(("127.0.0.1", 0), Redirecting) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"https://{NAME}:{server.server_port}", public
        server.shutdown()
        thread.join()


def test_tls_certificate_must_belong_to_the_host_and_a_known_authority(tls_server: tuple[str, Path]) -> None:
    url, authority = tls_server

    with public_session() as session:
        assert session.get(url, verify=str(authority)).status_code == 200
        with pytest.raises(requests.exceptions.SSLError):
            session.get(url.replace(NAME, "localhost"), verify=str(authority))
        with pytest.raises(requests.exceptions.SSLError):  # of an unknown authority
            session.get(url)


def test_redirect_from_an_address_of_data_is_not_followed(tls_server: tuple[str, Path]) -> None:
    url, authority = tls_server
    with public_session() as session:
        answer = session.get(f"{url}/elsewhere", verify=str(authority))

    assert (answer.status_code, answer.url) == (302, f"{url}/elsewhere")
