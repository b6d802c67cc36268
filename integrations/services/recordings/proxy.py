"""A call's recording as a browser may have it: asked of Ringostat when somebody presses play, passed on as it comes.

This is the one place where a web request asks another system, because whoever presses play will not wait for a worker.
So all of it is bound: which hosts, how many redirects, how long, how many bytes, and how many at once (long_answers).
The link and its token stay here; the browser knows only our own address.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from urllib.parse import urljoin, urlsplit

import requests
import structlog
from requests.exceptions import InvalidURL

from integrations.outbound.allowed_hosts import is_recording_allowed
from integrations.outbound.bounded_response import TRANSPORT_ERRORS
from integrations.outbound.public_session import public_session
from integrations.services.recordings.byte_ranges import (
    ByteRange,
    Part,
    asked_range,
    part_of_partial,
    part_of_refusal,
    part_of_whole,
)
from integrations.services.recordings.stream_limit import NoFreeSlot, StreamSlot

log = structlog.get_logger(__name__)

TIMEOUT = (5, 10)
"""Seconds to connect, and to wait for each piece of the answer; for all of it there are SECONDS."""
SECONDS = 120
MAX_BYTES = 300 * 1024 * 1024
"""Two and a half hours of WAV as telephony makes it (two channels, 16 bits, 8 kHz)."""
MAX_REDIRECTS = 3
CHUNK = 64 * 1024

REDIRECTS = frozenset({301, 302, 303, 307, 308})
GONE = frozenset({401, 403, 404, 410})
"""Ringostat's link is its own permission: refused means run out."""

TYPES = {
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
}
SUFFIXES = {"audio/mpeg": ".mp3", "audio/mp3": ".mp3", "audio/x-wav": ".wav", "audio/wave": ".wav"} | {
    media: suffix for suffix, media in reversed(TYPES.items())
}


class Trouble(StrEnum):
    """Why there is nothing to hear."""

    NO_LINK = "no_link"
    FOREIGN = "foreign"
    GONE = "gone"
    NOT_AUDIO = "not_audio"
    TOO_LARGE = "too_large"
    UNAVAILABLE = "unavailable"
    BUSY = "busy"


