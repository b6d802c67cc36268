"""Which customers, calls and jobs each kind of user may see."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.test import Client
from django.urls import reverse

from integrations.models import BackgroundJob, BackgroundJobKind
from integrations.users.visibility import SPECIALISTS, calls_visible_to, customers_visible_to, jobs_visible_to
from tests.factories import (
    make_call,
    make_customer,
    make_event,
    make_request,
    make_specialist,
    make_superuser,
    make_user,
    make_viewer,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("make", [make_superuser, make_specialist])
def test_superusers_and_specialists_see_every_customer(make) -> None:
    calls = {make_call(make_customer()), make_call(make_customer())}

    assert set(calls_visible_to(make())) == calls


def test_viewer_sees_calls_of_own_customers_only() -> None:
    own, also_own, other = make_customer(), make_customer(), make_customer()
    calls = {make_call(own), make_call(also_own)}
    make_call(other)

    viewer = make_viewer(own, also_own)

    assert set(calls_visible_to(viewer)) == calls
    assert set(customers_visible_to(viewer)) == {own, also_own}


def test_background_job_is_visible_to_its_requester_and_to_specialists() -> None:
    customer = make_customer()
    viewer, specialist = make_viewer(customer), make_specialist()
    theirs = BackgroundJob.objects.create(kind=BackgroundJobKind.CATCH_UP, customer=customer, asked_by=specialist)
    own = BackgroundJob.objects.create(kind=BackgroundJobKind.DRY_RUN, customer=customer, asked_by=viewer)

    assert set(jobs_visible_to(viewer)) == {own}
    assert set(jobs_visible_to(specialist)) == {own, theirs}


@pytest.mark.parametrize("is_staff", [True, False])
@pytest.mark.parametrize("has_permission", [True, False])
@pytest.mark.parametrize("is_specialist", [True, False])
def test_only_staff_of_the_group_with_the_permission_see_every_customer(
    is_staff: bool, has_permission: bool, is_specialist: bool
) -> None:
    make_call(make_customer())
    user = make_user(is_staff=is_staff)
    group, _ = Group.objects.get_or_create(name=SPECIALISTS)
    group.permissions.clear()
    if has_permission:
        user.user_permissions.add(Permission.objects.get(codename="view_call"))
    if is_specialist:
        user.groups.add(group)

    assert calls_visible_to(user).exists() is (is_staff and has_permission and is_specialist)


def test_user_without_a_role_sees_nothing() -> None:
    make_call(make_customer())

    assert not calls_visible_to(AnonymousUser()).exists()
    assert not calls_visible_to(make_user()).exists()


def test_deactivated_user_sees_nothing() -> None:
    make_call(customer := make_customer())
    former_chief, former_viewer = make_superuser(), make_viewer(customer)
    former_chief.is_active = former_viewer.is_active = False

    assert not calls_visible_to(former_chief).exists()
    assert not calls_visible_to(former_viewer).exists()


@pytest.fixture
def two_customers(client: Client):
    """A viewer's browser, the call it may see and the one it may not."""
    own, other = make_customer(name="Own"), make_customer(name="Foreign & Sons")
    client.force_login(make_viewer(own))
    foreign = make_call(other, client_number="+380509998877")
    make_event(foreign)
    make_request(foreign)
    return client, make_call(own), foreign


def test_call_of_another_customer_is_not_found(two_customers) -> None:
    client, _own, foreign = two_customers

    assert client.get(reverse("calllog:call", args=[foreign.pk])).status_code == 404


def test_call_of_the_own_customer_opens(two_customers) -> None:
    client, own, _foreign = two_customers

    assert client.get(reverse("calllog:call", args=[own.pk])).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?customer={customer}",
        "?number=%2B380509998877",
        "?number=9998877",
        "?call_id={call_id}",
        "?state=delivered",
        "?direction=incoming&outcome=answered",
        "?first_day=2026-01-01&last_day=2026-12-31",
        "?before=9999999999999999-999999",
        "?period=nonsense&state=nonsense&customer=nonsense",
    ],
)
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "htmx"])
def test_call_list_shows_no_call_of_another_customer(two_customers, query: str, headers: dict[str, str]) -> None:
    client, _own, foreign = two_customers
    address = "/calls/" + query.format(customer=foreign.customer_id, call_id=foreign.ringostat_id)

    html = client.get(address, headers=headers).content.decode()

    assert f"/calls/{foreign.pk}/" not in html
    assert "+380509998877</span" not in html  # as a row shows it; what was typed is repeated among the filters
    assert "Foreign" not in html


def test_call_counts_omit_calls_of_other_customers(two_customers) -> None:
    client, _own, _foreign = two_customers

    chips = client.get("/calls/").context["chips"]

    assert [chip.count for chip in chips] == [1, 0, 0, 1, 0, 0]
