"""Calls that are held at each of their steps at once: each customer waits at a step of its own, so that one kill hits
all of them.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import psycopg
import requests
from django.db import OperationalError, connection
from django.test import Client

from integrations.models import CallbackSettings, CallbackTask, Customer
from integrations.planfix.http.client import is_write
from integrations.planfix.records.fields import FieldType
from integrations.services.customers.account_discovery import discover
from integrations.services.customers.import_export import import_customer, webhook_address
from sandbox.harness.load import customer_with_account
from sandbox.harness.processes import LocalStack
from sandbox.http.faults import Fault
from sandbox.planfix.account import Account
from sandbox.planfix.records import Comment
from sandbox.state import Sandbox
from tests.conftest import Scenario, customer_data
from tests.end_to_end.bodies import CLIENT, NEW_CLIENT, answered, missed, recorded
from tests.imported_customers import copied_for
from tests.services.callback_tasks.test_run import want_tasks, write_tasks

FOR_EVER = 600
POSTING_SECONDS = 180
"""Longer than the waits for every request to hang and for every webhook to stand, one after the other."""
SOURCE = {"parameter": "utm_source", "field": "utm_source", "contact_field": "Source"}
Body = dict[str, Any]
Load = list[tuple[int, Body]]
"""Webhook bodies, each with the place of its customer in a list."""


@dataclass(frozen=True, kw_only=True)
class KillCase:
    """`known`: the content of the account. `earlier`: the webhook of a call that is delivered before. `now`: the
    webhook whose call is held. `makes_task`: the customer wants callback tasks.
    """

    now: Callable[[Sandbox], Body]
    known: Callable[[Account], object] = lambda account: None
    earlier: Body | None = None
    customer: Body = field(default_factory=dict)
    makes_task: bool = False


def olha(account: Account) -> None:
    account.add_contact(name="Olha Koval", phones=[CLIENT])


def olha_with_an_order(account: Account) -> None:
    account.add_task(account.add_contact(name="Olha Koval", phones=[CLIENT]).id, "Order")


def source_field(account: Account) -> None:
    account.add_contact_field(name="Source", type_=FieldType.LINE, group_id=1)


TODAY = f"{datetime.now(ZoneInfo('Europe/Kyiv')) - timedelta(hours=1):%Y-%m-%d %H:%M:%S}"
"""Only calls of the last days get a callback task."""

CASES = {
    "known contact": KillCase(known=olha, now=lambda sandbox: answered()),
    "new contact": KillCase(now=lambda sandbox: answered(NEW_CLIENT)),
    "new contact with UTM": KillCase(
        known=source_field, now=lambda sandbox: answered(NEW_CLIENT), customer={"utm_fields": [SOURCE]}
    ),
    "last active task": KillCase(
        known=olha_with_an_order, now=lambda sandbox: answered(), customer={"call_target": "last_active_task"}
    ),
    "recording": KillCase(known=olha, now=lambda sandbox: answered(**recorded(sandbox))),
    "remembered contact": KillCase(
        known=olha, earlier=answered(uniqueid="ua9_-1790775000.1"), now=lambda sandbox: answered()
    ),
    "callback task": KillCase(known=olha, now=lambda sandbox: missed(calldate=TODAY), makes_task=True),
    "late recording": KillCase(
        known=olha, earlier=answered(has_recording="1"), now=lambda sandbox: answered(**recorded(sandbox))
    ),
}

MOMENTS = {"insert": 1, "commit": 2}
"""Of a webhook's transaction, with the lock that holds it there."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one customer's call is held."""

    case: str
    step: str
    scenario: Scenario

    def __str__(self) -> str:
        return f"{self.case}: {self.step}"


class Hall:
    """All cases in one sandbox, with a customer and an account for each of their steps. Its calls have come in, and
    the webhooks of more are ready, before any worker is started.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._customers: dict[str, Customer] = {}
        self.asked: dict[str, list[str]] = {}
        """The requests to Planfix of a case in which nothing goes wrong."""
        self.wanted: dict[str, dict[str, object]] = {}
        """What an account holds in the end if nothing goes wrong, by case."""
        self.last_answers: dict[str, str] = {}
        """The last answer to each webhook that is posted again and again."""
        for name in CASES:
            self._play_undisturbed(name)
        self.requested = [place for name in CASES for place in self._places_at_requests(name)]
        self.knocking = [self._place(name, moment) for name in CASES for moment in MOMENTS]

    def all_hang(self) -> bool:
        return all(struck for _, struck in self.sandbox.faults.struck())

    def knock(self, stack: LocalStack) -> list[threading.Thread]:
        """Posts each case's webhook once for each moment that it is to be held at, in threads that go on until they
        are answered by 200.
        """
        threads = []
        for place in self.knocking:
            address = f"{stack.local(webhook_address(place.scenario.customer))}after_call/?moment={place.step}"
            post = str(place), address, CASES[place.case].now(self.sandbox)
            threads.append(threading.Thread(target=self._post_until_accepted, args=post, daemon=True))
        for thread in threads:
            thread.start()
        return threads

    def differences(self) -> dict[str, list[dict[str, object]]]:
        """The actual and the expected content of the accounts where they differ."""
        pairs = {
            str(place): [held(place.scenario.account), self.wanted[place.case]]
            for place in [*self.requested, *self.knocking]
        }
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def _post_until_accepted(self, place: str, address: str, body: Body) -> None:
        """Posts as Ringostat would if it repeated every request that is not answered by 200."""
        deadline = time.monotonic() + POSTING_SECONDS
        while time.monotonic() < deadline:
            self.last_answers[place] = _posted(address, body)
            if self.last_answers[place] == "200":
                return
            time.sleep(0.1)

    def _play_undisturbed(self, name: str) -> None:
        scenario = self._set_up(name)
        scenario.post(CASES[name].now(self.sandbox))
        scenario.deliver()
        if CASES[name].makes_task:
            write_tasks(scenario)
        self.asked[name] = [f"{request.method} {request.path}" for request in scenario.account.requests]
        self.wanted[name] = held(scenario.account)

    def _places_at_requests(self, name: str) -> Iterator[Place]:
        """A call for each request, where it will hang: after it was carried out and, if it writes something, before."""
        for position, request in enumerate(self.asked[name]):
            whens: tuple[Literal["before", "after"], ...] = ("before", "after")
            for when in whens if is_write(*request.split(" ")) else whens[1:]:
                place = self._place(name, f"{when} {request} ({position})")
                account = place.scenario.account.name
                hang = Fault(account=account, kind="hang", seconds=FOR_EVER, skip=position, times=1, when=when)
                self.sandbox.add_fault(hang)
                place.scenario.post(CASES[name].now(self.sandbox))
                yield place

    def _place(self, name: str, step: str) -> Place:
        return Place(case=name, step=step, scenario=self._set_up(name))

    def _set_up(self, name: str) -> Scenario:
        case, number = CASES[name], len(self.sandbox.accounts)
        account = self.sandbox.add_account(f"account-{number}", token=f"token-{number}")
        case.known(account)
        scenario = Scenario(self._customer(name, account), account)
        if case.earlier:
            scenario.post(case.earlier)
            scenario.deliver()
        account.forget_requests()
        return scenario

    def _customer(self, name: str, account: Account) -> Customer:
        """A copy of the case's first customer, which is much faster than another import."""
        if name not in self._customers:
            data = customer_data(account, self.sandbox, name=name) | CASES[name].customer
            self._customers[name] = import_customer(data)
            discover(self._customers[name])
        customer = copied_for(account, self._customers[name])
        if CASES[name].makes_task:
            want_tasks(customer)
        return customer


