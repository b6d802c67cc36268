"""Two-factor login from its first page to the next login, in a real browser and under our content security policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from integrations.models import SecondFactor
from tests.browser.conftest import Tabs
from tests.factories import code_of, make_superuser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "correct horse battery"


@pytest.fixture
def user(transactional_db: None) -> User:
    user = make_superuser()
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def page(browser: Tabs) -> Iterator[Page]:
    page = browser.new_page()
    refused: list[str] = []
    page.on(
        "console", lambda message: refused.append(message.text) if "Content Security Policy" in message.text else None
    )
    yield page
    page.close()
    assert refused == []


def log_in(page: Page, address: str, user: User) -> None:
    page.goto(address)
    page.fill("input[name=username]", user.username)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")


def send_code(page: Page, code: str, button: str) -> None:
    page.fill("input[name=code]", code)
    page.get_by_role("button", name=button, exact=True).click()


def assert_fine(page: Page, assert_accessible: Callable[..., None]) -> None:
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (page.url, width)
        assert_accessible(page)


def test_user_enables_two_factor_login_and_logs_in_with_a_code(
    page: Page, live_server: LiveServer, user: User, assert_accessible: Callable[..., None]
) -> None:
    log_in(page, f"{live_server.url}/calls/second-factor/", user)
    page.wait_for_function("() => document.images.length == 1 && document.images[0].naturalWidth > 0")
    assert_fine(page, assert_accessible)
    page.fill("input[name=password]", PASSWORD)
    send_code(page, code_of(page.inner_text("#key").replace(" ", "")), "Switch on")
    recovery_code = page.locator("#recovery-codes li").first.inner_text()
    assert_fine(page, assert_accessible)
    page.context.clear_cookies()

    log_in(page, f"{live_server.url}/admin/", user)
    page.wait_for_url("**/second-factor/code/?next=/admin/")
    assert_fine(page, assert_accessible)
    send_code(page, recovery_code, "Log in")

    page.wait_for_url("**/admin/")
    assert SecondFactor.objects.get().recovery_codes_left == 9
