"""Error pages explain the error in the product's own words and design."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client

from tests.factories import make_specialist, make_superuser, make_viewer

pytestmark = pytest.mark.django_db


def test_root_address_leads_to_the_calls(client: Client) -> None:
    assert client.get("/")["Location"] == "/calls/"


@pytest.mark.parametrize("make_user", [None, make_viewer, make_specialist, make_superuser])
def test_not_found_page_explains_the_error_and_links_on(client: Client, make_user: object) -> None:
    if callable(make_user):
        client.force_login(make_user())

    answer = client.get("/nowhere/", headers={"accept-language": "uk"})

    assert answer.status_code == 404
    assert "Сторінку не знайдено" in answer.text
    assert 'href="/calls/"' in answer.text


def test_forbidden_page_is_explained(client: Client) -> None:
    client.force_login(make_specialist())

    answer = client.get("/admin/auth/user/")

    assert answer.status_code == 403
    assert "Access denied" in answer.text


def test_form_of_an_expired_session_is_explained() -> None:
    client = Client(enforce_csrf_checks=True)
    user: User = make_viewer()
    client.force_login(user)

    answer = client.post("/calls/views/", {"name": "mine"})

    assert answer.status_code == 403
    assert "Nothing was saved" in answer.text


def test_server_error_page_renders_without_context() -> None:
    assert "Something went wrong" in render_to_string("500.html")
