"""Pages use the browser's language until the user chooses another one on the page."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import make_call, make_customer, make_specialist, make_viewer

pytestmark = pytest.mark.django_db

CALLS = {"en": "Calls", "pl": "Połączenia", "ru": "Звонки", "uk": "Дзвінки"}
"""The heading of the list."""


@pytest.fixture(params=["viewer", "specialist"])
def reader(request: pytest.FixtureRequest) -> User:
    customer = make_customer()
    make_call(customer)
    return make_viewer(customer) if request.param == "viewer" else make_specialist()


def page_of(client: Client, browser: str) -> str:
    return client.get("/calls/", headers={"Accept-Language": browser}).text


@pytest.mark.parametrize("language", CALLS)
def test_pages_use_the_language_of_the_browser(client: Client, reader: User, language: str) -> None:
    client.force_login(reader)
    page = page_of(client, f"{language},en;q=0.5")

    assert f'<html lang="{language}"' in page
    assert CALLS[language] in page


def test_english_is_used_for_unsupported_languages(client: Client, reader: User) -> None:
    client.force_login(reader)

    assert '<html lang="en"' in page_of(client, "de")


def test_chosen_language_overrides_the_browser(client: Client, reader: User) -> None:
    client.force_login(reader)
    page = page_of(client, "en")
    assert [f'name="language" type="hidden" value="{code}"' in page for code, _name in settings.LANGUAGES] == [True] * 4

    answer = client.post("/i18n/setlang/", {"language": "pl", "next": "/calls/"})

    assert answer.headers["Location"] == "/calls/"
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME]["max-age"] == settings.LANGUAGE_COOKIE_AGE
    assert '<html lang="pl"' in page_of(client, "uk")


def test_language_choice_does_not_redirect_to_another_site(client: Client, reader: User) -> None:
    client.force_login(reader)
    answer = client.post("/i18n/setlang/", {"language": "pl", "next": "https://evil.example/"})

    assert answer.headers["Location"] == "/"