def _posted(address: str, body: Body) -> str:
    try:
        return str(requests.post(address, json=body, timeout=POSTING_SECONDS).status_code)
    except requests.RequestException as error:
        return repr(error)


def held(account: Account) -> dict[str, object]:
    """Everything that a manager can see, with the ids. They are equal in two runs if none created anything extra."""
    return {
        "contacts": [(contact.id, contact.name, contact.phones, contact.custom) for contact in account.contacts],
        "comments": [
            (comment.id, comment.contact_id, comment.task_id, comment.author, _time_of(comment), comment.description)
            for comment in account.comments
        ],
        "tasks": [(task.id, task.name, task.counterparty_id, task.assignees, task.due) for task in account.tasks],
        "files": [[(file.name, file.content) for file in comment.files] for comment in account.comments],
        "entries": account.tag_entries,
    }


def _time_of(comment: Comment) -> datetime | None:
    """The description of a task has the time at which it was written."""
    return None if comment.task_id and "Missed call" in comment.description else comment.at


def unwritten_tasks() -> set[int]:
    """The customers that want a callback task and do not have it yet."""
    written = CallbackTask.objects.filter(due_at=None).exclude(task_id=None)
    wanting = CallbackSettings.objects.values_list("customer_id", flat=True)
    return set(wanting) - set(written.values_list("customer_id", flat=True))


