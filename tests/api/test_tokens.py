"""API tokens: a token reads what its user may see, within a rate limit, until it is revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client

from integrations.api import authentication
from integrations.models import ApiToken, RateLimitCounter
from integrations.users.rate_limit import Limit
from tests.api.test_calls import CALLS, reader
from tests.factories import make_customer, make_specialist, make_viewer

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Bearer ringofix_wrong", "Basic dTpw", "Bearer ü\0"])
def test_api_requires_a_known_token(header: str | None) -> None:
    client = Client(headers={"Authorization": header} if header is not None else {})

    answer = client.get(CALLS)

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert list(answer.json()) == ["detail"]


def test_session_login_does_not_replace_a_token(client: Client) -> None:
    client.force_login(make_specialist())

    assert client.get(CALLS).status_code == 401


def test_api_token_of_a_deactivated_user_is_refused() -> None:
    user = make_viewer(make_customer())
    api = reader(user)
    user.is_active = False
    user.save()

    assert api.get(CALLS).status_code == 401


def test_database_holds_no_plain_api_token() -> None:
    _token, plain = ApiToken.issue(make_specialist(), "reports")
    with connection.cursor() as cursor:
        cursor.execute("SELECT integrations_apitoken::text FROM integrations_apitoken")
        row = cursor.fetchone()[0]

    assert plain not in row
    assert plain.encode().hex() not in row


def test_last_use_of_an_api_token_is_recorded_once_a_minute() -> None:
    api = reader(make_specialist())
    api.get(CALLS)
    first = ApiToken.objects.get().last_used_at
    api.get(CALLS)
    assert first == ApiToken.objects.get().last_used_at

    ApiToken.objects.update(last_used_at=F("last_used_at") - timedelta(minutes=2))
    api.get(CALLS)
    assert ApiToken.objects.get().last_used_at > first


def test_too_many_api_requests_get_a_retry_time(settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    user = make_specialist()
    assert [reader(user).get(CALLS).status_code for _ in range(3)] == [200, 200, 429]
    assert 1 <= int(reader(user).get(CALLS)["Retry-After"]) <= 60
    assert reader(make_specialist()).get(CALLS).status_code == 200

    RateLimitCounter.objects.update(until=F("until") - timedelta(minutes=2))
    assert reader(user).get(CALLS).status_code == 200


def test_guessing_api_tokens_is_slowed_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "WRONG_TOKENS", Limit(times=2, seconds=60))
    guesses = [Client(headers={"Authorization": f"Bearer guess{number}"}).get(CALLS) for number in range(3)]

    assert [answer.status_code for answer in guesses] == [401, 401, 429]
