"""Requests a call's recording from Ringostat when a user presses play, and passes it on to the browser as it arrives.

This is the only place where a web request asks another system: a user who presses play should not wait for a worker. So
it limits everything: hosts, redirects, seconds, bytes, and streams at once (stream_limit). The link and its token stay
here; the browser knows only our own address.
"""

from __future__ import annotations

import re
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
from integrations.outbound.public_session import TRANSPORT_ERRORS, exchange_timeout, public_session, seconds_left
from integrations.services.recordings.byte_ranges import (
    ByteRange,
    ResponsePart,
    asked_range,
    part_of_partial,
    part_of_refusal,
    part_of_whole,
)
from integrations.services.recordings.stream_limit import NoFreeSlot, StreamSlot

log = structlog.get_logger(__name__)

CONNECT_SECONDS, READ_SECONDS = 5, 10
"""To connect, and to wait for each piece of an answer."""
SECONDS = 120
"""For everything from pressing play to the last byte, redirects included."""
MAX_BYTES = 300 * 1024 * 1024
"""Two and a half hours of WAV as telephony makes it (two channels, 16 bits, 8 kHz)."""
MAX_REDIRECTS = 3
CHUNK = 64 * 1024

PASSED_ON = ("ETag", "Last-Modified")
"""Headers that the browser gets as Ringostat sent them."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
GONE = frozenset({401, 403, 404, 410})
"""The link is its own permission, so a refusal means that it has expired."""

TYPES = {
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
}
SUFFIXES = {
    **dict.fromkeys(("audio/mpeg", "audio/mp3", "audio/x-mp3"), ".mp3"),
    **dict.fromkeys(("audio/x-wav", "audio/wave", "audio/vnd.wave"), ".wav"),
    **dict.fromkeys(("audio/x-m4a", "audio/m4a", "audio/aac", "audio/mp4a-latm"), ".m4a"),
} | {media: suffix for suffix, media in reversed(TYPES.items())}


class NoRecordingReason(StrEnum):
    """Why there is no recording."""

    NO_LINK = "no_link"
    FOREIGN = "foreign"
    GONE = "gone"
    NOT_AUDIO = "not_audio"
    TOO_LARGE = "too_large"
    UNAVAILABLE = "unavailable"
    BUSY = "busy"


class NoRecording(Exception):
    def __init__(self, reason: NoRecordingReason) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the browser requests, and for whom. `range` and `if_range` are its headers, "" if it sent none."""

    user_id: int
    customer_id: int
    method: str = "GET"
    range: str = ""
    if_range: str = ""


class OpenRecording:
    """A response that is being passed on. Iterated once and always closed: that frees its slot."""

    def __init__(
        self,
        answer: requests.Response,
        part: ResponsePart,
        *,
        content_type: str,
        suffix: str,
        slot: StreamSlot,
        deadline: float,
    ) -> None:
        self.status = part.status
        self.content_type = content_type
        self.suffix = suffix
        self.headers = _headers(answer, part)
        self._answer, self._part, self._slot, self._deadline = answer, part, slot, deadline

    def __iter__(self) -> Iterator[bytes]:
        """Yields the bytes of the part as they arrive. Ends early when the answer breaks off or takes too long. The
        player then asks for the rest.
        """
        skip, left = self._part.skip, MAX_BYTES if self._part.length is None else self._part.length
        try:
            while left and (chunk := self._answer.raw.read1(CHUNK, decode_content=False)):
                seconds_left(self._deadline)
                passed = chunk[skip : skip + left]
                skip, left = max(skip - len(chunk), 0), left - len(passed)
                if passed:
                    yield passed
        except TRANSPORT_ERRORS as error:
            log.warning("recording broke off", error=type(error).__name__)
        finally:
            self.close()

    def close(self) -> None:
        try:
            # Drops the unread rest too: nothing reuses the connection.
            self._answer.close()
        finally:
            self._slot.release()

    def __del__(self) -> None:
        """Frees the slot of a response that the server drops without closing it."""
        self.close()


def open_recording(url: str, *, api_url: str, wanted: Wanted) -> OpenRecording:
    """Requests the recording behind a link that came with a call. `api_url`: the customer's Ringostat.

    Raises NoRecording.
    """
    if not url:
        raise NoRecording(NoRecordingReason.NO_LINK)
    try:
        slot = StreamSlot(user_id=wanted.user_id, customer_id=wanted.customer_id)
    except NoFreeSlot as error:
        raise NoRecording(NoRecordingReason.BUSY) from error
    deadline = time.monotonic() + SECONDS
    try:
        answer, final_url = _follow(url, api_url, wanted, deadline)
        try:
            return _opened(answer, final_url, wanted, slot, deadline)
        except BaseException:
            answer.close()
            raise
    except BaseException:
        slot.release()
        raise


