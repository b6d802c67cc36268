"""Every page that people see, in a real browser: narrow and wide, light and dark, without errors or overflow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from integrations.models import Call
from integrations.ui.phone_text import grouped
from sandbox.state import Sandbox
from tests.browser.addresses import addresses
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "correct horse"


@pytest.fixture(autouse=True)
def _administrator(transactional_db: None) -> None:
    get_user_model().objects.create_superuser("admin", password=PASSWORD)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "response", lambda answer: troubles.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None
    )
    yield page
    page.close()
    assert [trouble for trouble in troubles if not trouble.endswith("/favicon.ico")] == []


def log_in(page: Page, server: LiveServer) -> None:
    page.goto(f"{server.url}/calls/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/calls/")


def assert_fits(page: Page) -> None:
    """Narrow and wide, light and dark."""
    for width in (1440, 390):
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (page.url, width)


def test_pages_open_and_fit(scenario: Scenario, page: Page, live_server: LiveServer) -> None:
    log_in(page, live_server)
    assert page.get_by_text(grouped(CLIENT)).first.is_visible()
    for address in addresses():
        page.goto(live_server.url + address)
        assert_fits(page)


IS_SHOWN = """item => {
    const box = item.getBoundingClientRect();
    const found = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return box.left >= 0 && box.right <= window.innerWidth && (item === found || item.contains(found));
}"""


@pytest.mark.parametrize("address", ["/admin/", "/calls/"])
def test_menus_of_short_lists_are_whole_on_a_telephone(
    scenario: Scenario, page: Page, live_server: LiveServer, address: str
) -> None:
    """The list has few rows, so that its menus are longer than the list."""
    Call.objects.exclude(ringostat_id=CALL_ID).delete()
    page.set_viewport_size({"width": 390, "height": 800})
    log_in(page, live_server)
    page.goto(live_server.url + address)

    menus = page.locator("details:has(> .calls-menu), .console-menu")
    assert menus.count()
    for menu in menus.all():
        menu.locator("summary").click()
        for item in menu.locator("a").all():
            item.scroll_into_view_if_needed()
            assert item.evaluate(IS_SHOWN), item.inner_text()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        menu.locator("summary").click()


def test_sandbox_account_page_shows_a_call(scenario: Scenario, page: Page, sandbox: Sandbox) -> None:
    page.goto(f"{sandbox.url}/account/")

    assert page.get_by_text("Olha Koval").first.is_visible()
    assert page.locator("audio").count() == 1
    assert page.get_by_text("Missed call").first.is_visible()
    assert_fits(page)
