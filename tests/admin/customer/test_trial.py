"""The trial page: what a trial would write, its findings in sentences, and the clean-up."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.background_jobs import run_job
from integrations.models import BackgroundJob, BackgroundJobKind, CallbackSettings, Customer
from integrations.services.trial.judges import QUESTIONS
from integrations.services.trial.report import NOT_ASKED, Finding, Outcome, Question, TrialReport
from integrations.services.trial.texts import ANSWERS, OUTCOMES, QUESTION_TEXTS, detail_of
from sandbox.state import Sandbox
from tests.conftest import Scenario
from tests.factories import make_customer, make_employee, make_specialist, make_viewer
from tests.services.trial.conftest import NUMBER, own_tasks, populate, records, template_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def console(client: Client) -> Client:
    client.force_login(make_specialist())
    return client


def address(customer: Customer) -> str:
    return reverse("admin:integrations_customer_trial", args=[customer.pk])


def page(console: Client, customer: Customer) -> str:
    return console.get(address(customer)).content.decode()


def run(console: Client, customer: Customer, **answers: Any) -> BackgroundJob:
    """Posts the form, and runs the job as a worker does."""
    console.post(address(customer), {"action": "run", "number": NUMBER, **answers})
    job = BackgroundJob.objects.filter(kind=BackgroundJobKind.TRIAL).order_by("-pk")[0]
    run_job(job.pk)
    job.refresh_from_db()
    return job


def test_trial_page_says_beforehand_what_a_trial_writes(console: Client) -> None:
    customer = make_customer()
    make_employee(customer, name="Oleh Tkachenko")

    shown = page(console, customer)

    assert "a comment in the name of Oleh Tkachenko, and one in the contact's name" in shown
    assert "at most 40 requests" in shown
    assert 'value="+38010' in shown


def test_trial_is_started_and_its_progress_is_shown(console: Client) -> None:
    customer = make_customer()

    response = console.post(address(customer), {"action": "run", "number": "+380 (10) 123-45-67", "keep": "on"})

    assert response.headers["Location"] == address(customer)
    assert BackgroundJob.objects.get().arguments == {"number": NUMBER, "keep": True, "task_template": None}
    shown = page(console, customer)
    assert "Waiting for the worker" in shown
    assert "Run trial" not in shown


def test_trial_creates_a_task_only_with_consent(console: Client) -> None:
    customer = make_customer()
    assert "Create a task too" not in page(console, customer)  # the access check has found no template
    choices = {"templates": {"7": "Request", "9": "Call back"}}
    CallbackSettings.objects.create(customer=customer, template_id=9, choices=choices)
    assert "Create a task too" in page(console, customer)
    assert '<option value="9" selected>Call back</option>' in page(console, customer)

    for consent in ({}, {"task": "on"}):
        console.post(address(customer), {"action": "run", "number": NUMBER, "task_template": "7", **consent})
        BackgroundJob.objects.update(finished_at=timezone.now())

    assert [job.arguments["task_template"] for job in BackgroundJob.objects.order_by("pk")] == [None, 7]


def test_task_that_a_trial_closed_is_listed_with_its_address(console: Client, scenario: Scenario) -> None:
    template_id = template_of(scenario.account)
    choices = {"templates": {str(template_id): "Request"}}
    CallbackSettings.objects.create(customer=scenario.customer, choices=choices)
    run(console, scenario.customer, task="on", task_template=template_id)

    (task,) = own_tasks(scenario.account)
    shown = page(console, scenario.customer)
    assert f'href="{scenario.account.url}/task/{task.id}"' in shown
    assert "The task is closed." in shown


def test_second_trial_waits_for_the_first(console: Client) -> None:
    customer = make_customer()
    for number in (NUMBER, "+380101234568"):
        console.post(address(customer), {"action": "run", "number": number})

    assert BackgroundJob.objects.count() == 1


def test_trial_with_a_text_that_is_no_number_is_refused(console: Client) -> None:
    customer = make_customer()

    shown = console.post(address(customer), {"action": "run", "number": "12"}).content.decode()

    assert "is not a phone number" in shown
    assert not BackgroundJob.objects.exists()


def test_trial_findings_that_need_a_person_come_first(console: Client, scenario: Scenario) -> None:
    scenario.account.enter(scenario.account.world.with_switches({"system_tags": "refused", "emoji": "stripped"}))
    run(console, scenario.customer)

    shown = page(console, scenario.customer)

    texts = [
        "Answered calls would fail.",
        "In Planfix create a data tag of your own with the same fields",
        "Planfix removes emoji.",
        "answers as expected",
        "The number is stored as it was written.",
    ]
    places = [shown.index(text) for text in texts]
    assert places == sorted(places)


def test_kept_records_of_a_trial_are_linked_and_removed_by_the_clean_up_button(
    console: Client, scenario: Scenario
) -> None:
    populate(scenario.account)
    before = records(scenario.account)
    run(console, scenario.customer, keep="on")
    contact = next(one for one in scenario.account.contacts if "Ringofix" in one.name)
    assert f"{scenario.account.url}/contact/{contact.id}" in page(console, scenario.customer)

    console.post(address(scenario.customer), {"action": "clean_up"})
    run_job(BackgroundJob.objects.order_by("-pk")[0].pk)

    assert "Clean up" not in page(console, scenario.customer)
    assert "The number is stored as it was written." in page(console, scenario.customer)
    assert records(scenario.account) == before


def test_trial_findings_of_a_former_account_are_not_shown(
    console: Client, scenario: Scenario, sandbox: Sandbox
) -> None:
    run(console, scenario.customer)
    Customer.objects.update(planfix_url=sandbox.add_account("other", token="other").url)

    assert "The number is stored as it was written." not in page(console, Customer.objects.get())


def test_set_up_step_is_done_after_a_trial(console: Client, scenario: Scenario) -> None:
    trial_tab = f'href="{address(scenario.customer)}"'
    assert "Done" not in page(console, scenario.customer).split(trial_tab)[1].split("</a>")[0]
    run(console, scenario.customer)

    assert "Done" in page(console, scenario.customer).split(trial_tab)[1].split("</a>")[0]


def test_trial_page_leads_to_the_webhook_page(console: Client, scenario: Scenario) -> None:
    run(console, scenario.customer)
    webhooks = reverse("admin:integrations_customer_webhook_setup", args=[scenario.customer.pk])

    assert f'href="{webhooks}"' in page(console, scenario.customer).split("What the account does")[1]


def test_viewer_cannot_open_the_trial_page(client: Client) -> None:
    customer = make_customer()
    client.force_login(make_viewer(customer))

    assert client.post(address(customer), {"action": "run", "number": NUMBER}).status_code in (302, 403, 404)
    assert not BackgroundJob.objects.exists()


# The sentences


def test_every_question_and_outcome_of_a_trial_has_a_text() -> None:
    assert set(QUESTION_TEXTS) == set(QUESTIONS) == set(Question)
    assert set(OUTCOMES) == set(Outcome)


@pytest.mark.parametrize(("question", "answer"), ANSWERS)
def test_trial_sentences_contain_the_values_of_their_findings(question: Question, answer: str) -> None:
    finding = Finding(question=question, outcome=Outcome.OK, answer=answer)

    assert "%(" not in detail_of(finding)


def test_trial_answer_of_a_newer_release_is_shown_unchanged() -> None:
    finding = Finding(question=Question.EMOJI, outcome=Outcome.OK, answer="sung")
    assert detail_of(finding) == "sung"


def test_trial_report_is_equal_after_storage_as_json() -> None:
    finding = Finding(question=Question.EMOJI, outcome=Outcome.OK, answer=NOT_ASKED, names={"a": "b"})
    report = TrialReport(account="acme.planfix.com", findings=(finding,), requests=3)

    assert TrialReport.from_json(report.to_json()) == report
