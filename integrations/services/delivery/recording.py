"""The recording of a call: looks at what is behind its link, has Planfix copy it, and plans when to look again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import requests
from requests.exceptions import InvalidURL

from integrations.domain.audio_format import FIRST_BYTES, is_text, sound_suffix
from integrations.models import CallState, Recording, Step
from integrations.outbound.public_session import TRANSPORT_ERRORS, exchange_timeout, public_session, seconds_left
from integrations.planfix.http.errors import PlanfixRefused, PlanfixUnavailable
from integrations.planfix.records.files import copy_recording
from integrations.services.delivery.attempt import Attempt
from integrations.services.delivery.content import CallContent

RECORDING_DELAYS = (timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
"""Ringostat needs a while to make a recording ready. After the last look the comment keeps a link, or nothing."""

ATTEMPTS_AT_ADDITIONS = 80
"""About three days."""

ATTEMPTS_AT_RECORDING = {False: 3, True: ATTEMPTS_AT_ADDITIONS}
"""By whether the call is delivered. Planfix may work and still fail to copy one file. So a call that is not delivered
goes out without its recording at the third attempt, and a delivered call keeps its link after the last one.
"""

NEVER_COPIED = frozenset({41, 7002})
"""Planfix's codes for an address that it may not fetch, and for a file over the plan's size."""


def copy_once(attempt: Attempt, content: CallContent) -> int | None:
    """The id of the recording that Planfix has copied; None when there is none, or it cannot be copied (yet).

    Raises PlanfixError.
    """
    receipts, url = attempt.book.row, content.recording_url
    if receipts.file_id is not None or not url or not _is_copy_wanted(attempt):
        return receipts.file_id
    look = look_at(url)
    if look.problem:
        attempt.book.note(recording_refused=look.problem)
        return None
    name = f"{attempt.call.ringostat_id}{look.suffix}"
    try:
        return attempt.book.write(
            Step.RECORDING,
            "file_id",
            send=lambda: copy_recording(attempt.planfix, url=url, name=name),
            # Nobody sees a copy without a comment: another copy is cheaper than a search for the first.
            find=lambda: None,
        )
    except PlanfixUnavailable as error:
        if receipts.attempts < ATTEMPTS_AT_RECORDING[attempt.call.state == CallState.DELIVERED]:
            raise
        attempt.book.note(recording_refused=error.message[:300])
        return None
    except PlanfixRefused as error:
        attempt.book.note(recording_refused=error.message[:300])
        if error.code in NEVER_COPIED:
            attempt.book.note(recording_tries=len(RECORDING_DELAYS))
        return None


def next_look(attempt: Attempt, content: CallContent) -> timedelta | None:
    """How long to wait before the next look for a missing recording; None when none is missing, or after the last look.

    Counts the look.
    """
    if not _is_recording_missing(attempt, content):
        return None
    tries = attempt.book.row.recording_tries
    attempt.book.note(recording_tries=tries + 1)
    return RECORDING_DELAYS[tries] if tries < len(RECORDING_DELAYS) else None


def _is_copy_wanted(attempt: Attempt) -> bool:
    wants_copies = attempt.customer.recording == Recording.COPY
    return wants_copies and attempt.book.row.recording_tries <= len(RECORDING_DELAYS)


def _is_recording_missing(attempt: Attempt, content: CallContent) -> bool:
    facts = content.facts
    if not content.has_recording or not (facts.has_recording or facts.recording_url):
        return False
    if not facts.recording_url:
        return True
    is_foreign = not content.recording_url
    return not is_foreign and attempt.customer.recording == Recording.COPY and attempt.book.row.file_id is None


# --- what is behind the link ---

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
    """Planfix follows a redirect to a file, but a redirect to a login page leads to no sound. Sends no request."""
    try:
        suffix = PurePosixPath(urlsplit(location).path).suffix.lower()
    except ValueError:
        suffix = ""
    if suffix in (".mp3", ".wav", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".flac"):
        return Look(problem="", suffix=suffix)
    return Look(problem="the recording's link leads to another page, not to sound")
