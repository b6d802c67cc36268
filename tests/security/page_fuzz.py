"""Requests with hostile values to every page, made from the URL configuration: a new page is among them by itself.

Which parameters a page reads is learned from the page: each request's query and form note the names that were read.
"""

from __future__ import annotations

import io
import random
import re
import traceback
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch
from urllib.parse import quote_from_bytes

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import got_request_exception
from django.db import models, transaction
from django.http import QueryDict
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.functional import cached_property

from integrations.models import (
    ApiToken,
    BackgroundJob,
    BackgroundJobKind,
    Call,
    CallState,
    Customer,
    SavedView,
    UserSession,
)
from integrations.services.queue.job_files import store_file
from tests.factories import (
    call_facts,
    make_call,
    make_customer,
    make_employee,
    make_event,
    make_request,
    make_superuser,
    make_viewer,
)

VALUES: tuple[bytes, ...] = (
    *(b"", b"\0", b"a\0b", b"\xff\xfe", b"\xed\xa0\x80", "é".encode(), "٣".encode(), "²".encode(), b"\r\nX: y"),
    *(b"0", b"-1", b"1", b"9223372036854775808", b"9" * 30, b"1" * 500, b"1e309", b"NaN", b"0x10", b"1_0", b"1,2,x"),
    *(b"0001-01-01", b"9999-12-31", b"99999-01-01", b"2026-02-30", b"9999-12-31T23:59:59", b"25:61", b"today"),
    *(b"x" * 2000, b"'", b'"', b"%", b"\\", b"_", b"[]", b"{}", b"[1", b"null", b"true", b"<script>alert(1)</script>"),
    *(b"../../etc/passwd", b"//evil.example", b"https://evil.example/", b"javascript:alert(1)", b";", b"a.b.c", b"-"),
)
LOOKUPS = ("startswith", "in", "isnull", "gte", "range", "year", "regex", "contains", "nowhere", "pk", "date")
PATH_VALUES = ("0", "1", "9223372036854775808", "9" * 40, "-1", "x", "%00", "%FF", "a%0Ab", "x" * 300)
COMMON = ("q", "o", "p", "all", "e", "next", "_popup", "_to_field", "page", "action", "_changelist_filters")

FOREIGN = ("Zorya Dental", "509998877", "zorya-call", "Halyna Zorya", "zorya-body", "zorya-answer")
"""What only the pages of the other customer have."""


@dataclass
class World:
    """Two customers, a viewer of the first and a superuser. `foreign`: ids of the second one's things, by argument."""

    viewer: User
    superuser: User
    own: dict[str, object]
    foreign: dict[str, object]


def make_world() -> World:
    other = make_customer(name="Zorya Dental")
    own_customer = make_customer(name="Acme")
    superuser, viewer = make_superuser(), make_viewer(own_customer)
    return World(viewer, superuser, _things(own_customer, viewer), _things(other, superuser, "zorya", "+380509998877"))


def _things(customer: Customer, user: User, word: str = "acme", number: str = "+380671112233") -> dict[str, object]:
    employee = make_employee(customer, name=f"Halyna {word.capitalize()}")
    facts = call_facts(ringostat_id=f"{word}-call")
    call = make_call(customer, facts, state=CallState.FAILED, client_number=number, employee=employee)
    job = BackgroundJob.objects.create(kind=BackgroundJobKind.CATCH_UP, customer=customer, asked_by=user)
    event = make_event(call, body=f'{{"note": "{word}-body"}}'.encode())
    request = make_request(call, answer=f'{{"note": "{word}-answer"}}')
    token, _plain = ApiToken.issue(user, word)
    file = store_file(
        BackgroundJob.objects.create(kind=BackgroundJobKind.EXPORT, customer=customer, asked_by=user),
        user=user,
        name=f"{word}-calls.csv",
        content_type="text/csv",
        customer_ids=[customer.pk],
        chunks=[f"{word}-call".encode()],
    )
    return {
        "call_id": call.pk,
        "event_id": event.pk,
        "request_id": request.pk,
        "customer_id": customer.pk,
        "job_id": job.pk,
        "view_id": SavedView.objects.create(user=user, name=word, query=f"customer={customer.pk}").pk,
        "token_id": token.pk,
        "file_id": file.pk,
        "id": user.pk,
        "action": "settle",
        "content_type_id": 1,
        "app_label": "integrations",
        "url": "nowhere",
        "customer": customer.pk,
        "employee": employee.pk,
        "call": call.pk,
        "calls": call.pk,
        "webhookevent": event.pk,
        "planfixrequest": request.pk,
        "backgroundjob": job.pk,
        "user": user.pk,
    }


