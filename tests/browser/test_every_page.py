"""Every page, visited once in each language, opens without an error, fits the window and is accessible. The keyboard
reaches every control.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.browser.addresses import addresses
from tests.browser.conftest import Tabs, settle
from tests.conftest import Scenario
from tests.factories import make_superuser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

UNCLEAR = Path(__file__).with_name("unclear.js").read_text()
Scheme = Literal["light", "dark"]
Look = tuple[int, Scheme]
WIDEST = 1440
FITTING: list[tuple[int, tuple[Scheme, Scheme]]] = [
    (1440, ("dark", "light")),
    (390, ("light", "dark")),
    (360, ("dark", "light")),
]
"""Every width with both themes, in an order with few changes of the theme, because each change takes long."""
COLOURFUL: list[Look] = [(width, scheme) for width in (1440, 390) for scheme in ("light", "dark")]
"""At 360 pixels the colours are those of 390."""
LANGUAGES = ("en", "uk", "pl", "ru")
MAX_STOPS = 400
STOPS_AT_ONCE = 20

MARK_STOPS = """() => document.addEventListener("focusin", ({ target }) => {
    const boxes = [target, target.parentElement, target.parentElement.parentElement];
    const isMarked = boxes.some((each) => getComputedStyle(each).outlineStyle !== "none");
    target.setAttribute("data-reached", "");
    if (!isMarked) target.setAttribute("data-unmarked", "");
})"""
"""Marks each stop, and those that do not show the focus."""
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

TOO_WIDE = """() => {
    if (document.documentElement.scrollWidth > window.innerWidth) return ["the page"];
    const cards = [...document.querySelectorAll(".calls-row, .console-customer, #result_list tr")];
    const isOutside = (label, card) => label.getBoundingClientRect().right > card.getBoundingClientRect().right + 1;
    return cards
        .flatMap((card) => [...card.querySelectorAll("span")].filter((label) => isOutside(label, card)))
        .filter((label) => label.checkVisibility())
        .map((label) => label.outerHTML.slice(0, 160));
}"""
"""The page, if it is wider than the window; labels that stick out of the card of their row."""


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
            assert page.evaluate(UNCLEAR) == [], (address, width, scheme)
        if is_turn_of(language, turn + 1):
            look_at(page, WIDEST, "light")
            walk(page)
            assert page.evaluate(UNREACHED) == [], address
            assert page.evaluate(UNCLEAR) == [], address
    page.goto(f"{live_server.url}/calls/")
    assert_first_stop_skips_to_the_content(page)
    assert_user_menu_opens_by_keyboard(page)


def is_turn_of(language: str, turn: int) -> bool:
    return LANGUAGES[turn % len(LANGUAGES)] == language


def looks_of(language: str, turn: int) -> list[Look]:
    """Returns which widths and themes the page of this turn has in this language. Each look has one language."""
    return [look for place, look in enumerate(COLOURFUL) if is_turn_of(language, turn + place)]


def look_at(page: Page, width: int, scheme: Scheme) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)


def assert_fits(page: Page) -> None:
    """Checks every width in both themes. Leaves the page light, at the narrowest width."""
    for width, schemes in FITTING:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate(TOO_WIDE) == [], (page.url, width, scheme)


def walk(page: Page) -> None:
    """Presses Tab until the focus is back at the first stop, or outside of the page; marks each stop, and those that do
    not show the focus.
    """
    page.evaluate(MARK_STOPS)
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


def assert_user_menu_opens_by_keyboard(page: Page) -> None:
    look_at(page, WIDEST, "light")
    page.locator("[role=button]", has_text="unfold_more").press("Enter")
    page.locator("#logout-form").wait_for()
