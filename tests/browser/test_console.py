"""Pages that change without a reload: the status after the first webhook, the result of a dry run, and the first page.

And the list of employees, which is searched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from integrations.admin.customer.employee_mapping import MANY_ROWS
from integrations.background_jobs import run_job
from integrations.models import BackgroundJob, Call, CallState
from integrations.services.customers.import_export import webhook_address
from tests.browser.conftest import Tabs
from tests.conftest import Scenario
from tests.end_to_end.bodies import CLIENT, answered
from tests.factories import make_employee, make_superuser

POLL = "htmx.trigger('#dashboard', 'poll')"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def scenario(transactional_db: None, make_scenario: Callable[..., Scenario]) -> Scenario:
    scenario = make_scenario()
    scenario.account.add_contact(name="Olha", lastname="Koval", phones=[CLIENT])
    return scenario


@pytest.fixture
def page(browser: Tabs, live_server: LiveServer) -> Iterator[Page]:
    page = browser.new_page(permissions=["clipboard-read", "clipboard-write"])
    yield page
    page.close()


def test_status_of_the_first_webhook_the_result_of_a_dry_run_and_the_first_page_show_by_themselves(
    scenario: Scenario, page: Page, live_server: LiveServer, sign_in: Callable[[Page, User], None]
) -> None:
    customer = f"{live_server.url}/admin/integrations/customer/{scenario.customer.pk}"
    sign_in(page, make_superuser())

    page.goto(f"{customer}/webhook-setup/")
    expect(page.get_by_text("Waiting for the first webhook…")).to_be_visible()
    page.get_by_role("button", name="Copy address: after the call").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{webhook_address(scenario.customer)}after_call/"
    scenario.post(answered())
    expect(page.get_by_text("Receiving webhooks")).to_be_visible()

    page.get_by_role("link", name="Dry run").click()
    page.get_by_label("Client's number").fill(CLIENT)
    page.get_by_role("button", name="Test call").click()
    expect(page.get_by_text("Waiting for the worker…")).to_be_visible()
    run_job(BackgroundJob.objects.latest("pk").pk)
    expect(page.get_by_text("Olha Koval has this number.")).to_be_visible()
    expect(page.get_by_text("Nothing was written.")).to_be_visible()

    page.goto(f"{live_server.url}/admin/")
    Call.objects.update(state=CallState.FAILED, reason="refused", finished_at=timezone.now(), due_at=None)
    failed = page.get_by_role("link", name="Failed: 1")
    search = page.get_by_label("Search customers")
    search.fill("Acme")
    with page.expect_response(lambda each: "/admin/news/" in each.url):
        page.evaluate(POLL)
    expect(search).to_have_value("Acme")
    expect(failed).to_have_count(0)
    search.fill("")
    search.blur()
    page.evaluate(POLL)
    expect(failed).to_be_visible()


def test_long_list_of_employees_is_searched_and_narrowed_to_the_unmatched(
    scenario: Scenario, page: Page, live_server: LiveServer, sign_in: Callable[[Page, User], None]
) -> None:
    for number in range(MANY_ROWS):
        make_employee(scenario.customer, name=f"Employee {number}", staff_id=f"9{number}")
    scenario.post(answered(connected_with="acmecom_newcomer"))
    scenario.deliver()
    sign_in(page, make_superuser())
    page.goto(f"{live_server.url}/admin/integrations/customer/{scenario.customer.pk}/employees/")
    rows = page.locator("[data-employee]:visible")

    page.get_by_label("Search employees").fill("LOYEE 7")
    expect(rows).to_have_count(1)
    page.get_by_label("Search employees").fill("")
    page.get_by_label("Only unmatched (1)").check()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("acmecom_newcomer")
