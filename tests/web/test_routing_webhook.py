"""Ringostat asks whom to ring: the answer, its stored row, and the answer after an error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from psycopg.errors import QueryCanceled

from integrations.models import Customer, DirectoryContact, Routing, RoutingAnswer, WebhookToken
from integrations.services.customers.webhook_addresses import replace_leaked
from integrations.services.routing import answer_log, question_limit, respond
from tests.directory_contacts import add_directory_contact
from tests.factories import call_facts, make_call, make_customer, make_employee

pytestmark = pytest.mark.django_db

NUMBER = "+380671234567"
QUESTION = {"src": "380671234567", "dst": "380442223344", "uuid": "842d921d"}


@pytest.fixture(autouse=True)
def counted() -> Iterator[None]:
    question_limit._seconds.clear()
    yield
    question_limit._seconds.clear()


@pytest.fixture
def customer() -> Customer:
    customer = make_customer()
    make_employee(customer, name="Iryna Bondar", planfix_user_id=5, sip_logins=["acmecom_iryna"])
    Routing.objects.create(customer=customer, enabled=True, order=["responsible", "last_talked"])
    add_directory_contact(customer, 812, NUMBER)
    return customer


def ask(customer: Customer, question: Any = QUESTION, *, method: str = "POST", end: str = "/", **request: Any) -> Any:
    token = WebhookToken.objects.filter(customer=customer).latest("pk").token.reveal()
    body = question if isinstance(question, str) else json.dumps(question)
    request.setdefault("content_type", "application/json")
    return Client(raise_request_exception=False).generic(method, f"/route/ringostat/{token}{end}", body, **request)


@pytest.mark.parametrize(
    ("method", "end", "body"),
    [
        ("POST", "/", json.dumps(QUESTION)),
        ("PUT", "/", json.dumps(QUESTION)),
        ("POST", "", "src=0671234567"),
        ("GET", "/?src=%2B380671234567", ""),
    ],
)
def test_client_is_routed_to_the_responsible_employee(customer: Customer, method: str, end: str, body: str) -> None:
    response = ask(customer, body, method=method, end=end)

    assert response.status_code == 200
    assert response.json() == {"number_01": "acmecom_iryna"}
    assert response["Content-Type"] == "application/json"
    stored = RoutingAnswer.objects.get()
    assert (stored.source, stored.directions, stored.names) == ("responsible", ["acmecom_iryna"], ["Iryna Bondar"])
    assert (stored.client_number, stored.contact_id, stored.reason) == (NUMBER, 812, "")


@pytest.mark.parametrize(
    ("form", "body"), [("plain", b"acmecom_iryna"), ("json", b'{"to": "acmecom_iryna"}')], ids=["plain", "json"]
)
def test_routing_answer_has_the_form_and_key_of_the_settings(customer: Customer, form: str, body: bytes) -> None:
    Routing.objects.update(form=form, key="to")

    assert ask(customer).content == body


def test_unknown_contact_is_routed_to_the_employee_who_talked_last(customer: Customer) -> None:
    oleh = make_employee(customer, name="Oleh", planfix_user_id=6, sip_logins=["acmecom_oleh"], extension="102")
    other = "+380501112233"
    now = timezone.now()
    for hours, employee, outcome in ((3, customer.employees.get(name="Iryna Bondar"), {}), (2, oleh, {})):
        facts = call_facts(e164=other, caller=other, exact_start=now - timedelta(hours=hours), **outcome)
        make_call(customer, facts, employee=employee)
    make_call(customer, call_facts(e164=other, caller=other, exact_start=now, employee_name="", staff_id=""))
    stranger = make_customer()
    make_call(stranger, call_facts(e164=other, caller=other, exact_start=now), employee=make_employee(stranger))

    assert ask(customer, {"src": other}).json() == {"number_01": "acmecom_oleh"}
    assert RoutingAnswer.objects.get().source == "last_talked"


def test_routing_of_an_unknown_client_answers_nothing_and_stores_the_reason(customer: Customer) -> None:
    assert ask(customer, {"src": "+380501112233"}).json() == {"number_01": ""}
    assert RoutingAnswer.objects.get().reason == "unknown_client"


def test_routing_ignores_a_deleted_contact(customer: Customer) -> None:
    DirectoryContact.objects.update(deleted=True)

    assert ask(customer).json() == {"number_01": ""}


def test_routing_uses_contacts_of_the_customers_current_account(customer: Customer) -> None:
    assert ask(customer).json() == {"number_01": "acmecom_iryna"}
    Customer.objects.filter(pk=customer.pk).update(planfix_url="https://moved.planfix.com")
    assert ask(customer).json() == {"number_01": ""}

    customer.refresh_from_db()
    add_directory_contact(customer, 5, NUMBER)
    assert ask(customer).json() == {"number_01": "acmecom_iryna"}


def test_contact_of_another_customer_is_not_routed(customer: Customer) -> None:
    stranger = make_customer(planfix_url="https://other.planfix.com")
    make_employee(stranger, name="Halyna", planfix_user_id=5, sip_logins=["zorya_halyna"])
    Routing.objects.create(customer=stranger, enabled=True)

    assert ask(stranger).json() == {"number_01": ""}


def test_routing_question_without_a_number_is_answered_and_stored(customer: Customer) -> None:
    assert ask(customer, "<xml/>").json() == {"number_01": ""}
    assert RoutingAnswer.objects.get().reason == "no_number"


def test_routing_that_is_off_answers_nothing_and_stores_nothing(customer: Customer) -> None:
    Routing.objects.update(enabled=False)
    response = ask(customer)

    assert (response.status_code, response.content) == (200, b"")
    assert not RoutingAnswer.objects.exists()


def test_routing_rings_only_online_employees_while_that_is_known(customer: Customer) -> None:
    routing = Routing.objects.filter(customer=customer)
    routing.update(only_online=True, online=["acmecom_oleh"], online_at=timezone.now())
    assert ask(customer).json() == {"number_01": ""}

    routing.update(online_at=timezone.now() - timedelta(minutes=3))
    assert ask(customer).json() == {"number_01": "acmecom_iryna"}


def test_replaced_routing_address_is_unknown_at_once(customer: Customer) -> None:
    old = WebhookToken.objects.get(customer=customer)
    assert ask(customer).status_code == 200
    replace_leaked(customer)
    response = Client().post(f"/route/ringostat/{old.token.reveal()}/", QUESTION, content_type="application/json")

    assert response.status_code == 404
    assert ask(customer).status_code == 200


def test_unknown_routing_address_is_answered_404(db: None) -> None:
    response = Client().post("/route/ringostat/unknown/", QUESTION, content_type="application/json")

    assert (response.status_code, response.json()) == (404, {"error": "unknown address"})


def test_only_allowed_networks_may_ask_routing_questions(customer: Customer, settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("203.0.113.0/24")]

    assert ask(customer).status_code == 403


def test_flood_of_routing_questions_is_refused_for_its_customer_only(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_customer()
    Routing.objects.create(customer=other, enabled=True)
    for each in (customer, other):
        ask(each)  # from then on the address is remembered
    monkeypatch.setattr(question_limit, "PER_SECOND", 2)
    monkeypatch.setattr(question_limit.time, "monotonic", lambda: 1000.0)

    assert [ask(customer).status_code for _ in range(4)] == [200, 200, 429, 429]
    assert ask(other).status_code == 200
    monkeypatch.setattr(question_limit.time, "monotonic", lambda: 1001.0)
    assert ask(customer).status_code == 200


@pytest.mark.parametrize(
    ("error", "cause", "status", "body", "reason"),
    [
        (OperationalError("canceled"), QueryCanceled(), 200, b"", "too_slow"),
        (ValueError("our mistake"), None, 200, b"", "trouble"),
        (OperationalError("connection lost"), None, 503, None, None),
    ],
    ids=["too slow", "mistake", "no database"],
)
def test_routing_answers_nothing_after_an_error_and_503_without_database(
    customer: Customer, monkeypatch: Any, error, cause, status, body, reason
) -> None:
    def fail(*_: object) -> None:
        raise error from cause

    monkeypatch.setattr(respond, "settings_and_situation", fail)
    response = ask(customer)

    assert response.status_code == status
    if body is not None:
        assert response.content == body
    assert list(RoutingAnswer.objects.values_list("reason", flat=True)) == ([reason] if reason else [])


def test_routing_answers_even_if_the_answer_cannot_be_stored(
    customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("disk full")

    monkeypatch.setattr(answer_log, "run_bounded", fail)

    assert ask(customer).json() == {"number_01": "acmecom_iryna"}
