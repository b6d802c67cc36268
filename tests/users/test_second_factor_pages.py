"""A user's own page of two-factor login: switched on with a phone's first code, switched off with another one."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client

from integrations.models import SecondFactor
from integrations.users import second_factor_middleware, second_factor_pages
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


@pytest.fixture
def user() -> User:
    return make_viewer(make_customer())


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
    """The recovery codes as the page shows them."""
    key = look(client)
    html = client.post(PAGE, {"key": key["carried"], "code": code_of(key["shown"])}).content.decode()
    return re.findall(r"<li><code>([\d ]+)</code></li>", html)


@pytest.mark.parametrize("make", [make_viewer, make_specialist, make_superuser])
def test_everybody_switches_it_on_with_the_first_code(client: Client, make) -> None:
    client.force_login(user := make())

    switch_on(client)

    assert SecondFactor.objects.get().user == user
    assert "Two-factor login is on" in client.get(PAGE).content.decode()


def test_ten_recovery_codes_are_shown_once(viewer: Client) -> None:
    codes = switch_on(viewer)

    assert len(set(codes)) == 10
    html = viewer.get(PAGE).content.decode()
    assert "10 recovery codes are left" in html
    assert not any(code in html for code in codes)


def test_a_wrong_first_code_switches_nothing_on_and_keeps_the_key(viewer: Client) -> None:
    key = look(viewer)

    html = viewer.post(
        PAGE, {"key": key["carried"], "code": code_of(key["shown"], at=NOON.timestamp())}
    ).content.decode()

    assert "This code is wrong" in html
    assert key["shown"] in html.replace(" ", "")
    assert not SecondFactor.objects.exists()


def test_a_look_at_the_page_keeps_nothing_and_tells_nothing_of_the_next(viewer: Client) -> None:
    first, second = look(viewer), look(viewer)

    assert first["shown"] != second["shown"]
    assert not SecondFactor.objects.exists()


def test_a_form_that_is_sent_twice_at_once_switches_it_on_once(
    viewer: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = look(viewer)
    make_second_factor(user)
    monkeypatch.setattr(second_factor_middleware, "factor_of", lambda user: None)
    monkeypatch.setattr(second_factor_pages, "factor_of", lambda user: None)

    answer = viewer.post(PAGE, {"key": key["carried"], "code": code_of(key["shown"])})

    assert answer["Location"] == PAGE
    assert SecondFactor.objects.count() == 1


def test_the_page_of_another_user_sets_nothing_up(viewer: Client) -> None:
    other = Client()
    other.force_login(make_specialist())
    key = look(other)

    viewer.post(PAGE, {"key": key["carried"], "code": code_of(key["shown"])})

    assert not SecondFactor.objects.exists()


def test_the_qr_code_says_what_the_page_says(user: User) -> None:
    factor, _codes = make_second_factor(user)

    assert factor.address == (f"otpauth://totp/Ringofix%3A{user.username}?secret={factor.key.reveal()}&issuer=Ringofix")


def test_it_is_switched_off_with_a_code(viewer: Client, user: User) -> None:
    codes = switch_on(viewer)

    viewer.post(f"{PAGE}off/", {"code": codes[0]})

    assert not SecondFactor.objects.exists()
    assert look(viewer)


def test_without_a_code_it_stays_on(viewer: Client) -> None:
    switch_on(viewer)

    html = viewer.post(f"{PAGE}off/", {"code": "000 000 000 000"}).content.decode()

    assert "This code is wrong" in html
    assert SecondFactor.objects.exists()


def test_what_was_done_is_written_down_without_secrets(viewer: Client) -> None:
    codes = switch_on(viewer)
    key = SecondFactor.objects.get().key.reveal()
    viewer.post(f"{PAGE}off/", {"code": codes[0]})

    said = list(LogEntry.objects.order_by("pk").values_list("change_message", flat=True))
    assert said == [
        "Switched two-factor login on",
        "Used a recovery code; 9 are left",
        "Switched two-factor login off",
    ]
    assert not any(secret in "".join(said) for secret in (key, codes[0]))
