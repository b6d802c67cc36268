"""200 customers with one call each at 200 ms Planfix latency: how parallel is one worker process?

Printed: seconds from the worker's first request to its last, the time that one customer after another would take at
that latency, and the ratio of the two.
"""

from __future__ import annotations

from django.conf import settings

from bench.scratch import stage
from integrations.domain.calls import EventKind
from integrations.models import Call, CallState
from integrations.ringostat.body import RawRequest
from integrations.sandbox.demo_day import customer_file
from integrations.sandbox.stage import Stage, wait_until
from integrations.services.customer_file import import_customer, webhook_address
from integrations.services.intake import receive, recipient_of
from integrations.services.onboarding import discover

CUSTOMERS = 200
LATENCY = 0.2
CONCURRENCY = 64


def run() -> None:
    settings.ALLOW_PRIVATE_HOSTS = True
    with stage() as on_stage:
        on_stage.start_sandbox()
        for number in range(CUSTOMERS):
            _customer_with_a_call(on_stage, number)
            on_stage.control("DELETE", f"/accounts/c{number}/requests")  # those of the discovery
        on_stage.control("POST", "/latency", {"seconds": LATENCY})
        on_stage.start_worker(concurrency=CONCURRENCY)
        wait_until(lambda: not Call.objects.exclude(state=CallState.DELIVERED).exists(), "all calls", seconds=300)
        sent = [request for number in range(CUSTOMERS) for request in _requests(on_stage, number)]
    began = min(request["started_at"] for request in sent)
    ended = max(request["started_at"] + request["seconds"] for request in sent)
    one_by_one = len(sent) * LATENCY
    took = ended - began
    ideal = one_by_one / CONCURRENCY
    print(
        f"{CUSTOMERS} customers, one call each, {len(sent)} requests at {LATENCY * 1000:.0f} ms, {CONCURRENCY} at once"
    )
    print(f"took {took:.2f} s; one by one {one_by_one:.1f} s: {one_by_one / took:.1f} times faster")
    print(f"ideal {ideal:.2f} s: {ideal / took:.0%} of it reached")


def _customer_with_a_call(on_stage: Stage, number: int) -> None:
    name, token = f"c{number}", f"token-{number}"
    url = on_stage.control("POST", "/accounts", {"name": name, "token": token})["url"]
    on_stage.add_contact("Olha Koval", "+380671234567", account=name)
    data = customer_file(name, on_stage.sandbox_url, token, requests_per_second=1000)
    data["planfix"]["url"] = url
    customer = import_customer(data)
    discover(customer)
    recipient = recipient_of(webhook_address(customer).rstrip("/").rsplit("/", 1)[1])
    assert recipient
    raw = RawRequest(method="POST", content_type="application/json", query_string="", body=_body(number))
    receive(recipient, event=EventKind.AFTER_CALL, raw=raw)


def _body(number: int) -> bytes:
    return (
        f'{{"uniqueid": "ua9_-1790775438.{number}", "call_type": "in", "E164": "+380671234567", "dst": "380442223344",'
        ' "connected_with": "acmecom_iryna", "disposition": "ANSWERED", "billsec": "3", "has_recording": "0"}'
    ).encode()


def _requests(on_stage: Stage, number: int) -> list[dict[str, float]]:
    requests: list[dict[str, float]] = on_stage.control("GET", f"/accounts/c{number}/requests")
    return requests
