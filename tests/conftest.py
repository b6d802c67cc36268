"""Fixtures of most tests: a running sandbox, a customer in it, and the path of a call from webhook to Planfix."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management.commands import flush
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client
from django.utils.translation import deactivate
from psycopg._preparing import Prepare, PrepareManager
from psycopg.pq.abc import PGresult
from whitenoise.middleware import WhiteNoiseMiddleware

from integrations.models import Call, Customer
from integrations.outbound import public_session
from integrations.services.customers.account_discovery import discover_waiting_account
from integrations.services.customers.import_export import webhook_address
from integrations.services.database import run_prepared
from integrations.services.delivery.customer_run import deliver_due_calls
from integrations.services.delivery.resume_check import check_access
from integrations.services.intake.call_list import look_up_call
from integrations.services.queue.defer import CHECK_ACCESS, DISCOVER_ACCOUNT, LOOK_UP_CALL
from integrations.services.recordings import stream_limit
from sandbox.planfix.account import Account
from sandbox.ringostat.api import Ringostat
from sandbox.server.app import SandboxServer
from sandbox.state import DEFAULT, DEFAULT_TOKEN, Sandbox
from tests import migrated_template
from tests.imported_customers import imported

# No deadline: on a busy machine an example may take long. CI tries more examples than a run at one's desk.
hypothesis.settings.register_profile("ringofix", deadline=None, max_examples=100 if os.environ.get("CI") else 40)
hypothesis.settings.load_profile("ringofix")

# Until all tests are collected, the garbage collector would only find objects that stay.
gc.disable()

CLIENT = "+380671234567"
NEW_CLIENT = "+380501112233"


def in_large_frame(function: Callable[[], Any]) -> Any:
    """Calls the function, and leaves half a megabyte for the frames of what it calls.

    Python keeps frames in pieces of 16 KB, and asks the system for each piece anew (CPython issue 142183). If a loop
    calls functions at the end of a piece, each call costs two system calls. Pages are rendered that deep: without this,
    their tests take an eighth more of processor time.
    """
    return function()


# Python doubles the piece until the frame fits: 66,000 values of 8 bytes get a megabyte.
in_large_frame.__code__ = in_large_frame.__code__.replace(co_stacksize=66_000)
HAS_LARGE_FRAME = pytest.StashKey[bool]()


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | pytest.ExitCode | None:
    if HAS_LARGE_FRAME in config.stash:
        return None  # the next hook, which runs the tests
    config.stash[HAS_LARGE_FRAME] = True
    return in_large_frame(lambda: config.hook.pytest_cmdline_main(config=config))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs the longest tests first, so that no process is left with one at the end.

    Each process of pytest-xdist gets a block of the list at first, so each block begins with a share of them.
    """
    items.sort(key=lambda item: (item.get_closest_marker("slow") is None, "browser" not in item.path.parts))
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    items[:] = [item for first in range(processes) for item in items[first::processes]]


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Lets the garbage collector skip what lives until the end. Thousands of collected tests make each pass slow."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def pytest_runtest_teardown() -> None:
    """Undoes what a page leaves in this process. A hook, because a fixture of every test costs more than most tests."""
    deactivate()  # a page in Polish leaves its language active in the thread
    stream_limit._limit = stream_limit.StreamLimit()  # few tests read a response to its end, as a server does


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest, django_db_blocker: Any) -> None:
    """Names this process's test database, and lets it begin as a copy of the migrated template."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "")
    # Two runs on one machine must not drop each other's database, unless they ask to reuse one.
    reused = request.config.getvalue("reuse_db")
    name = f"test_ringofix_reused_{worker}" if reused else f"test_ringofix_{os.getpid()}"
    # These databases need not survive a power cut. The processes that tests start and kill commit durably.
    connection.settings_dict["OPTIONS"]["options"] = "-c synchronous_commit=off"
    connection.creation._destroy_test_db = migrated_template.drop
    with django_db_blocker.unblock():
        template = migrated_template.prepare()
    # The template has all migrations: running them again for nothing takes seconds.
    connection.settings_dict["TEST"] |= {"NAME": name.rstrip("_"), "TEMPLATE": template, "MIGRATE": False}
    # Connections of the pool lead to the database that people use.
    connection.close_pool()


@pytest.fixture(scope="session", autouse=True)
def _passwords_are_hashed_quickly() -> Iterator[None]:
    """Hashes with one iteration. The algorithm stays, so that the product's processes accept the passwords."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", 1)
        yield


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_looked_for_once() -> Iterator[None]:
    """Finds static files once: every Client starts a whole site, which would search all folders again."""
    found: dict[str, Any] = {}
    look_for = WhiteNoiseMiddleware.add_files_from_finders

    def once(site: WhiteNoiseMiddleware) -> None:
        if not found:
            look_for(site)
            found.update(site.files)
        site.files = found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _prepared_statements_outlive_a_rollback() -> Iterator[None]:
    """Prepares each statement once. psycopg forgets them all at a rollback, with which every test ends."""
    discard = PrepareManager._should_discard

    def discard_unless_rolled_back(known: PrepareManager, prepare: Prepare, results: Sequence[PGresult]) -> bool:
        return any(result.command_status != b"ROLLBACK" for result in results) and discard(known, prepare, results)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PrepareManager, "_should_discard", discard_unless_rolled_back)
        yield


