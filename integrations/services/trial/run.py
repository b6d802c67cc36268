"""Runs a trial: sends its steps in order, removes their records, and reports. May be killed and started again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import structlog

from integrations.models import BackgroundJob, Customer, TrialRecordKind
from integrations.planfix.http.errors import PlanfixAccessDenied, PlanfixError, PlanfixUnavailable
from integrations.planfix.records.read_back import contacts_by_phone
from integrations.planfix.records.removal import is_gone
from integrations.planfix.rights import is_missing_right
from integrations.services.queue.progress import Progress, Stopped, held
from integrations.services.trial.content import trial_content
from integrations.services.trial.counting_client import FOR_LAST_SEARCH, RequestsSpent, TrialClient
from integrations.services.trial.judges import judged, with_removal
from integrations.services.trial.learnt_traits import learn_from
from integrations.services.trial.readings import Failure, Readings
from integrations.services.trial.receipts import TrialReceipts, abandoned_receipts, leftovers, remove
from integrations.services.trial.report import LIMIT, NO_RESPONSE, NOT_DELETED, Leftover, TrialReport
from integrations.services.trial.steps import STEPS, Step, Trial

log = structlog.get_logger(__name__)

EXPECTED_REQUESTS, WITH_TASK = 33, 39
"""Totals of the progress bar, without and with a task."""
FAILURES_TO_END = 2
"""The trial stops asking after so many steps in a row without a response."""

NUMBER, KEEP, CLEAN_UP, TASK_TEMPLATE = "number", "keep", "clean_up", "task_template"
"""Names of the job's arguments: the contact's number in full format; whether all records stay in Planfix; whether the
job only removes what earlier trials left; the template ID of the trial's task, if it may create one.
"""


def trial_job(job: BackgroundJob, progress: Progress) -> dict[str, Any]:
    """Runs the trial as a background job. After an interruption it only removes its records: a new trial must ask the
    questions again.
    """
    customer = Customer.objects.prefetch_related("employees", "utm_fields").get(background_jobs=job.pk)
    client = TrialClient(job, customer, progress)
    if job.arguments.get(CLEAN_UP):
        return _clean_up(job, customer, client).to_json()
    receipts = TrialReceipts(job, customer, client)
    if job.result is not None:
        return _finish_interrupted(job, client, receipts).to_json()
    content = trial_content(job, customer)
    read = Readings(task_template_id=job.arguments.get(TASK_TEMPLATE))
    trial = Trial(customer=customer, content=content, client=client, receipts=receipts, read=read)
    progress.expect(WITH_TASK if read.task_template_id else EXPECTED_REQUESTS)
    return _run(job, trial).to_json()


def _run(job: BackgroundJob, trial: Trial) -> TrialReport:
    read, client = trial.read, trial.client
    read.is_kept = bool(job.arguments.get(KEEP))
    _save(job, _report(job, trial))  # From now on the job counts as begun.
    client.reserved = FOR_LAST_SEARCH
    _ask(job, trial)
    client.reserved = 0
    if not read.is_kept:
        _remove(trial)
    read.left = [*leftovers(trial.receipts.rows), *_not_deleted(read)]
    report = _report(job, trial)
    learn_from(job, trial.customer, report.findings, read)
    return report


def _ask(job: BackgroundJob, trial: Trial) -> None:
    """Sends the steps. Stops when Planfix denies access or does not answer, or when the requests are used up."""
    unanswered = 0
    for step in STEPS:
        if not step.is_due(trial.read):
            continue
        failure = _send(trial, step)
        unanswered = unanswered + 1 if failure and failure.answer == NO_RESPONSE else 0
        if unanswered == FAILURES_TO_END:
            trial.read.end = failure
        if trial.read.end:
            return
        _save(job, _report(job, trial))


def _send(trial: Trial, step: Step) -> Failure | None:
    """Sends one step. Returns why it failed; None if it did not."""
    read = trial.read
    try:
        step.send(trial)
    except RequestsSpent:
        read.end = Failure(answer=LIMIT, message="")
        return read.end
    except PlanfixError as error:
        failure = read.failures[step.name] = Failure.of(error)
        read.has_answered |= error.http_status is not None and not isinstance(error, PlanfixUnavailable)
        if isinstance(error, PlanfixAccessDenied) and not is_missing_right(error):
            read.end = failure
        if isinstance(error, PlanfixUnavailable) and error.daily_limit:
            read.end = failure
        return failure
    read.has_answered |= trial.client.sent > 0
    return None


def _remove(trial: Trial) -> None:
    """Removes the trial's records, then checks whether the search still finds the contact."""
    errors = remove(trial.client, trial.receipts.rows)
    trial.read.failures |= {f"removal {number}": Failure.of(error) for number, error in enumerate(errors)}
    if trial.read.contact_id is None or trial.receipts.rows.filter(planfix_id=trial.read.contact_id).exists():
        return
    step = Step(name="deleted", send=_look_for_deleted)
    _send(trial, step)


def _look_for_deleted(trial: Trial) -> None:
    read, parts = trial.read, trial.best_parts
    if not parts or read.contact_id is None:
        return
    read.found_when_deleted = found = contacts_by_phone(trial.client, parts)
    if any(contact.id == read.contact_id and not contact.is_deleted for contact in found):
        read.contact_stays = not is_gone(trial.client, read.contact_id)


def _not_deleted(read: Readings) -> list[Leftover]:
    """The contact, if Planfix confirmed its deletion but still shows it."""
    if not read.contact_stays:
        return []
    contact_id = read.contact_id
    return [Leftover(kind=TrialRecordKind.CONTACT, id=contact_id, contact_id=contact_id, why=NOT_DELETED)]


def _report(job: BackgroundJob, trial: Trial) -> TrialReport:
    return TrialReport(
        account=trial.customer.planfix_account,
        number=trial.content.number,
        name=trial.content.name,
        findings=judged(trial.content, trial.read),
        left=tuple(trial.read.left or ()),
        requests=trial.client.sent,
        is_kept=trial.read.is_kept,
    )


def _save(job: BackgroundJob, report: TrialReport) -> None:
    """Stores the report so far, for the page and for a job that continues. Raises Stopped."""
    job.result = report.to_json()
    if not held(job).update(result=job.result):
        raise Stopped


def _finish_interrupted(job: BackgroundJob, client: TrialClient, receipts: TrialReceipts) -> TrialReport:
    """Removes the records of the interrupted run. Keeps its findings."""
    report = TrialReport.from_json(job.result or {})
    log.info("trial interrupted", job_id=job.pk, customer_id=job.customer_id)
    if not report.is_kept:
        remove(client, receipts.rows)
    left = tuple(leftovers(receipts.rows))
    findings = with_removal(report.findings, left, is_kept=report.is_kept)
    return replace(report, findings=findings, left=left, requests=client.sent, was_interrupted=True)


def _clean_up(job: BackgroundJob, customer: Customer, client: TrialClient) -> TrialReport:
    """Removes records that earlier trials of this customer left."""
    remove(client, abandoned_receipts(customer))
    left = tuple(leftovers(abandoned_receipts(customer)))
    return TrialReport(account=customer.planfix_account, left=left, requests=client.sent)