class NoRecording(Exception):
    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        super().__init__(trouble)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the browser asks for; `range` and `if_range` are its headers, "" if there is none."""

    method: str = "GET"
    range: str = ""
    if_range: str = ""


class OpenRecording:
    """An answer under way. Iterated once, closed always: only then is its slot free for another one."""

    def __init__(
        self, answer: requests.Response, part: Part, *, content_type: str, suffix: str, slot: StreamSlot
    ) -> None:
        self.status = part.status
        self.content_type = content_type
        self.suffix = suffix
        self.headers = _headers(answer, part)
        self._answer, self._part, self._slot = answer, part, slot
        self._deadline = time.monotonic() + SECONDS

    def __iter__(self) -> Iterator[bytes]:
        """The bytes of the part. An answer that breaks off or takes too long ends early: the player asks anew."""
        skip, left = self._part.skip, MAX_BYTES if self._part.length is None else self._part.length
        try:
            for chunk in self._answer.raw.stream(CHUNK, decode_content=False):
                if not left or time.monotonic() > self._deadline:
                    return
                passed = chunk[skip : skip + left]
                skip, left = max(skip - len(chunk), 0), left - len(passed)
                if passed:
                    yield passed
        except TRANSPORT_ERRORS as error:
            log.warning("recording broke off", error=type(error).__name__)
        finally:
            self.close()

    def close(self) -> None:
        # Not given back to a pool: what was not read of it is of no use.
        self._answer.close()
        self._slot.release()


def open_recording(url: str, *, api_url: str, wanted: Wanted) -> OpenRecording:
    """Asks for the recording behind a link that came with a call. `api_url`: the customer's Ringostat.

    Raises NoRecording.
    """
    if not url:
        raise NoRecording(Trouble.NO_LINK)
    try:
        slot = StreamSlot()
    except NoFreeSlot as error:
        raise NoRecording(Trouble.BUSY) from error
    try:
        answer, final_url = _follow(url, api_url, wanted)
        try:
            return _opened(answer, final_url, wanted, slot)
        except NoRecording:
            answer.close()
            raise
    except BaseException:
        slot.release()
        raise


def _follow(url: str, api_url: str, wanted: Wanted) -> tuple[requests.Response, str]:
    """The first answer that is no redirect, and the address that gave it. Each address on the way is checked."""
    for _hop in range(MAX_REDIRECTS + 1):
        if not _is_allowed(url, api_url):
            raise NoRecording(Trouble.FOREIGN)
        answer = _ask(url, wanted)
        if answer.status_code not in REDIRECTS:
            return answer, url
        answer.close()
        try:
            url = urljoin(url, answer.headers.get("Location", ""))
        except ValueError as error:  # it is no address at all
            raise NoRecording(Trouble.FOREIGN) from error
    raise NoRecording(Trouble.UNAVAILABLE)


def _is_allowed(url: str, api_url: str) -> bool:
    """Is it a host that recordings come from? A link that names a user before its host means to deceive somebody."""
    try:
        return "@" not in urlsplit(url).netloc and is_recording_allowed(url, api_url=api_url)
    except ValueError:
        return False


def _ask(url: str, wanted: Wanted) -> requests.Response:
    """One request. Raises NoRecording."""
    try:
        return public_session().request(
            wanted.method,
            url,
            headers=_request_headers(wanted),
            timeout=TIMEOUT,
            stream=True,
            allow_redirects=False,
        )
    except InvalidURL as error:
        raise NoRecording(Trouble.FOREIGN) from error
    except TRANSPORT_ERRORS as error:
        log.warning("recording not to be had", host=urlsplit(url).hostname, error=type(error).__name__)
        raise NoRecording(Trouble.UNAVAILABLE) from error


def _request_headers(wanted: Wanted) -> dict[str, str]:
    asked = asked_range(wanted.range)
    headers = {"Accept-Encoding": "identity", "User-Agent": "Ringofix", "Connection": "close"}
    if asked:
        headers["Range"] = asked.header
        if wanted.if_range:
            headers["If-Range"] = wanted.if_range
    return headers


def _opened(answer: requests.Response, url: str, wanted: Wanted, slot: StreamSlot) -> OpenRecording:
    if answer.status_code in GONE:
        raise NoRecording(Trouble.GONE)
    part = _part(answer, asked_range(wanted.range), wanted.if_range)
    if part is None or answer.headers.get("Content-Encoding", "identity") != "identity":
        raise NoRecording(Trouble.UNAVAILABLE)
    if part.skip + (part.length or 0) > MAX_BYTES:
        raise NoRecording(Trouble.TOO_LARGE)
    suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    content_type = _audio_type(answer.headers.get("Content-Type", ""), suffix)
    if not content_type and part.status != 416:
        raise NoRecording(Trouble.NOT_AUDIO)
    known = suffix if suffix in TYPES else SUFFIXES.get(content_type, "")
    return OpenRecording(answer, part, content_type=content_type or "audio/wav", suffix=known, slot=slot)


def _part(answer: requests.Response, asked: ByteRange | None, if_range: str) -> Part | None:
    """What to pass on; None for an answer that is none."""
    content_range = answer.headers.get("Content-Range", "")
    if answer.status_code == 206 and asked:
        return part_of_partial(asked, content_range)
    if answer.status_code == 416 and asked:
        return part_of_refusal(content_range)
    if answer.status_code != 200:
        return None
    has_changed = if_range and if_range not in (answer.headers.get("ETag"), answer.headers.get("Last-Modified"))
    size = answer.headers.get("Content-Length", "")
    return part_of_whole(None if has_changed else asked, int(size) if size.isdecimal() else None)


def _audio_type(told: str, suffix: str) -> str:
    """A type under which a browser plays it and does nothing else with it; "" for what is no sound."""
    media = told.partition(";")[0].strip().lower()
    if media.startswith("audio/") or media in ("application/ogg", "application/octet-stream", "binary/octet-stream"):
        return TYPES.get(suffix) or TYPES.get(SUFFIXES.get(media, ""), "")
    return ""


def _headers(answer: requests.Response, part: Part) -> Mapping[str, str]:
    headers = {"Accept-Ranges": "bytes"}
    if part.length is not None:
        headers["Content-Length"] = str(part.length)
    if part.content_range:
        headers["Content-Range"] = part.content_range
    if part.status != 416:
        headers |= {name: answer.headers[name] for name in ("ETag", "Last-Modified") if name in answer.headers}
    return headers
