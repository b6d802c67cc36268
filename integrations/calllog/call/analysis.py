"""What Ringostat's AI and the rating menu said of a call, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.domain.calls import CallFacts
from integrations.ui.labels import LazyText
from integrations.ui.links import web_url
from integrations.ui.ringostat_labels import SAID_LATER, mood_words


@dataclass(frozen=True, kw_only=True)
class Analysis:
    summary: str
    to_do: list[str]
    rows: list[tuple[LazyText, str]]
    transcript: str
    transcript_url: str


def analysis_of(facts: CallFacts) -> Analysis | None:
    """None when nothing was said."""
    told = {**facts.analysis, **facts.rating}
    if not any(told.values()):
        return None
    transcript = told.get("transcript", "")
    return Analysis(
        summary=told.get("summary", ""),
        to_do=[told[name] for name in sorted(told, key=_number) if name.startswith("action") and told[name]],
        rows=[(words, _value(name, told[name])) for name, words in SAID_LATER.items() if told.get(name)],
        transcript="" if web_url(transcript) else transcript,
        transcript_url=web_url(transcript),
    )


def _value(name: str, text: str) -> str:
    return mood_words(text) if name.endswith("mood") else text


def _number(name: str) -> int:
    """action_10 comes after action_2."""
    return int(name.rpartition("_")[2]) if name.rpartition("_")[2].isdecimal() else 0
