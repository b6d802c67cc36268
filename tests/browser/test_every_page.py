"""Every page, visited once in each language, opens without an error, fits the window and is accessible. The keyboard
reaches every control.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.addresses import addresses
from tests.browser.conftest import Tabs, settle
from tests.conftest import Scenario
from tests.factories import make_superuser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Look = tuple[int, Literal["light", "dark"]]
WIDTHS = (1440, 390, 360)
COLOURFUL: list[Look] = [(width, scheme) for width in (1440, 390) for scheme in ("light", "dark")]
"""At 360 pixels the colours are those of 390."""
LANGUAGES = ("en", "uk", "pl", "ru")
MAX_STOPS = 400
STOPS_AT_ONCE = 20

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
def page(browser: Tabs, live_server: LiveServer, sign_in: Callable[..., None], scenario: Scenario) -> Iterator[Page]:
    """A page of an administrator. Errors of scripts, refused requests and violations of the policy fail the test."""
    page = browser.new_page(reduced_motion=True)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(f"{page.url} {error}"))
    page.on("response", lambda each: troubles.append(f"{each.status} {each.url}") if each.status >= 400 else None)
    page.on("console", lambda each: troubles.append(each.text) if "Content Security Policy" in each.text else None)
    sign_in(page, make_superuser())
    yield page
    page.close()
    assert troubles == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_opens_fits_the_window_and_is_accessible(
    page: Page, live_server: LiveServer, assert_accessible: Callable[..., None], language: str
) -> None:
    """Each page in three widths and both themes. Languages take turns at the slow checks."""
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    for turn, address in enumerate(addresses()):
        page.goto(live_server.url + address)
        settle(page)
        assert page.get_attribute("html", "lang") == language
        assert_fits(page)
        if is_turn_of(language, turn):
            assert_accessible(page, with_colours=False)  # at 360 pixels
        for width, scheme in looks_of(language, turn):
            look_at(page, width, scheme)
            assert_accessible(page)
        if is_turn_of(language, turn + 1):
            look_at(page, WIDTHS[0], "light")
            walk(page)
            assert page.evaluate(UNREACHED) == [], address
    page.goto(f"{live_server.url}/calls/")
    assert_first_stop_skips_to_the_content(page)


def is_turn_of(language: str, turn: int) -> bool:
    return LANGUAGES[turn % len(LANGUAGES)] == language


def looks_of(language: str, turn: int) -> list[Look]:
    """Returns which widths and themes the page of this turn has in this language. Each look has one language."""
    return [look for place, look in enumerate(COLOURFUL) if is_turn_of(language, turn + place)]


def look_at(page: Page, width: int, scheme: Literal["light", "dark"]) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)


def assert_fits(page: Page) -> None:
    """Checks every width in both themes. Leaves the page light, at the narrowest width."""
    for width in WIDTHS:
        for scheme in ("dark", "light"):
            look_at(page, width, scheme)  # type: ignore[arg-type]
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (page.url, width)


def walk(page: Page) -> None:
    """Presses Tab until the focus is back at the first stop, or outside of the page; marks each stop."""
    page.evaluate("document.addEventListener('focusin', (event) => event.target.setAttribute('data-reached', ''))")
    page.evaluate("document.activeElement.setAttribute('data-reached', '')")  # a page may begin in a field
    for _ in range(MAX_STOPS // STOPS_AT_ONCE):
        for _ in range(STOPS_AT_ONCE):
            page.keyboard.down("Tab")
        page.keyboard.up("Tab")
        # Beyond its end the page begins again. One that begins in a field is walked from its end to its beginning too.
        if page.evaluate(UNREACHED) == []:
            return


def assert_first_stop_skips_to_the_content(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "content"
    assert page.locator("main, [role=main]").count() == 1
