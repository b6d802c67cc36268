"""Users with two-factor login need password and code on both login pages, and each code is valid once."""

from __future__ import annotations

from base64 import b32encode
from datetime import timedelta
from time import time

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as django_settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test import Client

from integrations.models import ApiToken, SecondFactor
from integrations.services.customers.import_export import webhook_address
from tests.factories import (
    NOON,
    code_of,
    make_customer,
    make_second_factor,
    make_specialist,
    make_superuser,
    make_viewer,
)
from tests.security.conftest import DOORS, PASSWORD

pytestmark = pytest.mark.django_db

CODE_PAGE = "/calls/second-factor/code/"
SET_UP_PAGE = "/calls/second-factor/"
PAGES = [
    *("/calls/", "/calls/export.csv", "/calls/api/", SET_UP_PAGE, "/calls/login/", "/api/v1/docs/", "/api/v1/schema/"),
    *("/admin/", "/admin/auth/user/", "/admin/integrations/customer/", "/admin/password_change/", "/admin/login/"),
]


@pytest.fixture
def factor(user: User) -> SecondFactor:
    return make_second_factor(user)[0]


def with_password(user: User, door: str = DOORS[0], wanted: str = "/calls/") -> Client:
    """A browser after a login with the password alone."""
    client = Client()
    answer = client.post(door, {"username": user.username, "password": PASSWORD, "next": wanted})
    assert answer["Location"] == wanted
    return client


def code_now(factor: SecondFactor) -> str:
    return code_of(factor.key.reveal())


def is_in(client: Client) -> bool:
    return client.get("/calls/").status_code == 200


def wait() -> None:
    """Lets an hour pass for users who typed wrong codes."""
    earlier = F("throttling_failure_timestamp") - timedelta(hours=1)
    SecondFactor.objects.update(throttling_failure_timestamp=earlier)


@pytest.mark.parametrize("door", DOORS)
def test_after_the_password_only_the_code_page_answers(factor: SecondFactor, door: str) -> None:
    client = with_password(factor.user, door)

    for page in PAGES:
        answer = client.get(page)
        assert answer.status_code == 302, page
        assert answer["Location"].startswith(CODE_PAGE), page
    assert client.get(CODE_PAGE).status_code == 200


def test_after_the_password_alone_no_action_is_carried_out(factor: SecondFactor) -> None:
    client = with_password(factor.user)

    assert client.post("/calls/api/", {"name": "mine"})["Location"].startswith(CODE_PAGE)
    assert client.post("/calls/second-factor/off/", {"code": code_now(factor)})["Location"].startswith(CODE_PAGE)
    assert not ApiToken.objects.exists()
    assert SecondFactor.objects.exists()


def test_after_the_password_alone_page_fragments_are_answered_401(factor: SecondFactor) -> None:
    assert with_password(factor.user).get("/calls/news/", headers={"HX-Request": "true"}).status_code == 401


@pytest.mark.parametrize(("door", "wanted"), [(DOORS[0], "/calls/?state=failed"), (DOORS[1], "/admin/")])
def test_code_leads_to_the_page_that_was_requested(factor: SecondFactor, door: str, wanted: str) -> None:
    client = with_password(factor.user, door, wanted)
    code_page = client.get(wanted)["Location"]

    answer = client.post(code_page, {"code": code_now(factor), "next": wanted})

    assert answer["Location"] == wanted
    assert is_in(client)


def test_code_page_does_not_redirect_to_another_site(factor: SecondFactor) -> None:
    client = with_password(factor.user)

    answer = client.post(CODE_PAGE, {"code": code_now(factor), "next": "https://evil.example/"})

    assert answer["Location"] == "/"


def test_session_key_changes_after_the_code(factor: SecondFactor) -> None:
    client = with_password(factor.user)
    before = client.cookies[django_settings.SESSION_COOKIE_NAME].value

    client.post(CODE_PAGE, {"code": code_now(factor)})

    assert client.cookies[django_settings.SESSION_COOKIE_NAME].value != before


def test_user_without_a_second_factor_is_not_asked_for_a_code(user: User) -> None:
    client = with_password(user)

    assert is_in(client)
    assert client.get(CODE_PAGE)["Location"] == "/"


def test_code_is_valid_once(factor: SecondFactor) -> None:
    code = code_now(factor)
    with_password(factor.user).post(CODE_PAGE, {"code": code})
    second = with_password(factor.user)

    assert "was used before" in second.post(CODE_PAGE, {"code": code}).content.decode()
    assert not is_in(second)


def test_next_code_is_valid_after_a_used_one(factor: SecondFactor) -> None:
    with_password(factor.user).post(CODE_PAGE, {"code": code_now(factor)})
    second = with_password(factor.user)

    second.post(CODE_PAGE, {"code": code_of(factor.key.reveal(), at=time() + 30)})

    assert is_in(second)


@pytest.mark.parametrize(("seconds", "is_good"), [(-90, False), (-30, True), (0, True), (30, True), (90, False)])
def test_code_is_valid_within_the_allowed_clock_difference(factor: SecondFactor, seconds: int, is_good: bool) -> None:
    noon = NOON.timestamp() + 15
    code = code_of(factor.key.reveal(), at=noon)

    assert factor.spend_code(code, now=noon + seconds) is is_good


