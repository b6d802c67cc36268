"""Every user changes the password, sees the sessions, and ends them. Unused sessions end by themselves."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F
from django.test import Client

from integrations.models import UserSession
from integrations.users.sessions.middleware import POLLED
from tests.factories import make_customer, make_specialist, make_superuser, make_user, make_viewer

pytestmark = pytest.mark.django_db

PAGE = "/account/"
PASSWORD = "open sesame"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"


@pytest.fixture
def user() -> User:
    user = make_viewer(make_customer())
    user.set_password(PASSWORD)
    user.save()
    return user


def browser(user: User, agent: str = FIREFOX, address: str = "203.0.113.7") -> Client:
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    client.force_login(user)
    assert client.get(PAGE).status_code == 200
    return client


def is_in(client: Client) -> bool:
    return client.get("/calls/").status_code == 200


def unused_for(**time: float) -> None:
    UserSession.objects.update(last_used_at=F("last_used_at") - timedelta(**time))


@pytest.mark.parametrize("make", [make_viewer, make_specialist, make_superuser, make_user])
def test_every_user_has_an_account_page(make) -> None:
    assert "Sessions" in browser(make()).get(PAGE).content.decode()


def test_a_viewer_changes_the_password_and_stays_logged_in(user: User) -> None:
    client, other = browser(user), browser(user)
    new = "a long new password"

    client.post(f"{PAGE}password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})

    user.refresh_from_db()
    assert user.check_password(new)
    assert (is_in(client), is_in(other)) == (True, False)
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["Changed the password"]


@pytest.mark.parametrize(
    "address", ["/admin/password_change/", "/admin/auth/user/{id}/password/", "/admin/auth/user/0{id}/password/"]
)
def test_own_password_is_changed_on_the_account_page_only(address: str) -> None:
    administrator = make_superuser()
    administrator.set_password(PASSWORD)
    administrator.save()
    client, new = browser(administrator), "a long new password"
    forms = {
        "old_password": PASSWORD,
        **dict.fromkeys(("new_password1", "new_password2", "password1", "password2"), new),
    }

    for answer in (
        client.get(address.format(id=administrator.pk)),
        client.post(address.format(id=administrator.pk), forms),
    ):
        assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}password/")

    administrator.refresh_from_db()
    assert administrator.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("old", "new", "again"),
    [("wrong", "a long new password", "a long new password"), (PASSWORD, "short", "short"), (PASSWORD, "a b", "c d")],
)
def test_a_password_is_not_changed_without_the_old_or_to_a_weak_one(user: User, old: str, new: str, again: str) -> None:
    form = {"old_password": old, "new_password1": new, "new_password2": again}
    assert browser(user).post(f"{PAGE}password/", form).status_code == 200

    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_account_page_lists_browser_and_address_of_each_session(user: User) -> None:
    browser(user, IPHONE, "198.51.100.9")
    html = re.sub(r"\s+", " ", browser(user).get(PAGE).content.decode())

    assert "Firefox, Windows" in html
    assert "Safari, iPhone" in html
    assert "198.51.100.9" in html
    assert html.count("this browser") == 1


def test_user_ends_one_other_session(user: User) -> None:
    laptop = browser(user)
    laptops_id = UserSession.objects.get().pk
    phone, tablet = browser(user, IPHONE), browser(user)

    phone.post(f"{PAGE}sessions/end/", {"session": laptops_id})

    assert (is_in(laptop), is_in(phone), is_in(tablet)) == (False, True, True)


def test_user_ends_all_own_other_sessions_and_no_other_users(user: User) -> None:
    mine, phone, stranger = browser(user), browser(user, IPHONE), browser(make_specialist())

    mine.post(f"{PAGE}sessions/end/")

    assert (is_in(mine), is_in(phone), is_in(stranger)) == (True, False, True)
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["Ended 1 session"]


def test_user_cannot_end_the_session_of_another_user(user: User) -> None:
    stranger = browser(make_specialist())
    foreign = UserSession.objects.get().pk

    browser(user).post(f"{PAGE}sessions/end/", {"session": foreign})

    assert is_in(stranger)


def test_session_of_a_deactivated_user_stays_ended(user: User) -> None:
    client = browser(user)
    for user.is_active in (False, True):
        user.save()

    assert not is_in(client)


@pytest.mark.parametrize(
    ("make", "minutes", "is_alive"),
    [
        (make_specialist, 119, True),
        (make_specialist, 121, False),
        (make_superuser, 121, False),
        (make_viewer, 121, True),
        (make_viewer, 719, True),
        (make_viewer, 721, False),
    ],
)
def test_unused_session_expires(make, minutes: int, is_alive: bool) -> None:
    client = browser(make())
    unused_for(minutes=minutes)

    assert is_in(client) is is_alive


def test_used_session_stays_alive() -> None:
    client = browser(make_specialist())
    for _ in range(3):
        unused_for(minutes=90)
        assert is_in(client)


def test_no_session_outlives_twelve_hours_however_much_it_is_used() -> None:
    client = browser(make_viewer())

    began_earlier(hours=11, minutes=59)
    assert is_in(client)
    began_earlier(minutes=2)
    assert not is_in(client)


def began_earlier(**time: float) -> None:
    earlier = timedelta(**time)
    UserSession.objects.update(created_at=F("created_at") - earlier, expire_date=F("expire_date") - earlier)


def test_a_page_that_updates_itself_keeps_no_session_alive() -> None:
    client = browser(make_specialist())
    unused_for(minutes=90)
    client.get("/calls/news/", headers={"HX-Request": "true"})
    unused_for(minutes=90)

    assert not is_in(client)


def test_every_address_that_a_page_polls_is_listed_as_polled() -> None:
    templates = Path(__file__).parent.parent.parent.glob("templates/**/*.html")
    polled = [
        re.findall(r'hx-get="{% url "([\w:]+)"[^>]*hx-trigger="(?:every|poll)', path.read_text()) for path in templates
    ]

    assert {name for names in polled for name in names} == POLLED


def test_database_holds_no_plain_session_key() -> None:
    client = browser(make_specialist())
    key = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    with connection.cursor() as cursor:
        cursor.execute("SELECT integrations_usersession::text FROM integrations_usersession")
        stored = str(cursor.fetchall())
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)

    assert key not in stored
    thief = Client()
    thief.cookies[django_settings.SESSION_COOKIE_NAME] = UserSession.objects.get().pk
    assert not is_in(thief)
