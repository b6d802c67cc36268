"""Mutations of the corpus are read correctly or refused. They are never misread."""

from __future__ import annotations

import random

import pytest

from integrations.ringostat import values
from tests.payloads.mutations import SOURCES, mutated, run, verdict_on

SEED = 20_261_128


def test_no_mutation_of_the_corpus_is_misread() -> None:
    verdicts, wrong = run(600, SEED)
    assert [f"{verdict} {mutation.source} {mutation.how}" for verdict, mutation in wrong] == []
    assert verdicts["understood"] > 350
    assert verdicts["told"] > 50


def test_mutation_check_notices_a_misread_duration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "_seconds_in_words", lambda text: 7)
    rng = random.Random(SEED)
    verdicts = [verdict_on(mutated(rng.choice(SOURCES), rng)) for _ in range(100)]
    assert any(verdict.startswith("wrong: talk 7") for verdict in verdicts)
