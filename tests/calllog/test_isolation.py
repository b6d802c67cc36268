"""Users get no data of other customers: the tests request every address of the product as every kind of user.

A new address fails here until DECISIONS says who may use it.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core import serializers
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from integrations.calllog.call import recording
from integrations.models import (
    ApiToken,
    BackgroundJob,
    BackgroundJobKind,
    Call,
    CallState,
    Customer,
    Employee,
    JobFile,
    PlanfixRequest,
    SavedView,
    WebhookEvent,
)
from integrations.services.queue.job_files import store_file
from integrations.services.recordings.proxy import NoRecording, NoRecordingReason
from tests.factories import (
    call_facts,
    make_call,
    make_customer,
    make_employee,
    make_event,
    make_request,
    make_specialist,
    make_superuser,
    make_user,
    make_viewer,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

NUMBER = "+380509998877"
MARKS = ("Zorya Dental", "509998877", "zorya-call", "zorya-campaign", "Halyna Zorya", "zorya-body", "zorya-answer")
"""Texts that occur only on pages of this customer."""

OPEN = "says nothing of customers, to anybody"
LOGGED_IN = "what one may see, to everybody who has logged in"
OF_CUSTOMER = "one thing of a customer: not there for those who may not see the customer"
TO_SPECIALISTS = "something to do with a thing of a customer, for specialists"
OWN = "something of the user's own: not there for anybody else"
CONSOLE = "for staff: the admin's own guard stands before it"

DECISIONS = {
    "": OPEN,
    "calls/": LOGGED_IN,
    "calls/news/": LOGGED_IN,
    "calls/waiting/": LOGGED_IN,
    "calls/waiting/called-back/": LOGGED_IN,
    "calls/chart/": LOGGED_IN,
    "calls/talk/": LOGGED_IN,
    "calls/search/": LOGGED_IN,
    "calls/customers/": LOGGED_IN,
    "calls/views/": LOGGED_IN,
    "calls/views/<int:view_id>/delete/": OWN,
    "calls/views/<int:view_id>/first/": OWN,
    "calls/<int:call_id>/": OF_CUSTOMER,
    "calls/<int:call_id>/news/": OF_CUSTOMER,
    "calls/<int:call_id>/webhooks/<int:event_id>/": OF_CUSTOMER,
    "calls/<int:call_id>/requests/<int:request_id>/": OF_CUSTOMER,
    "calls/<int:call_id>/recording": OF_CUSTOMER,
    "calls/<int:call_id>/do/<slug:action>/": TO_SPECIALISTS,
    "calls/bulk/": TO_SPECIALISTS,
    "calls/bulk/begin/": TO_SPECIALISTS,
    "calls/bulk/<int:job_id>/": TO_SPECIALISTS,
    "calls/work/<int:job_id>/": TO_SPECIALISTS,
    "calls/export.csv": LOGGED_IN,
    "calls/export.xlsx": LOGGED_IN,
    "calls/exports/": LOGGED_IN,
    "calls/exports/<int:file_id>/": OWN,
    "calls/exports/<int:file_id>/delete/": OWN,
    "calls/api/": LOGGED_IN,
    "calls/api/<int:token_id>/withdraw/": OWN,
    "calls/second-factor/": LOGGED_IN,
    "calls/second-factor/off/": OWN,
    "calls/second-factor/code/": LOGGED_IN,
    "calls/login/": OPEN,
    "calls/logout/": OPEN,
    "account/": LOGGED_IN,
    "account/password/": LOGGED_IN,
    "account/sessions/end/": OWN,
    "api/v1/calls/": LOGGED_IN,
    "api/v1/calls/<str:call_id>/": OF_CUSTOMER,
    "api/v1/customers/": LOGGED_IN,
    "api/v1/schema/": LOGGED_IN,
    "api/v1/docs/": LOGGED_IN,
    "admin/login/": OPEN,
    "i18n/setlang/": OPEN,
    "healthz": OPEN,
    "readyz": OPEN,
    "metrics": OPEN,
}

TO_LOGIN = {302, 401}
NOT_THERE = {404, 405}
REFUSED = {302, 403, 404, 405}

EXPECTED: dict[str, dict[str, set[int]]] = {
    LOGGED_IN: {"anonymous": TO_LOGIN | {405}},
    OF_CUSTOMER: {"anonymous": TO_LOGIN, "stranger": NOT_THERE, "clerk": NOT_THERE},
    TO_SPECIALISTS: {"anonymous": REFUSED, "stranger": REFUSED, "clerk": REFUSED, "viewer": REFUSED},
    OWN: {who: {302, 404, 405} for who in ("anonymous", "stranger", "clerk", "viewer", "specialist")},
    CONSOLE: {**{who: REFUSED | {301} for who in ("anonymous", "stranger", "viewer")}, "clerk": REFUSED | {200, 301}},
}
"""A user who is not named gets any response but a server error."""

SEES = {"viewer", "specialist", "superuser"}
WELCOME = {200, 204, 302, 400, 405, 410}


def routes() -> Iterator[tuple[str, URLPattern]]:
    def walk(patterns: list[Any], before: str) -> Iterator[tuple[str, URLPattern]]:
        for each in patterns:
            route = before + str(each.pattern)
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns, route)
            else:
                yield route, each

    return walk(get_resolver().url_patterns, "")


def decision(route: str) -> str:
    return DECISIONS.get(route, CONSOLE if route.startswith("admin/") else "")


@dataclass(frozen=True)
class Answered:
    route: str
    address: str
    status: int
    marks: tuple[str, ...]
    """The marks in the response, without those that the request contained."""

    def __str__(self) -> str:
        return f"{self.status} {self.address} {' '.join(self.marks)}"


def test_every_address_has_an_access_decision() -> None:
    undecided = [route for route, _ in routes() if not route.startswith("admin/") and route not in DECISIONS]

    assert undecided == []


@dataclass
class Stage:
    """A customer with one row of each kind, and every kind of user."""

    customer: Customer
    call: Call
    users: dict[str, User | None]
    arguments: dict[str, object]
    tokens: dict[str, str] = field(default_factory=dict)

    def client(self, who: str) -> Client:
        user = self.users[who]
        if user is None:
            return Client(raise_request_exception=False)
        client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {self.tokens[who]}"})
        client.force_login(user)
        return client

    def address(self, route: str, pattern: URLPattern) -> str:
        """Returns the address with the ids of this customer's rows. A KeyError names an argument without a value."""
        found = pattern.name or ""
        of_model = re.match(r"(?:\w+?)_(\w+?)_", found)
        things = {"object_id": self.arguments.get(of_model[1] if of_model else "", self.customer.pk)}
        known = {**self.arguments, **things}
        route = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(known[match[1]]), route)
        return "/" + re.sub(r"\^?\(\?P<(\w+)>[^)]*\)", lambda match: str(known[match[1]]), route).rstrip("$")


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    def no_recording(*arguments: Any, **named: Any) -> None:
        raise NoRecording(NoRecordingReason.GONE)

    monkeypatch.setattr(recording, "open_recording", no_recording)
    customer = make_customer(name="Zorya Dental")
    employee = make_employee(customer, name="Halyna Zorya")
    facts = call_facts(ringostat_id="zorya-call", parameters={"utm_source": "zorya-campaign"})
    call = make_call(customer, facts, state=CallState.FAILED, client_number=NUMBER, employee=employee)
    event = make_event(call, body=b'{"note": "zorya-body"}')
    request = make_request(call, answer='{"note": "zorya-answer"}')
    chief = make_superuser()
    job = BackgroundJob.objects.create(kind=BackgroundJobKind.CATCH_UP, customer=customer, asked_by=chief)
    view = SavedView.objects.create(user=chief, name="Zorya Dental", query="customer=Zorya Dental")
    file = store_file(
        BackgroundJob.objects.create(kind=BackgroundJobKind.EXPORT, customer=customer, asked_by=chief),
        user=chief,
        name="zorya-call.csv",
        content_type="text/csv",
        customer_ids=[customer.pk],
        chunks=[b"zorya-call"],
    )
    other = make_customer()
    make_call(other)
    users = {
        "anonymous": None,
        "stranger": make_viewer(other),
        "clerk": make_user(is_staff=True),
        "viewer": make_viewer(customer),
        "specialist": make_specialist(),
        "superuser": chief,
    }
    stage = Stage(
        customer,
        call,
        users,
        {
            "call_id": call.pk,
            "event_id": event.pk,
            "request_id": request.pk,
            "action": "settle",
            "job_id": job.pk,
            "view_id": view.pk,
            "file_id": file.pk,
            "customer_id": customer.pk,
            "id": chief.pk,
            "content_type_id": 1,
            "app_label": "integrations",
            "url": "nowhere",
            # by the name of the model, for the console
            "customer": customer.pk,
            "call": call.pk,
            "webhookevent": event.pk,
            "planfixrequest": request.pk,
            "user": chief.pk,
            "group": chief.groups.create(name="Chiefs").pk,
            "procrastinatejob": 1,
        },
    )
    for who, user in users.items():
        if user:
            token, stage.tokens[who] = ApiToken.issue(user, "test")
            stage.arguments["token_id"] = token.pk  # the last one's, which is the superuser's
    return stage


