"""The page of waiting clients."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.calllog.waiting import choice
from integrations.models import Call, Customer, RememberedContact
from integrations.services.missed_calls.called_back import fold_missed_calls
from integrations.ui import inputs
from tests.factories import (
    MISSED,
    OUTGOING,
    call_facts,
    make_call,
    make_customer,
    make_employee,
    make_specialist,
    make_viewer,
)

pytestmark = pytest.mark.django_db

VALUES = ("waiting", "reached", "x")
WAITING, REACHED = "+380671234567", "+380501112233"
SHOWN = {WAITING: "+380 67 123 45 67", REACHED: "+380 50 111 22 33"}


def waiting_call(customer: Customer, number: str = WAITING, *, minutes: int = 200) -> Call:
    start = timezone.now() - timedelta(minutes=minutes)
    return make_call(customer, call_facts(**MISSED | {"e164": number, "exact_start": start}))


def call_back(customer: Customer, number: str, *, minutes: int, **columns: object) -> Call:
    start = timezone.now() - timedelta(minutes=minutes)
    return make_call(customer, call_facts(**OUTGOING | {"destination": number, "exact_start": start}), **columns)


def html_of(client: Client, query: str = "") -> str:
    fold_missed_calls()
    return client.get(reverse("calllog:waiting") + query).content.decode()


def test_viewer_sees_waiting_clients_of_visible_customers_only(client: Client) -> None:
    customer, other = make_customer(), make_customer()
    call = waiting_call(customer)
    waiting_call(other, "+380939999999")
    waiting_call(customer, REACHED, minutes=100)
    call_back(customer, REACHED, minutes=90)
    client.force_login(make_viewer(customer))

    html = html_of(client)

    assert SHOWN[WAITING] in html
    assert "3 h" in html
    assert SHOWN[REACHED] not in html
    assert "+380 93 999 99 99" not in html
    assert reverse("calllog:call", args=[call.pk]) in html
    assert "within 15 minutes: <strong" in html
    assert "not called back: <strong" in html
    assert "+380 93 999 99 99" not in html_of(client, f"?customer={other.pk}")


def test_waiting_client_is_shown_by_name(client: Client) -> None:
    customer = make_customer()
    waiting_call(customer)
    RememberedContact.objects.create(customer=customer, number=WAITING, contact_id=812, name="Olha Koval")
    client.force_login(make_specialist())

    assert "Olha Koval" in html_of(client)


def test_waiting_clients_are_filtered_by_customer_and_period(client: Client) -> None:
    customer, other = make_customer(name="Acme"), make_customer(name="Other")
    waiting_call(customer, minutes=3 * 24 * 60)
    waiting_call(other, REACHED)
    client.force_login(make_specialist())

    assert (SHOWN[WAITING] in html_of(client), SHOWN[REACHED] in html_of(client)) == (True, True)
    assert SHOWN[REACHED] not in html_of(client, f"?customer={customer.pk}")
    assert SHOWN[WAITING] not in html_of(client, "?days=1")
    assert "No client of this period waits" in html_of(client, f"?customer={customer.pk}&days=1")


def test_waiting_page_of_many_customers_shows_one_day_at_first(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MAX_MENU_CUSTOMERS", 1)
    customer, _other = make_customer(name="Acme"), make_customer(name="Other")
    waiting_call(customer, minutes=3 * 24 * 60)
    client.force_login(make_specialist())

    assert SHOWN[WAITING] not in html_of(client)
    assert SHOWN[WAITING] in html_of(client, "?days=7")
    assert SHOWN[WAITING] in html_of(client, f"?customer={customer.pk}")


def test_customer_of_many_is_chosen_by_a_part_of_its_name(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MAX_MENU_CUSTOMERS", 1)
    customer, other = make_customer(name="Acme"), make_customer(name="Zorya Dental")
    waiting_call(customer)
    waiting_call(other, REACHED)
    client.force_login(make_specialist())

    html = html_of(client, "?customer=zorya")

    assert (SHOWN[REACHED] in html, SHOWN[WAITING] in html) == (True, False)
    assert 'value="Zorya Dental" list="customer-names"' in html
    assert "<option" not in html
    unknown = html_of(client, "?customer=nobody")
    assert "No customer is named “nobody”." in unknown
    assert 'value="nobody"' in unknown


def test_page_of_many_customers_shows_fewer_clients_and_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "MAX_MENU_CUSTOMERS", 1)
    monkeypatch.setattr(choice, "MOST_CLIENTS_OF_MANY", 1)
    customer, _other = make_customer(), make_customer()
    waiting_call(customer)
    waiting_call(customer, REACHED, minutes=100)
    client.force_login(make_specialist())

    html, of_customer = html_of(client), html_of(client, f"?customer={customer.pk}")

    assert (SHOWN[WAITING] in html, SHOWN[REACHED] in html) == (True, False)
    assert "The 1 clients who wait longest are shown." in html
    assert SHOWN[REACHED] in of_customer


@pytest.mark.parametrize(("by", "group"), [("employee", "Iryna Bondar"), ("source", "google"), ("x", "Iryna Bondar")])
def test_table_counts_missed_calls_by_employee_or_source_of_visible_customers(
    client: Client, by: str, group: str
) -> None:
    customer, other = make_customer(), make_customer()
    waiting_call(customer, REACHED, minutes=100)
    call_back(customer, REACHED, minutes=90, employee=make_employee(customer))
    waiting_call(other, REACHED, minutes=100)
    call_back(other, REACHED, minutes=10)
    fold_missed_calls()
    client.force_login(make_viewer(customer))

    response = client.get(reverse("calllog:called_back_by"), {"by": by})
    [counted] = response.context["groups"]

    assert (counted.group, counted.in_quarter_hour, counted.total) == (group, 1, 1)
    assert f">{group}</th>" in response.content.decode()
    foreign = client.get(reverse("calllog:called_back_by"), {"by": by, "customer": other.pk})
    assert foreign.context["groups"] == [counted]


def test_table_names_the_group_of_missed_calls_without_employee(client: Client) -> None:
    waiting_call(make_customer())
    fold_missed_calls()
    client.force_login(make_specialist())

    html = client.get(reverse("calllog:called_back_by"), {"by": "employee"}).content.decode()

    assert "not called back, or unknown</th>" in html


@pytest.mark.parametrize("query", ["?days=x", "?customer=x", "?days=9999999999999999999"])
def test_odd_parameters_of_the_waiting_page_are_ignored(client: Client, query: str) -> None:
    waiting_call(make_customer())
    client.force_login(make_specialist())

    assert SHOWN[WAITING] in html_of(client, query)


def test_call_list_and_page_of_a_missed_call_say_when_the_client_was_called_back(client: Client) -> None:
    customer = make_customer()
    reached, waits = waiting_call(customer, REACHED, minutes=100), waiting_call(customer)
    answer = call_back(customer, REACHED, minutes=88)
    fold_missed_calls()
    client.force_login(make_viewer(customer))

    rows = {row.id: row.callback for row in client.get("/calls/").context["rows"]}
    page = client.get(f"/calls/{reached.pk}/").content.decode()

    assert rows == {reached.pk: "Called back after 12 min by Iryna Bondar", waits.pk: "Not called back", answer.pk: ""}
    assert "Called back after 12 min by Iryna Bondar" in page
    assert f'href="/calls/{answer.pk}/"' in page


def test_call_list_is_filtered_by_whether_clients_were_called_back(client: Client) -> None:
    customer = make_customer()
    reached, waits = waiting_call(customer, REACHED, minutes=100), waiting_call(customer)
    call_back(customer, REACHED, minutes=88)
    fold_missed_calls()
    client.force_login(make_viewer(customer))

    found = {value: [row.id for row in client.get(f"/calls/?callback={value}").context["rows"]] for value in VALUES}

    assert found == {"waiting": [waits.pk], "reached": [reached.pk], "x": []}


def test_waiting_page_is_the_first_page_of_viewers_only(client: Client) -> None:
    viewer, specialist = make_viewer(make_customer()), make_specialist()
    for user, page in ((viewer, "waiting"), (specialist, "list")):
        client.force_login(user)
        assert client.get("/")["Location"] == reverse(f"calllog:{page}")