@dataclass(frozen=True)
class Page:
    route: str
    pattern: URLPattern

    def address(self, things: dict[str, object], **changed: str) -> str:
        of_model = re.match(r"(?:[a-z]+_)?([a-z]+)_", self.pattern.name or "")
        known = {**things, "object_id": things.get(of_model[1] if of_model else "", 1), **changed}
        route = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(known.get(match[1], 1)), self.route)
        return "/" + re.sub(r"\^?\(\?P<(\w+)>[^)]*\)", lambda match: str(known.get(match[1], 1)), route).rstrip("$")

    @property
    def arguments(self) -> list[str]:
        return re.findall(r"<(?:\w+:)?(\w+)>", self.route)


def pages() -> list[Page]:
    """Every page of the product, in a stable order."""

    def walk(patterns: list[Any], before: str) -> Iterator[Page]:
        for each in patterns:
            route = before + str(each.pattern)
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns, route)
            else:
                yield Page(route, each)

    return [page for page in walk(get_resolver().url_patterns, "") if not page.route.startswith("webhooks/")]


class _Noted(QueryDict):
    """Notes the names that a page reads."""

    names: set[str]

    def __init__(self, inner: QueryDict, names: set[str]) -> None:
        super().__init__(mutable=True)
        for name, values in inner.lists():
            self.setlist(name, values)
        self._mutable = False
        self.names = names

    def copy(self) -> _Noted:
        """As QueryDict.copy(): it may be changed. What is read from it is noted too."""
        copied = _Noted(self, self.names)
        copied._mutable = True
        return copied

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)

    def getlist(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().getlist(name, default)

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return super().__contains__(name)


def learn(client: Client, page: Page, world: World, method: str) -> list[str]:
    """The names of the parameters that the page reads, in the query of a GET or in the form of a POST."""
    names: set[str] = set()
    query = cached_property(lambda request: _Noted(QueryDict(request.META.get("QUERY_STRING", "")), names))
    query.__set_name__(WSGIRequest, "GET")
    form = property(lambda request: _Noted(QueryDict(request.body), names))
    target, replacement = ("GET", query) if method == "GET" else ("POST", form)
    with patch.object(WSGIRequest, target, replacement):
        send(client, method, page.address(world.own), [("unknown", b"1")])
    if method == "GET":
        names |= set(_admin_parameters(page)) | set(COMMON)
    return sorted(name for name in names if re.fullmatch(r"[\w.-]{1,60}", name) and name != "csrfmiddlewaretoken")


def _admin_parameters(page: Page) -> Iterator[str]:
    """A lookup of every kind over the columns of a list of the console, and its filters."""
    for model, site_admin in admin.site._registry.items():
        if page.pattern.name == f"{model._meta.app_label}_{model._meta.model_name}_changelist":
            for column in model._meta.get_fields():
                if isinstance(column, models.Field):
                    yield column.name
                    yield from (f"{column.name}__{lookup}" for lookup in LOOKUPS)
            for each in site_admin.list_filter:
                name = each[0] if isinstance(each, tuple) else getattr(each, "parameter_name", str(each))
                yield from (f"{name}{ending}" for ending in ("", "__exact", "_from", "_to", "__gte", "__lt"))


@dataclass
class Answer:
    status: int
    text: str
    error: str


def send(client: Client, method: str, address: str, parameters: list[tuple[str, bytes]]) -> Answer:
    """One request, whose changes in the database are undone."""
    encoded = "&".join(f"{name}={quote_from_bytes(value)}" for name, value in parameters)
    errors: list[str] = []

    def note(**signal: Any) -> None:
        errors.append("".join(traceback.format_exc().splitlines(keepends=True)[-6:]))

    got_request_exception.connect(note, weak=False)
    try:
        with transaction.atomic():
            if method == "GET":
                answer = client.get(address, QUERY_STRING=encoded)
            else:
                answer = client.generic(method, address, encoded, content_type="application/x-www-form-urlencoded")
            text = _text(answer)
            transaction.set_rollback(True)
    finally:
        got_request_exception.disconnect(note)
    return Answer(answer.status_code, text, "\n".join(errors))


def _text(answer: Any) -> str:
    content: bytes = answer.getvalue() if answer.streaming else answer.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
    return content.decode(errors="replace")


@dataclass
class Figures:
    pages: int = 0
    parameters: int = 0
    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.pages} pages, {self.parameters} parameters, {len(VALUES)} values, {self.requests} requests:"
            f" {dict(sorted(self.statuses.items()))}, {len(self.failures)} answered 5xx, {len(self.leaks)} leaks"
        )


