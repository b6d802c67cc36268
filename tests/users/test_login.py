"""Signing in and out."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import make_customer, make_specialist, make_user, make_viewer

pytestmark = pytest.mark.django_db


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
