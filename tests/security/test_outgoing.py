"""No address that comes from data leads us to a private host: not by its name, not by what it is looked up to, not by a
redirect, and not by changing its mind.
"""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from urllib3.util import connection

from integrations.outbound.allowed_hosts import is_allowed
from integrations.outbound.public_session import public_session
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
]


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
    ],
)
def test_an_address_that_is_private_by_its_name_is_refused(url: str) -> None:
    assert not is_allowed(url)
    with pytest.raises(requests.RequestException):
        public_session().get(url)


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the next lookups of a name find; the last one stays. Nothing but a literal address is really looked up."""
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
    """Where connections went to; none of them is made."""
    made: list[str] = []

    def connect(address: tuple[str, int], *arguments: Any, **named: Any) -> None:
        made.append(address[0])
        raise OSError("no line")

    monkeypatch.setattr(connection, "create_connection", connect)
    return made


@pytest.mark.parametrize("address", PRIVATE)
@pytest.mark.parametrize("others", [[], [PUBLIC]], ids=["alone", "among others"])
def test_a_name_that_leads_to_a_private_address_is_refused(
    lookups: list[list[str]], lines: list[str], address: str, others: list[str]
) -> None:
    lookups.append([*others, address])

    with pytest.raises(requests.exceptions.InvalidURL):
        public_session().get(f"https://{NAME}/")
    assert lines == []


def test_a_name_that_changes_its_mind_leads_nobody(lookups: list[list[str]], lines: list[str]) -> None:
    lookups += [[PUBLIC], ["127.0.0.1"]]

    with pytest.raises(requests.ConnectionError):
        public_session().get(f"https://{NAME}/")
    assert lines == [PUBLIC]


def test_every_address_of_a_name_is_tried(lookups: list[list[str]], lines: list[str]) -> None:
    lookups.append([PUBLIC, "93.184.215.15"])

    with pytest.raises(requests.ConnectionError):
        public_session().get(f"https://{NAME}/")
    assert lines == [PUBLIC, "93.184.215.15"]


@pytest.mark.django_db
def test_planfix_and_ringostat_are_asked_through_it(lookups: list[list[str]], lines: list[str]) -> None:
    lookups.append(["169.254.169.254"])
    customer = make_customer(planfix_url=f"https://{NAME}", ringostat_api_url=f"https://{NAME}")
    planfix = planfix_client(
        customer, session=planfix_session(customer), pace=lambda seconds: None, observe=lambda exchange: None
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


def test_the_certificate_must_be_the_names(tls_server: tuple[str, Path]) -> None:
    url, authority = tls_server

    with public_session() as session:
        assert session.get(url, verify=str(authority)).status_code == 200
        with pytest.raises(requests.exceptions.SSLError):
            session.get(url.replace(NAME, "localhost"), verify=str(authority))


def test_a_redirect_leads_nobody(tls_server: tuple[str, Path]) -> None:
    url, authority = tls_server
    with public_session() as session:
        answer = session.get(f"{url}/elsewhere", verify=str(authority))

    assert (answer.status_code, answer.url) == (302, f"{url}/elsewhere")