def everything(stage: Stage) -> str:
    """Returns the state of all rows that another user could have changed."""
    # An entry about the user who asks may have the same object id.
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Customer))
    kept = [
        *Call.objects.filter(customer=stage.customer),
        *WebhookEvent.objects.filter(customer=stage.customer),
        *PlanfixRequest.objects.filter(customer=stage.customer),
        *Employee.objects.filter(customer=stage.customer),
        # Everybody may export their own calls.
        *BackgroundJob.objects.exclude(kind=BackgroundJobKind.EXPORT),
        *entries.filter(object_id=str(stage.customer.pk)).exclude(change_message__startswith="Exported calls"),
        *ApiToken.objects.filter(user=stage.users["superuser"]),
        *SavedView.objects.filter(user=stage.users["superuser"]),
        *JobFile.objects.filter(user=stage.users["superuser"]),
        stage.users["superuser"],
    ]
    customer = Customer.objects.values().get(pk=stage.customer.pk)
    for each in kept[:-2]:
        each.refresh_from_db()
    return json.dumps(serializers.serialize("json", kept)) + str(sorted(customer.items(), key=str)).split("Secret")[0]


def text_of(answer: Any) -> str:
    content = answer.getvalue() if answer.streaming else answer.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"".join(archive.read(name) for name in archive.namelist())
    return content.decode(errors="replace")


