"""Background jobs: each is enqueued once, runs to its end, continues after an interruption, and reports a failure in a
sentence.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from integrations import background_jobs
from integrations.background_jobs import run_job
from integrations.calllog.bulk.selection import finished_calls_of
from integrations.models import BackgroundJob, BackgroundJobKind, Call, CallState, Secret
from integrations.services.customers import contact_fields
from integrations.services.queue.background import enqueue, unfinished_jobs
from integrations.services.queue.defer import RUN_JOB
from integrations.services.queue.progress import CannotBeDone, Progress, Stopped
from sandbox.ringostat.api import Ringostat
from tests.conftest import Scenario
from tests.end_to_end.rows import row
from tests.factories import make_call, make_customer

pytestmark = pytest.mark.django_db


def failed_calls(count: int) -> list[int]:
    customer = make_customer()
    return [make_call(customer, state=CallState.FAILED, reason="refused").pk for _ in range(count)]


def test_same_background_job_is_enqueued_once_until_it_is_finished() -> None:
    ProcrastinateJob.objects.filter(task_name=RUN_JOB).delete()
    calls = failed_calls(1)

    first, second = (enqueue(BackgroundJobKind.SEND_AGAIN, calls=calls) for _ in range(2))
    jobs = ProcrastinateJob.objects.filter(task_name=RUN_JOB)
    assert (first.pk, [job.args for job in jobs]) == (second.pk, [{"work_id": first.pk}])

    run_job(first.pk)
    assert enqueue(BackgroundJobKind.SEND_AGAIN, calls=calls).pk != first.pk


def test_finished_background_job_has_its_result_and_progress() -> None:
    calls = failed_calls(3)
    work = enqueue(BackgroundJobKind.SEND_AGAIN, calls=[*calls, 0])
    assert unfinished_jobs() == [work.pk]

    run_job(work.pk)

    work.refresh_from_db()
    assert (work.result, work.done, work.total, work.percent, work.trouble) == ({"calls": 3}, 3, 3, 100, "")
    assert set(Call.objects.values_list("state", flat=True)) == {CallState.PENDING}
    assert unfinished_jobs() == []


def test_background_job_interrupted_by_a_stopping_worker_runs_again() -> None:
    work = enqueue(BackgroundJobKind.SEND_AGAIN, calls=failed_calls(1))

    run_job(work.pk, should_stop=lambda: True)
    assert unfinished_jobs() == [work.pk]

    run_job(work.pk)
    assert unfinished_jobs() == []


def test_running_background_job_is_not_started_a_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []

    def begin(work: BackgroundJob, progress: Progress) -> dict[str, Any]:
        begun.append(work.pk)
        assert unfinished_jobs() == []
        run_job(work.pk)
        return {}

    monkeypatch.setattr(background_jobs, "KINDS", {BackgroundJobKind.SEND_AGAIN: begin})
    work = enqueue(BackgroundJobKind.SEND_AGAIN, calls=[])
    run_job(work.pk)

    assert begun == [work.pk]


def test_worker_that_lost_its_background_job_stores_neither_progress_nor_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stand_still_for_too_long(work: BackgroundJob, progress: Progress) -> dict[str, Any]:
        monkeypatch.setattr(background_jobs, "KINDS", {BackgroundJobKind.SEND_AGAIN: lambda *_: {"calls": 2}})
        lease_runs_out(work)
        run_job(work.pk)
        with pytest.raises(Stopped):
            progress.expect(100)
        return {"calls": 1}

    monkeypatch.setattr(background_jobs, "KINDS", {BackgroundJobKind.SEND_AGAIN: stand_still_for_too_long})
    work = enqueue(BackgroundJobKind.SEND_AGAIN, calls=[])
    run_job(work.pk)

    work.refresh_from_db()
    assert (work.result, work.total, work.is_finished) == ({"calls": 2}, None, True)


def test_background_job_taken_over_by_another_worker_creates_a_field_once(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = contact_fields.field_set

    def other_takes_over(*arguments: Any) -> Any:
        monkeypatch.setattr(contact_fields, "field_set", original)
        lease_runs_out(work)
        run_job(work.pk)
        return original(*arguments)

    monkeypatch.setattr(contact_fields, "field_set", other_takes_over)
    work = enqueue(BackgroundJobKind.CREATE_FIELDS, customer=scenario.customer, names=["Source"])
    run_job(work.pk)

    work.refresh_from_db()
    assert work.result == {"made": ["Source"]}
    assert [field.name for field in scenario.account.contact_fields.values()].count("Source") == 1


def lease_runs_out(work: BackgroundJob) -> None:
    BackgroundJob.objects.filter(pk=work.pk).update(held_until=timezone.now())


def test_catch_up_job_counts_the_days_of_its_window(scenario: Scenario) -> None:
    end = timezone.now()
    work = enqueue(BackgroundJobKind.CATCH_UP, customer=scenario.customer, start=end - timedelta(days=2.5), end=end)

    run_job(work.pk)

    work.refresh_from_db()
    assert (work.trouble, work.done, work.total) == ("", 3, 3)
    assert work.result == {"rows": 0, "dropped_fields": []}


def test_catch_up_job_of_an_empty_window_finishes_at_once(scenario: Scenario) -> None:
    now = timezone.now()
    work = enqueue(BackgroundJobKind.CATCH_UP, customer=scenario.customer, start=now, end=now)

    run_job(work.pk)

    work.refresh_from_db()
    assert (work.trouble, work.result) == ("", {"rows": 0, "dropped_fields": []})


def test_catch_up_job_stops_within_a_day_when_the_worker_stops(
    scenario: Scenario, ringostat: Ringostat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.services.intake.catch_up.BATCH", 1)
    ringostat.calls = [row(uniqueid=f"ua{number}") for number in range(3)]
    end = timezone.now()
    work = enqueue(BackgroundJobKind.CATCH_UP, customer=scenario.customer, start=end - timedelta(days=1), end=end)

    run_job(work.pk, should_stop=lambda: Call.objects.count() == 1)
    assert (Call.objects.count(), unfinished_jobs()) == (1, [work.pk])

    run_job(work.pk)
    work.refresh_from_db()
    assert (Call.objects.count(), work.result["rows"]) == (3, 3)


def test_background_job_that_a_person_can_fix_says_what_is_wrong(scenario: Scenario) -> None:
    scenario.customer.ringostat_auth_key = Secret()
    scenario.customer.save()
    end = timezone.now()
    work = enqueue(BackgroundJobKind.CATCH_UP, customer=scenario.customer, start=end - timedelta(days=1), end=end)

    run_job(work.pk)

    work.refresh_from_db()
    assert (work.trouble, work.is_finished) == ("The customer has no Ringostat Auth-key.", True)


def test_background_job_of_a_deleted_user_cannot_be_done() -> None:
    work = enqueue(BackgroundJobKind.SEND_AGAIN, filter="state=failed")

    with pytest.raises(CannotBeDone, match="no longer exists"):
        finished_calls_of(work)


def test_background_job_with_an_unexpected_error_ends_and_hides_the_error_text(monkeypatch: Any) -> None:
    def breaks(work: BackgroundJob, progress: Progress) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(background_jobs, "KINDS", {BackgroundJobKind.SEND_AGAIN: breaks})
    work = enqueue(BackgroundJobKind.SEND_AGAIN, calls=[])

    run_job(work.pk)

    work.refresh_from_db()
    assert work.trouble.startswith("Something unexpected went wrong")
    assert "secret" not in work.trouble
    assert unfinished_jobs() == []
