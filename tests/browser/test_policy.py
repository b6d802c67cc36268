"""In a real browser no page violates the content security policy, and an injected script does not run.

test_every_page.py looks for violations too. Here are pages that it does not open, and those that show what others sent.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from integrations.models import Call
from tests.browser.conftest import Tabs, settle
from tests.factories import make_call, make_customer, make_event, make_request, make_superuser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "correct horse battery"


@pytest.fixture
def refusals(page: Page) -> list[str]:
    """The browser's messages about what it refused so far. They name the hash that would allow it."""
    found: list[str] = []
    page.on(
        "console", lambda message: found.append(message.text) if "Content Security Policy" in message.text else None
    )
    return found


@pytest.fixture
def page(browser: Tabs) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def call(transactional_db: None) -> Call:
    call = make_call(make_customer(), client_number="<img src=x onerror=document.title='run'>")
    make_event(call, body=b"<script>document.title='run'</script>")
    make_request(call)
    return call


def log_in(page: Page, server: LiveServer) -> User:
    user = make_superuser()
    user.set_password(PASSWORD)
    user.save()
    page.goto(f"{server.url}/calls/")
    page.fill("input[name=username]", user.username)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/calls/")
    return user


def test_no_page_violates_the_content_security_policy(
    page: Page, refusals: list[str], live_server: LiveServer, call: Call
) -> None:
    page.goto(f"{live_server.url}/admin/login/")
    user = log_in(page, live_server)
    customer = f"/admin/integrations/customer/{call.customer_id}"
    addresses = [
        "/calls/",
        "/calls/?state=failed",
        f"/calls/{call.pk}/",
        "/api/v1/docs/",
        "/admin/problems/",
        f"{customer}/history/",
        f"{customer}/delete/",
        "/admin/integrations/webhookevent/",
        "/admin/integrations/planfixrequest/",
        f"/admin/auth/user/{user.pk}/change/",
        f"/admin/auth/user/{user.pk}/password/",
        "/admin/auth/group/add/",
        "/account/password/",
        "/calls/export.xlsx",
    ]
    for address in addresses:
        page.goto(live_server.url + address)
        settle(page)
        assert page.title() != "run", address
    assert refusals == []


def test_api_documentation_page_is_rendered(page: Page, live_server: LiveServer, call: Call) -> None:
    log_in(page, live_server)
    page.goto(f"{live_server.url}/api/v1/docs/")

    page.get_by_text("/api/v1/calls/", exact=True).first.wait_for()


def test_injected_script_does_not_run(page: Page, refusals: list[str], live_server: LiveServer, call: Call) -> None:
    log_in(page, live_server)
    for tag in ("<script>document.title='run'</script>", "<img src=x onerror=\"document.title='run'\">"):
        page.evaluate("tag => document.body.append(document.createRange().createContextualFragment(tag))", tag)
    page.wait_for_function("() => document.images.length > 0 && [...document.images].every(image => image.complete)")

    assert page.title() != "run"
    assert len(refusals) == 2
