"""Every page in Debian's Firefox: it opens without an error and fits; and a recording plays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from integrations.models import Call
from tests.browser.addresses import addresses
from tests.browser.firefox import Firefox, started
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID
from tests.factories import make_superuser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")

PLAYED = """new Promise((done) => {
    const audio = document.querySelector("audio");
    audio.muted = true;
    audio.addEventListener("timeupdate", () => audio.currentTime > 0 && done(audio.currentTime));
    audio.addEventListener("error", () => done(audio.error.message));
    audio.play().catch((error) => done(String(error)));
})"""


@pytest.fixture(scope="session")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    if FIREFOX is None:
        pytest.skip("Firefox is not installed (Debian: apt-get install firefox-esr)")
    with started(FIREFOX, tmp_path_factory.mktemp("firefox")) as firefox:
        yield firefox


@pytest.fixture
def signed_in(firefox: Firefox, scenario: Scenario, live_server: LiveServer) -> Firefox:
    client = Client()
    client.force_login(make_superuser())
    name = settings.SESSION_COOKIE_NAME
    firefox.add_cookie(name, client.cookies[name].value, live_server.thread.host)
    return firefox


def test_firefox_opens_every_page_without_an_error_and_plays_a_recording(
    signed_in: Firefox, live_server: LiveServer
) -> None:
    """One test, because each process of pytest-xdist would start a Firefox of its own."""
    for address in addresses():
        signed_in.open(live_server.url + address)
        assert signed_in.evaluate("performance.getEntriesByType('navigation')[0].responseStatus") == 200, address
        for width in (1440, 390):
            signed_in.resize(width, 900)
            assert signed_in.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, width)
            # A font that still loads when the page is left would count as an error.
            signed_in.evaluate("document.fonts.ready.then(() => true)")
        assert signed_in.take_errors() == [], address

    signed_in.open(f"{live_server.url}/calls/{Call.objects.get(ringostat_id=CALL_ID).pk}/")
    assert signed_in.evaluate(PLAYED) > 0
