"""Who is online in Ringostat is read ahead of the questions."""

from __future__ import annotations

import pytest

from integrations.models import Customer, Routing
from integrations.services.routing.online import customers_to_read_online, read_online
from sandbox.ringostat.api import Ringostat
from sandbox.state import Sandbox
from tests.factories import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(sandbox: Sandbox, ringostat: Ringostat, settings) -> Customer:
    settings.ALLOW_PRIVATE_HOSTS = True
    customer = make_customer(ringostat_api_url=sandbox.url)
    Routing.objects.create(customer=customer, enabled=True, only_online=True)
    return customer


def test_online_logins_are_stored(customer: Customer, ringostat: Ringostat) -> None:
    ringostat.staff["331852"] = {**ringostat.staff["331852"], "status": False}
    read_online(customer.pk)

    routing = Routing.objects.get()
    assert routing.online == ["acmecom_iryna", "acmecom_maria"]
    assert routing.online_at


def test_error_of_reading_online_logins_is_stored_until_the_next_success(
    customer: Customer, ringostat: Ringostat
) -> None:
    read_online(customer.pk)
    ringostat.auth_key = "another"
    read_online(customer.pk)
    assert Routing.objects.get().online_trouble == "Ringostat answered 401: the Auth-key is wrong."
    assert Routing.objects.get().online, "the last ones stay, and soon count no more"

    ringostat.auth_key = ""
    read_online(customer.pk)
    assert Routing.objects.get().online_trouble == ""


def test_online_logins_are_read_only_for_customers_that_need_them() -> None:
    needs_it = make_customer()
    Routing.objects.create(customer=needs_it, enabled=True, only_online=True)
    Routing.objects.create(customer=make_customer(), enabled=False, only_online=True)
    Routing.objects.create(customer=make_customer(), enabled=True)
    Routing.objects.create(customer=make_customer(ringostat_auth_key=""), enabled=True, only_online=True)

    assert customers_to_read_online() == [needs_it.pk]
