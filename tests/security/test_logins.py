"""Guessing passwords is slow, at both doors, from one address and from many."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.test import Client

from integrations.models import RateLimitCounter
from integrations.users import login_throttle
from integrations.users.rate_limit import delete_expired_counters, hit
from tests.security.conftest import DOORS, PASSWORD

pytestmark = pytest.mark.django_db


def try_in(name: str, password: str, *, door: str = DOORS[0], address: str = "203.0.113.7", **headers: str):
    """The answer to one login of a new browser: 302 who got in, 200 who did not."""
    fields = {"username": name, "password": password, "next": "/calls/"}
    return Client(REMOTE_ADDR=address, headers=headers).post(door, fields)


@pytest.mark.parametrize("door", DOORS)
def test_the_sixth_try_is_told_to_wait_even_with_the_right_password(user: User, door: str) -> None:
    for _ in range(5):
        assert "correct" in try_in(user.username, "wrong", door=door).content.decode()

    answer = try_in(user.username, PASSWORD, door=door)
    assert answer.status_code == 200
    assert "Too many tries. Wait 15 minutes" in answer.content.decode()


def test_both_doors_count_together(user: User) -> None:
    for number in range(5):
        try_in(user.username, "wrong", door=DOORS[number % 2])

    assert try_in(user.username, PASSWORD).status_code == 200


def test_another_address_still_gets_in(user: User) -> None:
    for _ in range(6):
        try_in(user.username, "wrong")

    assert try_in(user.username, PASSWORD, address="203.0.113.8").status_code == 302


def test_the_name_in_other_letters_is_the_same_name(user: User) -> None:
    for _ in range(5):
        try_in(f" {user.username.upper()}", "wrong")

    assert try_in(user.username, PASSWORD).status_code == 200


def test_the_right_password_makes_good_what_was_mistyped(user: User) -> None:
    for _ in range(2):
        for _ in range(4):
            try_in(user.username, "wrong")
        assert try_in(user.username, PASSWORD).status_code == 302


def test_an_empty_password_makes_good_nothing(user: User) -> None:
    for _ in range(4):
        try_in(user.username, "wrong")
    try_in(user.username, "")

    assert try_in(user.username, PASSWORD).status_code == 200


def test_one_address_cannot_try_one_password_on_everybody(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "PER_ADDRESS", replace(login_throttle.PER_ADDRESS, times=3))
    for number in range(3):
        try_in(f"somebody{number}", "wrong")

    assert try_in(user.username, PASSWORD).status_code == 200


def test_many_addresses_cannot_guess_at_one_name_for_ever(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login_throttle, "PER_NAME", replace(login_throttle.PER_NAME, times=3))
    for number in range(3):
        try_in(user.username, "wrong", address=f"203.0.113.{number}")

    assert try_in(user.username, PASSWORD, address="203.0.113.99").status_code == 200


def test_a_forged_header_makes_no_new_address(user: User) -> None:
    for number in range(6):
        answer = try_in(user.username, "wrong", **{"X-Forwarded-For": f"198.51.100.{number}"})

    assert "Too many tries" in answer.content.decode()


def test_after_the_wait_one_gets_in(user: User) -> None:
    for _ in range(6):
        try_in(user.username, "wrong")
    RateLimitCounter.objects.update(until=F("until") - timedelta(hours=1))

    assert try_in(user.username, PASSWORD).status_code == 302


def test_what_was_tried_long_ago_is_forgotten() -> None:
    hit("old", login_throttle.PER_ADDRESS)
    RateLimitCounter.objects.update(until=F("until") - timedelta(hours=1))
    hit("new", login_throttle.PER_ADDRESS)

    delete_expired_counters()

    assert RateLimitCounter.objects.count() == 1


def test_neither_names_nor_addresses_are_kept(user: User) -> None:
    try_in(user.username, "wrong")

    kept = " ".join(str(bytes(tries.key)) for tries in RateLimitCounter.objects.all())
    assert user.username not in kept
    assert "203.0.113.7" not in kept