def fuzz(world: World, user: User, method: str, most: int, seed: int = 1) -> Figures:
    """Sends up to this many requests of one user. Each page gets some of each kind."""
    figures, chance = Figures(), random.Random(seed)
    client = client_of(user)
    requests: list[tuple[Page, str, list[tuple[str, bytes]]]] = []
    for page in pages():
        is_for_staff = page.route.startswith("admin/") and not user.is_staff
        names = [] if is_for_staff else learn(client, page, world, method)
        if "log" in page.route or "password" in page.route:
            client = client_of(user)
        figures.pages += 1
        figures.parameters += len(names)
        requests += _requests(page, names, world, method)
    chosen = _some(requests, most, chance)
    is_viewer = user == world.viewer
    for page, address, parameters in chosen:
        answer = send(client, method, address, parameters)
        figures.requests += 1
        figures.statuses[answer.status] += 1
        asked = f"{method} {address} {parameters}"[:300]
        if answer.status >= 500:
            figures.failures.append(f"{answer.status} {asked}\n{answer.error}")
        if is_viewer and any(mark in answer.text for mark in FOREIGN if mark not in asked):
            figures.leaks.append(asked)
        if "log" in page.route or "password" in page.route or "session" in page.route:
            client = client_of(user)
    return figures


def client_of(user: User) -> Client:
    UserSession.objects.all().delete()
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def _some(requests: list[Any], most: int, chance: random.Random) -> list[Any]:
    return requests if len(requests) <= most else chance.sample(requests, most)


def _requests(
    page: Page, names: list[str], world: World, method: str
) -> Iterator[tuple[Page, str, list[tuple[str, bytes]]]]:
    own, foreign = page.address(world.own), page.address(world.foreign)
    yield page, own, []
    yield page, foreign, []
    for argument in page.arguments:
        for value in PATH_VALUES:
            yield page, page.address(world.own, **{argument: value}), []
    for name in names:
        foreign_id = str(world.foreign.get(name, world.foreign["customer"])).encode()
        for value in (*VALUES, foreign_id):
            yield page, own, [(name, value)]
        yield page, own, [(name, foreign_id), (name, b"x")]
    if method == "POST" and names:
        yield page, own, [(name, str(world.foreign.get(name, "x")).encode()) for name in names]
        yield page, foreign, [(name, str(world.foreign.get(name, "1")).encode()) for name in names]


def unchanged(world: World) -> str:
    """The rows that a viewer's requests must not change."""
    return str(list(Call.objects.order_by("pk").values())) + str(list(BackgroundJob.objects.order_by("pk").values()))
