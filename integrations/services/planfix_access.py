"""A customer's Planfix client, whose every request is paced, and logged without secrets."""

from __future__ import annotations

from collections.abc import Callable

import requests
from django.conf import settings
from requests.utils import get_environ_proxies

from integrations.models import Call, Customer, PlanfixRequest
from integrations.planfix.client import Exchange, PlanfixClient


def planfix_session(customer: Customer) -> requests.Session:
    """For the requests of one turn, which share a connection. The machine's proxies are looked up once, not each
    time.
    """
    session = requests.Session()
    session.proxies = dict(get_environ_proxies(customer.planfix_url))
    session.trust_env = False
    return session


def planfix_client(
    customer: Customer,
    *,
    session: requests.Session,
    pace: Callable[[float], None],
    observe: Callable[[Exchange], None],
) -> PlanfixClient:
    return PlanfixClient(
        customer.planfix_url,
        customer.planfix_token.reveal(),
        pace=pace,
        observe=observe,
        session=session,
        patience=settings.PLANFIX_PATIENCE_SECONDS,
    )


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
