"""A Planfix client whose answers the test defines, and the requests that it has sent."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import responses

from integrations.planfix.http.client import Exchange, PlanfixClient

URL = "https://acme.planfix.com"
TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def planfix() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def exchanges() -> list[Exchange]:
    return []


@pytest.fixture
def client(exchanges: list[Exchange]) -> PlanfixClient:
    return PlanfixClient(URL, TOKEN, observe=exchanges.append)


@pytest.fixture
def sent(planfix):
    """The JSON bodies sent so far."""
    return lambda: [json.loads(call.request.body) for call in planfix.calls]
