"""A trial in each world of the sandbox finds what is different there and nothing else, and removes what it wrote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from integrations.services.trial.counting_client import TrialClient
from integrations.services.trial.report import Outcome, Question
from sandbox.planfix.quota import Limits
from sandbox.planfix.world import SWITCHES
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.covering_sets import TRIAL_WORLDS, all_pairs, pairs_in, stored_rows
from tests.services.trial.conftest import Trial, answers, finding_of, records
from tests.services.trial.test_trial import OF_A_TASK, with_a_recording

pytestmark = pytest.mark.django_db

Q = Question
USUAL = {
    Q.ACCESS: "works",
    Q.NUMBER_UNUSED: "unused",
    Q.CONTACT_CREATED: "created",
    Q.NUMBER_STORAGE: "as_written",
    Q.FOUND_BY: "full",
    Q.FILTER_MATCHES: "parts",
    Q.FILTERS_COMBINED: "all",
    Q.COMPANIES: "separate",
    Q.RECORDING_COPIED: "copied",
    Q.RECORDING_FILE: "same",
    Q.EMPLOYEE_AUTHOR: "honoured",
    Q.CONTACT_AUTHOR: "honoured",
    Q.COMMENT_TIME: "kept",
    Q.COMMENT_HTML: "kept",
    Q.COMMENT_CHARACTERS: "kept",
    Q.EMOJI: "kept",
    Q.COMMENT_VISIBLE: "visible",
    Q.SOURCE_ID: "shown",
    Q.COMMENT_ORDER: "newest_first",
    Q.CALL_TAG: "written",
    Q.CALL_FIELDS: "kept",
    Q.MIDNIGHT: "period_kept",
    Q.MISSED_CALL_TAG: "written",
    Q.MISSED_CALL_FIELDS: "kept",
    Q.FILES_ON_UPDATE: "replaced",
    Q.TASK_FILTER: "works",
    Q.TASK_ROWS: "complete",
    Q.REQUEST_RATE: "accepted",
    Q.RIGHTS: "complete",
    Q.DELETED_CONTACTS: "hidden",
    Q.REMOVED: "all",
}

NOT_FOUND = {
    Q.FOUND_BY: "none",
    **dict.fromkeys((Q.FILTER_MATCHES, Q.FILTERS_COMBINED, Q.COMPANIES, Q.DELETED_CONTACTS), "not_asked"),
}
ASKED_WITHOUT_CONTACT = {
    *(Q.ACCESS, Q.NUMBER_UNUSED, Q.CONTACT_CREATED, Q.TASK_FILTER, Q.TASK_ROWS, Q.REQUEST_RATE, Q.RIGHTS, Q.REMOVED)
}
NO_CONTACT = {**dict.fromkeys(set(Q) - ASKED_WITHOUT_CONTACT - OF_A_TASK, "not_asked"), Q.CONTACT_CREATED: "refused"}

WORLDS: dict[tuple[str, str], dict[Question, str]] = {
    ("stored_number", "digits"): {Q.NUMBER_STORAGE: "digits", Q.FOUND_BY: "other"},
    ("stored_number", "masked"): {Q.NUMBER_STORAGE: "formatted", Q.FOUND_BY: "other"},
    ("phone_filter", "equals"): {Q.FILTER_MATCHES: "same_text"},
    ("phone_filter", "digits"): {},
    ("phone_filter", "with_plus"): {Q.FILTER_MATCHES: "same_text"},
    ("phone_filter", "nothing"): NOT_FOUND,
    ("new_contacts", "not_found"): NOT_FOUND,
    ("several_filters", "any"): {Q.FILTERS_COMBINED: "any"},
    ("company_flag", "ignored"): {Q.COMPANIES: "mixed"},
    ("deleted_contacts", "found"): {Q.DELETED_CONTACTS: "marked"},
    ("contact_template", "requires_field"): NO_CONTACT,
    ("employee_owner", "ignored"): {Q.EMPLOYEE_AUTHOR: "ignored"},
    ("employee_owner", "refused"): {Q.EMPLOYEE_AUTHOR: "refused"},
    ("contact_owner", "ignored"): {Q.CONTACT_AUTHOR: "ignored"},
    ("contact_owner", "refused"): {Q.CONTACT_AUTHOR: "refused"},
    ("comment_time", "ignored"): {Q.COMMENT_TIME: "own_time"},
    ("comment_time", "account_zone"): {Q.COMMENT_TIME: "shifted"},
    ("html", "escaped"): {Q.COMMENT_HTML: "escaped"},
    ("html", "stripped"): {Q.COMMENT_HTML: "removed"},
    ("emoji", "stripped"): {Q.EMOJI: "emoji_removed"},
    ("emoji", "refused"): {Q.EMOJI: "emoji_refused"},
    ("hidden_flag", "ignored"): {},
    ("hidden_flag", "refused"): {},
    ("comment_order", "ascending"): {Q.COMMENT_ORDER: "oldest_first"},
    ("comment_order", "descending"): {},
    ("updated_files", "add"): {Q.FILES_ON_UPDATE: "added"},
    ("source_object_id", "not_readable"): {Q.SOURCE_ID: "missing"},
    ("source_object_id", "not_stored"): {Q.SOURCE_ID: "missing"},
    ("system_tags", "refused"): {
        Q.CALL_TAG: "refused",
        Q.MISSED_CALL_TAG: "refused",
        **dict.fromkeys((Q.CALL_FIELDS, Q.MIDNIGHT, Q.MISSED_CALL_FIELDS), "not_asked"),
    },
    ("own_fields", "dropped"): {Q.CALL_FIELDS: "lost", Q.MISSED_CALL_FIELDS: "lost"},
    ("list_values", "dropped"): {},
    ("list_values", "refused"): {},
    ("overnight_period", "refused"): {},
    ("file_from_url", "refused"): {
        Q.RECORDING_COPIED: "refused",
        **dict.fromkeys((Q.RECORDING_FILE, Q.FILES_ON_UPDATE), "not_asked"),
    },
    ("file_from_url", "slow"): {},
    ("file_from_url", "wrong_type"): {},
    ("task_filter", "ignored"): {Q.TASK_FILTER: "others_found"},
    ("task_filter", "nothing"): {Q.TASK_FILTER: "not_found"},
    ("task_activity", "absent"): {Q.TASK_ROWS: "no_activity"},
    ("task_comments", "refused"): {},
    ("changed_filter", "ignored"): {},
    ("changed_filter", "nothing"): {},
    ("filter_zone", "east"): {},
    ("filter_zone", "west"): {},
    ("task_template", "required"): {},
    ("task_status", "refused"): {},
    ("task_deletion", "deleted"): {},
    ("task_deletion", "refused"): {},
    ("time_points", "utc_only"): {},
    ("time_points", "local_only"): {},
    ("too_fast", "code_22"): {},
    ("too_fast", "daily_limit"): {},
}
"""What is answered otherwise than in the usual world, by switch and value. {}: nothing that the trial can see."""

TROUBLE = {
    (Q.CONTACT_CREATED, "refused"),
    (Q.FOUND_BY, "none"),
    (Q.COMMENT_TIME, "shifted"),
    (Q.CALL_TAG, "refused"),
    (Q.MISSED_CALL_TAG, "refused"),
    (Q.CALL_FIELDS, "lost"),
    (Q.MISSED_CALL_FIELDS, "lost"),
    (Q.TASK_FILTER, "others_found"),
    (Q.TASK_FILTER, "not_found"),
    (Q.TASK_ROWS, "no_activity"),
}
"""The differences that a person has to do something about; Ringofix adapts to all others."""


def test_trial_table_lists_every_value_of_every_switch() -> None:
    assert set(WORLDS) == {(name, value) for name, values in SWITCHES.items() for value in values[1:]}


@pytest.mark.slow
@pytest.mark.parametrize(("switch", "value"), WORLDS)
def test_trial_in_each_world_finds_what_is_different(
    scenario: Scenario, sandbox: Sandbox, trial: Trial, switch: str, value: str
) -> None:
    with_a_recording(scenario, sandbox)
    scenario.account.enter(scenario.account.world.with_switches({switch: value}))
    before = records(scenario.account)
    scenario.account.forget_requests()

    report = trial()

    assert answers(report) == USUAL | WORLDS[switch, value]
    trouble = {(f.question, f.answer) for f in report.findings if f.outcome is Outcome.TROUBLE}
    assert trouble == TROUBLE & set(WORLDS[switch, value].items())
    assert records(scenario.account) == before
    assert len(scenario.account.requests) <= 40


RATES = {"status_429": "with_wait", "code_22": "with_wait", "daily_limit": "without_wait"}


@pytest.mark.parametrize(("value", "answer"), RATES.items())
def test_trial_recognises_the_answer_to_too_fast_requests(
    scenario: Scenario, trial: Trial, value: str, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is a second only while the trial hurries: before and after, the test does not wait for it."""
    account, hurry = scenario.account, TrialClient.hurry

    @contextmanager
    def hurry_at_the_limit(client: TrialClient) -> Iterator[None]:
        account.quota.limits = Limits(per_second=1, retry_after=1, time_to_reset=1)
        with hurry(client):
            yield
        account.quota.limits = Limits()

    monkeypatch.setattr(TrialClient, "hurry", hurry_at_the_limit)
    monkeypatch.setattr(TrialClient, "wait", lambda client, seconds: setattr(account.quota, "limits", Limits()))
    account.enter(account.world.with_switches({"too_fast": value}))
    account.quota.limits = Limits(per_second=1000)  # so that it notes the time of each request

    report = trial()

    assert finding_of(report, Question.REQUEST_RATE).answer == answer
    assert answers(report)[Question.REMOVED] == "all"


