"""Recognises sound files by their first bytes. Knows no addresses."""

from __future__ import annotations

import re

FIRST_BYTES = 512
"""The number of bytes that is enough to recognise a format."""

SIGNATURES: tuple[tuple[re.Pattern[bytes], str], ...] = (
    # Ignores the size of WAV data: it is 0 or FFFFFFFF in a file that a PBX wrote during the call.
    (re.compile(rb"(?:RIFF|RIFX|RF64)....WAVE", re.DOTALL), ".wav"),
    (re.compile(rb"OggS"), ".ogg"),
    (re.compile(rb"....ftyp", re.DOTALL), ".m4a"),
    (re.compile(rb"\xff[\xf1\xf9]"), ".aac"),
    (re.compile(rb"ID3|\xff[\xe2-\xe7\xea-\xef\xf2-\xf7\xfa-\xff]"), ".mp3"),
    (re.compile(rb"fLaC"), ".flac"),
    (re.compile(rb"#!AMR"), ".amr"),
    (re.compile(rb"\x1aE\xdf\xa3"), ".webm"),
)
TEXT = re.compile(rb"(?:\xef\xbb\xbf)?\s*[<{\[\"]|WEBVTT|%PDF|PK\x03\x04")


def sound_suffix(first: bytes) -> str:
    """The file name's ending for sound that begins with these bytes, ".wav" for one; "" for unknown sound."""
    return next((suffix for pattern, suffix in SIGNATURES if pattern.match(first)), "")


def is_text(first: bytes) -> bool:
    """True for the beginning of a web page, of JSON, of a transcript or of a document."""
    return TEXT.match(first) is not None
