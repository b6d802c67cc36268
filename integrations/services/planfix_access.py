"""A customer's Planfix client, whose every request is paced, and logged without secrets."""

from __future__ import annotations

from collections.abc import Callable

from integrations.models import Call, Customer, PlanfixRequest
from integrations.planfix.client import Exchange, PlanfixClient


def planfix_client(
    customer: Customer, *, pace: Callable[[], None], observe: Callable[[Exchange], None]
) -> PlanfixClient:
    return PlanfixClient(customer.planfix_url, customer.planfix_token.reveal(), pace=pace, observe=observe)


def logged(exchange: Exchange, *, customer: Customer, call: Call | None) -> PlanfixRequest:
    """The unsaved log row of one request."""
    return PlanfixRequest(
        customer=customer,
        call=call,
        sent_at=exchange.sent_at,
        seconds=exchange.seconds,
        method=exchange.method,
        path=exchange.path[:300],
        body=exchange.request_body,
        http_status=exchange.http_status,
        code=exchange.code,
        answer=exchange.answer,
        outcome=exchange.outcome,
    )
