"""The recording of a call: looks at it, has Planfix copy it, and plans when to look again for one that is not ready."""

from __future__ import annotations

from datetime import timedelta

from integrations.models import CallState, Recording, Step
from integrations.planfix.http.errors import PlanfixRefused, PlanfixUnavailable
from integrations.planfix.records.files import copy_recording
from integrations.services.delivery.attempt import Attempt
from integrations.services.delivery.content import CallContent
from integrations.services.delivery.recording_look import look_at

RECORDING_DELAYS = (timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
"""Ringostat needs a while to make a recording ready. After the last look the comment keeps a link, or nothing."""

ATTEMPTS_AT_ADDITIONS = 80
"""About three days."""

ATTEMPTS_AT_RECORDING = {False: 3, True: ATTEMPTS_AT_ADDITIONS}
"""By whether the call is delivered. Planfix may work and still fail to copy one file. So a call that is not delivered
goes out without its recording at the third attempt, and a delivered call keeps its link after the last one.
"""

NEVER_COPIED = frozenset({41, 7002})
"""Planfix's codes for an address that it may not fetch, and for a file over the plan's size."""


def copy_once(attempt: Attempt, content: CallContent) -> int | None:
    """The id of the recording that Planfix has copied; None when there is none, or it cannot be copied (yet).

    Raises PlanfixError.
    """
    receipts, url = attempt.book.row, content.recording_url
    if receipts.file_id is not None or not url or not _is_copy_wanted(attempt):
        return receipts.file_id
    look = look_at(url)
    if look.problem:
        attempt.book.note(recording_refused=look.problem)
        return None
    name = f"{attempt.call.ringostat_id}{look.suffix}"
    try:
        return attempt.book.write(
            Step.RECORDING,
            "file_id",
            send=lambda: copy_recording(attempt.planfix, url=url, name=name),
            # Nobody sees a copy without a comment: another copy is cheaper than a search for the first.
            find=lambda: None,
        )
    except PlanfixUnavailable as error:
        if receipts.attempts < ATTEMPTS_AT_RECORDING[attempt.call.state == CallState.DELIVERED]:
            raise
        attempt.book.note(recording_refused=error.message[:300])
        return None
    except PlanfixRefused as error:
        attempt.book.note(recording_refused=error.message[:300])
        if error.code in NEVER_COPIED:
            attempt.book.note(recording_tries=len(RECORDING_DELAYS))
        return None


def next_look(attempt: Attempt, content: CallContent) -> timedelta | None:
    """How long to wait before the next look for a missing recording; None when none is missing, or after the last look.

    Counts the look.
    """
    if not _is_recording_missing(attempt, content):
        return None
    tries = attempt.book.row.recording_tries
    attempt.book.note(recording_tries=tries + 1)
    return RECORDING_DELAYS[tries] if tries < len(RECORDING_DELAYS) else None


def _is_copy_wanted(attempt: Attempt) -> bool:
    wants_copies = attempt.customer.recording == Recording.COPY
    return wants_copies and attempt.book.row.recording_tries <= len(RECORDING_DELAYS)


def _is_recording_missing(attempt: Attempt, content: CallContent) -> bool:
    facts = content.facts
    if not content.has_recording or not (facts.has_recording or facts.recording_url):
        return False
    if not facts.recording_url:
        return True
    is_foreign = not content.recording_url
    return not is_foreign and attempt.customer.recording == Recording.COPY and attempt.book.row.file_id is None