class Door:
    """Holds webhooks' transactions at the moment that their address names. The test's database keeps the triggers,
    which hold nothing without the locks.
    """

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(HOLD)
        self._holder = psycopg.connect(**connection.get_connection_params(), autocommit=True)
        for lock in MOMENTS.values():
            self._holder.execute("SELECT pg_advisory_lock(%s, %s)", [SPACE, lock])

    def all_stand(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(STANDING, [SPACE])
            return len(cursor.fetchall()) == len(CASES) * len(MOMENTS)

    def open(self) -> None:
        """Held inserts fail, as when the database notices that nobody waits for them. Held commits succeed."""
        inserting = f"SELECT pg_terminate_backend(pid) FROM ({STANDING}) AS standing WHERE lock = %s"
        self._holder.execute(inserting, [SPACE, MOMENTS["insert"]])
        self.close()

    def close(self) -> None:
        """Ends the holding, if the database server has not ended it."""
        self._holder.close()


def customers_with_accounts(stack: LocalStack, count: int, *, requests_per_second: float) -> list[Customer]:
    """This many new customers, each with an account of its own."""
    files = [customer_with_account(stack, number, requests_per_second=requests_per_second) for number in range(count)]
    return [import_customer(file) for file in files]


def take_in(customers: list[Customer], load: Load) -> list[Body]:
    """Takes webhooks in as the web server does, in this process. Returns their bodies."""
    client = Client()
    for number, body in load:
        address = f"{webhook_address(customers[number])}after_call/"
        assert client.post(address, body, content_type="application/json").status_code == 200
    return [body for _, body in load]


def workers_known() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM procrastinate_workers")
        return [row[0] for row in cursor.fetchall()]


def kill_server(data: Path) -> None:
    """kill -9 of the database server in this folder."""
    os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    connection.close()


def server_answers() -> bool:
    try:
        connection.ensure_connection()
    except OperationalError:
        return False
    return True


SPACE = 0x54455354
STANDING = """
    SELECT pid, objid AS lock FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND NOT granted
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
HOLD = f"""
    CREATE OR REPLACE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock_shared({SPACE}, TG_ARGV[0]::integer);
        RETURN NEW;
    END $$;
    CREATE OR REPLACE TRIGGER hold_insert BEFORE INSERT ON integrations_webhookevent FOR EACH ROW
      WHEN (NEW.query_string = 'moment=insert') EXECUTE FUNCTION hold({MOMENTS["insert"]});
    DROP TRIGGER IF EXISTS hold_commit ON integrations_webhookevent;
    CREATE CONSTRAINT TRIGGER hold_commit AFTER INSERT ON integrations_webhookevent DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW WHEN (NEW.query_string = 'moment=commit') EXECUTE FUNCTION hold({MOMENTS["commit"]});
"""
