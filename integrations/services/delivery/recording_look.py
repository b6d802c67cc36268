"""Looks at what is behind a recording's link before Planfix copies it: one bounded request to Ringostat."""

from __future__ import annotations

import time
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import requests
from requests.exceptions import InvalidURL

from integrations.domain.sound import FIRST_BYTES, is_text, sound_suffix
from integrations.outbound.public_session import TRANSPORT_ERRORS, exchange_timeout, public_session, seconds_left

CONNECT_SECONDS, READ_SECONDS, SECONDS = 4.0, 5.0, 8.0
REFUSALS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "Ringostat does not give the recording out: access to recordings may be restricted",
    HTTPStatus.FORBIDDEN: "Ringostat does not give the recording out: access to recordings may be restricted",
}
SOUND_TYPES = ("audio/", "application/octet-stream", "binary/octet-stream", "application/ogg", "video/mp4")


@dataclass(frozen=True, kw_only=True)
class Look:
    """`problem`: why the link has no sound (yet), "" if it has. `suffix`: the ending of the file's name."""

    problem: str
    suffix: str = ""


def look_at(url: str) -> Look:
    """Reads the first bytes behind a link whose host was checked. Never raises, never follows a redirect."""
    deadline = time.monotonic() + SECONDS
    try:
        with public_session().get(
            url,
            headers={"Range": f"bytes=0-{FIRST_BYTES - 1}", "Accept-Encoding": "identity", "User-Agent": "Ringofix"},
            timeout=exchange_timeout(connect=CONNECT_SECONDS, read=READ_SECONDS, total=seconds_left(deadline)),
            stream=True,
            allow_redirects=False,
        ) as answer:
            return _look(answer, PurePosixPath(urlsplit(url).path).suffix.lower())
    except InvalidURL:
        return Look(problem="the recording's link is not a public address")
    except TRANSPORT_ERRORS:
        return Look(problem="Ringostat did not answer when the recording was looked at")


def _look(answer: requests.Response, suffix: str) -> Look:
    if 300 <= answer.status_code < 400:
        return _look_at_redirect(answer.headers.get("Location", ""))
    if answer.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        problem = REFUSALS.get(answer.status_code, "the recording is not ready yet")
        return Look(problem=f"{problem} (HTTP {answer.status_code})")
    first = answer.raw.read(FIRST_BYTES, decode_content=True)
    if not first:
        return Look(problem="the recording is still empty")
    if found := sound_suffix(first):
        return Look(problem="", suffix=found)
    if is_text(first) or not answer.headers.get("Content-Type", "audio/").lower().startswith(SOUND_TYPES):
        return Look(problem="the link leads to a page or a text, not to sound")
    return Look(problem="", suffix=suffix or ".mp3")


def _look_at_redirect(location: str) -> Look:
    """A file store's address is for Planfix to follow; a login page is none. No second request is sent."""
    try:
        suffix = PurePosixPath(urlsplit(location).path).suffix.lower()
    except ValueError:
        suffix = ""
    if suffix in (".mp3", ".wav", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".flac"):
        return Look(problem="", suffix=suffix)
    return Look(problem="the recording's link leads to another page, not to sound")
