"""Byte ranges as players ask for them, RFC 9110 section 14: which bytes to ask for, and which to pass on. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

PIECE = 2 * 1024 * 1024
"""Bytes that an open range (`bytes=0-`) is answered with at the most: about a minute of WAV, more of anything else.
The player asks for the next ones when it needs them, so a paused player holds nothing up here.
"""

_RANGE = re.compile(r"bytes=([0-9]{1,15})-([0-9]{0,15})")
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15}|\*)")
_UNSATISFIED = re.compile(r"bytes \*/([0-9]{1,15})")


@dataclass(frozen=True, kw_only=True)
class ByteRange:
    first: int
    last: int

    @property
    def header(self) -> str:
        return f"bytes={self.first}-{self.last}"


@dataclass(frozen=True, kw_only=True)
class Part:
    """What is passed on of a source's answer. `skip`: bytes to drop before it; `length` None: to the end, unknown."""

    status: int
    length: int | None
    content_range: str = ""
    skip: int = 0


def asked_range(header: str) -> ByteRange | None:
    """The one range that is asked for, no longer than a piece. None: the whole is wanted, or something that may be
    answered with the whole (several ranges, the last bytes, nonsense).
    """
    match = _RANGE.fullmatch(header.strip())
    if not match:
        return None
    first = int(match[1])
    last = int(match[2]) if match[2] else first + PIECE - 1
    return ByteRange(first=first, last=min(last, first + PIECE - 1)) if last >= first else None


def part_of_partial(asked: ByteRange, content_range: str) -> Part | None:
    """Of a source that understood the range (206); None when it answered with another range than it was asked for."""
    match = _CONTENT_RANGE.fullmatch(content_range.strip())
    if not match or int(match[1]) != asked.first or not asked.first <= int(match[2]) <= asked.last:
        return None
    return Part(status=206, length=int(match[2]) - asked.first + 1, content_range=match[0])


def part_of_whole(asked: ByteRange | None, size: int | None) -> Part:
    """Of a source that sends the whole (200): the range is cut out of it here, if its size is known."""
    if asked is None or size is None:
        return Part(status=200, length=size)
    if asked.first >= size:
        return unsatisfied(size)
    last = min(asked.last, size - 1)
    return Part(
        status=206,
        length=last - asked.first + 1,
        content_range=f"bytes {asked.first}-{last}/{size}",
        skip=asked.first,
    )


def part_of_refusal(content_range: str) -> Part:
    """Of a source that has no such bytes (416)."""
    match = _UNSATISFIED.fullmatch(content_range.strip())
    return unsatisfied(int(match[1]) if match else None)


def unsatisfied(size: int | None) -> Part:
    return Part(status=416, length=0, content_range="" if size is None else f"bytes */{size}")
