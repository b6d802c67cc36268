"""Signing in and out."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import make_customer, make_second_factor, make_specialist, make_user, make_viewer

pytestmark = pytest.mark.django_db

LOGIN_PAGES = {"/calls/login/": "username", "/admin/login/": "username", "/calls/second-factor/code/": "code"}
"""The pages of a login, and the field that is filled in first."""


def log_in(client: Client, user: User, password: str = "open sesame", **query: str):
    user.set_password("open sesame")
    user.save()
    return client.post("/calls/login/", {"username": user.username, "password": password, **query})


@pytest.mark.parametrize("make", [make_viewer, make_specialist])
def test_viewers_and_specialists_can_log_in(client: Client, make) -> None:
    response = log_in(client, make())

    assert response["Location"] == "/"
    assert client.get("/calls/").status_code == 200


def test_wrong_password_is_refused_with_a_message(client: Client) -> None:
    response = log_in(client, make_user(), "wrong")

    assert "Please enter a correct username and password" in response.content.decode()


def test_login_leads_to_the_requested_page(client: Client) -> None:
    assert log_in(client, make_user(), next="/calls/?state=failed")["Location"] == "/calls/?state=failed"


def test_login_does_not_redirect_to_another_site(client: Client) -> None:
    assert log_in(client, make_user(), next="https://evil.example/")["Location"] == "/"


def test_logging_out_ends_the_session(client: Client, settings) -> None:
    settings.LOGIN_URL = "calllog:login"
    client.force_login(make_viewer(make_customer()))

    client.post("/calls/logout/")

    assert client.get("/calls/").status_code == 302


def test_viewers_page_has_a_log_out_button_and_no_console_link(client: Client) -> None:
    client.force_login(make_viewer(make_customer()))

    html = client.get("/calls/").content.decode()

    assert 'action="/calls/logout/"' in html
    assert "/admin/" not in html


def test_a_specialists_page_has_the_consoles_menu(client: Client) -> None:
    client.force_login(make_specialist())

    assert "/admin/integrations/webhookevent/" in client.get("/calls/").content.decode()


@pytest.fixture(params=LOGIN_PAGES)
def login_page(client: Client, request: pytest.FixtureRequest) -> str:
    """The address of a page of the login. The page of the code follows the password."""
    address: str = request.param
    if LOGIN_PAGES[address] == "code":
        client.force_login(make_second_factor(make_user())[0].user)
    return address


def test_language_of_a_login_page_is_switched_and_the_wanted_page_is_kept(client: Client, login_page: str) -> None:
    html = client.get(login_page, {"next": "/calls/7/"}).text
    offered = re.findall(r'<button name="language" value="(\w+)"', html)
    [back] = re.findall(r'action="/i18n/setlang/".*?name="next" value="([^"]*)"', html, re.DOTALL)

    answer = client.post("/i18n/setlang/", {"language": "pl", "next": unescape(back)})

    page = client.get(answer["Location"]).text
    assert offered == [code for code, _name in django_settings.LANGUAGES]
    assert '<html lang="pl"' in page
    assert re.search(r'(name="next" value="|next=)(/calls/7/|%2Fcalls%2F7%2F)"', page)


def test_login_page_begins_in_its_first_field(client: Client, login_page: str) -> None:
    [field] = re.findall(r"<[^>]*\bautofocus\b[^>]*>", client.get(login_page).text)

    assert f'name="{LOGIN_PAGES[login_page]}"' in field
