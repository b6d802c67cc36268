"""One call in a real browser: the recording, the stored bodies, the updates of a waiting call, and bulk retries."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from integrations.background_jobs import run_job
from integrations.models import BackgroundJob, Call, CallState
from sandbox.state import Sandbox
from tests.browser.conftest import Tabs, settle
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, CLIENT, answered, recorded
from tests.factories import make_user

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PICTURE = "#player svg"
PLAYED = "document.querySelector('audio').currentTime > 0.3"


@pytest.fixture
def scenario(transactional_db: None, make_scenario, sandbox: Sandbox) -> Scenario:
    """A customer with one delivered call that was recorded."""
    scenario = make_scenario()
    scenario.account.add_contact(name="Olha Koval", phones=[CLIENT])
    scenario.post(answered(**recorded(sandbox)))
    scenario.deliver()
    make_user("admin", is_staff=True, is_superuser=True)
    return scenario


@pytest.fixture
def page(browser: Tabs, live_server: LiveServer, scenario: Scenario) -> Iterator[Page]:
    """A page of an administrator. An error in a script fails the test."""
    client = Client()
    client.force_login(get_user_model().objects.get(username="admin"))
    page = browser.new_page(width=1280, height=900)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    yield page
    page.close()
    assert troubles == []


def open_call(page: Page, server: LiveServer, call: Call) -> None:
    page.goto(f"{server.url}/calls/{call.pk}/")


def audio(page: Page, expression: str) -> object:
    return page.evaluate(f"document.querySelector('audio').{expression}")


def test_a_recording_is_played_by_mouse_and_keyboard(scenario: Scenario, page: Page, live_server: LiveServer) -> None:
    open_call(page, live_server, scenario.call(CALL_ID))
    player = page.get_by_role("region", name="Recording")
    position = player.get_by_role("slider", name="Position")
    expect(player.get_by_text("0:00 of 2:04")).to_be_visible()

    player.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(PLAYED)
    expect(player.get_by_text("Above: the client. Below: the employee.")).to_be_visible()
    page.keyboard.press("k")
    expect(player.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert audio(page, "paused") is True

    page.keyboard.press("j")
    assert audio(page, "currentTime") == 0
    position.focus()
    page.keyboard.press("ArrowRight")
    assert audio(page, "currentTime") == 1
    assert position.get_attribute("aria-valuetext") == "0:01 of 0:03"

    player.get_by_role("combobox", name="Speed").select_option("2×")
    assert audio(page, "playbackRate") == 2
    page.keyboard.press("<")
    assert audio(page, "playbackRate") == 1.5


def test_waveform_is_drawn_from_the_response_that_is_played(
    scenario: Scenario, page: Page, live_server: LiveServer, assert_accessible: Callable[..., None]
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/recording") else None)
    open_call(page, live_server, scenario.call(CALL_ID))
    settle(page)
    assert asked == []

    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator(PICTURE)).to_be_visible()
    page.wait_for_function(PLAYED)
    page.keyboard.press("k")

    assert len(asked) == 1
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert_accessible(page)


def test_click_on_the_waveform_seeks(scenario: Scenario, page: Page, live_server: LiveServer) -> None:
    open_call(page, live_server, scenario.call(CALL_ID))
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(PLAYED)
    page.keyboard.press("k")
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert_click_seeks(page)


def assert_click_seeks(page: Page) -> None:
    page.locator(PICTURE).scroll_into_view_if_needed()
    box = page.locator(PICTURE).bounding_box()
    assert box

    def heard_at(share: float) -> None:
        played = page.locator(f"{PICTURE} .played").bounding_box()
        assert audio(page, "currentTime / document.querySelector('audio').duration") == pytest.approx(share, abs=0.02)
        assert played
        assert played["width"] == pytest.approx(share * box["width"], abs=0.02 * box["width"])

    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 5)
    page.mouse.down()
    heard_at(0.25)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 400)
    page.mouse.up()
    page.mouse.move(box["x"], box["y"] + 5)
    heard_at(0.5)
    expect(page.get_by_role("slider", name="Position")).to_be_focused()
    page.keyboard.press("Home")
    heard_at(0)


def test_undecodable_recording_leaves_the_player_unchanged(
    scenario: Scenario, page: Page, live_server: LiveServer
) -> None:
    page.route("**/recording", lambda route: route.fulfill(content_type="audio/wav", body="no sound"))
    open_call(page, live_server, scenario.call(CALL_ID))

    page.get_by_role("button", name="Play", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("The recording cannot be played.")
    expect(page.locator(PICTURE)).to_be_hidden()
    expect(page.get_by_role("slider", name="Position")).to_be_visible()
    page.unroute("**/recording")
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(PLAYED)
    expect(page.locator(PICTURE)).to_be_visible()


def test_large_recording_is_played_in_chunks_without_a_waveform(
    scenario: Scenario, page: Page, live_server: LiveServer
) -> None:
    ranges: list[str | None] = []

    def enlarge(route: Route) -> None:
        ranges.append(route.request.headers.get("range"))
        if ranges[-1]:
            return route.continue_()
        answer = route.fetch()
        return route.fulfill(response=answer, headers=answer.headers | {"content-length": "20000001"})

    page.route("**/recording", enlarge)
    open_call(page, live_server, scenario.call(CALL_ID))

    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(PLAYED)

    assert ranges == [None, "bytes=0-"]
    expect(page.locator(PICTURE)).to_be_hidden()


def test_expired_recording_is_explained_and_can_be_retried(
    scenario: Scenario, page: Page, live_server: LiveServer, sandbox: Sandbox
) -> None:
    sandbox.ringostat.not_ready.add(CALL_ID)
    open_call(page, live_server, scenario.call(CALL_ID))
    player = page.get_by_role("region", name="Recording")

    player.get_by_role("button", name="Play", exact=True).click()
    expect(player.get_by_role("alert")).to_contain_text("is not available in Ringostat")

    sandbox.ringostat.not_ready.clear()
    player.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(PLAYED)
    expect(player.get_by_role("alert")).to_be_empty()


def test_webhook_bodies_are_loaded_when_their_line_is_opened_and_a_failure_is_explained(
    scenario: Scenario, page: Page, live_server: LiveServer
) -> None:
    open_call(page, live_server, scenario.call(CALL_ID))
    requests = page.get_by_role("region", name="Requests to Planfix")

    requests.locator("summary").first.focus()
    page.keyboard.press("Enter")

    expect(requests.locator("pre").first).to_contain_text('"type": 4003')
    expect(requests.get_by_text("Response")).to_be_visible()

    page.route("**/webhooks/*/", lambda route: route.abort())
    page.get_by_role("region", name="Webhooks from Ringostat").locator("summary").first.click()
    expect(page.get_by_text("Loading failed.")).to_be_visible()


def test_page_of_a_waiting_call_refreshes_and_keeps_open_lines_and_player(
    scenario: Scenario, page: Page, live_server: LiveServer, sandbox: Sandbox
) -> None:
    waiting = f"{CALL_ID}1"
    scenario.post(answered(uniqueid=waiting, **recorded(sandbox, waiting)))
    open_call(page, live_server, scenario.call(waiting))
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(PLAYED)
    page.get_by_role("region", name="Webhooks from Ringostat").locator("summary").first.click()
    expect(page.locator("details[open] pre")).to_contain_text(waiting)

    scenario.deliver()

    expect(page.locator("#call-summary").get_by_text("In Planfix since")).to_be_visible(timeout=15_000)
    expect(page.locator("details[open] pre")).to_contain_text(waiting)
    expect(page.locator("#call-summary")).not_to_have_attribute("hx-trigger", "every 3s")
    assert audio(page, "currentTime") > 0


def test_logged_out_user_sees_the_log_in_page(scenario: Scenario, page: Page, live_server: LiveServer) -> None:
    waiting = f"{CALL_ID}1"
    scenario.post(answered(uniqueid=waiting))
    open_call(page, live_server, scenario.call(waiting))

    page.context.clear_cookies()

    page.wait_for_url("**/calls/login/**", timeout=15_000)


def test_failed_call_is_resolved_with_a_note(scenario: Scenario, page: Page, live_server: LiveServer) -> None:
    call = scenario.call(CALL_ID)
    Call.objects.update(state=CallState.FAILED, reason="refused", detail="No such template.")
    open_call(page, live_server, call)

    button = page.get_by_text("Mark as resolved…")
    place = button.bounding_box()
    button.click()
    assert button.bounding_box() == place  # the form opens below it
    page.get_by_label("Resolution note").fill("called back")
    page.keyboard.press("Enter")

    expect(page.get_by_text("The call is marked as resolved.")).to_be_visible()
    expect(page.get_by_text("by admin: called back.")).to_be_visible()


def test_chosen_calls_of_the_list_are_retried(scenario: Scenario, page: Page, live_server: LiveServer) -> None:
    for number in range(3):
        scenario.post(answered(connected_with="acmecom_newcomer", uniqueid=f"{CALL_ID}{number}"))
    scenario.deliver()
    page.goto(f"{live_server.url}/calls/?state=skipped")
    send = page.get_by_role("button", name="Retry calls…")
    expect(send).to_be_hidden()

    page.get_by_role("checkbox", name="Select the call with").nth(1).check()
    expect(page.get_by_text("Selected: 1")).to_be_visible()
    page.get_by_label("Select visible").check()
    expect(page.get_by_text("Selected: 3")).to_be_visible()
    send.click()

    expect(page.get_by_role("heading", name="3 calls will be retried")).to_be_visible()
    page.get_by_role("button", name="Retry calls").click()
    expect(page.get_by_text("Waiting for the worker…")).to_be_visible()
    run_job(BackgroundJob.objects.get().pk)
    expect(page.get_by_text("3 calls were retried.")).to_be_visible(timeout=15_000)
    page.get_by_role("link", name="Back to the list").click()
    page.wait_for_url("**/calls/?state=skipped")
