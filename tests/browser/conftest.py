"""A real browser, where the machine has one: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import BrowserContext, BrowserType, Error, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from integrations.models import Customer
from integrations.services.directory.reading import read_directory
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, answered, missed, recorded

# The shell has no user interface of its own and needs less processor time.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    "--js-flags=--no-opt --no-maglev",  # Compiling the scripts costs more than a short-lived page gains.
]


@pytest.fixture
def scenario(transactional_db: None, make_scenario: Callable[..., Scenario], sandbox: Sandbox) -> Scenario:
    """A customer with a delivered, a missed and a skipped call, with requests that report no call, and with a
    directory.
    """
    scenario = make_scenario()
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    scenario.post(answered(**recorded(sandbox)))
    scenario.post(missed("+380501112233", uniqueid=f"{CALL_ID}1"))
    scenario.post(answered(connected_with="acmecom_newcomer", uniqueid=f"{CALL_ID}2"))
    for body in ({"caller": CLIENT}, '{"uniqueid": "1" "a": 2}', "", {"event": "chat_started", "chat_id": "7"}):
        scenario.post(body, event="")
    scenario.deliver()
    scenario.account.add_contact(name="Petro Koval", phones=["067 123-45-67"])
    Customer.objects.update(directory=True)
    read_directory(scenario.customer.pk)
    return scenario


class Tabs:
    """The tabs of one browser, one after another. They share the cache, so that styles and fonts load once."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context

    def new_page(
        self, *, width: int = 1280, height: int = 720, reduced_motion: bool = False, permissions: Sequence[str] = ()
    ) -> Page:
        """A tab without the cookies and stored values of earlier tabs."""
        self._context.clear_cookies()
        self._context.clear_permissions()
        self._context.grant_permissions(permissions)
        page = self._context.new_page()
        everything = {"origin": "*", "storageTypes": "local_storage"}
        self._context.new_cdp_session(page).send("Storage.clearDataForOrigin", everything)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(reduced_motion="reduce" if reduced_motion else "no-preference")
        return page


def started(chromium: BrowserType, profile: Path) -> BrowserContext:
    """Starts Chromium, and once more if it ends at its start: its shell crashed in one of some hundred starts."""
    try:
        return chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=QUIET)
    except Error:
        return chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=QUIET)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tabs]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        # Playwright's loop runs in this thread; Django would take our own database calls for calls from within it.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        context = started(playwright.chromium, tmp_path_factory.mktemp("chromium"))
        yield Tabs(context)
        context.close()
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


AXE = f"""{AXE_SCRIPT};
(() => {{
    const {{ prototype }} = axe.commons.color.Color;
    const parse = prototype.parseString;
    const known = new Map();
    prototype.parseString = function (text) {{
        if (!known.has(text)) known.set(text, parse.call(new axe.commons.color.Color(), text));
        const {{ r, g, b, alpha }} = known.get(text);
        return Object.assign(this, {{ r, g, b, alpha }});
    }};
}})();"""
"""axe-core, changed to parse each colour of a page once. By itself it parses the same few colours hundreds of times."""
GRAVE = """async (colours) => {
    // Content outside of landmarks is a moderate problem at most, and takes long to look for.
    const rules = { region: { enabled: false }, "color-contrast": { enabled: colours } };
    const found = await axe.run(document, { resultTypes: ["violations"], rules });
    const grave = found.violations.filter((each) => ["serious", "critical"].includes(each.impact));
    return Object.fromEntries(grave.map((each) => [each.id, each.nodes.map((node) => node.html)]));
}"""
SETTLED = """() => document.readyState === "complete" && document.fonts.status === "loaded"
    && !document.querySelector(".htmx-request")"""


@pytest.fixture
def assert_accessible() -> Callable[..., None]:
    """Fails if axe-core finds a serious or critical problem in the page. Call it after animations have ended.

    Without colours it takes a fifth of the time.
    """

    def check(page: Page, *, with_colours: bool = True) -> None:
        if page.evaluate("typeof axe === 'undefined'"):
            page.add_init_script(AXE)  # for the pages that this tab opens later
            page.evaluate(AXE)
        assert page.evaluate(GRAVE, with_colours) == {}, page.url

    return check


def settle(page: Page) -> None:
    """Waits for the page's fonts and for what htmx loads; not half a second for silence, as "networkidle" does."""
    page.wait_for_function(SETTLED)


@pytest.fixture
def sign_in(live_server: LiveServer) -> Callable[[Page, User], None]:
    """Logs a user in without the login page."""

    def sign(page: Page, user: User) -> None:
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])

    return sign