def _follow(url: str, api_url: str, wanted: Wanted, deadline: float) -> tuple[requests.Response, str]:
    """Follows redirects and checks each address. Returns the first answer that is no redirect, and its address."""
    for _hop in range(MAX_REDIRECTS + 1):
        if not is_recording_allowed(url, api_url=api_url):
            raise NoRecording(NoRecordingReason.FOREIGN)
        answer = _ask(url, wanted, deadline)
        if answer.status_code not in REDIRECTS:
            return answer, url
        answer.close()
        try:
            url = urljoin(url, answer.headers.get("Location", ""))
        except ValueError as error:  # The header holds no address.
            raise NoRecording(NoRecordingReason.FOREIGN) from error
    raise NoRecording(NoRecordingReason.UNAVAILABLE)


def _ask(url: str, wanted: Wanted, deadline: float) -> requests.Response:
    """Sends one request. Raises NoRecording."""
    try:
        left = seconds_left(deadline)
        return public_session().request(
            wanted.method,
            url,
            headers=_request_headers(wanted),
            timeout=exchange_timeout(connect=CONNECT_SECONDS, read=READ_SECONDS, total=left),
            stream=True,
            allow_redirects=False,
        )
    except InvalidURL as error:
        raise NoRecording(NoRecordingReason.FOREIGN) from error
    except TRANSPORT_ERRORS as error:
        log.warning("recording not available", host=urlsplit(url).hostname, error=type(error).__name__)
        raise NoRecording(NoRecordingReason.UNAVAILABLE) from error


def _request_headers(wanted: Wanted) -> dict[str, str]:
    asked = asked_range(wanted.range)
    headers = {"Accept-Encoding": "identity", "User-Agent": "Ringofix", "Connection": "close"}
    if asked:
        headers["Range"] = asked.header
        if wanted.if_range:
            headers["If-Range"] = wanted.if_range
    return headers


def _opened(answer: requests.Response, url: str, wanted: Wanted, slot: StreamSlot, deadline: float) -> OpenRecording:
    if answer.status_code in GONE:
        raise NoRecording(NoRecordingReason.GONE)
    part = _part(answer, asked_range(wanted.range), wanted.if_range)
    if part is None or answer.headers.get("Content-Encoding", "identity") != "identity":
        raise NoRecording(NoRecordingReason.UNAVAILABLE)
    if part.skip + (part.length or 0) > MAX_BYTES:
        raise NoRecording(NoRecordingReason.TOO_LARGE)
    suffix = PurePosixPath(urlsplit(url).path).suffix.lower()
    content_type = _audio_type(answer.headers.get("Content-Type", ""), suffix)
    if not content_type and part.status != 416:
        raise NoRecording(NoRecordingReason.NOT_AUDIO)
    known = suffix if suffix in TYPES else SUFFIXES.get(content_type, "")
    return OpenRecording(
        answer, part, content_type=content_type or "audio/wav", suffix=known, slot=slot, deadline=deadline
    )


def _part(answer: requests.Response, asked: ByteRange | None, if_range: str) -> ResponsePart | None:
    """Returns what to pass on; None if the answer is not usable."""
    content_range = answer.headers.get("Content-Range", "")
    if answer.status_code == 206 and asked:
        return part_of_partial(asked, content_range)
    if answer.status_code == 416 and asked:
        return part_of_refusal(content_range)
    if answer.status_code != 200:
        return None
    has_changed = if_range and if_range not in (answer.headers.get("ETag"), answer.headers.get("Last-Modified"))
    size = answer.headers.get("Content-Length", "")
    return part_of_whole(None if has_changed else asked, int(size) if re.fullmatch(r"[0-9]{1,15}", size) else None)


def _audio_type(told: str, suffix: str) -> str:
    """Returns an audio type, which a browser plays and never runs as a page; "" if the answer is not audio."""
    media = told.partition(";")[0].strip().lower()
    if media.startswith("audio/") or media in ("application/ogg", "application/octet-stream", "binary/octet-stream"):
        return TYPES.get(suffix) or TYPES.get(SUFFIXES.get(media, ""), "")
    return ""


def _headers(answer: requests.Response, part: ResponsePart) -> Mapping[str, str]:
    headers = {"Accept-Ranges": "bytes"}
    if part.length is not None:
        headers["Content-Length"] = str(part.length)
    if part.content_range:
        headers["Content-Range"] = part.content_range
    if part.status != 416:
        headers |= {name: answer.headers[name] for name in PASSED_ON if _is_printable(answer.headers.get(name, ""))}
    return headers


def _is_printable(value: str) -> bool:
    """Tells whether the web server sends this value in a header. It refuses other characters."""
    return re.fullmatch(r"[ -~]{1,200}", value) is not None
