"""A user's own page of two-factor login: switched on with a phone's first code, switched off with another one."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from integrations.models import SecondFactor
from integrations.users.second_factor import middleware, pages
from tests.factories import (
    NOON,
    code_of,
    make_customer,
    make_second_factor,
    make_specialist,
    make_superuser,
    make_viewer,
)

pytestmark = pytest.mark.django_db

PAGE = "/calls/second-factor/"
PASSWORD = "open sesame"


def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def user() -> User:
    return with_password(make_viewer(make_customer()))


@pytest.fixture
def viewer(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def look(client: Client) -> dict[str, str]:
    """The key that the page shows, and the one it carries."""
    html = client.get(PAGE).content.decode()
    shown = re.search(r'id="key"[^>]*>([^<]+)<', html)
    carried = re.search(r'name="key" value="([^"]+)"', html)
    assert shown
    assert carried
    return {"shown": shown[1].replace(" ", ""), "carried": unescape(carried[1])}


def switch_on(client: Client) -> list[str]:
    """Enables two-factor login. Returns the recovery codes as the page shows them."""
    key = look(client)
    form = {"key": key["carried"], "code": code_of(key["shown"]), "password": PASSWORD}
    html = client.post(PAGE, form).content.decode()
    return re.findall(r"<li><code>([\d ]+)</code></li>", html)


@pytest.mark.parametrize("make", [make_viewer, make_specialist, make_superuser])
def test_every_role_enables_two_factor_login_with_the_first_code(client: Client, make) -> None:
    client.force_login(user := with_password(make()))

    switch_on(client)

    assert SecondFactor.objects.get().user == user
    assert "Two-factor login is on" in client.get(PAGE).content.decode()


def test_ten_recovery_codes_are_shown_once(viewer: Client) -> None:
    codes = switch_on(viewer)

    assert len(set(codes)) == 10
    html = viewer.get(PAGE).content.decode()
    assert "10 recovery codes are left" in html
    assert not any(code in html for code in codes)


def test_wrong_first_code_does_not_enable_two_factor_login_and_keeps_the_key(viewer: Client) -> None:
    key = look(viewer)

    code = code_of(key["shown"], at=NOON.timestamp())
    html = viewer.post(PAGE, {"key": key["carried"], "code": code, "password": PASSWORD}).content.decode()

    assert "This code is wrong" in html
    assert key["shown"] in html.replace(" ", "")
    assert not SecondFactor.objects.exists()


@pytest.mark.parametrize("password", ["", "wrong"])
def test_two_factor_login_is_not_enabled_without_the_password(viewer: Client, password: str) -> None:
    key = look(viewer)
    viewer.post(PAGE, {"key": key["carried"], "code": code_of(key["shown"]), "password": password})

    assert not SecondFactor.objects.exists()


def test_opening_the_two_factor_page_stores_nothing_and_shows_a_new_key(viewer: Client) -> None:
    first, second = look(viewer), look(viewer)

    assert first["shown"] != second["shown"]
    assert not SecondFactor.objects.exists()


def test_simultaneous_forms_enable_two_factor_login_once(
    viewer: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = look(viewer)
    make_second_factor(user)
    monkeypatch.setattr(middleware, "factor_of", lambda user: None)
    monkeypatch.setattr(pages, "factor_of", lambda user: None)

    answer = viewer.post(PAGE, {"key": key["carried"], "code": code_of(key["shown"]), "password": PASSWORD})

    assert answer["Location"] == PAGE
    assert SecondFactor.objects.count() == 1


def test_key_of_another_user_does_not_enable_two_factor_login(viewer: Client) -> None:
    other = Client()
    other.force_login(make_specialist())
    key = look(other)

    viewer.post(PAGE, {"key": key["carried"], "code": code_of(key["shown"]), "password": PASSWORD})

    assert not SecondFactor.objects.exists()


def test_qr_code_of_the_two_factor_page_contains_its_key(user: User) -> None:
    factor, _codes = make_second_factor(user)

    assert factor.address == (f"otpauth://totp/Ringofix%3A{user.username}?secret={factor.key.reveal()}&issuer=Ringofix")


def test_two_factor_login_is_disabled_with_a_code(viewer: Client, user: User) -> None:
    codes = switch_on(viewer)

    viewer.post(f"{PAGE}off/", {"code": codes[0]})

    assert not SecondFactor.objects.exists()
    assert look(viewer)


def test_two_factor_login_stays_enabled_without_a_code(viewer: Client) -> None:
    switch_on(viewer)

    html = viewer.post(f"{PAGE}off/", {"code": "000 000 000 000"}).content.decode()

    assert "This code is wrong" in html
    assert SecondFactor.objects.exists()


def test_two_factor_changes_are_recorded_without_secrets(viewer: Client) -> None:
    codes = switch_on(viewer)
    key = SecondFactor.objects.get().key.reveal()
    viewer.post(f"{PAGE}off/", {"code": codes[0]})

    messages = list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))
    assert messages == [
        "Switched two-factor login on",
        "Used a recovery code; 9 are left",
        "Switched two-factor login off",
    ]
    assert not any(secret in "".join(messages) for secret in (key, codes[0]))
