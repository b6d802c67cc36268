"""Reads an HTTP response up to a number of bytes and a deadline. Knows nothing of its content."""

from __future__ import annotations

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from integrations.outbound.deadline import DeadlineAdapter, seconds_left

TRANSPORT_ERRORS = (OSError, HTTPError)
"""All exceptions that a request can raise. Those of requests are OSErrors; some of urllib3 come through unwrapped."""


class UnreadableResponse(OSError):
    """A response is longer or slower than allowed."""


class NoRedirectSession(requests.Session):
    """Treats a redirect like any other response, and bounds each exchange by its timeout.

    Without this, requests would read the whole body of a redirect even when told not to follow it, and raise ValueError
    for a target that is no address.
    """

    def __init__(self) -> None:
        super().__init__()
        for scheme in ("https://", "http://"):
            self.mount(scheme, DeadlineAdapter())

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def read_response(response: requests.Response, *, most_bytes: int, deadline: float) -> bytes:
    """Returns the body of a response that was requested with `stream`. `deadline`: of time.monotonic().

    Raises one of TRANSPORT_ERRORS: UnreadableResponse, or what urllib3 raises when the connection breaks.
    """
    content = bytearray()
    try:
        # `read1` returns what has arrived; requests' own reading would wait for a full block.
        while piece := response.raw.read1(65536, decode_content=True):
            content += piece
            if len(content) > most_bytes:
                raise UnreadableResponse(f"the answer is longer than {most_bytes // 1024**2} MB")
            seconds_left(deadline)
    except (TimeoutError, ReadTimeoutError) as error:
        raise UnreadableResponse("the answer did not come to its end in time") from error
    return bytes(content)
