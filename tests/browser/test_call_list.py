"""The call list in a browser: filters, saved views, scrolling, new calls and errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Literal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from integrations.calllog.list.keyset_paging import PAGE_SIZE
from integrations.models import Call, CallState, Customer, UserSession
from integrations.services.missed_calls.called_back import fold_missed_calls
from tests.browser.conftest import Tabs
from tests.factories import MISSED, call_facts, make_call, make_customer, make_employee, make_superuser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SignIn = Callable[[Page, User], None]


@pytest.fixture
def page(browser: Tabs) -> Iterator[Page]:
    page = browser.new_page(width=1440, height=900)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    yield page
    page.close()
    assert troubles == []


@pytest.fixture
def customer(transactional_db: None) -> Customer:
    return make_customer()


@pytest.fixture
def specialist(transactional_db: None) -> User:
    return make_superuser()


def some_calls(customer: Customer, number: int, **columns: object) -> list[Call]:
    """Calls that are a minute apart, the newest first."""
    now = timezone.now()
    return [make_call(customer, started_at=now - timedelta(minutes=back), **columns) for back in range(number)]


def open_list(page: Page, server: LiveServer, query: str = "") -> None:
    page.goto(f"{server.url}/calls/{query}")
    expect(page.locator("#chart h3")).to_be_visible()


def test_axe_finds_no_serious_problem_on_the_call_list(
    page: Page,
    live_server: LiveServer,
    customer: Customer,
    specialist: User,
    sign_in: SignIn,
    assert_accessible: Callable[..., None],
) -> None:
    def assert_accessible_in_both_themes() -> None:
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert_accessible(page)

    page.goto(f"{live_server.url}/calls/login/")
    assert_accessible_in_both_themes()
    sign_in(page, specialist)
    open_list(page, live_server)
    assert_accessible_in_both_themes()
    employee = make_employee(customer)
    calls = [make_call(customer, state=state, reason="refused", employee=employee) for state in CallState]
    make_call(customer, call_facts(**MISSED), started_at=timezone.now())
    open_list(page, live_server, "?direction=incoming")
    page.evaluate("for (const details of document.querySelectorAll('main details')) details.open = true")
    assert_accessible_in_both_themes()
    page.goto(f"{live_server.url}/calls/{calls[2].pk}/")
    assert_accessible_in_both_themes()


def test_chart_bar_and_state_filter_the_list_and_can_be_removed(
    page: Page, live_server: LiveServer, customer: Customer, specialist: User, sign_in: SignIn
) -> None:
    noon = timezone.now().astimezone(customer.zone).replace(hour=12)
    make_call(customer, started_at=noon - timedelta(days=1))
    make_call(customer, started_at=noon - timedelta(days=2))
    make_call(customer, started_at=noon - timedelta(days=2), state=CallState.FAILED)
    sign_in(page, specialist)
    open_list(page, live_server)
    rows = page.locator("#rows [data-row]")
    expect(rows).to_have_count(3)

    page.locator(".calls-bars a").nth(11).click()
    expect(rows).to_have_count(2)
    page.get_by_role("navigation", name="Calls by state").get_by_role("link", name="Failed").click()
    expect(rows).to_have_count(1)
    page.get_by_role("link", name="State: Failed").click()
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="Show all calls").click()
    expect(rows).to_have_count(3)


def test_saved_view_is_kept_and_opens_by_default_and_its_name_runs_no_shortcut(
    page: Page, live_server: LiveServer, customer: Customer, specialist: User, sign_in: SignIn
) -> None:
    some_calls(customer, 2)
    some_calls(customer, 1, state=CallState.FAILED)
    sign_in(page, specialist)
    open_list(page, live_server, "?state=failed")

    page.get_by_text("Save view").click()
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("jk What failed")
    page.get_by_label("Default view").check()
    page.get_by_label("Name").press("Enter")
    expect(page.get_by_text("The view “jk What failed” was saved.")).to_be_visible()
    page.goto(f"{live_server.url}/calls/")

    expect(page.locator("#rows [data-row]")).to_have_count(1)
    expect(page.get_by_role("link", name="jk What failed")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="Delete view").click()
    expect(page.get_by_text("The view “jk What failed” was deleted.")).to_be_visible()


def test_scrolling_loads_older_calls_until_the_end(
    page: Page, live_server: LiveServer, customer: Customer, specialist: User, sign_in: SignIn
) -> None:
    some_calls(customer, PAGE_SIZE + 7)
    sign_in(page, specialist)
    open_list(page, live_server)

    page.mouse.wheel(0, 100_000)

    expect(page.locator("#rows [data-row]")).to_have_count(PAGE_SIZE + 7)
    expect(page.get_by_text("Show older calls")).to_have_count(0)


def test_a_new_call_is_announced_and_shown_on_top_without_a_jump(
    page: Page, live_server: LiveServer, customer: Customer, specialist: User, sign_in: SignIn
) -> None:
    some_calls(customer, 3)
    sign_in(page, specialist)
    open_list(page, live_server)
    rows = page.locator("#rows [data-row]")
    before = rows.first.bounding_box()
    new = make_call(customer, started_at=timezone.now() + timedelta(seconds=1))

    page.evaluate("htmx.trigger('#news', 'poll')")
    banner = page.get_by_role("link", name="1 new call: show it")
    expect(banner).to_be_visible()
    assert rows.first.bounding_box() == before
    banner.click()

    expect(rows).to_have_count(4)
    expect(rows.first.get_by_role("link").first).to_have_attribute("href", f"/calls/{new.pk}/")
    expect(page.locator("#news a")).to_have_count(0)
    expect(page.locator("#chips a").first).to_contain_text("4")


def test_keyboard_moves_in_the_list_opens_a_call_and_focuses_the_search(
    page: Page, live_server: LiveServer, customer: Customer, specialist: User, sign_in: SignIn
) -> None:
    calls = some_calls(customer, 3)
    sign_in(page, specialist)
    open_list(page, live_server)

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    search = page.get_by_role("searchbox")
    expect(search).to_be_focused()
    page.keyboard.press("j")
    expect(search).to_have_value("j")
    search.fill("")
    search.blur()
    for key in "jjk":
        page.keyboard.press(key)
    page.keyboard.press("j")
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/calls/{calls[1].pk}/")


@pytest.mark.parametrize(("signed_out", "words"), [(True, "You have been logged out."), (False, "try again")])
def test_error_while_scrolling_says_what_to_do(
    page: Page,
    live_server: LiveServer,
    customer: Customer,
    specialist: User,
    sign_in: SignIn,
    signed_out: bool,
    words: str,
) -> None:
    some_calls(customer, PAGE_SIZE + 1)
    sign_in(page, specialist)
    open_list(page, live_server)
    if signed_out:
        UserSession.objects.all().delete()
    else:
        page.context.set_offline(True)

    page.mouse.wheel(0, 100_000)

    trouble = page.locator("#rows [data-load-error]")
    expect(trouble).to_contain_text(words)
    expect(trouble).to_be_visible()
    if not signed_out:
        page.context.set_offline(False)
        trouble.get_by_role("button", name="Try again").click()
        expect(page.locator("#rows [data-row]")).to_have_count(PAGE_SIZE + 1)


@pytest.mark.parametrize(
    ("path", "title", "words"),
    [
        ("/calls/?number=380671234567", "Calls over time", "The chart could not be loaded."),
        ("/calls/waiting/", "By UTM source", "The table could not be loaded."),
    ],
)
def test_part_that_is_loaded_when_opened_can_be_loaded_again_after_an_error(
    page: Page,
    live_server: LiveServer,
    customer: Customer,
    specialist: User,
    sign_in: SignIn,
    path: str,
    title: str,
    words: str,
) -> None:
    make_call(customer, call_facts(**MISSED | {"exact_start": timezone.now() - timedelta(hours=1)}))
    fold_missed_calls()
    sign_in(page, specialist)
    page.goto(f"{live_server.url}{path}")
    page.context.set_offline(True)
    part = page.locator("details", has=page.locator("summary", has_text=title))
    part.locator("summary").first.click()
    expect(part.get_by_role("alert")).to_contain_text(words)
    page.context.set_offline(False)

    part.get_by_role("button", name="Try again").click()

    expect(part.get_by_role("alert")).to_be_hidden()
    expect(part.locator("table").first).to_be_attached()


def test_ten_calls_are_visible_at_once(
    page: Page, live_server: LiveServer, customer: Customer, specialist: User, sign_in: SignIn
) -> None:
    some_calls(customer, 12, state=CallState.SKIPPED, reason="unknown_employee")
    sign_in(page, specialist)
    open_list(page, live_server)

    tenth = page.locator("#rows [data-row]").nth(9).bounding_box()

    assert tenth
    assert tenth["y"] + tenth["height"] <= 900


def test_search_box_suggests_by_keyboard_and_leads_to_the_calls(
    page: Page, live_server: LiveServer, customer: Customer, specialist: User, sign_in: SignIn
) -> None:
    (call,) = some_calls(customer, 1)
    sign_in(page, specialist)
    page.goto(f"{live_server.url}/admin/integrations/webhookevent/")

    page.keyboard.press("/")
    page.keyboard.type("067 123-45-67")
    expect(page.locator(".site-search-results a")).to_contain_text("+380 67 123 45 67")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url("**/calls/?number=067+123-45-67")
    expect(page.locator("#rows [data-row]")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type(call.ringostat_id)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/calls/{call.pk}/")


def test_click_anywhere_in_a_row_opens_the_call_and_its_number_can_be_selected(
    page: Page, live_server: LiveServer, customer: Customer, specialist: User, sign_in: SignIn
) -> None:
    (call,) = some_calls(customer, 1)
    sign_in(page, specialist)
    open_list(page, live_server)

    page.locator(".calls-client").dblclick()
    assert page.evaluate("String(getSelection())")
    assert page.url.endswith("/calls/")

    state = page.locator("#rows .calls-state").bounding_box()
    assert state
    page.mouse.click(state["x"] + state["width"] - 4, state["y"] + 4)
    page.wait_for_url(f"**/calls/{call.pk}/")


def test_delivered_call_changes_its_row_and_the_counts_by_itself(
    page: Page, live_server: LiveServer, customer: Customer, specialist: User, sign_in: SignIn
) -> None:
    (call,) = some_calls(customer, 1, state=CallState.PENDING)
    sign_in(page, specialist)
    open_list(page, live_server)
    row = page.locator("#rows [data-row]")
    row.get_by_role("checkbox").check()
    expect(row).to_contain_text("Waiting")

    Call.objects.filter(pk=call.pk).update(state=CallState.DELIVERED, due_at=None)

    expect(row).to_contain_text("In Planfix", timeout=15_000)
    expect(row.get_by_role("checkbox")).to_be_checked()
    expect(page.get_by_role("link", name="In Planfix 1")).to_be_visible()
