"""Every user creates API tokens with the password, sees each once, and revokes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import ApiToken, SecondFactor
from integrations.users import api_tokens, current_password
from tests.api.test_calls import CALLS, reader
from tests.factories import make_customer, make_second_factor, make_specialist, make_superuser, make_viewer

pytestmark = pytest.mark.django_db

PAGE = "/calls/api/"
PASSWORD = "open sesame"


@pytest.fixture
def viewer(client: Client) -> Client:
    user = make_viewer(make_customer())
    user.set_password(PASSWORD)
    user.save()
    client.force_login(user)
    return client


def made(client: Client, name: str = "reports", days: int = 90) -> str:
    html = client.post(PAGE, {"name": name, "days": days, "password": PASSWORD}).content.decode()
    found = re.search(r'id="new-token"[^>]*>([^<]+)<', html)
    assert found
    return found[1]


def test_new_api_token_can_read_calls(viewer: Client) -> None:
    plain = made(viewer)

    assert Client(headers={"Authorization": f"Bearer {plain}"}).get(CALLS).status_code == 200


def test_new_api_token_is_shown_once_and_later_by_its_ending(viewer: Client) -> None:
    plain = made(viewer)

    html = viewer.get(PAGE).content.decode()
    assert plain not in html
    assert f"…{plain[-4:]}" in html
    assert "never used" in html


def test_revoked_api_token_is_refused(viewer: Client) -> None:
    plain = made(viewer)
    viewer.post(f"{PAGE}{ApiToken.objects.get().pk}/withdraw/")

    assert Client(headers={"Authorization": f"Bearer {plain}"}).get(CALLS).status_code == 401


def test_user_cannot_see_or_revoke_the_token_of_another_user(viewer: Client) -> None:
    api = reader(make_specialist())
    foreign = ApiToken.objects.get()

    assert viewer.post(f"{PAGE}{foreign.pk}/withdraw/").status_code == 404
    assert f"…{foreign.ending}" not in viewer.get(PAGE).content.decode()
    assert api.get(CALLS).status_code == 200


def test_creating_and_revoking_a_token_is_recorded_without_the_token(viewer: Client) -> None:
    plain = made(viewer)
    viewer.post(f"{PAGE}{ApiToken.objects.get().pk}/withdraw/")

    messages = list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))
    assert messages == ["Created the API token “reports”", "Revoked the API token “reports”"]
    assert plain[-8:] not in "".join(messages)


def test_number_of_api_tokens_per_user_is_limited(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_tokens, "MOST", 1)
    made(viewer)

    html = viewer.post(PAGE, {"name": "another", "days": 30, "password": PASSWORD}).content.decode()
    assert "Revoke one before you create another" in html
    assert ApiToken.objects.count() == 1


def test_api_token_needs_a_name(viewer: Client) -> None:
    assert (
        "This field is required" in viewer.post(PAGE, {"name": "", "days": 30, "password": PASSWORD}).content.decode()
    )
    assert not ApiToken.objects.exists()


def works(plain: str) -> bool:
    return Client(headers={"Authorization": f"Bearer {plain}"}).get(CALLS).status_code == 200


@pytest.mark.parametrize("password", ["", "wrong"])
def test_api_token_is_not_created_without_the_password(viewer: Client, password: str) -> None:
    viewer.post(PAGE, {"name": "reports", "days": 30, "password": password})

    assert not ApiToken.objects.exists()


def test_guessing_the_password_on_the_token_page_is_slowed_down(
    viewer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current_password, "WRONG_PASSWORDS", replace(current_password.WRONG_PASSWORDS, times=2))
    for _ in range(2):
        viewer.post(PAGE, {"name": "reports", "days": 30, "password": "wrong"})

    html = viewer.post(PAGE, {"name": "reports", "days": 30, "password": PASSWORD}).content.decode()

    assert "Too many attempts" in html
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("days", [30, 90, 365])
def test_api_token_expires_after_its_days(viewer: Client, days: int) -> None:
    plain = made(viewer, days=days)
    assert timedelta(0) <= timezone.now() + timedelta(days=days) - ApiToken.objects.get().ends_at < timedelta(minutes=1)

    ApiToken.objects.update(expires_at=F("expires_at") - timedelta(days=days))

    assert not works(plain)
    assert "expired on" in viewer.get(PAGE).content.decode()


def test_api_token_of_an_earlier_release_expires_after_a_year(viewer: Client) -> None:
    plain = made(viewer)
    ApiToken.objects.update(expires_at=None)
    assert works(plain)

    ApiToken.objects.update(created_at=F("created_at") - timedelta(days=366))

    assert not works(plain)


@pytest.mark.parametrize("days", ["0", "-1", "100000", "x", ""])
def test_unknown_lifetime_of_an_api_token_is_refused(viewer: Client, days: str) -> None:
    viewer.post(PAGE, {"name": "reports", "days": days, "password": PASSWORD})

    assert not ApiToken.objects.exists()


def change_password(user: User) -> None:
    user.set_password("a new long password")
    user.save()


def disable_password(user: User) -> None:
    user.set_unusable_password()
    user.save()


def deactivate_and_activate(user: User) -> None:
    for user.is_active in (False, True):
        user.save()


def remove_factor(user: User) -> None:
    SecondFactor.objects.filter(user=user).delete()


@pytest.mark.parametrize(
    "change",
    [change_password, disable_password, make_second_factor, deactivate_and_activate, remove_factor],
)
def test_changed_credentials_revoke_all_api_tokens_of_the_user(change: Callable[[User], object]) -> None:
    user, other = make_viewer(make_customer()), make_specialist()
    if change is remove_factor:
        make_second_factor(user)
    _token, plain = ApiToken.issue(user, "reports")
    _other_token, others = ApiToken.issue(other, "reports")
    assert works(plain)

    change(user)

    assert not works(plain)
    assert works(others)


def test_administrator_sees_and_revokes_api_tokens_of_a_user(client: Client) -> None:
    user = make_viewer(customer := make_customer())
    token, plain = ApiToken.issue(user, "reports of sales")
    client.force_login(make_superuser())
    page = reverse("admin:auth_user_change", args=[user.pk])

    html = client.get(page).content.decode()
    assert f"reports of sales (…{token.ending})" in html
    assert plain not in html

    form = {"username": user.username, "role": "viewer", "customers": [customer.pk], "is_active": "on"}
    client.post(page, {**form, "revoke_tokens": "on"})
    assert not works(plain)
