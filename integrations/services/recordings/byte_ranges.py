"""Byte ranges (RFC 9110, section 14): which bytes to request for a player, and which to pass on. Pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass

PIECE = 2 * 1024 * 1024
"""The most bytes that answer an open range (`bytes=0-`): about a minute of WAV, more of other formats. The player
requests the next ones when it needs them, so a paused player holds no slot.
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
class ResponsePart:
    """The part of a source's response to pass on. `skip`: bytes to drop before it. `length`: None if unknown."""

    status: int
    length: int | None
    content_range: str = ""
    skip: int = 0


def asked_range(header: str) -> ByteRange | None:
    """Returns the requested range, cut to PIECE. None if the header requests the whole, or if the whole is a valid
    answer to it (several ranges, the last bytes, an invalid header).
    """
    match = _RANGE.fullmatch(header.strip())
    if not match:
        return None
    first = int(match[1])
    last = int(match[2]) if match[2] else first + PIECE - 1
    return ByteRange(first=first, last=min(last, first + PIECE - 1)) if last >= first else None


def part_of_partial(asked: ByteRange, content_range: str) -> ResponsePart | None:
    """The part to pass on when the source answered 206. None if it answered with another range than requested."""
    match = _CONTENT_RANGE.fullmatch(content_range.strip())
    if not match or int(match[1]) != asked.first or not asked.first <= int(match[2]) <= asked.last:
        return None
    return ResponsePart(status=206, length=int(match[2]) - asked.first + 1, content_range=match[0])


def part_of_whole(asked: ByteRange | None, size: int | None) -> ResponsePart:
    """The part to pass on when the source answered 200 with the whole. Cuts out the range if the size is known."""
    if asked is None or size is None:
        return ResponsePart(status=200, length=size)
    if asked.first >= size:
        return unsatisfied(size)
    last = min(asked.last, size - 1)
    return ResponsePart(
        status=206,
        length=last - asked.first + 1,
        content_range=f"bytes {asked.first}-{last}/{size}",
        skip=asked.first,
    )


def part_of_refusal(content_range: str) -> ResponsePart:
    """The part to pass on when the source answered 416: it has no such bytes."""
    match = _UNSATISFIED.fullmatch(content_range.strip())
    return unsatisfied(int(match[1]) if match else None)


def unsatisfied(size: int | None) -> ResponsePart:
    return ResponsePart(status=416, length=0, content_range="" if size is None else f"bytes */{size}")
