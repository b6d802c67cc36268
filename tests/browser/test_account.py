"""The account page, the password and the tokens in a real browser: accessible, and not too wide for a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from integrations.models import ApiToken
from tests.browser.conftest import Tabs, settle
from tests.factories import make_customer, make_specialist, make_superuser, make_viewer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.browser]

PAGES = ["/account/", "/account/password/", "/calls/api/"]


@pytest.mark.parametrize("width", [1440, 390])
def test_account_pages_are_accessible_on_every_screen(
    browser: Tabs,
    live_server: LiveServer,
    sign_in: Callable[[Page, User], None],
    assert_accessible: Callable[..., None],
    width: int,
) -> None:
    user = make_viewer(make_customer()) if width == 390 else make_specialist()
    ApiToken.issue(user, "Monthly report of the sales department")
    phone = Client(headers={"User-Agent": "Mozilla/5.0 (iPhone) Version/18.0 Safari/604.1"}, REMOTE_ADDR="198.51.100.9")
    phone.force_login(user)
    phone.get("/account/")
    page = browser.new_page(width=width, height=900, reduced_motion=True)
    sign_in(page, user)

    for address in PAGES:
        page.goto(live_server.url + address)
        settle(page)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert_accessible(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    page.close()


def test_session_is_ended_with_a_click(
    browser: Tabs, live_server: LiveServer, sign_in: Callable[[Page, User], None]
) -> None:
    user = make_superuser()
    other = Client()
    other.force_login(user)
    page = browser.new_page()
    sign_in(page, user)
    page.goto(f"{live_server.url}/account/")

    page.get_by_role("button", name="End all other sessions").click()

    page.get_by_text("1 session ended.").wait_for()
    assert other.get("/calls/").status_code == 302
    page.close()
