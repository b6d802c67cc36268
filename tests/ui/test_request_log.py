"""How the log of requests to Planfix shows the outcome of each."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.background_jobs import run_job
from integrations.models import BackgroundJobKind, PlanfixRequest
from integrations.planfix.rights import FOR_CALLBACK_TASKS, PROBES, Right
from integrations.services.queue.background import enqueue
from integrations.ui.request_log import outcome_badge
from tests.conftest import Scenario


def badge_of(path: str, body: dict[str, Any] | None, outcome: str = "refused") -> tuple[str, str]:
    badge = outcome_badge(PlanfixRequest(path=path, body=body, outcome=outcome))
    return str(badge.label), badge.colour


@pytest.mark.parametrize("right", [right for right in PROBES if right is not Right.FIND_CONTACTS])
def test_expected_refusal_of_a_rights_probe_is_not_red(right: Right) -> None:
    path, body = PROBES[right]

    assert badge_of(path, dict(body)) == ("Refused", "")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/contact/", {"template": {"id": 7}, "name": "+380671234567"}),
        ("/contact/812/comments/", {"description": ""}),
        ("/contact/list", {"pageSize": 1, "fields": "id"}),
        ("/datatag/list", None),
    ],
)
def test_unexpected_refusal_is_red(path: str, body: dict[str, Any] | None) -> None:
    assert badge_of(path, body) == ("Refused", "danger")


def test_refusal_for_a_missing_right_is_red() -> None:
    path, body = PROBES[Right.WRITE_COMMENTS]

    assert badge_of(path, dict(body), "access") == ("No access", "danger")


@pytest.mark.django_db
def test_access_check_of_a_usual_account_leaves_no_red_request(scenario: Scenario) -> None:
    run_job(enqueue(BackgroundJobKind.CONNECT, customer=scenario.customer).pk)

    sent = list(PlanfixRequest.objects.filter(customer=scenario.customer))
    refused = [request for request in sent if request.outcome == "refused"]
    assert len(refused) >= len(PROBES) - len(FOR_CALLBACK_TASKS) - 1
    assert [request.path for request in sent if outcome_badge(request).colour == "danger"] == []
