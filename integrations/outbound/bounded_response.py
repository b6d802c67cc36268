"""Reads an HTTP answer that is neither longer nor slower than any honest one, and says how a request can fail to get
one. Knows nothing of what it says.
"""

from __future__ import annotations

import time

import requests
from urllib3.exceptions import HTTPError

TRANSPORT_ERRORS = (OSError, HTTPError)
"""All that a request can raise: requests' exceptions are OSErrors; urllib3's own slip through at times."""


class UnreadableResponse(OSError):
    """An answer that is longer, or slower, than any honest one."""


class NoRedirectSession(requests.Session):
    """Takes a redirect for an answer like any other. Even told not to follow it, requests would look where it leads,
    and for that read all of its answer, however long or slow; and what is no address would be a ValueError.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def read_response(response: requests.Response, *, most_bytes: int, deadline: float) -> bytes:
    """The body of an answer that was asked for with `stream`, as long as it ends before `deadline` (time.monotonic()):
    requests' own timeout is for each piece, and a server that drips bytes would hold its reader for ever.

    Raises one of TRANSPORT_ERRORS: UnreadableResponse, or what urllib3 raises when the line breaks.
    """
    content = bytearray()
    # `read1` gives what has come so far; requests' own reading would wait for a full block.
    while piece := response.raw.read1(65536, decode_content=True):
        content += piece
        if len(content) > most_bytes:
            raise UnreadableResponse(f"the answer is longer than {most_bytes // 1024**2} MB")
        if time.monotonic() > deadline:
            raise UnreadableResponse("the answer did not come to its end in time")
    return bytes(content)