SEARCH = {Q.FOUND_BY, Q.FILTER_MATCHES, Q.FILTERS_COMBINED, Q.COMPANIES, Q.DELETED_CONTACTS}
"""What they answer depends on several switches at once."""
COVERING_SET = stored_rows(TRIAL_WORLDS)
"""Worlds that contain every pair of values of two switches."""


def test_worlds_of_the_trial_contain_every_pair_of_values() -> None:
    assert pairs_in(COVERING_SET) == all_pairs(SWITCHES)


@pytest.mark.slow
@pytest.mark.parametrize("world", COVERING_SET, ids=[f"world {number}" for number in range(len(COVERING_SET))])
def test_trial_is_right_if_several_switches_are_changed(
    scenario: Scenario, sandbox: Sandbox, trial: Trial, world: dict[str, str]
) -> None:
    with_a_recording(scenario, sandbox)
    scenario.account.enter(scenario.account.world.with_switches(world))
    before = records(scenario.account)
    scenario.account.forget_requests()

    found = answers(trial())

    expected = dict(USUAL)
    for switch in world.items():
        expected |= WORLDS.get(switch, {})
    asked = {question: answer for question, answer in found.items() if answer != "not_asked"}
    assert asked == {question: asked[question] if question in SEARCH else expected[question] for question in asked}
    assert records(scenario.account) == before
    assert len(scenario.account.requests) <= 40
