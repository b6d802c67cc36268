"""The trial's Planfix client: counts its requests, stops at MOST_REQUESTS, and waits when Planfix limits requests."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from integrations.models import BackgroundJob, Customer
from integrations.planfix.http.errors import PlanfixUnavailable
from integrations.planfix.http.json_fields import JSON, Row
from integrations.services.clients.planfix import logged_client
from integrations.services.database import release_connection
from integrations.services.queue.progress import Progress, Stopped, held

MOST_REQUESTS = 40
FOR_LAST_SEARCH = 1
"""Requests reserved for the search after the removal."""
LONGEST_WAIT_SECONDS = 150.0
"""A short request limit of Planfix ends within a minute or two. A longer wait ends the trial."""
SLICE_SECONDS = 5.0


class RequestsSpent(Exception):
    """The trial has used up its requests. This request was not sent."""


class TrialClient:
    """Sends requests at the account's rate and holds the job meanwhile. The job's row keeps the count over a crash."""

    def __init__(self, job: BackgroundJob, customer: Customer, progress: Progress) -> None:
        self._job = job
        self._customer = customer
        self._progress = progress
        self._client = logged_client(customer, acquire_slot=self.acquire_slot)
        self._is_hurried = False
        self.reserved = 0
        """Requests reserved for the removal of the trial's records."""

    @property
    def sent(self) -> int:
        return self._job.done

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, JSON] | None = None,
        params: Mapping[str, str] | None = None,
        timeout_factor: float = 1,
    ) -> Row:
        """Sends a request as Planfix.request() does. If Planfix refuses it because of a short request limit, waits as
        long as Planfix asks and sends it once more.

        Raises RequestsSpent, Stopped and what Planfix.request() raises.
        """
        try:
            return self._client.request(method, path, body=body, params=params, timeout_factor=timeout_factor)
        except PlanfixUnavailable as error:
            if self._is_hurried or not is_short_limit(error):
                raise
            self.wait(error.retry_after or 0.0)
        return self._client.request(method, path, body=body, params=params, timeout_factor=timeout_factor)

    @contextmanager
    def hurry(self) -> Iterator[None]:
        """Sends requests inside without waiting for the account's rate, and does not repeat them."""
        self._is_hurried = True
        try:
            yield
        finally:
            self._is_hurried = False

    def wait(self, seconds: float) -> None:
        """Sleeps while holding the job. Raises Stopped."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._progress.add(0)
            time.sleep(min(left, SLICE_SECONDS))

    def acquire_slot(self, seconds: float) -> None:
        """Counts a request, and blocks until it may be sent. Raises RequestsSpent or Stopped."""
        if self.sent >= MOST_REQUESTS - self.reserved:
            raise RequestsSpent
        self._progress.add()
        if not held(self._job).update(done=self._job.done):
            raise Stopped
        if not self._is_hurried:
            self._progress.acquire_slot(self._customer, seconds)
        release_connection()  # A request may take long, and connections are few.


def is_short_limit(error: PlanfixUnavailable) -> bool:
    """Tells whether Planfix refused the request, without any effect, because of a short request limit."""
    if error.retry_after is None or error.daily_limit or error.may_have_written:
        return False
    return error.retry_after <= LONGEST_WAIT_SECONDS
