"""The AI summary and the rating of a call, for its page."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.domain.calls import CallFacts
from integrations.outbound.allowed_hosts import ringostat_link
from integrations.ui.labels import LazyText
from integrations.ui.ringostat_labels import ANALYSIS_LABELS, mood_label


@dataclass(frozen=True, kw_only=True)
class Analysis:
    summary: str
    action_items: list[str]
    rows: list[tuple[LazyText, str]]
    transcript: str
    transcript_url: str


def analysis_of(facts: CallFacts) -> Analysis | None:
    """The call's analysis; None if Ringostat sent neither analysis nor rating."""
    said = {**facts.analysis, **facts.rating}
    if not any(said.values()):
        return None
    transcript = said.get("transcript", "")
    return Analysis(
        summary=said.get("summary", ""),
        action_items=[said[name] for name in sorted(said, key=_number) if name.startswith("action") and said[name]],
        rows=[(label, _value(name, said[name])) for name, label in ANALYSIS_LABELS.items() if said.get(name)],
        transcript="" if ringostat_link(transcript) else transcript,
        transcript_url=ringostat_link(transcript),
    )


def _value(name: str, text: str) -> str:
    return mood_label(text) if name.endswith("mood") else text


def _number(name: str) -> int:
    """The number in the name, so that action_10 follows action_2."""
    return int(name.rpartition("_")[2]) if name.rpartition("_")[2].isdecimal() else 0
