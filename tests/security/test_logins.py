"""Guessing passwords is slow on both login pages, from one address and from many."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client

from integrations.models import RateLimitCounter
from integrations.users import known_device, login_throttle
from integrations.users.rate_limit import delete_expired_counters, hit
from tests.factories import code_of, make_second_factor, make_superuser
from tests.security.conftest import DOORS, PASSWORD

pytestmark = pytest.mark.django_db


def try_in(
    name: str, password: str, *, door: str = DOORS[0], address: str = "203.0.113.7", code: str = "", **headers: str
):
    """The answer to one login attempt of a new browser: 302 after a login, 200 after a refusal."""
    fields = {"username": name, "password": password, "next": "/calls/", "code": code}
    return Client(REMOTE_ADDR=address, headers=headers).post(door, fields)


def known_browser(user: User, address: str = "203.0.113.200") -> Client:
    """A browser in which the user has logged in before, and out again."""
    browser = Client(REMOTE_ADDR=address)
    browser.post(DOORS[0], {"username": user.username, "password": PASSWORD})
    browser.post("/calls/logout/")
    return browser


def log_in(browser: Client, user: User, password: str = PASSWORD) -> int:
    return browser.post(DOORS[0], {"username": user.username, "password": password}).status_code


@pytest.fixture
def three_for_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "PER_NAME", replace(login_throttle.PER_NAME, times=3))


@pytest.fixture
def locked_out(user: User, three_for_a_name: None) -> User:
    """A user whose password is being guessed from many addresses."""
    for number in range(3):
        try_in(user.username, "wrong", address=f"198.51.100.{number}")
    assert try_in(user.username, PASSWORD).status_code == 200
    return user


@pytest.mark.parametrize("door", DOORS)
def test_sixth_login_attempt_has_to_wait_even_with_the_right_password(user: User, door: str) -> None:
    for _ in range(5):
        assert "correct" in try_in(user.username, "wrong", door=door).content.decode()

    answer = try_in(user.username, PASSWORD, door=door)
    assert answer.status_code == 200
    assert "Too many attempts. Wait 15 minutes" in answer.content.decode()


def test_failed_logins_of_console_and_call_log_count_together(user: User) -> None:
    for number in range(5):
        try_in(user.username, "wrong", door=DOORS[number % 2])

    assert try_in(user.username, PASSWORD).status_code == 200


def test_user_can_log_in_from_another_address_while_one_is_blocked(user: User) -> None:
    for _ in range(6):
        try_in(user.username, "wrong")

    assert try_in(user.username, PASSWORD, address="203.0.113.8").status_code == 302


def test_user_name_in_another_case_shares_the_login_limit(user: User) -> None:
    for _ in range(5):
        try_in(f" {user.username.upper()}", "wrong")

    assert try_in(user.username, PASSWORD).status_code == 200


def test_right_password_resets_the_count_of_failed_logins(user: User) -> None:
    for _ in range(2):
        for _ in range(4):
            try_in(user.username, "wrong")
        assert try_in(user.username, PASSWORD).status_code == 302


def test_empty_password_does_not_reset_the_count_of_failed_logins(user: User) -> None:
    for _ in range(4):
        try_in(user.username, "wrong")
    try_in(user.username, "")

    assert try_in(user.username, PASSWORD).status_code == 200


def test_one_address_cannot_try_one_password_on_many_users(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "PER_NETWORK", replace(login_throttle.PER_NETWORK, times=3))
    for number in range(3):
        try_in(f"somebody{number}", "wrong")

    assert try_in(user.username, PASSWORD).status_code == 200


def test_many_addresses_together_have_a_limit_for_one_user(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "PER_NAME", replace(login_throttle.PER_NAME, times=3))
    for number in range(3):
        try_in(user.username, "wrong", address=f"203.0.113.{number}")

    assert try_in(user.username, PASSWORD, address="203.0.113.99").status_code == 200


@pytest.mark.parametrize("door", DOORS)
def test_blocked_address_does_not_lock_users_out_elsewhere(user: User, three_for_a_name: None, door: str) -> None:
    """Attempts that are refused without a password check do not count for other limits."""
    for _ in range(30):
        try_in(user.username, "wrong", door=door)
    login_throttle.reset(f"login as|{user.username}")  # the five attempts that were checked
    for _ in range(30):
        try_in(user.username, "wrong", door=door)

    assert try_in(user.username, PASSWORD, door=door, address="203.0.113.8").status_code == 302


def test_login_attempt_that_is_refused_unchecked_is_not_counted(user: User) -> None:
    for _ in range(6):
        try_in(user.username, "wrong")
    before = list(RateLimitCounter.objects.order_by("key").values_list("count", flat=True))

    for _ in range(20):
        try_in(user.username, "wrong")

    assert list(RateLimitCounter.objects.order_by("key").values_list("count", flat=True)) == before


def test_known_browser_can_log_in_while_its_users_password_is_guessed(user: User, three_for_a_name: None) -> None:
    browser = known_browser(user)
    for number in range(5):
        try_in(user.username, "wrong", address=f"198.51.100.{number}")

    assert try_in(user.username, PASSWORD).status_code == 200
    assert log_in(browser, user) == 302


def test_known_browser_can_log_in_while_its_address_is_blocked(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "PER_NETWORK", replace(login_throttle.PER_NETWORK, times=3))
    browser = known_browser(user)
    for number in range(4):
        try_in(f"somebody{number}", "wrong", address="203.0.113.200")

    assert try_in(user.username, PASSWORD, address="203.0.113.200").status_code == 200
    assert log_in(browser, user) == 302


def test_known_browser_has_its_own_login_limit(user: User) -> None:
    browser = known_browser(user)
    for _ in range(5):
        log_in(browser, user, "wrong")

    assert log_in(browser, user) == 200
    assert try_in(user.username, PASSWORD).status_code == 302


@pytest.mark.parametrize("cookie", ["", "nonsense", "a:b:c"])
def test_forged_device_cookie_is_no_known_browser(locked_out: User, cookie: str) -> None:
    browser = Client(REMOTE_ADDR="203.0.113.200")
    browser.cookies[known_device.COOKIE] = cookie

    assert log_in(browser, locked_out) == 200


def test_device_cookie_of_another_user_is_no_known_browser(locked_out: User) -> None:
    other = make_superuser()
    other.set_password(PASSWORD)
    other.save()

    assert log_in(known_browser(other), locked_out) == 200


@pytest.mark.parametrize("door", DOORS)
def test_user_with_a_second_factor_can_log_in_while_the_password_is_guessed(locked_out: User, door: str) -> None:
    factor, _codes = make_second_factor(locked_out)
    assert 'name="code"' in try_in(locked_out.username, PASSWORD, door=door).content.decode()

    answer = try_in(locked_out.username, PASSWORD, door=door, code=code_of(factor.key.reveal()))

    assert answer.status_code == 302
    assert answer.client.get("/calls/").status_code == 200


@pytest.mark.parametrize("is_right", [True, False])
def test_login_with_a_wrong_code_does_not_reveal_whether_the_password_was_right(
    locked_out: User, is_right: bool
) -> None:
    make_second_factor(locked_out)

    answer = try_in(locked_out.username, PASSWORD if is_right else "wrong", code="000000")

    assert "The user name, the password or the code is wrong." in answer.content.decode()


def test_code_of_a_user_without_a_second_factor_does_not_lift_the_login_limit(locked_out: User) -> None:
    assert try_in(locked_out.username, PASSWORD, code="123456").status_code == 200


def test_many_successful_logins_from_one_address_block_nobody(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "PER_NETWORK", replace(login_throttle.PER_NETWORK, times=3))

    assert {try_in(user.username, PASSWORD).status_code for _ in range(6)} == {302}


def test_ipv6_network_of_64_bits_counts_as_one_address(user: User) -> None:
    for number in range(5):
        try_in(user.username, "wrong", address=f"2001:db8:0:1::{number}")

    assert try_in(user.username, PASSWORD, address="2001:db8:0:1:ffff::1").status_code == 200
    assert try_in(user.username, PASSWORD, address="2001:db8:0:2::1").status_code == 302


def test_audit_log_has_logins_and_failed_logins_with_their_address(user: User) -> None:
    try_in(user.username, "wrong", address="203.0.113.9")
    try_in(user.username, PASSWORD, address="203.0.113.10")
    try_in("nobody", "wrong")

    entries = LogEntry.objects.order_by("pk").select_related("origin")
    assert [(entry.user, entry.change_message, entry.origin.address) for entry in entries] == [
        (user, "Login failed", "203.0.113.9"),
        (user, "Logged in", "203.0.113.10"),
    ]


def test_login_limits_are_those_of_the_documentation() -> None:
    """The tests above would pass with other limits too."""
    limits = [login_throttle.PER_NAME_AND_NETWORK, login_throttle.PER_NETWORK, login_throttle.PER_NAME]

    assert [(limit.times, limit.seconds) for limit in limits] == [(5, 900), (50, 900), (100, 3600)]


def test_forged_forwarded_header_is_no_new_address(user: User) -> None:
    for number in range(6):
        answer = try_in(user.username, "wrong", **{"X-Forwarded-For": f"198.51.100.{number}"})

    assert "Too many attempts" in answer.content.decode()


def test_user_can_log_in_after_the_wait(user: User) -> None:
    for _ in range(6):
        try_in(user.username, "wrong")
    RateLimitCounter.objects.update(until=F("until") - timedelta(hours=1))

    assert try_in(user.username, PASSWORD).status_code == 302


def test_expired_login_counters_are_deleted() -> None:
    hit("old", login_throttle.PER_NETWORK)
    RateLimitCounter.objects.update(until=F("until") - timedelta(hours=1))
    hit("new", login_throttle.PER_NETWORK)

    delete_expired_counters()

    assert RateLimitCounter.objects.count() == 1


def test_login_counters_contain_neither_names_nor_addresses(user: User) -> None:
    try_in(user.username, "wrong")

    kept = " ".join(str(bytes(tries.key)) for tries in RateLimitCounter.objects.all())
    assert user.username not in kept
    assert "203.0.113.7" not in kept
