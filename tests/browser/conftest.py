"""A real browser, where the machine has one: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from integrations.models import Customer
from integrations.services.directory.reading import read_directory
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, answered, missed, recorded

CHROMIUM = shutil.which("chromium")
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@pytest.fixture
def scenario(transactional_db: None, make_scenario: Callable[..., Scenario], sandbox: Sandbox) -> Scenario:
    """A customer with a delivered, a missed and a skipped call, with requests that tell of none, and a directory."""
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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        # Playwright's loop runs in this thread; Django would take our own database calls for calls from within it.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def assert_accessible() -> Callable[[Page], None]:
    """What axe-core finds serious or critical in the page as it stands; best after animations have ended."""

    def check(page: Page) -> None:
        found = Axe().run(page).response["violations"]
        grave = {
            violation["id"]: [node["html"] for node in violation["nodes"]]
            for violation in found
            if violation["impact"] in ("serious", "critical")
        }
        assert grave == {}, page.url

    return check


@pytest.fixture
def sign_in(live_server: LiveServer) -> Callable[[Page, User], None]:
    """Logs a user in without the login page."""

    def sign(page: Page, user: User) -> None:
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])

    return sign