@pytest.fixture(scope="session", autouse=True)
def _a_flush_deletes_rows() -> Iterator[None]:
    """Deletes the rows after a test with real commits. Django truncates, which makes new files for all tables and
    indexes, and leaves the queue alone, because its models are unmanaged. It then writes permissions and roles anew.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", delete_rows)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_: None)
        yield


QUEUE_TABLES = (
    "procrastinate_events",
    "procrastinate_periodic_defers",
    "procrastinate_jobs",
    "procrastinate_workers",
)
SAME_IN_ALL_TESTS = {"django_content_type", "auth_permission", "auth_group", "auth_group_permissions"}
"""Permissions and roles, which come with the migrations and which no test with real commits changes."""


def delete_rows(operations: DatabaseOperations, style: object, tables: list[str], **_: object) -> list[str]:
    """The statements of a flush. Foreign keys and triggers are off until its transaction ends."""
    names = [operations.quote_name(table) for table in (*tables, *QUEUE_TABLES) if table not in SAME_IN_ALL_TESTS]
    return ["SET LOCAL session_replication_role = replica", *(f"DELETE FROM {name}" for name in names)]


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[SandboxServer]:
    with SandboxServer(Sandbox(allow_private_hosts=True)) as server:
        yield server


@pytest.fixture
def sandbox(sandbox_server: SandboxServer) -> Iterator[Sandbox]:
    """The session's sandbox with an empty default account, no faults and no latency."""
    sandbox = sandbox_server.sandbox
    sandbox.add_account(DEFAULT, token=DEFAULT_TOKEN)
    yield sandbox
    sandbox.clear_faults()
    sandbox.latency = 0


@pytest.fixture
def account(sandbox: Sandbox) -> Account:
    return sandbox.account()


@pytest.fixture
def ringostat(sandbox: Sandbox) -> Iterator[Ringostat]:
    """The sandbox's Ringostat without calls."""
    sandbox.ringostat = Ringostat()
    yield sandbox.ringostat
    sandbox.ringostat = Ringostat()


