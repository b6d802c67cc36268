"""Every page for everybody: axe finds nothing serious, and the keyboard alone reaches every control."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from integrations.models import Call, Customer
from sandbox.state import Sandbox
from tests.browser.test_pages import CUSTOMER_PAGES
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, answered, missed, recorded
from tests.factories import make_superuser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS = (1440, 390, 360)
SCHEMES = ("light", "dark")
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
def scenario(transactional_db: None, make_scenario: Callable[..., Scenario], sandbox: Sandbox) -> Scenario:
    scenario = make_scenario()
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    scenario.post(answered(**recorded(sandbox)))
    scenario.post(missed("+380501112233", uniqueid=f"{CALL_ID}1"))
    scenario.post(answered(connected_with="acmecom_newcomer", uniqueid=f"{CALL_ID}2"))
    scenario.deliver()
    return scenario


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, sign_in: Callable[..., None], scenario: Scenario) -> Iterator[Page]:
    page = browser.new_page()
    sign_in(page, make_superuser())
    yield page
    page.close()


def addresses() -> list[str]:
    customer, call = Customer.objects.get(), Call.objects.get(ringostat_id=CALL_ID)
    return [
        "/calls/",
        "/calls/?state=skipped&direction=incoming",
        f"/calls/{call.pk}/",
        "/calls/waiting/",
        "/calls/exports/",
        "/calls/api/",
        "/calls/second-factor/",
        "/account/",
        "/admin/",
        "/admin/problems/",
        "/admin/system/",
        *(f"/admin/integrations/customer/{customer.pk}/{page}/" for page in CUSTOMER_PAGES),
        "/admin/integrations/webhookevent/",
        "/admin/integrations/planfixrequest/",
        "/admin/integrations/alert/",
        "/admin/integrations/work/",
        "/admin/admin/logentry/",
        "/admin/auth/user/",
        "/admin/auth/user/add/",
    ]


def test_axe_finds_nothing_serious_on_any_page_in_both_themes_on_three_widths(
    page: Page, live_server: LiveServer, assert_accessible: Callable[[Page], None]
) -> None:
    for address in addresses():
        page.goto(live_server.url + address)
        page.wait_for_load_state("networkidle")
        for width in WIDTHS:
            for scheme in SCHEMES:
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                assert_accessible(page)


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
                return here === document.body || isFirst;
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
