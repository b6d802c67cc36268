"""Measures the call log pages with a hundred thousand and with ten million calls of a thousand customers.

Printed for each page: milliseconds at the 95th percentile and the median at both sizes, their ratios, Python's
processor time, and the number of queries at the larger size. Each page runs through all of Django in this process, in
turn on both databases, so that other load on the machine affects both. The largest customer has a tenth of all calls.
When the host takes processor time away during a page, the page is opened again.
`CALLS="100000 1000000" python -m bench call_log` uses other sizes. It runs only when named: ten million calls take a
quarter of an hour and 20 GB.
"""

from __future__ import annotations

import copy
import importlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.stack.call_log_rows import fill
from integrations.models import Call, Customer, Employee
from integrations.users.visibility import SPECIALISTS

SIZES = (100_000, 10_000_000)
REPEATS = 40
WARM_UPS = 3
MOST_ATTEMPTS = 10
LIMIT_MS, LIMIT_MS_FIRST_PAGE, LIMIT_RATIO, LIMIT_QUERIES = 150, 300, 1.3, 12
FIRST_PAGE = "first page of the admin"

LARGEST, SMALLEST = 1, 1000

STATISTICS = Path("/proc/stat")

Page = tuple[str, str]
"""User name and address."""


class Figures(NamedTuple):
    """Milliseconds of one page."""

    few: float
    """At the 95th percentile, with few calls and with many."""
    many: float
    median_few: float
    median_many: float
    processor: float
    """Processor time of this process (without PostgreSQL) with many calls: the median."""
    queries: int
    again: int
    """Measurements that were repeated."""


def run() -> None:
    sizes = [int(size) for size in os.environ.get("CALLS", "").split()] or list(SIZES)
    settings.ALLOWED_HOSTS = ["testserver"]
    importlib.import_module("ringofix.wsgi")  # so that garbage collection works as in the web process
    with ExitStack() as stack:
        databases = [stack.enter_context(filled_database(size)) for size in (sizes[0], sizes[-1])]
        measure(sizes, databases)


@contextmanager
def filled_database(calls: int) -> Iterator[BaseDatabaseWrapper]:
    name = f"bench_call_log_{os.getpid()}_{calls}"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        database = opened(name)
        with used(database):
            call_command("migrate", verbosity=0)
            began = time.monotonic()
            fill(calls)
            print(f"{calls:,} calls made in {time.monotonic() - began:.0f} s", flush=True)
        yield database
    finally:
        database.close()
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def opened(name: str) -> BaseDatabaseWrapper:
    """A database beside the usual one, on the same server."""
    database: BaseDatabaseWrapper = connections.create_connection("default")
    database.settings_dict = copy.deepcopy(database.settings_dict)
    database.settings_dict["NAME"] = name
    database.settings_dict["OPTIONS"].pop("pool", None)
    return database


@contextmanager
def used(database: BaseDatabaseWrapper) -> Iterator[None]:
    """Uses this database instead of the usual one."""
    usual = connections["default"]
    connections["default"] = database
    try:
        yield
    finally:
        connections["default"] = usual


def measure(sizes: list[int], databases: list[BaseDatabaseWrapper]) -> None:
    """Prints each page's figures at once, so that a run that is stopped shows what it measured."""
    few, many = (f"{size:,} calls" for size in (sizes[0], sizes[-1]))
    print(f"| ms | p95, {few} | {many} | ratio | median, {few} | {many} | ratio | Python | queries |")
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    pages = [_pages_on(database) for database in databases]
    again = 0
    for name in pages[-1]:
        figures = _timed(databases, [each[name] for each in pages])
        again += figures.again
        report(name, figures)
    print(f"{again} measurements were repeated because the host took time away")


def _pages_on(database: BaseDatabaseWrapper) -> dict[str, Page]:
    with used(database):
        specialist, _made = User.objects.get_or_create(username="specialist", defaults={"is_staff": True})
        specialist.groups.add(Group.objects.get(name=SPECIALISTS))
        viewer, _made = User.objects.get_or_create(username="viewer")
        Customer.objects.get(pk=LARGEST).viewers.add(viewer)
        every = {f"all: {name}": ("specialist", address) for name, address in _addresses().items()}
        one = {f"one customer: {name}": ("viewer", address) for name, address in _addresses(of=LARGEST).items()}
    return every | one


