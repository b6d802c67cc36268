"""Generates a short recording: a client and an employee take turns. Built from sine waves."""

from __future__ import annotations

import array
import io
import math
import random
import wave
import zlib
from functools import lru_cache

RATE = 8000
SYLLABLE_SECONDS = 0.13
SYLLABLES = 24
VOICES = 6
"""The number of different recordings. They are cached, because generating one takes a while."""


def recording_wav(call_id: str) -> bytes:
    """Returns a stereo WAV of about three seconds: client left, employee right. Always the same for one call id."""
    return _dialogue(zlib.crc32(call_id.encode()) % VOICES)


@lru_cache(maxsize=VOICES)
def _dialogue(voice: int) -> bytes:
    samples = array.array("h")
    chance = random.Random(voice)  # noqa: S311 - not a secret
    is_client = True
    for _ in range(SYLLABLES):
        is_client ^= chance.random() < 0.4
        pitch = (330 if is_client else 220) * 2 ** (chance.randrange(5) / 12)
        for sample in _syllable(pitch, loudness=chance.uniform(2000, 9000)):
            samples.extend((sample, 0) if is_client else (0, sample))
    with io.BytesIO() as buffer:
        with wave.open(buffer, "wb") as sound:
            sound.setnchannels(2)
            sound.setsampwidth(2)
            sound.setframerate(RATE)
            sound.writeframes(samples.tobytes())
        return buffer.getvalue()


def _syllable(pitch: float, loudness: float) -> list[int]:
    count = int(RATE * SYLLABLE_SECONDS)
    return [
        int(loudness * math.sin(math.pi * n / count) ** 2 * math.sin(2 * math.pi * pitch * n / RATE))
        for n in range(count)
    ]
