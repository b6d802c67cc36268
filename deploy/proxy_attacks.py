"""Attacks the shipped Caddyfile, which a real Caddy runs on 127.0.0.2, from clients with addresses of their own."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urljoin

PROXY_ADDRESS = "127.0.0.2"
LOGIN = "/calls/login/"
WRONG_LOGINS = 5
"""Wrong logins that one address may try for one user. The next one is refused without checking the password."""
REFUSED_LOGINS = 90
"""Together with the wrong logins of three addresses, more than all addresses may try for one user within an hour."""
THROTTLED = "Too many attempts"

# Caddy before 2.7 (Debian 12 has 2.6) has other directives for this.
OLD_REQUEST_BUFFERING = "buffer_requests\nmax_buffer_size 2MB"


class NotProtected(Exception):
    """The proxy, or the product behind it, does not stop an attack."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str


def environment(folder: Path, *, port: int, http_port: int, web_port: int, version: str) -> dict[str, str]:
    """The Caddyfile's variables: a local certificate authority, free ports, the proxy's own address."""
    options = ["local_certs", "skip_install_trust", "admin off", f"default_bind {PROXY_ADDRESS}"]
    options += [f"https_port {port}", f"http_port {http_port}"]
    is_old = [int(part) for part in re.findall(r"\d+", version)[:2]] < [2, 7]
    return {
        "CADDY_OPTIONS": "\n".join(options),
        "WEB_ADDRESS": f"127.0.0.1:{web_port}",
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        **({"CADDY_REQUEST_BUFFERING": OLD_REQUEST_BUFFERING} if is_old else {}),
    }


@dataclass(kw_only=True)
class Client:
    """A browser or program at one address."""

    address: str
    host: str
    port: int
    authority: Path
    """The certificate of the proxy's authority."""
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: bytes | Iterator[bytes] | None = None, **headers: str) -> Answer:
        """Sends one request. Sends an iterator in chunks, without a length."""
        sent = {"Host": self.host, **{name.replace("__", "-"): value for name, value in headers.items()}}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        with contextlib.closing(self._connection()) as connection:
            connection.request(method, path, body, sent, encode_chunked=not isinstance(body, bytes | None))
            return self._answer(connection.getresponse())

    def ask_with_expect(self, path: str, body: bytes) -> Answer:
        """Sends the head, waits for 100 Continue, then sends the body in chunks."""
        head = f"POST {path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\n"
        with contextlib.closing(self._connection()) as connection:
            connection.connect()
            connection.sock.sendall(f"{head}Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n".encode())
            interim = connection.sock.recv(1000)
            if not interim.startswith(b"HTTP/1.1 100"):
                return Answer(status=int(interim.split()[1]), headers={}, body="")
            connection.sock.sendall(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
            response = http.client.HTTPResponse(connection.sock)
            response.begin()
            return self._answer(response)

    def ask_often(self, path: str, body: bytes, most: int) -> Answer:
        """Posts the body over one connection, `most` times or until an answer is not 200. Returns the last answer."""
        with contextlib.closing(self._connection()) as connection:
            for _number in range(most):
                connection.request("POST", path, body, {"Host": self.host, "Content-Type": "application/json"})
                answer = self._answer(connection.getresponse())
                if answer.status != 200:
                    break
        return answer

    def post(self, path: str, form: Mapping[str, str | list[str]]) -> Answer:
        """Sends a form as the logged-in user."""
        token = next(value for name, value in self.cookies.items() if "csrf" in name)
        headers = {"Content__Type": "application/x-www-form-urlencoded", "Referer": f"https://{self.host}/"}
        return self.ask("POST", path, urlencode({"csrfmiddlewaretoken": token, **form}, doseq=True).encode(), **headers)

    def log_in(self, name: str, password: str, **headers: str) -> bool:
        """Tells whether the login succeeds. Raises NotProtected if the answer is neither success nor the form."""
        answer = self._log_in(name, password, **headers)
        if answer.status not in (200, 302):
            raise NotProtected(f"the login page answered {answer.status} to {self.address}")
        return answer.status == 302

    def is_throttled(self, name: str, password: str, times: int = 1, **headers: str) -> bool:
        return THROTTLED in self._log_in(name, password, times, **headers).body

    def _log_in(self, name: str, password: str, times: int = 1, **headers: str) -> Answer:
        """Sends the login form `times` times. Returns the last answer."""
        self.cookies = {}
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.ask("GET", LOGIN).body)
        if not token:
            raise NotProtected("the login page has no form")
        form = {"csrfmiddlewaretoken": token[1], "username": name, "password": password}
        headers |= {"Content__Type": "application/x-www-form-urlencoded", "Referer": f"https://{self.host}{LOGIN}"}
        for _ in range(times):
            answer = self.ask("POST", LOGIN, urlencode(form).encode(), **headers)
        return answer

    def _connection(self) -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cafile=str(self.authority))
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=30, context=context)
        source, target = (self.address, 0), (PROXY_ADDRESS, self.port)
        connection._create_connection = lambda *_: socket.create_connection(target, 30, source)  # type: ignore[attr-defined]
        return connection

    def _answer(self, response: http.client.HTTPResponse) -> Answer:
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, content = value.partition(";")[0].partition("=")
                self.cookies[cookie] = content
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(status=response.status, headers=headers, body=response.read().decode("utf-8", "replace"))