def _addresses(of: int | None = None) -> dict[str, str]:
    """Addresses by description. `of`: only calls of this customer."""
    calls = Call.objects.filter(customer=of) if of else Call.objects.all()
    some = calls.exclude(client_number="anonymous").order_by("-started_at")[100]
    number = "+380670000000"  # a client who called often enough to fill a page at either size
    deep = calls.order_by("started_at", "pk")[200]
    place = f"{int(deep.started_at.timestamp() * 1_000_000)}-{deep.pk}"
    employee = Employee.objects.filter(customer=LARGEST).first()
    filters = {
        "no filter": "",
        "incoming": "direction=incoming",
        "missed": "outcome=missed",
        "delivered": "state=delivered",
        "failed": "state=failed",
        "in progress (none)": "state=in_progress",
        "reason": "reason=hidden_number",
        "employee": f"employee={employee.pk if employee else 0}",
        "unknown employee": "unmatched=true",
        "whole number": f"number={number[3:]}",
        "end of a number": f"number={number[-4:]}",
        "beginning of a number": f"number={number[3:10]}",
        "hidden number": "number=anonymous",
        "UTM source": "utm_source=newsletter",
        "UTM source (none)": "utm_source=nobody",
        "with a recording": "recording=true",
        "without a recording": "recording=false",
        "call ID": f"call_id={some.ringostat_id}",
        "not called back": "callback=waiting",
        "yesterday": "period=yesterday",
        "30 days": "period=30_days",
    }
    if of is None:
        filters["a customer"] = f"customer={SMALLEST}"
    first_page = {FIRST_PAGE: "/admin/"} if of is None else {}
    return {
        **{f"list, {name}": f"/calls/?{query or 'all=1'}" for name, query in filters.items()},
        "older rows, deep": f"/calls/?before={place}",
        "older rows, deep, missed": f"/calls/?outcome=missed&before={place}",
        "list, end of a call ID": f"/calls/?call_id={some.ringostat_id[-8:]}",
        "search, a number": "/calls/search/?q=067+000-00-00",
        "search, end of a call ID": f"/calls/search/?q={some.ringostat_id[-8:]}",
        "waiting clients": "/calls/waiting/",
        "talk time": "/calls/talk/",
        "news": "/calls/news/?after=9000000000000000-1",
        "one call": f"/calls/{some.pk // 10 * 10}/" if of is None else f"/calls/{some.pk}/",
        "chart": "/calls/chart/",
        "chart by state": "/calls/chart/?chart=state",
        "chart, yesterday": "/calls/chart/?period=yesterday",
        "chart, a year": f"/calls/chart/?first_day={deep.started_at:%Y-%m-%d}",
        "chart, missed": "/calls/chart/?outcome=missed",
        "chart, with a recording": "/calls/chart/?recording=true",
        "chart, UTM source": "/calls/chart/?utm_source=google",
        **first_page,
    }


def _timed(databases: list[BaseDatabaseWrapper], pages: list[Page]) -> Figures:
    times: list[list[tuple[float, float, int]]] = [[] for _database in databases]
    clients = [_client(database, page) for database, page in zip(databases, pages, strict=True)]
    queries = 0
    for number in range(WARM_UPS + REPEATS):
        for database, (_user, address), client, measured in zip(databases, pages, clients, times, strict=True):
            with used(database):
                if number == 0:
                    with CaptureQueriesContext(connection) as captured:
                        _get(client, address)
                    queries = len(captured)
                else:
                    measured.append(_undisturbed(partial(_get, client, address)))
    few, many = (zip(*measured[WARM_UPS - 1 :], strict=True) for measured in times)
    (few_all, _few_processor, few_again), (many_all, many_processor, many_again) = few, many
    return Figures(
        few=quantiles(few_all, n=20)[-1],
        many=quantiles(many_all, n=20)[-1],
        median_few=median(few_all),
        median_many=median(many_all),
        processor=median(many_processor),
        queries=queries,
        again=sum(few_again) + sum(many_again),
    )


def _client(database: BaseDatabaseWrapper, page: Page) -> Client:
    user, address = page
    is_fragment = any(part in address for part in ("before=", "/chart/", "/search/", "/talk/"))
    client = Client(headers={"HX-Request": "true"} if is_fragment else {})
    with used(database):
        client.force_login(User.objects.get(username=user))
    return client


def _get(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200, f"{address}: {response.status_code}"


def _undisturbed(act: Callable[[], None]) -> tuple[float, float, int]:
    """Repeats _milliseconds() until the host takes no time away. Returns its result and the number of repeats."""
    for again in range(MOST_ATTEMPTS):
        before = _stolen()
        figures = _milliseconds(act)
        if _stolen() == before:
            return *figures, again
    return *figures, MOST_ATTEMPTS


def _stolen() -> str:
    """The time that the host has taken away so far, as Linux counts it: proc_stat(5), "steal"."""
    return STATISTICS.read_text().split(maxsplit=9)[8] if STATISTICS.exists() else ""


def _milliseconds(act: Callable[[], None]) -> tuple[float, float]:
    """Elapsed milliseconds and processor milliseconds of this process."""
    began, processor_began = time.perf_counter(), time.process_time()
    act()
    return 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - processor_began)


def report(name: str, page: Figures) -> None:
    ratio, ratio_of_medians = page.many / page.few, page.median_many / page.median_few
    limit_ms = LIMIT_MS_FIRST_PAGE if name.endswith(FIRST_PAGE) else LIMIT_MS
    missed = page.many > limit_ms or ratio > LIMIT_RATIO or page.queries > LIMIT_QUERIES
    print(
        f"| {name} | {page.few:.0f} | {page.many:.0f} | {ratio:.2f} | {page.median_few:.0f} | "
        f"{page.median_many:.0f} | {ratio_of_medians:.2f} | {page.processor:.0f} | "
        f"{page.queries}{' (!)' if missed else ''} |",
        flush=True,
    )