def customer_data(account: Account, sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    """A customer file for a sandbox account with the employees 5, 6 and 7."""
    return {
        "name": "Acme",
        "language": "en",
        "timezone": "Europe/Kyiv",
        "region": "UA",
        "ringostat": {"project_id": "110070", "auth_key": "ringostat-key", "api_url": sandbox.url},
        "planfix": {
            "url": account.url,
            "token": account.token,
            "contact_template_id": 1,
            "requests_per_second": 1000,
        },
        "call_target": "contact",
        "create_contacts": True,
        "employees": [
            {
                "name": "Iryna Bondar",
                "planfix_user_id": 5,
                "staff_id": "331851",
                "sip_logins": ["acmecom_iryna"],
                "extension": "101",
                "email": "iryna@example.com",
            },
            {
                "name": "Oleh Tkachenko",
                "planfix_user_id": 6,
                "staff_id": "331852",
                "sip_logins": ["acmecom_oleh"],
                "extension": "102",
            },
            {
                "name": "Maria Kovalenko",
                "planfix_user_id": 7,
                "staff_id": "331853",
                "sip_logins": ["acmecom_maria"],
                "participates": False,
            },
        ],
        "utm_fields": [
            {"parameter": name, "field": name}
            for name in ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
        ],
        **changes,
    }


JOBS: dict[str, Callable[[int], None]] = {
    CHECK_ACCESS: check_access,
    DISCOVER_ACCOUNT: discover_waiting_account,
    LOOK_UP_CALL: look_up_call,
}
TAKE_JOBS = """
    DELETE FROM procrastinate_jobs
     WHERE status = 'todo' AND task_name = ANY(%(names)s)
       AND (args->>'customer_id' = %(customer_id)s::text OR (args->>'call_id')::bigint IN (
               SELECT id FROM integrations_call WHERE customer_id = %(customer_id)s))
    RETURNING task_name, COALESCE(args->>'customer_id', args->>'call_id')::bigint
"""


@dataclass
class Scenario:
    """A customer from its webhook to its Planfix account: post events, deliver due calls, inspect the account."""

    customer: Customer
    account: Account
    client: Client = field(default_factory=Client)

    def post(self, body: dict[str, Any] | bytes | str, event: str = "after_call", **request: Any) -> Any:
        address = webhook_address(self.customer)
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        request.setdefault("content_type", "application/json")
        return self.client.post(f"{address}{event}/" if event else address, data, **request)

    def deliver(self) -> None:
        """Runs the customer's due calls, the jobs that this run asks for, and then the calls that those made due."""
        deliver_due_calls(self.customer.pk, should_stop=lambda: False)
        if self.run_jobs(DISCOVER_ACCOUNT, LOOK_UP_CALL):
            deliver_due_calls(self.customer.pk, should_stop=lambda: False)

    def run_jobs(self, *names: str) -> int:
        """Takes the customer's waiting jobs of these names from the queue and runs them. Returns their number."""
        jobs = run_prepared(TAKE_JOBS, {"names": list(names), "customer_id": self.customer.pk})
        for name, number in jobs:
            JOBS[name](number)
        return len(jobs)

    def call(self, ringostat_id: str) -> Call:
        return Call.objects.select_related("delivery").get(customer=self.customer, ringostat_id=ringostat_id)


@pytest.fixture
def as_in_production(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Switches ALLOW_PRIVATE_HOSTS off, and lets only the sandbox on this machine be reached."""

    def switch() -> None:
        settings.ALLOW_PRIVATE_HOSTS = False
        monkeypatch.setattr(public_session, "is_allowed", lambda url: True)
        monkeypatch.setattr(public_session, "addresses_of", lambda host, port: [host])

    return switch


@pytest.fixture
def make_scenario(sandbox: Sandbox, account: Account, settings: Any) -> Callable[..., Scenario]:
    """Imports a customer of the default account; keyword arguments change its file."""
    settings.ALLOW_PRIVATE_HOSTS = True

    def make(**changes: Any) -> Scenario:
        return Scenario(imported(customer_data(account, sandbox, **changes)), account)

    return make


@pytest.fixture
def scenario(db: None, make_scenario: Callable[..., Scenario]) -> Scenario:
    return make_scenario()