@dataclass(frozen=True, kw_only=True)
class Attacker:
    host: str
    port: int
    authority: Path
    user: str
    password: str

    def client(self, number: int) -> Client:
        """Returns client number n, whose address is 127.0.1.n."""
        return Client(address=f"127.0.1.{number}", host=self.host, port=self.port, authority=self.authority)

    def is_ready(self) -> bool:
        try:
            return self.client(9).ask("GET", LOGIN).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def nobody_locks_others_out(self) -> None:
        for number in (1, 2, 3):
            attacker = self.client(number)
            for _ in range(WRONG_LOGINS):
                if attacker.log_in(self.user, "wrong"):
                    raise NotProtected("a wrong password was accepted")
            if not attacker.is_throttled(self.user, self.password):
                raise NotProtected(f"{WRONG_LOGINS + 1} wrong logins from one address were not throttled")
        if not self.client(1).is_throttled(self.user, self.password, REFUSED_LOGINS):
            raise NotProtected("a throttled address may try again")
        if not self.client(4).log_in(self.user, self.password):
            raise NotProtected("wrong logins from other addresses locked the user out")

    def no_header_changes_the_client(self) -> None:
        """Client 1 is already throttled. It must stay throttled whatever headers it sends."""
        for header in ("X__Forwarded__For", "X_Forwarded_For", "Forwarded", "X__Real__IP", "True__Client__IP"):
            value = "for=127.0.1.200" if header == "Forwarded" else "127.0.1.200"
            if not self.client(1).is_throttled(self.user, self.password, **{header: value}):
                raise NotProtected(f"a {header.replace('__', '-')} header hides the client's address")

    def metrics_stay_inside(self) -> None:
        paths = (
            "/metrics",
            "/metrics/",
            "//metrics",
            "/./metrics",
            "/%6detrics",
            "/METRICS",
            "/calls/../metrics",
            "/readyz",
        )
        tricks: list[tuple[str, dict[str, str]]] = [(path, {}) for path in paths]
        tricks += [("/x/metrics", {"SCRIPT_NAME": "/x"}), ("/x/metrics", {"Script__Name": "/x"})]
        tricks += [("/calls/", {"PATH_INFO": "/metrics"}), ("/calls/", {"X__Original__URL": "/metrics"})]
        for path, headers in tricks:
            answer = self.client(5).ask("GET", path, **headers)
            if "ringofix_" in answer.body or answer.status == 200:
                raise NotProtected(f"{path} with {headers} answers {answer.status} to the outside")

    def no_server_tells_its_name(self) -> None:
        for path in (LOGIN, "/healthz", "/metrics", "/nowhere/"):
            if name := self.client(5).ask("GET", path).headers.get("server"):
                raise NotProtected(f"{path} names the server: {name}")

    def large_bodies_are_refused(self, webhook: str) -> None:
        for size in (300_000, 3_000_000):
            body = json.dumps({"uniqueid": "too-large", "padding": "x" * size}).encode()
            announced = self._refusal(webhook, body)
            if announced != 413:
                raise NotProtected(f"a body with a length of {size} bytes was answered {announced}")
            chunked = self._refusal(webhook, iter([body]))
            # Beyond its own limit, the proxy ends the request. Old versions of Caddy then answer 502.
            if chunked not in (413, 502):
                raise NotProtected(f"a chunked body of {size} bytes was answered {chunked}")

    def _refusal(self, webhook: str, body: bytes | Iterator[bytes]) -> int:
        try:
            return self.client(6).ask("POST", webhook, body).status
        except (ConnectionError, ssl.SSLEOFError):  # The server answers and closes while the client sends the body.
            return 413

    def bodies_without_a_length_are_stored(self, webhook: str, bodies: tuple[bytes, bytes]) -> int:
        """Posts both bodies in chunks, the second after 100 Continue. Returns how many were accepted."""
        client = self.client(6)
        answers = [
            client.ask("POST", webhook, iter([bodies[0][:10], bodies[0][10:]]), Content__Type="application/json"),
            client.ask_with_expect(webhook, bodies[1]),
        ]
        for answer in answers:
            if answer.status not in (200, 411) or (answer.status == 200 and '"call"' not in answer.body):
                raise NotProtected(f"a chunked webhook was answered {answer.status} {answer.body[:100]}")
        return sum(answer.status == 200 for answer in answers)

    def hostile_values_topple_no_page(self) -> None:
        client = self.logged_in(7)
        values = ("%00", "a%00b", "9" * 5000, "9999-12-31", "0001-01-01", "%FF", "-1", "1e309", "x" * 6000, "%F0%9F")
        for path in ("/calls/?customer=", "/calls/?first_day=", "/calls/?before=", "/calls/news/?after=", "/calls/"):
            self._none_fails(client, (path + value for value in values))
        lists = ("/admin/integrations/customer/?planfix_token__startswith=", "/admin/auth/user/?id=", "/admin/?q=")
        for path in (*lists, "/api/v1/calls/?limit=", "/calls/export.csv?number=", "/calls/exports/"):
            self._none_fails(client, (path + value for value in values))
        answer = client.post("/calls/views/", {"name": "a\0b", "query": "customer=\0"})
        if answer.status >= 500:
            raise NotProtected(f"a NUL in a form was answered {answer.status}")
        for query in ("customer=%00", "%00=1", "a%00=%00&state=failed"):
            client.post("/calls/views/", {"name": "mine", "query": query, "is_default": "on"})
            self._opens(client, "/calls/")
        client.post("/calls/views/", {"name": "mine", "query": ""})

    def no_list_tells_a_secret(self) -> None:
        client = self.logged_in(7)
        users, employees = "/admin/auth/user/?", "/admin/integrations/employee/?"
        lookups = ["password__gte=pbkdf2", "password__startswith=p", "sessions__session_key__gte=0"]
        addresses = [users + each for each in (*lookups, "second_factor__key__gte=g", "api_tokens__ending=a")]
        addresses += [
            employees + f"customer__planfix_token__{lookup}=gAAAA" for lookup in ("startswith", "gte", "regex")
        ]
        for address in addresses:
            status = client.ask("GET", address).status
            if status != 400:
                raise NotProtected(f"{address} was answered {status}")

    def _opens(self, client: Client, path: str) -> None:
        answer = client.ask("GET", path)
        if answer.status == 302:  # The list redirects to the default view.
            answer = client.ask("GET", urljoin(path, answer.headers["location"]))
        if answer.status != 200:
            raise NotProtected(f"{path} was answered {answer.status}")

    def _none_fails(self, client: Client, paths: Iterable[str]) -> None:
        for path in paths:
            answer = client.ask("GET", path)
            if answer.status >= 500:
                raise NotProtected(f"{path[:100]} was answered {answer.status}")

    def no_cache_keeps_a_page(self) -> None:
        client = self.logged_in(7)
        pages: tuple[str, ...] = (
            "/calls/",
            "/account/",
            "/calls/exports/",
            "/calls/export.csv",
            "/calls/chart/",
            "/nowhere/",
            "/admin/",
        )
        pages += ("/calls?number=%2B380671234567", "/account/sessions/end/", "/admin/auth/user/?password__gte=a")
        for path in (*pages, "/api/v1/docs/", "/api/v1/schema/", "/api/v1/calls/", "/calls/999999999/"):
            kept = client.ask("GET", path).headers.get("cache-control", "")
            if "no-store" not in kept:
                raise NotProtected(f"{path} may be cached: {kept!r}")

    def one_page_changes_passwords(self) -> None:
        client = self.logged_in(7)
        new = "another password of many words"
        names = ("new_password1", "new_password2", "password1", "password2")
        client.post("/admin/password_change/", {"old_password": self.password, **dict.fromkeys(names, new)})
        if not self.client(8).log_in(self.user, self.password):
            raise NotProtected("Django's own page changed the password")

    def guessed_tokens_slow_their_network_only(self) -> None:
        statuses = {self._api_status(10, f"Bearer ringofix_guess{number}") for number in range(70)}
        if 429 not in statuses:
            raise NotProtected(f"70 guessed tokens were answered {statuses}")
        if self._api_status(11, "Bearer ringofix_guess") != 401:
            raise NotProtected("guesses from one address slowed another one")

    def _api_status(self, number: int, authorization: str) -> int:
        return self.client(number).ask("GET", "/api/v1/calls/", Authorization=authorization).status

    def an_export_is_made_and_fetched(self, wait_until: Callable[[Callable[[], bool], str], None]) -> None:
        client = self.logged_in(7)
        if client.post("/calls/export.xlsx", {}).status != 302:
            raise NotProtected("the export was not started")
        found: list[str] = []

        def is_ready() -> bool:
            found[:] = re.findall(r'href="(/calls/exports/\d+/)"', client.ask("GET", "/calls/exports/").body)
            return bool(found)

        wait_until(is_ready, "the export")
        if not client.ask("GET", found[0]).body.startswith("PK"):
            raise NotProtected("the export is no XLSX file")
        if self.client(8).ask("GET", found[0]).status != 302:
            raise NotProtected("a stranger got the export")

    def logged_in(self, number: int) -> Client:
        client = self.client(number)
        if not client.log_in(self.user, self.password):
            raise NotProtected("the login failed")
        return client

    def other_hosts_get_no_receipt(self, webhook: str) -> None:
        answer = self.client(6).ask("POST", webhook, b"{}", Host="elsewhere.example")
        if answer.status < 400:
            raise NotProtected(f"a webhook for another host was answered {answer.status}")
