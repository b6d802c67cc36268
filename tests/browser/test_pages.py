"""Menus of short lists on a telephone, and the sandbox's page, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from integrations.models import Call
from integrations.ui.phone_text import grouped
from sandbox.state import Sandbox
from tests.browser.conftest import Tabs
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT
from tests.factories import make_superuser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

IS_SHOWN = """item => {
    const box = item.getBoundingClientRect();
    const found = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return box.left >= 0 && box.right <= window.innerWidth && (item === found || item.contains(found));
}"""


@pytest.fixture
def page(browser: Tabs) -> Iterator[Page]:
    page = browser.new_page(width=390, height=800)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("response", lambda each: troubles.append(f"{each.status} {each.url}") if each.status >= 400 else None)
    yield page
    page.close()
    assert [trouble for trouble in troubles if not trouble.endswith("/favicon.ico")] == []


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_menus_of_short_lists_are_not_cut_off_on_a_telephone(
    scenario: Scenario, page: Page, live_server: LiveServer, sign_in: Callable[[Page, User], None]
) -> None:
    """The lists have few rows, so that their menus are longer than the lists."""
    Call.objects.exclude(ringostat_id=CALL_ID).delete()
    sign_in(page, make_superuser())
    for address in ("/admin/", "/calls/"):
        page.goto(live_server.url + address)
        menus = page.locator("details:has(> .calls-menu), .console-menu")
        assert menus.count()
        for menu in menus.all():
            menu.locator("summary").click()
            for item in menu.locator("a").all():
                item.scroll_into_view_if_needed()
                assert item.evaluate(IS_SHOWN), item.inner_text()
            assert fits(page)
            menu.locator("summary").click()
    assert page.get_by_text(grouped(CLIENT)).first.is_visible()


def test_sandbox_account_page_shows_a_call(scenario: Scenario, page: Page, sandbox: Sandbox) -> None:
    page.goto(f"{sandbox.url}/account/")

    assert page.get_by_text("Olha Koval").first.is_visible()
    assert page.locator("audio").count() == 1
    assert page.get_by_text("Missed call").first.is_visible()
    for width in (1440, 390):
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert fits(page), (width, scheme)
