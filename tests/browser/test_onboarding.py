"""A specialist who has read no documentation connects a customer through the pages: few clicks, no command.

With SCREENSHOTS=docs/images in the environment the pictures of docs/onboarding.md are taken on the way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.contrib.auth import get_user_model
from playwright.sync_api import Page

from integrations.models import Customer
from sandbox.harness.processes import LocalStack, this_database, wait_until
from sandbox.state import DEFAULT_TOKEN
from tests.browser.conftest import Tabs
from tests.end_to_end.bodies import CLIENT, UTM, answered

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "correct horse"
MOST_CLICKS, MOST_FIELDS, MOST_NAMES = 8, 5, 18
PATIENCE_MILLISECONDS = 60_000


@pytest.fixture
def stack(transactional_db: None) -> Iterator[LocalStack]:
    """Web, worker and sandbox with the usual commands. The database has only an administrator."""
    get_user_model().objects.create_superuser("admin", password=PASSWORD)
    with LocalStack(environment=this_database(), quiet=True) as stack:
        stack.start_sandbox()
        stack.start_web(workers=1)
        stack.start_worker(concurrency=4)
        yield stack


class Specialist:
    """A specialist at a browser. It counts clicks and collects script errors."""

    def __init__(self, browser: Tabs) -> None:
        self.page: Page = browser.new_page(width=1280, height=800)
        self.page.set_default_timeout(PATIENCE_MILLISECONDS)
        self.clicks = self.fields = 0
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def click(self, role: Any, name: str) -> None:
        self.page.get_by_role(role, name=name).first.click()
        self.clicks += 1

    def types(self, label: str, text: str) -> None:
        self.page.get_by_label(label).first.fill(text)
        self.fields += 1

    def sees(self, text: str) -> None:
        self.page.get_by_text(text).first.wait_for()

    @property
    def names_to_paste(self) -> int:
        """The names of the parameters that the page lists for the two webhooks."""
        return self.page.locator("section[aria-labelledby^=event-] table tr").count()

    def picture(self, name: str, *, also_dark: bool = False) -> None:
        """Takes a picture for docs/ if SCREENSHOTS is set. Narrow pictures are dark."""
        if folder := os.environ.get("SCREENSHOTS"):
            self._take(Path(folder) / f"{name}.png")
            if also_dark:
                self._take(Path(folder) / f"{name}-dark.png", is_dark=True)

    def _take(self, file: Path, *, is_dark: bool = False) -> None:
        self.page.set_viewport_size({"width": 390 if is_dark else 1200, "height": 750})
        self.page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", is_dark)
        self.page.evaluate("document.querySelector('#connection')?.scrollIntoView({block: 'center'})")
        self.page.wait_for_load_state("networkidle")
        self.page.screenshot(path=file)
        self.page.evaluate("document.documentElement.classList.remove('dark')")
        self.page.set_viewport_size({"width": 1280, "height": 800})


def test_new_customer_is_connected_after_few_clicks_and_a_problem_is_explained(
    stack: LocalStack, browser: Tabs
) -> None:
    stack.control("POST", "/accounts/default/tasks", {"counterparty_id": None, "name": "Given by the robot"})
    specialist = Specialist(browser)

    webhook = connects(specialist, stack)
    requests.post(webhook, json=answered(), timeout=10).raise_for_status()

    wait_until(lambda: len(account(stack)["tag_entries"]) == 1, "the call to be in Planfix")
    [comment] = account(stack)["comments"]
    [contact] = [one for one in account(stack)["contacts"] if not one["isDeleted"]]  # The trial's is.
    assert (comment["author"], comment["contact"]) == ("user:5", contact["id"])
    assert (contact["phones"], contact["supervisors"]) == ([CLIENT], ["user:5"])
    [entry] = comment["tags"]
    assert entry["tag"] == "Call"
    assert {name: entry["values"][name] for name in UTM} == UTM
    names = specialist.names_to_paste
    print(f"{specialist.clicks} clicks, {specialist.fields} fields, {names} names pasted into Ringostat")
    assert (specialist.clicks <= MOST_CLICKS, specialist.fields <= MOST_FIELDS) == (True, True)
    assert 0 < names <= MOST_NAMES
    specialist.page.bring_to_front()
    specialist.sees("Open in Planfix")
    assert_connection_problem_is_explained_with_steps(specialist, stack)
    assert specialist.troubles == []


def connects(specialist: Specialist, stack: LocalStack) -> str:
    """All steps of a specialist, from the login to the address to paste into Ringostat."""
    page = specialist.page
    page.goto(f"{stack.web_url}/admin/integrations/customer/add/")
    log_in(specialist)

    specialist.types("Name", "Acme")
    specialist.types("Planfix account address", stack.sandbox_url)
    specialist.types("Planfix API token", DEFAULT_TOKEN)
    specialist.types("Ringostat project ID", "110070")
    specialist.types("Ringostat Auth-key", "ringostat-key")
    specialist.picture("add")
    specialist.click("button", "Save")

    specialist.sees("Connected. Calls can be delivered.")
    assert page.evaluate("scrollY") == 0  # the success message is in sight
    specialist.picture("connected", also_dark=True)
    specialist.click("link", "Next: match employees")
    specialist.sees("Suggested: the same e-mail")
    specialist.picture("employees", also_dark=True)
    specialist.click("button", "Save and continue")
    specialist.sees("3 employees included.")

    specialist.sees("Suggested: the same name")
    specialist.picture("utm")
    specialist.click("button", "Save and continue")
    Customer.objects.update(requests_per_second=50)  # A trial at the usual rate takes most of a minute.
    specialist.click("button", "Run trial")
    specialist.sees("answers as expected")
    specialist.click("link", "Next: add webhooks")
    specialist.sees("Waiting for the first webhook")
    specialist.picture("webhooks")
    address: str = page.locator("code", has_text="/after_call/").first.inner_text()
    return address.strip()


def log_in(specialist: Specialist) -> None:
    """Logs in. The login does not count as clicks."""
    specialist.types("Username", "admin")
    specialist.types("Password", PASSWORD)
    specialist.click("button", "Log in")
    specialist.clicks = specialist.fields = 0


def account(stack: LocalStack) -> Any:
    return stack.control("GET", "/accounts/default")


def assert_connection_problem_is_explained_with_steps(specialist: Specialist, stack: LocalStack) -> None:
    stack.control("POST", "/accounts/default/settings", {"scopes": ["contact_readonly", "datatag_readonly"]})
    customer = Customer.objects.create(
        name="Borshch", planfix_url=stack.sandbox_url, planfix_token=DEFAULT_TOKEN, requests_per_second=1000
    )
    specialist.page.goto(f"{stack.web_url}/admin/integrations/customer/{customer.pk}/change/")

    specialist.click("button", "Check access")

    specialist.sees("The token is missing permissions: create contacts, read comments, write comments")
    specialist.sees("Open the token, select contact_add, comment_readonly, comment_add")
    specialist.picture("trouble")
