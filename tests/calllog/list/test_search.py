"""The search box: what it finds, for whom, and where it leads."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.models import CallState, RememberedContact
from tests.factories import call_facts, make_call, make_customer, make_employee, make_viewer

pytestmark = pytest.mark.django_db


def found(client: Client, typed: str) -> list[tuple[str, str]]:
    response = client.get("/calls/search/", {"q": typed}, headers={"HX-Request": "true"})
    return [(each.kind, each.text) for each in response.context["found"]]


def target(client: Client, typed: str) -> str:
    return str(client.get("/calls/search/", {"q": typed})["Location"])


@pytest.mark.parametrize("typed", ["067 123-45-67", "+380671234567", "380671234567", "80671234567"])
def test_search_finds_a_number_in_any_spelling(log: Client, typed: str) -> None:
    make_call(make_customer())

    assert found(log, typed) == [("Calls of this number", "+380 67 123 45 67")]


@pytest.mark.parametrize("typed", ["4567", "067 123"])
def test_search_finds_a_number_by_its_start_or_end(log: Client, typed: str) -> None:
    make_call(make_customer())

    assert found(log, typed) == [("Calls of this number", typed)]


@pytest.mark.parametrize("typed", ["ua7_-1772445600.77", "1772445600.77", "ua7_-1772"])
def test_search_opens_a_call_by_its_id_or_the_start_or_end_of_it(log: Client, typed: str) -> None:
    call = make_call(make_customer(), call_facts(ringostat_id="ua7_-1772445600.77"))
    make_call(make_customer(), call_facts(ringostat_id="ua9_-1800000000.1"))

    assert found(log, typed) == [("Call", "ua7_-1772445600.77")]
    assert target(log, typed) == f"/calls/{call.pk}/"


def test_search_for_a_whole_call_id_finds_no_longer_id_that_begins_with_it(log: Client) -> None:
    make_call(make_customer(), call_facts(ringostat_id="ua7_-1772445600.777"))
    call = make_call(make_customer(), call_facts(ringostat_id="ua7_-1772445600.77"))

    assert target(log, "ua7_-1772445600.77") == f"/calls/{call.pk}/"


def test_search_for_a_part_of_several_call_ids_leads_to_the_list(log: Client) -> None:
    calls = [make_call(make_customer(), call_facts(ringostat_id=f"ua7_-1772445600.{number}")) for number in (1, 2)]

    response = log.get(target(log, "ua7_-1772445600"))

    assert {row.id for row in response.context["rows"]} == {call.pk for call in calls}
    assert response.context["totals"].calls == 2


def test_search_finds_customers_and_employees_by_part_of_their_names(log: Client) -> None:
    customer = make_customer(name="Acme Logistics")
    employee = make_employee(customer, name="Olha Acmenko")
    make_customer(name="Other")

    assert found(log, "acme") == [("Customer", "Acme Logistics"), ("Employee of Acme Logistics", "Olha Acmenko")]
    assert target(log, "logist") == f"/calls/?customer={customer.pk}"
    assert target(log, "acmenko") == f"/calls/?customer={customer.pk}&employee={employee.pk}"


def test_search_shows_an_exact_customer_name_first(log: Client) -> None:
    for name in ("An Acme", "Acme Plus", "acme"):
        make_customer(name=name)

    assert [text for _kind, text in found(log, "Acme")] == ["acme", "Acme Plus", "An Acme"]


def test_search_finds_hidden_numbers_by_a_word_for_hidden(log: Client) -> None:
    facts = call_facts(e164="", caller="anonymous")
    make_call(make_customer(), facts, state=CallState.SKIPPED, reason="hidden_number")

    assert found(log, "anonymous") == [("Calls of this number", "anonymous")]


@pytest.mark.parametrize("typed", ["813", "https://acme.planfix.com/contact/813?comment=9"])
def test_calls_of_a_planfix_contact_are_found_by_its_id_and_by_its_address(log: Client, typed: str) -> None:
    customer, other = make_customer(name="Acme"), make_customer(name="Other", planfix_url="https://my-acme.planfix.com")
    RememberedContact.objects.create(customer=customer, number="+380671234567", contact_id=813, name="Olha Koval")
    RememberedContact.objects.create(customer=customer, number="+380671234568", contact_id=814)
    RememberedContact.objects.create(customer=other, number="+380501112233", contact_id=813)
    call = make_call(customer)

    contacts = [each for each in found(log, typed) if each[0].startswith("Planfix contact")]

    of_acme, of_other = (
        ("Planfix contact 813 of Acme", "Olha Koval"),
        ("Planfix contact 813 of Other", "+380 50 111 22 33"),
    )
    assert contacts == ([of_acme] if typed.startswith("https") else [of_acme, of_other])
    assert [row.id for row in log.get(target(log, typed)).context["rows"]] == [call.pk]


@pytest.mark.parametrize("typed", ["067 123-45-67", "ua7_-1772445600.77", "Foreign", "Secretova", "813"])
def test_search_of_a_viewer_finds_nothing_of_other_customers(client: Client, typed: str) -> None:
    foreign = make_customer(name="Foreign")
    make_call(foreign, call_facts(ringostat_id="ua7_-1772445600.77"))
    make_employee(foreign, name="Anna Secretova")
    RememberedContact.objects.create(customer=foreign, number="+380671234567", contact_id=813)
    client.force_login(make_viewer(make_customer()))

    assert found(client, typed) == []


@pytest.mark.parametrize(
    ("typed", "url"), [("", "/calls/?all=1"), ("   ", "/calls/?all=1"), ("zzz", "/calls/?number=zzz")]
)
def test_search_without_a_result_leads_to_the_list(log: Client, typed: str, url: str) -> None:
    make_call(make_customer())

    assert target(log, typed) == url


@pytest.mark.parametrize("typed", ["'; --", "%", "_", "\\", "9" * 400, "+", "(", "ї" * 100])
def test_search_for_odd_text_is_no_error(log: Client, typed: str) -> None:
    make_call(make_customer())

    assert log.get("/calls/search/", {"q": typed}, headers={"HX-Request": "true"}).status_code == 200
    assert log.get(target(log, typed)).status_code == 200


@pytest.mark.parametrize("typed", ["067 123", "acmecom", "ua7_-1772"])
def test_search_makes_few_queries(log: Client, typed: str) -> None:
    make_call(make_customer())
    log.get("/calls/chart/")

    with CaptureQueriesContext(connection) as queries:
        found(log, typed)

    assert len(queries) <= 16


def test_every_page_has_the_search_box(log: Client) -> None:
    for address in ("/calls/", "/admin/", "/admin/integrations/webhookevent/"):
        assert 'id="site-search"' in log.get(address).content.decode()
