"""The read API answers as its schema says. Schemathesis generates the requests."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as how
from pytest_django.live_server_helper import LiveServer
from schemathesis.specs.openapi.checks import positive_data_acceptance

from integrations.api import authentication
from integrations.models import ApiToken
from integrations.users.rate_limit import Limit
from tests.factories import make_call, make_customer, make_viewer

pytestmark = [
    pytest.mark.slow,
    # schemathesis' own way of choosing
    pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning"),
]

REQUESTS = 100
"""Of each address."""


@pytest.fixture
def headers(transactional_db: None, settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    settings.API_REQUESTS_PER_MINUTE = 10_000
    monkeypatch.setattr(authentication, "WRONG_TOKENS", Limit(times=10_000, seconds=60))
    call = make_call(make_customer())
    _token, plain = ApiToken.issue(make_viewer(call.customer), "schemathesis")
    return {"Authorization": f"Bearer {plain}"}


def test_every_api_response_matches_the_schema(live_server: LiveServer, headers: dict[str, str]) -> None:
    schema = schemathesis.openapi.from_url(f"{live_server.url}/api/v1/schema/", headers=headers)
    schema.config.update(base_url=live_server.url)
    asked = []
    for found in schema.get_all_operations():

        @seed(1)
        @how(max_examples=REQUESTS, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=found.ok().as_strategy())
        def ask(case: schemathesis.Case) -> None:
            # A schema cannot say which numbers, days and cursors there are: to refuse others is right.
            answer = case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])
            asked.append(answer.status_code)

        ask()

    assert len(asked) >= REQUESTS
    assert {200, 400, 404} >= set(asked) >= {200, 404}