def ask(stage: Stage, who: str, method: str) -> Iterator[Answered]:
    """Requests every address and yields each response."""
    words = {"customer": stage.customer.pk, "number": NUMBER, "call_id": "zorya-call", "calls": stage.call.pk}
    queries = {"get": ({}, words), "post": (words | {"note": "mine", "name": "mine", "reason": "mine"},)}[method]
    client = stage.client(who)
    for route, pattern in routes():
        if who in ("specialist", "superuser") and decision(route) == CONSOLE:
            continue  # they may; tests/admin walks it
        for query in queries:
            address = stage.address(route, pattern)
            answer = getattr(client, method)(address, query)
            text, asked = text_of(answer), f"{address} {query or ''}"
            yield Answered(
                route, asked, answer.status_code, tuple(mark for mark in MARKS if mark in text and mark not in asked)
            )
        if "logout" in route:
            client = stage.client(who)


@pytest.mark.parametrize("who", ["anonymous", "stranger", "clerk", "viewer", "specialist", "superuser"])
def test_each_address_answers_each_kind_of_user_as_decided(stage: Stage, who: str) -> None:
    wrong, seen = [], set()
    for answered in ask(stage, who, "get"):
        seen |= set(answered.marks)
        expected = EXPECTED.get(decision(answered.route), {}).get(who, WELCOME)
        if answered.status not in expected or (answered.marks and who not in SEES):
            wrong.append(str(answered))

    assert wrong == []
    # Users with access see every mark. Otherwise their absence for the others would prove nothing.
    assert seen == (set(MARKS) if who in SEES else set())


@pytest.mark.parametrize("who", ["anonymous", "stranger", "clerk", "viewer"])
def test_users_without_permission_change_nothing(stage: Stage, who: str) -> None:
    """A viewer cannot change even visible customers."""
    before = everything(stage)

    answers = list(ask(stage, who, "post"))

    assert everything(stage) == before
    assert [str(each) for each in answers if each.status >= 500 or (each.marks and who not in SEES)] == []