def test_codes_are_those_of_rfc_6238(user: User) -> None:
    """RFC 6238, appendix B, which authenticator apps follow."""
    factor = SecondFactor.to_be(user, b32encode(b"12345678901234567890").decode())

    assert factor.spend_code("287082", now=59)
    assert factor.spend_code("050471", now=1111111111)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345", "0x1234"])
def test_malformed_code_is_refused(factor: SecondFactor, code: str) -> None:
    client = with_password(factor.user)

    assert client.post(CODE_PAGE, {"code": code}).status_code == 200
    assert not is_in(client)


def test_recovery_code_logs_in_once_and_is_audited(user: User) -> None:
    _factor, codes = make_second_factor(user)
    first, second = with_password(user), with_password(user)

    first.post(CODE_PAGE, {"code": f"{codes[3][:4]} {codes[3][4:8]}-{codes[3][8:]}"})
    second.post(CODE_PAGE, {"code": codes[3]})

    assert is_in(first)
    assert not is_in(second)
    said = LogEntry.objects.order_by("pk").values_list("change_message", flat=True)
    assert list(said) == ["Logged in", "Logged in", "Used a recovery code; 9 are left"]


def test_code_of_another_user_is_refused(factor: SecondFactor) -> None:
    other, codes = make_second_factor(make_specialist())
    client = with_password(factor.user)

    client.post(CODE_PAGE, {"code": codes[0]})
    wait()
    client.post(CODE_PAGE, {"code": code_now(other)})

    assert not is_in(client)


def test_wrong_codes_are_slowed_down_and_a_password_does_not_reset_the_limit(factor: SecondFactor) -> None:
    SecondFactor.objects.update(throttling_failure_count=12)
    with_password(factor.user).post(CODE_PAGE, {"code": "000000000000"})
    again = with_password(factor.user)

    answer = again.post(CODE_PAGE, {"code": code_now(factor)})

    assert "Too many attempts. Wait 69 minutes" in answer.content.decode()
    assert not is_in(again)


def test_right_code_is_accepted_after_the_wait(factor: SecondFactor) -> None:
    client = with_password(factor.user)
    for _ in range(5):
        client.post(CODE_PAGE, {"code": "000000000000"})
    wait()

    client.post(CODE_PAGE, {"code": code_now(factor)})

    assert is_in(client)


def test_sessions_older_than_the_second_factor_are_asked_for_a_code(user: User) -> None:
    earlier = with_password(user)
    assert is_in(earlier)

    make_second_factor(user)

    assert not is_in(earlier)


def test_each_login_is_asked_for_a_code(factor: SecondFactor) -> None:
    client = with_password(factor.user)
    client.post(CODE_PAGE, {"code": code_now(factor)})
    client.post("/calls/logout/")

    client.post(DOORS[0], {"username": factor.user.username, "password": PASSWORD})

    assert not is_in(client)


def test_user_can_log_out_instead_of_entering_a_code(factor: SecondFactor) -> None:
    client = with_password(factor.user)

    client.post("/calls/logout/")

    assert client.get("/calls/")["Location"].startswith("/calls/login/")


def test_session_of_a_removed_second_factor_is_not_accepted_for_a_new_one(factor: SecondFactor) -> None:
    client = with_password(factor.user)
    client.post(CODE_PAGE, {"code": code_now(factor)})

    factor.delete()
    assert is_in(client)
    make_second_factor(factor.user)

    assert not is_in(client)


def test_api_webhooks_and_health_checks_need_no_code(factor: SecondFactor, settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    _token, plain = ApiToken.issue(factor.user, "reports")
    webhook = webhook_address(make_customer())

    assert Client(headers={"Authorization": f"Bearer {plain}"}).get("/api/v1/calls/").status_code == 200
    assert Client().post(f"{webhook}after_call/", {"id": "1"}).status_code == 200
    assert Client().get("/healthz").status_code == 200


@pytest.mark.parametrize("make", [make_specialist, make_superuser])
def test_required_second_factor_is_set_up_first_by_users_who_see_all_customers(client: Client, make, settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    client.force_login(make())

    for page in ("/calls/", "/admin/", "/calls/api/"):
        assert client.get(page)["Location"].startswith(SET_UP_PAGE), page
    assert "Your administrator requires two-factor login" in client.get(SET_UP_PAGE).content.decode()


def test_required_second_factor_does_not_apply_to_viewers(client: Client, settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
    client.force_login(make_viewer(make_customer()))

    assert is_in(client)


def test_database_holds_neither_plain_key_nor_recovery_codes(user: User) -> None:
    factor, codes = make_second_factor(user)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM integrations_secondfactor")
        stored = str(cursor.fetchall())

    assert factor.key.reveal() not in stored
    assert not any(code in stored for code in codes)


def test_second_factor_works_after_encryption_keys_are_rotated(factor: SecondFactor, settings) -> None:
    old, new = settings.ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    code = code_now(factor)
    settings.ENCRYPTION_KEYS = [new, old]
    call_command("rotate_encryption_keys")
    settings.ENCRYPTION_KEYS = [new]
    client = with_password(factor.user)

    client.post(CODE_PAGE, {"code": code})

    assert is_in(client)
