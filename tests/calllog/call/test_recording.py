"""The recording through our own address: ranges, hosts, errors and permissions."""

from __future__ import annotations

import gc
import select
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.signals import request_started
from django.db import close_old_connections
from django.http import HttpResponseBase
from django.test import Client, RequestFactory

from integrations.models import Call
from integrations.outbound import allowed_hosts
from integrations.services.recordings import byte_ranges, proxy, stream_limit
from integrations.services.recordings.byte_ranges import (
    ByteRange,
    ResponsePart,
    asked_range,
    part_of_partial,
    part_of_whole,
)
from sandbox.http.server import Broken, Reply, Request, Server, media_reply
from sandbox.ringostat.recording_audio import recording_wav
from sandbox.state import Sandbox
from tests.factories import call_facts, make_call, make_customer, make_viewer

SOUND = bytes(range(256)) * 40
HOST = "app.ringostat.com"
LONGER = {"Content-Range": "bytes 0-999/1000", "Connection": "close"}

Answer = Callable[[Request], Reply | Broken]


class Source:
    """A host with recordings. Each test sets its reply. It keeps the requests that it received."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.reply: Answer = lambda request: media_reply(SOUND, "audio/mpeg", request.headers.get("range", ""))
        self.server = Server(("127.0.0.1", 0), self._answer)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}).start()

    def _answer(self, request: Request) -> Reply | Broken:
        self.asked.append(request)
        return self.reply(request)


@pytest.fixture
def source() -> Iterator[Source]:
    source = Source()
    yield source
    source.server.stop()


@pytest.fixture
def call(db: None, source: Source, settings: Any) -> Call:
    settings.ALLOW_PRIVATE_HOSTS = True
    return recorded(f"{source.url}/recordings/ua7.mp3?token=secret-of-the-link")


def recorded(url: str, **changes: Any) -> Call:
    return make_call(make_customer(), call_facts(recording_url=url, ringostat_id="ua7_-1.2", **changes))


def hear(log: Client, call: Call, **headers: str) -> HttpResponseBase:
    return log.get(f"/calls/{call.pk}/recording", headers=headers)


def heard(response: HttpResponseBase) -> bytes:
    return response.getvalue()


def left_off(response: HttpResponseBase) -> None:
    """Closes the response after the first bytes, as a browser that leaves the page."""
    next(response._iterator)
    response._iterator.close()


def test_recording_of_the_sandbox_is_streamed_whole(log: Client, sandbox: Sandbox, call: Call) -> None:
    call = recorded(f"{sandbox.url}/recordings/ua8.wav?token=1")

    response = hear(log, call)

    sound = heard(response)
    assert (response.status_code, response["Content-Type"], sound) == (200, "audio/wav", recording_wav("ua8"))


def test_recording_response_contains_no_headers_of_the_source(log: Client, source: Source, call: Call) -> None:
    source.reply = lambda request: Reply(
        body=SOUND, content_type="audio/mpeg; name=x", headers={"Set-Cookie": "a=b", "Server": "nginx", "ETag": '"7"'}
    )
    response = hear(log, call)

    assert heard(response) == SOUND
    names = {"Content-Type", "Content-Length", "Content-Disposition", "Accept-Ranges", "ETag", "X-Content-Type-Options"}
    assert names <= set(response.headers)
    assert not {"Set-Cookie", "Server", "Location"} & set(response.headers)
    assert response["Content-Type"] == "audio/mpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"] == 'inline; filename="ua7_-1.2.mp3"'
    assert "no-store" in response["Cache-Control"]
    assert "secret-of-the-link" not in str(response.headers)


def test_request_for_a_recording_omits_headers_of_the_user(log: Client, source: Source, call: Call) -> None:
    heard(log.get(f"/calls/{call.pk}/recording", headers={"Authorization": "Bearer ours", "Referer": "https://ours/"}))

    [asked] = source.asked
    assert (asked.path, asked.query) == ("/recordings/ua7.mp3", {"token": "secret-of-the-link"})
    assert not {"cookie", "authorization", "referer"} & set(asked.headers)


def test_recording_can_be_downloaded(log: Client, call: Call) -> None:
    response = log.get(f"/calls/{call.pk}/recording?download")

    assert response["Content-Disposition"] == 'attachment; filename="ua7_-1.2.mp3"'
    assert heard(response) == SOUND


def whole(request: Request) -> Reply:
    """Replies as a source that does not support ranges."""
    return Reply(body=SOUND, content_type="audio/mpeg")


def ranges(request: Request) -> Reply:
    return media_reply(SOUND, "audio/mpeg", request.headers.get("range", ""))


@pytest.mark.parametrize("reply", [ranges, whole])
@pytest.mark.parametrize(
    ("asked", "status", "content_range", "sound"),
    [
        ("bytes=0-", 206, "bytes 0-10239/10240", SOUND),
        ("bytes=100-199", 206, "bytes 100-199/10240", SOUND[100:200]),
        ("bytes=10000-99999", 206, "bytes 10000-10239/10240", SOUND[10000:]),
        ("bytes=10240-", 416, "bytes */10240", b""),
        ("bytes=9-3", 200, None, SOUND),
        ("bytes=0-1,5-6", 200, None, SOUND),
        ("bytes=-100", 200, None, SOUND),
        ("seconds=1-2", 200, None, SOUND),
    ],
)
def test_player_can_seek_by_requesting_a_range(
    log: Client,
    source: Source,
    call: Call,
    reply: Answer,
    asked: str,
    status: int,
    content_range: str | None,
    sound: bytes,
) -> None:
    source.reply = reply

    response = hear(log, call, Range=asked)

    assert (response.status_code, response.get("Content-Range"), heard(response)) == (status, content_range, sound)
    if status != 416:
        assert response["Content-Length"] == str(len(sound))


@pytest.mark.parametrize("reply", [ranges, whole])
def test_range_without_an_end_is_answered_in_chunks(
    log: Client, source: Source, call: Call, reply: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(byte_ranges, "PIECE", 4000)
    source.reply = reply
    sound = b""
    while len(sound) < len(SOUND):
        response = hear(log, call, Range=f"bytes={len(sound)}-")
        sound += heard(response)

    assert sound == SOUND
    assert len(source.asked) == 3


@pytest.mark.parametrize(
    ("if_range", "status"), [('"7"', 206), ('"8"', 200), ("Mon, 02 Mar 2026 10:00:00 GMT", 206), ("never", 200)]
)
def test_range_of_a_changed_recording_returns_the_whole(
    log: Client, source: Source, call: Call, if_range: str, status: int
) -> None:
    headers = {"ETag": '"7"', "Last-Modified": "Mon, 02 Mar 2026 10:00:00 GMT"}
    source.reply = lambda request: Reply(body=SOUND, content_type="audio/mpeg", headers=headers)

    response = hear(log, call, **{"Range": "bytes=5-9", "If-Range": if_range})

    assert (response.status_code, heard(response)) == (status, SOUND[5:10] if status == 206 else SOUND)
    assert source.asked[0].headers["if-range"] == if_range


def test_head_request_for_a_recording_returns_only_the_size(log: Client, source: Source, call: Call) -> None:
    response = log.head(f"/calls/{call.pk}/recording")

    assert (response.status_code, response["Content-Length"], response.content) == (200, "10240", b"")
    assert [request.method for request in source.asked] == ["HEAD"]


# --- what there is none of ---


@pytest.mark.parametrize(
    ("reply", "status", "words"),
    [
        (Reply(status=404, body=b"{}"), 410, "is not available in Ringostat"),
        (Reply(status=403, body=b"{}"), 410, "is not available in Ringostat"),
        (Reply(status=500, body=b"<html>"), 502, "does not answer"),
        (
            Reply(status=206, body=b"abc", content_type="audio/mpeg", headers={"Content-Range": "bytes 7-9/10"}),
            502,
            "does not",
        ),
        (Reply(body=b"<script>alert(1)</script>", content_type="text/html"), 502, "not a recording"),
        (Reply(body=b"x", content_type="audio/mpeg", headers={"Content-Encoding": "gzip"}), 502, "does not answer"),
        (Broken(), 502, "does not answer"),
        (Broken(is_reset=True), 502, "does not answer"),
    ],
)
def test_unavailable_recording_is_explained(
    log: Client, source: Source, call: Call, reply: Reply | Broken, status: int, words: str
) -> None:
    source.reply = lambda request: reply

    response = hear(log, call, Range="bytes=0-")

    assert (response.status_code, response["Content-Type"]) == (status, "text/plain; charset=utf-8")
    assert words in response.content.decode()
    assert free_slots() == stream_limit.AT_ONCE


def test_recording_source_that_does_not_answer_times_out(
    log: Client, source: Source, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "READ_SECONDS", 0.05)
    source.reply = lambda request: Broken(after_seconds=5)

    assert hear(log, call).status_code == 502


def test_interrupted_recording_is_passed_on_as_far_as_it_came(log: Client, source: Source, call: Call) -> None:
    """The player notices missing bytes and requests them again."""
    source.reply = lambda request: Reply(status=206, body=SOUND[:100], content_type="audio/mpeg", headers=LONGER)

    response = hear(log, call, Range="bytes=0-999")

    assert (response["Content-Length"], heard(response)) == ("1000", SOUND[:100])
    assert free_slots() == stream_limit.AT_ONCE


def test_playing_a_recording_is_audited_once_an_hour_without_the_number(
    log: Client, source: Source, call: Call
) -> None:
    for start in ("bytes=0-", "bytes=100-", "bytes=200-"):
        heard(hear(log, call, Range=start))
    log.head(f"/calls/{call.pk}/recording")

    [entry] = LogEntry.objects.filter(object_id=str(call.customer_id))
    assert entry.change_message == "Played the recording of call ua7_-1.2"


def test_unplayable_recording_is_not_audited_as_played(log: Client, source: Source, call: Call) -> None:
    source.reply = lambda request: Reply(status=404)

    hear(log, call)

    assert not LogEntry.objects.exists()


def test_too_large_recording_is_not_streamed(
    log: Client, source: Source, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "MAX_BYTES", 100)

    assert b"too large" in hear(log, call).content


class Raw(socketserver.BaseRequestHandler):
    """Answers with a length that no server of ours would send."""

    length = ""

    def handle(self) -> None:
        self.request.recv(65536)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: {self.length}\r\n\r\n"
        with suppress(OSError):
            self.request.sendall(head.encode() + SOUND)


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "1e9", "10240, 10240", "²"])
def test_malformed_content_length_of_a_recording_causes_no_error(
    log: Client, call: Call, length: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Raw, "length", length)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Raw) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/recordings/ua9.mp3"

        response = hear(log, recorded(url), Range="bytes=0-")
        list(getattr(response, "_iterator", ()))
        server.shutdown()

    assert response.status_code != 500
    assert free_slots() == stream_limit.AT_ONCE


def test_number_of_parallel_streams_is_limited(log: Client, source: Source, call: Call) -> None:
    playing = [hear(log, call) for _ in range(stream_limit.PER_OWNER)]

    refused = hear(log, call)
    assert (refused.status_code, refused["Retry-After"]) == (503, "1")

    left_off(playing.pop())
    assert heard(hear(log, call)) == SOUND
    for response in playing:
        heard(response)


def test_one_user_or_customer_cannot_use_all_stream_slots(log: Client, source: Source, call: Call) -> None:
    client = Client()
    client.force_login(make_viewer(call.customer))
    playing = [hear(client, call), hear(log, call)]
    other = recorded(f"{source.url}/x.mp3")

    assert hear(log, call).status_code == 503, "both slots of the customer are taken"
    assert heard(hear(log, other)) == SOUND
    playing.append(hear(log, other))
    assert hear(log, other).status_code == 503, "all slots are taken"
    for response in playing:
        heard(response)


@pytest.mark.parametrize("etag", ['"a\x7fb"', '"\x01"', '"é"', "x" * 300])
def test_malformed_header_of_the_source_is_not_passed_on(log: Client, source: Source, call: Call, etag: str) -> None:
    source.reply = lambda request: Reply(body=SOUND, content_type="audio/mpeg", headers={"ETag": etag})

    response = hear(log, call)

    assert "ETag" not in response.headers
    assert heard(response) == SOUND


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # its socket is closed by the collector
def test_response_that_is_never_closed_frees_its_stream_slot(log: Client, source: Source, call: Call) -> None:
    response = hear(log, call)
    assert free_slots() == stream_limit.AT_ONCE - 1

    del response
    gc.collect()

    assert free_slots() == stream_limit.AT_ONCE


def test_response_that_the_server_refuses_frees_its_stream_slot(log: Client, source: Source, call: Call) -> None:
    from ringofix.wsgi import Application

    def refuse(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        raise ValueError("the server sends no such header")

    session = log.cookies[settings.SESSION_COOKIE_NAME].value
    environ = RequestFactory().get(f"/calls/{call.pk}/recording").environ
    environ["HTTP_COOKIE"] = f"{settings.SESSION_COOKIE_NAME}={session}"
    request_started.disconnect(close_old_connections)
    try:
        with pytest.raises(ValueError, match="no such header"):
            Application()(environ, refuse)
    finally:
        request_started.connect(close_old_connections)

    assert source.asked
    assert free_slots() == stream_limit.AT_ONCE


class Dripping(socketserver.BaseRequestHandler):
    """Sends a header or a body slowly, one byte at a time, while the client listens."""

    head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n"
    start = b""

    def handle(self) -> None:
        self.request.recv(65536)
        self.request.sendall(self.head + self.start)
        with suppress(OSError):
            for _ in range(200):  # some seconds, so that a missing deadline fails the test instead of hanging it
                if select.select([self.request], [], [], 0.02)[0]:
                    return
                self.request.sendall(b"x")


@pytest.mark.parametrize("start", [b"X-Long: ", b"Content-Length: 100000\r\n\r\n"], ids=["headers", "body"])
def test_slow_recording_source_frees_its_stream_slot_at_the_deadline(
    log: Client, call: Call, start: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dripping, "start", start)
    monkeypatch.setattr(proxy, "SECONDS", 0.3)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dripping) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        began = time.monotonic()

        response = hear(log, recorded(f"http://127.0.0.1:{server.server_address[1]}/x.mp3"))
        sound = heard(response)

        assert time.monotonic() - began < 2
        assert response.status_code == (502 if start.startswith(b"X-") else 200)
        assert start.startswith(b"X-") or 0 < len(sound) < 100
        server.shutdown()
    assert free_slots() == stream_limit.AT_ONCE


@pytest.mark.parametrize("facts", [{"recording_url": ""}, {"has_recording": False}])
def test_recording_of_a_call_without_one_sends_no_request(
    log: Client, source: Source, call: Call, facts: dict[str, Any]
) -> None:
    silent = make_call(make_customer(), call_facts(**{"recording_url": f"{source.url}/x.mp3"} | facts))

    response = hear(log, silent)

    assert (response.status_code, b"no recording link" in response.content, source.asked) == (404, True, [])


def test_voicemail_can_be_played(log: Client, source: Source, call: Call) -> None:
    voicemail = recorded(f"{source.url}/x.mp3", status="VOICEMAIL")

    assert heard(hear(log, voicemail)) == SOUND


@pytest.mark.parametrize(
    ("source_type", "path", "given"),
    [
        ("audio/x-wav", "/x", "audio/wav"),
        ("application/octet-stream", "/x.ogg", "audio/ogg"),
        ("audio/mpeg", "/x.WAV", "audio/wav"),
        ("audio/mpeg; charset=utf-8", "/x", "audio/mpeg"),
        ("application/octet-stream", "/x.html", None),
        ("audio/unheard-of", "/x", None),
        ("image/svg+xml", "/x.mp3", None),
    ],
)
def test_recording_is_served_with_a_playable_content_type(
    log: Client, source: Source, call: Call, source_type: str, path: str, given: str | None
) -> None:
    source.reply = lambda request: Reply(body=SOUND, content_type=source_type)

    response = hear(log, recorded(source.url + path))

    assert (response["Content-Type"] == given) is (given is not None)
    assert (response.status_code == 502) is (given is None)
    heard(response)


ENDLESS_WAV = (
    b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\xff\xff\xff\xff" + SOUND
)
"""As a PBX streams it: the size of the data is not known when it begins."""
M4A = b"\0\0\0\x20ftypM4A \0\0\0\0" + SOUND


@pytest.mark.parametrize(
    ("body", "source_type", "path", "given"),
    [
        (ENDLESS_WAV, "audio/x-wav", "/x.wav", "audio/wav"),
        (ENDLESS_WAV, "application/octet-stream", "/x.wav", "audio/wav"),
        (M4A, "audio/x-m4a", "/x.m4a", "audio/mp4"),
        (M4A, "application/octet-stream", "/x.m4a", "audio/mp4"),
        (M4A, "audio/mp4", "/x", "audio/mp4"),
    ],
)
def test_recording_formats_of_pbxs_are_served_whole_and_in_ranges(
    log: Client, source: Source, call: Call, body: bytes, source_type: str, path: str, given: str
) -> None:
    source.reply = lambda request: media_reply(body, source_type, request.headers.get("range", ""))
    recording = recorded(source.url + path)

    whole, part = hear(log, recording), hear(log, recording, Range="bytes=0-43")

    assert (whole.status_code, whole["Content-Type"], heard(whole)) == (200, given, body)
    assert (part.status_code, part["Content-Range"], heard(part)) == (206, f"bytes 0-43/{len(body)}", body[:44])


# --- where it may come from ---


@pytest.fixture
def as_in_production(settings: Any) -> None:
    settings.ALLOW_PRIVATE_HOSTS = False


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x.mp3",
        "http://app.ringostat.com/x.mp3",
        "https://app.ringostat.com.evil.example/x.mp3",
        "https://app.ringostat.com@evil.example/x.mp3",
        "https://evilringostat.com/x.mp3",
        "https://127.0.0.1/x.mp3",
        "file:///etc/passwd",
        "https://evil.example\\@app.ringostat.com/x.mp3",
        "https://[",
        "https://evil.example\\.ringostat.com/x.mp3",
        "https://evil.example%2f.ringostat.com/x.mp3",
        "https://app.ringostat.com?@evil.example/x.mp3",
        "https://app.ringostat.com\t.evil.example/x.mp3",
        "https://app.ringostat.com /x.mp3",
    ],
)
@pytest.mark.usefixtures("as_in_production")
def test_recording_link_to_a_foreign_host_is_not_requested(
    log: Client, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = resolve_to(monkeypatch, "93.184.216.34")

    response = hear(log, recorded(url))

    assert (response.status_code, looked_up) == (404, [])
    assert b"does not lead to Ringostat" in response.content


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["10.0.0.7"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:10.0.0.7"],
        ["fe80::1%eth0"],
        ["224.0.0.1"],
        ["93.184.216.34", "192.168.1.1"],
    ],
)
@pytest.mark.usefixtures("as_in_production")
def test_recording_host_in_a_private_network_is_not_requested(
    log: Client, found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = resolve_to(monkeypatch, *found)

    response = hear(log, recorded(f"https://{HOST}/x.mp3"))

    assert (response.status_code, looked_up) == (404, [(HOST, 443)])


def test_recording_host_is_resolved_once_and_that_address_is_used(
    log: Client, source: Source, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = source.server.server_address[1]
    call = recorded(f"http://{HOST}:{port}/x.mp3")
    looked_up = resolve_to(monkeypatch, "127.0.0.1")

    assert heard(hear(log, call)) == SOUND
    assert looked_up == [(HOST, port)]
    assert source.asked[0].headers["host"] == f"{HOST}:{port}"


def test_redirect_of_a_recording_is_followed(log: Client, source: Source, call: Call) -> None:
    source.reply = lambda request: (
        ranges(request) if request.path == "/there.mp3" else Reply(status=302, headers={"Location": "/there.mp3"})
    )

    assert heard(hear(log, call, Range="bytes=5-9")) == SOUND[5:10]


def test_redirect_of_a_recording_to_a_foreign_host_is_not_followed(
    log: Client, source: Source, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def allowed(url: str, *, api_url: str) -> bool:
        return "/evil" not in url

    monkeypatch.setattr(proxy, "is_recording_allowed", allowed)
    source.reply = lambda request: Reply(status=302, headers={"Location": f"{source.url}/evil.mp3"})

    response = hear(log, call)

    assert (response.status_code, len(source.asked)) == (404, 1)


def test_redirect_of_a_recording_without_an_address_is_not_followed(log: Client, source: Source, call: Call) -> None:
    source.reply = lambda request: Reply(status=302, headers={"Location": "https://[nowhere/"})

    assert hear(log, call).status_code == 404
    assert len(source.asked) == 1


def test_endless_redirects_of_a_recording_are_stopped(log: Client, source: Source, call: Call) -> None:
    source.reply = lambda request: Reply(status=302, headers={"Location": "/again.mp3"})

    assert hear(log, call).status_code == 502
    assert len(source.asked) == proxy.MAX_REDIRECTS + 1


def free_slots() -> int:
    return stream_limit._limit.free


def resolve_to(monkeypatch: pytest.MonkeyPatch, *found: str) -> list[tuple[str, int]]:
    """Resolves every name to these addresses. Returns the names that were looked up."""
    looked_up: list[tuple[str, int]] = []

    def getaddrinfo(host: str, port: int, **options: Any) -> list[tuple[Any, ...]]:
        looked_up.append((host, port))
        return [(None, None, None, "", (address, port)) for address in found]

    monkeypatch.setattr(
        allowed_hosts, "socket", type("Names", (), {"getaddrinfo": staticmethod(getaddrinfo), "SOCK_STREAM": 1})
    )
    return looked_up


# --- who may hear it ---


def test_viewer_hears_recordings_of_visible_customers_only(client: Client, source: Source, call: Call) -> None:
    client.force_login(make_viewer(call.customer))
    foreign = recorded(f"{source.url}/foreign.mp3")

    assert heard(hear(client, call)) == SOUND
    assert hear(client, foreign).status_code == 404
    assert [request.path for request in source.asked] == ["/recordings/ua7.mp3"]


def test_recording_requires_a_login(client: Client, source: Source, call: Call) -> None:
    response = hear(client, call)

    assert (response.status_code, source.asked) == (302, [])


def test_recording_address_refuses_post(log: Client, source: Source, call: Call) -> None:
    assert log.post(f"/calls/{call.pk}/recording").status_code == 405


# --- the arithmetic ---


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ("bytes=0-", ByteRange(first=0, last=byte_ranges.PIECE - 1)),
        (" bytes=7-9 ", ByteRange(first=7, last=9)),
        ("bytes=7-999999999", ByteRange(first=7, last=6 + byte_ranges.PIECE)),
        ("bytes=", None),
        ("bytes=1-2-3", None),
        ("bytes=٣-", None),
        ("", None),
    ],
)
def test_range_header_is_parsed_and_limited(header: str, asked: ByteRange | None) -> None:
    assert asked_range(header) == asked


@pytest.mark.parametrize(
    ("content_range", "part"),
    [
        ("bytes 5-9/10", ResponsePart(status=206, length=5, content_range="bytes 5-9/10")),
        ("bytes 5-7/*", ResponsePart(status=206, length=3, content_range="bytes 5-7/*")),
        ("bytes 4-9/10", None),
        ("bytes 5-10/20", None),
        ("bytes 5-4/20", None),
        ("", None),
    ],
)
def test_recording_response_with_another_range_is_rejected(content_range: str, part: ResponsePart | None) -> None:
    assert part_of_partial(ByteRange(first=5, last=9), content_range) == part


def test_recording_response_of_unknown_size_is_passed_on_whole() -> None:
    assert part_of_whole(ByteRange(first=5, last=9), None) == ResponsePart(status=200, length=None)
