"""A trial of a Planfix account: it answers its questions, keeps to its limit, and removes what it wrote."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations.background_jobs import run_job
from integrations.models import AccountTrait, BackgroundJob, BackgroundJobKind, Call, Secret, TrialReceipt
from integrations.services.account_traits import NumberFormat, NumberStorage, traits_of
from integrations.services.trial import counting_client as trial_client
from integrations.services.trial.report import Outcome, Question, TrialReport
from sandbox.http.faults import Fault
from sandbox.planfix.phone_numbers import STORED
from sandbox.planfix.world import StoredNumber
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.end_to_end.bodies import answered, recorded
from tests.services.trial.conftest import NUMBER, Trial, answers, finding_of, records, run_trial

pytestmark = pytest.mark.django_db

ALL_SCOPES = {
    *("contact_readonly", "contact_add", "contact_update", "task_readonly", "user_readonly"),
    *("comment_readonly", "comment_add", "comment_update", "comment_delete"),
    *("datatag_readonly", "datatag_add", "datatag_update", "datatag_delete"),
    *("file_readonly", "file_add", "file_delete"),
}


OF_A_TASK = {Question.TASK_CREATED, Question.TASK_COMMENTS, Question.TASK_CLOSED}
"""Questions of a trial that may create a task."""


def with_a_recording(scenario: Scenario, sandbox: Sandbox) -> None:
    """Delivers a call with a recording, whose address the trial then uses."""
    scenario.post(answered(**recorded(sandbox)))
    scenario.deliver()


# The usual account


def test_trial_of_a_usual_account_answers_every_question_as_expected(
    scenario: Scenario, sandbox: Sandbox, trial: Trial
) -> None:
    with_a_recording(scenario, sandbox)

    report = trial()

    unexpected = {f.question: f.answer for f in report.findings if f.outcome is not Outcome.OK}
    assert not unexpected
    assert {finding.question for finding in report.findings} == set(Question) - OF_A_TASK


def test_trial_leaves_the_account_as_it_was(scenario: Scenario, sandbox: Sandbox, trial: Trial) -> None:
    with_a_recording(scenario, sandbox)
    before = records(scenario.account)

    report = trial()

    assert records(scenario.account) == before
    assert report.left == ()
    assert not TrialReceipt.objects.exists()


def test_trial_stays_below_its_limit_of_requests(scenario: Scenario, sandbox: Sandbox, trial: Trial) -> None:
    with_a_recording(scenario, sandbox)
    scenario.account.forget_requests()

    report = trial()

    assert report.requests == len(scenario.account.requests) <= 40


def test_trial_teaches_the_traits_of_the_account(scenario: Scenario, trial: Trial) -> None:
    trial()

    traits = traits_of(scenario.customer)
    assert traits.number_storage is NumberStorage.AS_WRITTEN
    assert traits.found_by == frozenset(NumberFormat)
    assert traits.honours_employee_author is True
    assert traits.names_wait is None  # nothing was refused
    digits = NUMBER.removeprefix("+")
    assert not any(digits in trait.evidence for trait in AccountTrait.objects.all())


def test_kept_records_of_a_trial_stay_and_are_listed(scenario: Scenario, trial: Trial) -> None:
    report = trial(keep=True)

    written = [comment for comment in scenario.account.comments if "Trial" in comment.description]
    assert written
    assert {left.kind for left in report.left} == {"contact", "comment", "tag_entry"}
    assert finding_of(report, Question.REMOVED).outcome is Outcome.OK


def test_trial_clean_up_removes_kept_records(scenario: Scenario, trial: Trial) -> None:
    before = records(scenario.account)
    trial(keep=True)

    report = trial(clean_up=True)

    assert records(scenario.account) == before
    assert report.left == ()


def test_trial_clean_up_does_not_touch_a_running_trial(scenario: Scenario, trial: Trial) -> None:
    trial(keep=True)
    BackgroundJob.objects.update(finished_at=None)  # as if it was still running
    before = records(scenario.account)

    trial(clean_up=True)

    assert records(scenario.account) == before


# Accounts that differ


def test_trial_with_the_number_of_a_contact_ends_before_it_writes(scenario: Scenario, trial: Trial) -> None:
    before = records(scenario.account)

    report = trial(number="+380671234567")

    assert answers(report)[Question.NUMBER_UNUSED] == "used"
    assert answers(report)[Question.CONTACT_CREATED] == "not_asked"
    assert records(scenario.account) == before


def test_trial_names_a_required_contact_field(scenario: Scenario, trial: Trial) -> None:
    scenario.account.required_contact_fields.append(81905)

    created = finding_of(trial(), Question.CONTACT_CREATED)

    assert created.outcome is Outcome.TROUBLE
    assert "81905" in created.came
    assert traits_of(scenario.customer).has_required_fields is True


def test_trial_adapts_to_numbers_stored_without_country_code(
    scenario: Scenario, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, client = scenario.account, "+380931112244"
    monkeypatch.setitem(STORED, StoredNumber.AS_GIVEN, lambda number: f"0{number.removeprefix('+380')}")

    stored = finding_of(trial(), Question.NUMBER_STORAGE)
    known = account.add_contact(name="Maria", phones=[client])
    scenario.post(answered(client))
    scenario.deliver()

    assert (stored.outcome, stored.answer) == (Outcome.ADAPTED, "national")
    assert [contact.id for contact in account.contacts if contact.phones[0].number == "0931112244"] == [known.id]
    assert [comment.contact_id for comment in account.comments if client in comment.description] == [known.id]


def test_call_creates_no_contact_after_a_trial_found_that_planfix_cuts_numbers(
    scenario: Scenario, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STORED, StoredNumber.AS_GIVEN, lambda number: number[-7:])

    assert answers(trial())[Question.NUMBER_STORAGE] == "changed"
    before = len(scenario.account.contacts)
    scenario.post(answered("+380931112244"))
    scenario.deliver()

    assert len(scenario.account.contacts) == before
    assert Call.objects.get().reason == "search_blind"


def test_trial_reports_denied_access_in_one_finding(scenario: Scenario, trial: Trial) -> None:
    scenario.customer.planfix_token = Secret.of("unknown")
    scenario.customer.save()

    report = trial()

    access = finding_of(report, Question.ACCESS)
    assert (access.outcome, access.answer) == (Outcome.TROUBLE, "refused")
    assert {f.outcome for f in report.findings if f.question is not Question.ACCESS} <= {Outcome.UNKNOWN, Outcome.OK}
    assert len(scenario.account.requests) == 1


def test_trial_ends_if_planfix_does_not_answer(scenario: Scenario, sandbox: Sandbox, trial: Trial) -> None:
    sandbox.add_fault(Fault(path="*", status=503))

    report = trial()

    assert answers(report)[Question.ACCESS] == "no_response"
    assert len(scenario.account.requests) == 2


NEEDED = sorted(ALL_SCOPES - {"user_readonly", "datatag_update", "datatag_readonly", "task_readonly", "file_readonly"})


@pytest.mark.parametrize("scope", NEEDED)
def test_trial_names_a_missing_permission(scenario: Scenario, sandbox: Sandbox, trial: Trial, scope: str) -> None:
    with_a_recording(scenario, sandbox)
    scenario.account.scopes = frozenset(ALL_SCOPES - {scope})

    report = trial()

    rights = finding_of(report, Question.RIGHTS)
    assert rights.names["scopes"] == scope
    only_trial = {"contact_update", "comment_delete", "datatag_delete", "file_delete"}
    assert rights.outcome is (Outcome.ADAPTED if scope in only_trial else Outcome.TROUBLE)


@pytest.mark.parametrize("scope", ["contact_update", "comment_delete", "datatag_delete", "file_delete"])
def test_trial_lists_records_that_it_cannot_remove_until_it_can(
    scenario: Scenario, sandbox: Sandbox, trial: Trial, scope: str
) -> None:
    with_a_recording(scenario, sandbox)
    before = records(scenario.account)
    scenario.account.scopes = frozenset(ALL_SCOPES - {scope})
    kept = {"contact_update": "contact", "file_delete": "file"}.get(scope)

    report = trial()
    assert report.left
    assert all(scope in left.why for left in report.left)
    assert kept is None or {left.kind for left in report.left} == {kept}

    scenario.account.scopes = None
    assert trial(clean_up=True).left == ()
    assert records(scenario.account) == before


# Requests


def test_trial_stops_at_its_request_limit_and_removes_everything(
    scenario: Scenario, sandbox: Sandbox, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_client, "MOST_REQUESTS", 27)
    with_a_recording(scenario, sandbox)
    before = records(scenario.account)
    scenario.account.forget_requests()

    report = trial()

    assert answers(report)[Question.ACCESS] == "limit"
    assert len(scenario.account.requests) <= 27
    assert records(scenario.account) == before


def test_trial_waits_for_a_short_request_limit_to_end(
    scenario: Scenario, sandbox: Sandbox, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(trial_client.TrialClient, "wait", lambda self, seconds: waits.append(seconds))
    answer = {"result": "fail", "code": 22, "timeToReset": 60}
    sandbox.add_fault(Fault(path="*/comments/", status=403, json=answer, times=1))

    report = trial()

    assert waits == [60.0]
    assert answers(report)[Question.EMPLOYEE_AUTHOR] == "honoured"


def test_trial_learns_that_planfix_names_the_wait_of_its_rate_limit(
    scenario: Scenario, sandbox: Sandbox, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_client.TrialClient, "wait", lambda self, seconds: None)
    sandbox.add_fault(Fault(path="/ping", status=403, json={"result": "fail", "code": 22, "timeToReset": 7}))

    rate = finding_of(trial(), Question.REQUEST_RATE)

    assert (rate.answer, rate.names["seconds"]) == ("with_wait", "7")
    assert traits_of(scenario.customer).names_wait is True


WRITES = [
    ("/contact", 0),
    ("/contact/*/comments", 0),
    ("/contact/*/comments", 1),
    ("/contact/*/datatags/*", 0),
    ("/contact/*/datatags/*", 1),
]
"""Path, and how many earlier requests to it there are."""


@pytest.mark.parametrize(("path", "skip"), WRITES)
def test_trial_finds_and_removes_a_write_whose_response_is_lost(
    scenario: Scenario, sandbox: Sandbox, trial: Trial, path: str, skip: int
) -> None:
    before = records(scenario.account)
    sandbox.add_fault(Fault(method="POST", path=path, kind="reset", when="after", times=1, skip=skip))

    report = trial()

    assert [struck for _, struck in sandbox.faults.struck()] == [1]
    assert records(scenario.account) == before
    assert report.left == ()


def test_trial_lists_a_file_whose_response_is_lost_by_its_name(
    scenario: Scenario, sandbox: Sandbox, trial: Trial
) -> None:
    with_a_recording(scenario, sandbox)
    sandbox.add_fault(Fault(path="/file/from-url", kind="reset", when="after", times=1))

    report = trial()

    (left,) = report.left
    assert (left.kind, left.id) == ("file", None)
    assert left.name in {file.name for file in scenario.account.files}


# Interruptions, and other accounts


def test_interrupted_trial_removes_only_its_own_records(scenario: Scenario, trial: Trial) -> None:
    before = records(scenario.account)
    trial(keep=True)
    job = BackgroundJob.objects.get()
    unfinished = TrialReport.from_json(job.result or {}).to_json() | {"is_kept": False, "left": []}
    BackgroundJob.objects.update(finished_at=None, arguments={"number": NUMBER, "keep": False}, result=unfinished)

    run_job(job.pk)

    job.refresh_from_db()
    report = TrialReport.from_json(job.result or {})
    assert report.was_interrupted
    assert answers(report)[Question.NUMBER_STORAGE] == "as_written"
    assert answers(report)[Question.REMOVED] == "all"
    assert records(scenario.account) == before


def test_trial_removes_nothing_from_another_account(scenario: Scenario, sandbox: Sandbox, trial: Trial) -> None:
    trial(keep=True)
    other = sandbox.add_account("other", token="other-token")
    contact = other.add_contact(name="Somebody else", phones=[NUMBER])
    scenario.customer.planfix_url, scenario.customer.planfix_token = other.url, Secret.of("other-token")
    scenario.customer.save()

    report = trial(clean_up=True)

    assert report.requests == 0
    assert not contact.is_deleted


# The command


def test_trial_command_prints_its_documented_json(scenario: Scenario, trial: Trial) -> None:
    output = StringIO()
    call_command("trial", "Acme", "--json", "--keep", stdout=output)

    printed: dict[str, Any] = json.loads(output.getvalue())
    assert set(printed) == {"customer", "account", "findings", "left"}
    assert (printed["customer"], printed["account"]) == ("Acme", scenario.customer.planfix_account)
    assert {finding["question"] for finding in printed["findings"]} == set(Question) - OF_A_TASK
    assert all(set(finding) == {"question", "outcome", "detail"} for finding in printed["findings"])
    contact = next(one for one in scenario.account.contacts if "Ringofix" in one.name)
    assert f"{scenario.account.url}/contact/{contact.id}" in printed["left"]


def test_trial_command_without_json_prints_sentences(scenario: Scenario, trial: Trial) -> None:
    output = StringIO()
    call_command("trial", "Acme", stdout=output)

    assert "How does Planfix store a number? The number is stored as it was written." in output.getvalue()


def test_trial_command_cleans_up(scenario: Scenario, trial: Trial) -> None:
    before = records(scenario.account)
    trial(keep=True)
    call_command("trial", "Acme", "--clean-up", stdout=StringIO())

    assert records(scenario.account) == before


@pytest.mark.parametrize("arguments", [["Nobody"], ["Acme", "--number", "12"]])
def test_trial_command_that_cannot_run_says_why(scenario: Scenario, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("trial", *arguments)
    assert not BackgroundJob.objects.filter(kind=BackgroundJobKind.TRIAL).exists()


def test_each_trial_of_a_customer_has_its_own_contact(scenario: Scenario) -> None:
    for _ in range(2):
        run_trial(scenario.customer, keep=True)
    # The second found the first one's number in use.
    assert len([contact for contact in scenario.account.contacts if "Ringofix" in contact.name]) == 1
