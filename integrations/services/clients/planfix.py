"""A customer's Planfix client, which keeps the rate limit and logs every request without secrets; and what is stored
about the account.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import requests
from django.conf import settings
from django.db.models import QuerySet
from requests.utils import get_environ_proxies

from integrations.models import AccountRateLimit, Customer, PlanfixRequest
from integrations.outbound.public_session import public_session
from integrations.planfix.call_tags.schema import CallTags
from integrations.planfix.http.client import Exchange, PlanfixClient
from integrations.services.clients.rate_limit import acquire_read_slot

KEPT_IDLE_SECONDS = 30
"""After a longer rest a connection is not used again: something on its way may have forgotten it without a word. One
that the other end has closed is noticed before each request.
"""


def planfix_session(url: str) -> requests.Session:
    """A session for requests to an account, which share a connection. Looks up the environment's proxies once per
    address, not with each request.
    """
    session = public_session()
    session.proxies = dict(_proxies(url))
    session.trust_env = False
    return session


def kept_session(customer: Customer) -> requests.Session:
    """The session of the customer's last run in this process, whose connection may still be open: a new one takes two
    round trips and a TLS handshake. Only the thread whose job holds the customer's queue lock may use it.
    """
    kept = _kept_session(customer.pk, customer.planfix_url)
    if time.monotonic() - kept.used_at > KEPT_IDLE_SECONDS:
        kept.session.close()
    kept.used_at = time.monotonic()
    return kept.session


@dataclass(kw_only=True)
class _KeptSession:
    """`used_at`: when its last run began (time.monotonic())."""

    session: requests.Session
    used_at: float


@lru_cache(256)
def _kept_session(customer_id: int, url: str) -> _KeptSession:
    return _KeptSession(session=planfix_session(url), used_at=time.monotonic())


@lru_cache(1024)
def _proxies(url: str) -> dict[str, str]:
    return get_environ_proxies(url)


def planfix_client(
    customer: Customer,
    *,
    session: requests.Session,
    pace: Callable[[float], None],
    observe: Callable[[Exchange], None],
    takes_emoji: bool = True,
) -> PlanfixClient:
    return PlanfixClient(
        customer.planfix_url,
        customer.planfix_token.reveal(),
        pace=pace,
        observe=observe,
        session=session,
        timeout=settings.PLANFIX_PATIENCE_SECONDS,
        takes_emoji=takes_emoji,
    )


def logged_client(
    customer: Customer,
    *,
    acquire_slot: Callable[[float], None] | None = None,
    asked: Callable[[], None] = lambda: None,
    is_logged: Callable[[Exchange], bool] = lambda exchange: True,
    call_id: int | None = None,
) -> PlanfixClient:
    """A client for everything but the delivery of calls. Logs each request as soon as its response is in, then calls
    `asked`.

    `acquire_slot`: of the delivery lease or the background job that sends the requests; by default the account's.
    `is_logged`: False for requests that are too many to store, or whose answers contain too much. `call_id`: of the
    call that the requests are for, if there is one.
    """

    def observe(exchange: Exchange) -> None:
        if is_logged(exchange):
            PlanfixRequest.objects.create(customer=customer, call_id=call_id, **log_columns(exchange))
        _note_requests_left(customer, exchange.requests_left)
        asked()

    pace = acquire_slot or partial(acquire_read_slot, customer)
    return planfix_client(customer, session=planfix_session(customer.planfix_url), pace=pace, observe=observe)


def _note_requests_left(customer: Customer, requests_left: int | None) -> None:
    """Stores how many requests the account has left today, by Planfix's last response; None: it did not say."""
    if requests_left is not None:
        limit = AccountRateLimit.objects.filter(account=customer.planfix_account).exclude(requests_left=requests_left)
        limit.update(requests_left=requests_left)


LOG_COLUMNS = "customer_id, call_id, sent_at, seconds, method, path, body, http_status, code, answer, outcome"


def log_columns(exchange: Exchange) -> dict[str, Any]:
    """The columns of a logged request, except the customer and the call."""
    return {
        "sent_at": exchange.sent_at,
        "seconds": exchange.seconds,
        "method": exchange.method,
        "path": exchange.path[:300],
        "body": exchange.request_body,
        "http_status": exchange.http_status,
        "code": exchange.code,
        "answer": exchange.answer,
        "outcome": exchange.outcome,
    }


def stored_call_tags(customer: Customer) -> CallTags | None:
    """The account's call tags; None while anything that a delivery needs of the account is not discovered yet."""
    if not customer.planfix_tags or (customer.planfix_contact_fields is None and fills_contact_fields(customer)):
        return None
    return CallTags.from_json(customer.planfix_tags)


def forget_call_tags(customer: Customer) -> None:
    """Has the account discovered again, after it refused the stored tags. Does nothing if that has happened already."""
    with_this_access(customer).filter(planfix_tags=customer.planfix_tags).update(planfix_tags=None)


def fills_contact_fields(customer: Customer) -> bool:
    return any(mapping.contact_field for mapping in customer.utm_fields.all())


def with_this_access(customer: Customer) -> QuerySet[Customer]:
    """The customer's row, unless its access was changed since `customer` was read: a response to the old access says
    nothing about the new account.
    """
    return Customer.objects.filter(
        pk=customer.pk, planfix_url=customer.planfix_url, planfix_token=customer.planfix_token
    )


def save_account_data(customer: Customer, **columns: Any) -> None:
    """Stores what was read from the account, unless the access or the choice of tags was changed meanwhile."""
    for name, value in columns.items():
        setattr(customer, name, value)
    tags = {"call_tag_id": customer.call_tag_id, "missed_call_tag_id": customer.missed_call_tag_id}
    with_this_access(customer).filter(**tags).update(**columns)


def save_default_template(customer: Customer, template_id: int) -> None:
    """Stores the contact template, unless the customer has chosen one before or meanwhile."""
    theirs = with_this_access(customer)
    theirs.filter(contact_template_id=None).update(contact_template_id=template_id)
    customer.contact_template_id = theirs.values_list("contact_template_id", flat=True).first() or template_id
