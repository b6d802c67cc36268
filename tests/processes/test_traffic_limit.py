"""Each web process counts the requests to a webhook address by itself: several accept several times the limit."""

from __future__ import annotations

from collections import Counter

import pytest
import requests

from integrations.models import WebhookEvent
from integrations.services.customers.webhook_addresses import valid_tokens
from sandbox.harness.processes import LocalStack, this_database
from tests.factories import make_customer

pytestmark = pytest.mark.slow

LIMIT, SENT = 10, 120
BODY = {"uniqueid": "ua1_-1.1", "call_type": "in", "E164": "+380671234567", "disposition": "NO ANSWER"}


@pytest.mark.parametrize("processes", [1, 2])
def test_each_web_process_accepts_the_limit_of_a_flood_once(transactional_db: None, processes: int) -> None:
    customer = make_customer()
    token = valid_tokens(customer)[0].token.reveal()
    environment = this_database() | {"WEBHOOKS_PER_MINUTE": str(LIMIT)}
    with LocalStack(environment=environment, quiet=True) as stack:
        stack.start_web(workers=processes, threads=1)
        address = f"{stack.web_url}/webhooks/ringostat/{token}/after_call/"
        # A new connection each: the kernel spreads them over the processes.
        statuses = Counter(requests.post(address, json=BODY, timeout=30).status_code for _ in range(SENT))

    # The request with which a process learns the address is not counted.
    assert LIMIT <= statuses[200] <= processes * (LIMIT + 1)
    assert statuses[429] == SENT - statuses[200]
    assert WebhookEvent.objects.count() == statuses[200]
