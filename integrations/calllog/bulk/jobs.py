"""The background jobs of the call log. Each runs one action on the job's calls."""

from __future__ import annotations

from integrations.calllog.bulk.selection import finished_calls_of, known_calls_of
from integrations.domain.reasons import Reason
from integrations.models import BackgroundJob, Call
from integrations.services.calls.dismiss import dismiss, dismissable
from integrations.services.calls.ignored_numbers import ignore_number, numbers_among, skip_ignored, spelled_numbers
from integrations.services.calls.replay import replay_call, replay_calls, replayable
from integrations.services.queue.progress import Progress


def retry_job(job: BackgroundJob, progress: Progress) -> dict[str, int]:
    calls = finished_calls_of(job)
    progress.expect(replayable(calls).count())
    return {"calls": replay_calls(calls, by=job.asked_by, done=progress.add)}


def replay_job(job: BackgroundJob, progress: Progress) -> dict[str, int]:
    """Reads the webhooks of the calls again and retries the calls. Leaves out dismissed calls, and erased ones, which
    have no data to read.
    """
    calls = finished_calls_of(job).exclude(reason__in=(Reason.ERASED, Reason.DISMISSED))
    call_ids = list(calls.order_by("pk").values_list("pk", flat=True))
    progress.expect(len(call_ids))
    for call_id in call_ids:
        call = Call.objects.select_related("customer").filter(pk=call_id).first()
        if call:
            replay_call(call, by=job.asked_by)
        progress.add()
    return {"calls": len(call_ids)}


def dismiss_job(job: BackgroundJob, progress: Progress) -> dict[str, int]:
    """Dismisses the calls with the note in the job's arguments."""
    calls = known_calls_of(job).exclude(finished_at__gt=job.asked_at)
    progress.expect(dismissable(calls).count())
    return {"calls": dismiss(calls, note=job.arguments["note"], by=job.asked_by, done=progress.add)}


def ignore_numbers_job(job: BackgroundJob, progress: Progress) -> dict[str, int]:
    """Adds the calls' numbers to the ignore list, and skips the failed calls.

    Also handles numbers that are already on the list: the worker may have stopped between the two steps.
    """
    calls, count = known_calls_of(job), 0
    found = numbers_among(spelled_numbers(calls).iterator())
    numbers = {**found.known, **found.new}
    progress.expect(len(numbers))
    for (customer_id, number), spellings in sorted(numbers.items()):
        count += ignore_number(customer_id, number)
        skip_ignored(calls.filter(customer=customer_id, client_number__in=spellings))
        progress.add()
    return {"numbers": count}
