"""Every page for everybody: axe finds nothing serious, and the keyboard alone reaches every control."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.addresses import addresses
from tests.conftest import Scenario
from tests.factories import make_superuser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Look = tuple[int, Literal["light", "dark"]]
LOOKS: list[Look] = [(width, scheme) for width in (1440, 390, 360) for scheme in ("light", "dark")]
LANGUAGES = ("en", "uk", "pl", "ru")
MAX_STOPS = 400

UNREACHED = """() => {
    const isVisible = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: false });
    const fields = "input:not([type=hidden]), select, textarea";
    const controls = `a[href], button, ${fields}, summary, [role=button], [x-on\\\\:click]`;
    const isHidden = (element) => element.disabled || element.closest("[aria-hidden=true], .select2-hidden-accessible");
    return [...document.querySelectorAll(controls)]
        .filter((each) => isVisible(each) && !isHidden(each))
        .filter((each) => !each.matches("[type=radio], [tabindex='-1']") && !each.hasAttribute("data-reached"))
        .filter((each) => !each.querySelector("[data-reached]"))
        .map((each) => each.outerHTML.slice(0, 160));
}"""
"""The visible controls that had no focus. Of radio buttons only one is a stop; a box around a control is none."""


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, sign_in: Callable[..., None], scenario: Scenario) -> Iterator[Page]:
    page = browser.new_page()
    sign_in(page, make_superuser())
    yield page
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_serious_on_any_page(
    page: Page, live_server: LiveServer, assert_accessible: Callable[[Page], None], language: str
) -> None:
    """Each page in both themes on three widths; the languages take turns, so that each page meets each of them."""
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    for turn, address in enumerate(addresses()):
        page.goto(live_server.url + address)
        page.wait_for_load_state("networkidle")
        assert page.get_attribute("html", "lang") == language
        for width, scheme in looks_of(language, turn):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert_accessible(page)


def looks_of(language: str, turn: int) -> list[Look]:
    """Returns which widths and themes the page of this turn has in this language. Each look has one language."""
    return [look for place, look in enumerate(LOOKS) if LANGUAGES[(turn + place) % len(LANGUAGES)] == language]


def test_keyboard_alone_reaches_every_control_of_every_page(page: Page, live_server: LiveServer) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    for address in addresses():
        page.goto(live_server.url + address)
        page.wait_for_load_state("networkidle")
        walk(page)
        assert page.evaluate(UNREACHED) == [], address


def walk(page: Page) -> None:
    """Presses Tab until the focus is back at the first stop, or outside of the page; marks each stop."""
    for _ in range(MAX_STOPS):
        page.keyboard.press("Tab")
        is_end = page.evaluate(
            """() => {
                const here = document.activeElement;
                const isFirst = here.matches(".skip-link") && here.hasAttribute("data-reached");
                here.setAttribute("data-reached", "");
                // A page that begins with the focus in a field is walked through from its end to its beginning too.
                const isComplete = document.querySelector(".skip-link[data-reached]") !== null;
                return (here === document.body && isComplete) || isFirst;
            }"""
        )
        if is_end:
            return


def test_first_stop_skips_to_the_content(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/calls/")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"
    assert page.locator("main, [role=main]").count() == 1
