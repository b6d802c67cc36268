"""Tries a customer's Planfix account now, in this process, and prints what it found."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.background_jobs import run_job
from integrations.domain.phones import normalize
from integrations.management.customer_arguments import named_customers
from integrations.models import BackgroundJob, BackgroundJobKind, Customer
from integrations.services.callback_tasks.settings_file import settings_of
from integrations.services.trial.content import new_number
from integrations.services.trial.report import TrialReport
from integrations.services.trial.run import CLEAN_UP, KEEP, NUMBER, TASK_TEMPLATE
from integrations.services.trial.texts import OUTCOMES, detail_of, title_of
from integrations.ui.links import trial_url

OF_CALLBACK_TASKS = 0
"""Stands for the template of the customer's callback tasks."""


class Command(BaseCommand):
    help = (
        "Writes one contact, two comments, two data tag entries and, if asked to, a task to the customer's Planfix"
        " account, reads them back and removes them again. Tells how the account behaves, and what Ringofix does about"
        " it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the customer")
        parser.add_argument("--keep", action="store_true", help="leave everything in Planfix to be looked at")
        parser.add_argument("--number", metavar="N", help="the contact's number (default: one that nobody has)")
        parser.add_argument(
            "--clean-up", action="store_true", help="write nothing; remove what earlier trials have left in Planfix"
        )
        parser.add_argument(
            "--task",
            nargs="?",
            type=int,
            const=OF_CALLBACK_TASKS,
            metavar="TEMPLATE",
            help="create a task too, from the task template with this ID (default: the one of the callback tasks)."
            " Planfix notifies the template's assignees. The task is closed afterwards if Planfix does not delete it",
        )
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(
        self,
        *args: Any,
        name: str,
        keep: bool,
        number: str | None,
        clean_up: bool,
        task: int | None,
        json: bool,
        **options: Any,
    ) -> None:
        customer = named_customers(name)[0]
        arguments: dict[str, Any] = {CLEAN_UP: True}
        if not clean_up:
            arguments = {NUMBER: _number(customer, number), KEEP: keep, TASK_TEMPLATE: _template(customer, task)}
        report = _run(customer, arguments)
        for line in [_as_json(customer, report)] if json else _as_text(customer, report):
            self.stdout.write(line)


def _number(customer: Customer, typed: str | None) -> str:
    if typed is None:
        return new_number(customer)
    number = normalize(typed, customer.region)
    if number is None:
        raise CommandError(f"“{typed}” is not a phone number. Write it in full: +380671234567.")
    return number


def _template(customer: Customer, given: int | None) -> int | None:
    if given != OF_CALLBACK_TASKS:
        return given
    if template_id := settings_of(customer).template_id:
        return template_id
    raise CommandError("The customer has no template for callback tasks. Name a task template by its ID: --task 12.")


def _run(customer: Customer, arguments: dict[str, Any]) -> TrialReport:
    """Runs the job here. If this process is killed, a worker takes the job over and removes what was written."""
    job = BackgroundJob.objects.create(kind=BackgroundJobKind.TRIAL, customer=customer, arguments=arguments)
    run_job(job.pk)
    job.refresh_from_db()
    if job.trouble or not job.result:
        raise CommandError(job.trouble or "A worker has taken the trial over. See its result on the customer's page.")
    return TrialReport.from_json(job.result)


def _as_json(customer: Customer, report: TrialReport) -> str:
    findings = [
        {"question": str(finding.question), "outcome": str(finding.outcome), "detail": detail_of(finding)}
        for finding in report.findings
    ]
    answer = {
        "customer": customer.name,
        "account": report.account,
        "findings": findings,
        "left": _left(customer, report),
    }
    return json.dumps(answer, ensure_ascii=False)


def _as_text(customer: Customer, report: TrialReport) -> Iterator[str]:
    for finding in report.findings:
        yield f"{OUTCOMES[finding.outcome]!s:12} {title_of(finding.question)} {detail_of(finding)}"
    for address in _left(customer, report):
        yield f"still in Planfix: {address}"


def _left(customer: Customer, report: TrialReport) -> list[str]:
    """The addresses of the records that are still in Planfix."""
    account = customer.planfix_url
    return [
        trial_url(account, contact_id=one.contact_id, task_id=one.task_id, comment_id=one.comment_id)
        for one in report.left
    ]
