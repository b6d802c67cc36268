"""After a restore from a backup, calls delivered since the backup are found in Planfix and not delivered again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from integrations.models import Call, CallState, Customer
from tests.conftest import Scenario
from tests.end_to_end.bodies import CALL_ID, answered
from tests.end_to_end.rows import at

pytestmark = pytest.mark.django_db


def forget_the_call(scenario: Scenario) -> None:
    """Deletes the call, as if the backup had been taken before it came."""
    Call.objects.filter(customer=scenario.customer).delete()
    call_command("restored")
    scenario.customer = Customer.objects.get(pk=scenario.customer.pk)


def held(scenario: Scenario) -> dict[str, Any]:
    comments = scenario.account.comments
    return {
        "contacts": len(scenario.account.contacts),
        "comments": [(comment.id, comment.author, len(comment.tags), len(comment.files)) for comment in comments],
    }


@pytest.mark.parametrize("target", ["contact", "last_active_task"])
@pytest.mark.parametrize("disposition", ["ANSWERED", "NO ANSWER"])
def test_a_call_delivered_after_the_backup_is_not_delivered_twice(
    make_scenario: Callable[..., Scenario], target: str, disposition: str
) -> None:
    scenario = make_scenario(call_target=target)
    body = answered(disposition=disposition, calldate=at(timezone.now() - timedelta(minutes=5)))
    scenario.post(body)
    scenario.deliver()
    before = held(scenario)
    assert len(before["comments"]) == 1

    forget_the_call(scenario)
    scenario.post(body)
    scenario.deliver()
    scenario.deliver()

    call = scenario.call(CALL_ID)
    assert (call.state, call.delivery.comment_id) == (CallState.DELIVERED, before["comments"][0][0])
    assert held(scenario) == before


def test_a_call_that_was_not_delivered_before_the_backup_is_delivered(make_scenario: Callable[..., Scenario]) -> None:
    scenario = make_scenario()
    scenario.post(answered(calldate=at(timezone.now() - timedelta(minutes=5))))
    call_command("restored")
    scenario.customer = Customer.objects.get(pk=scenario.customer.pk)
    scenario.deliver()

    assert scenario.call(CALL_ID).state == CallState.DELIVERED
    assert len(held(scenario)["comments"]) == 1


def test_calls_after_the_restore_need_no_search(make_scenario: Callable[..., Scenario]) -> None:
    scenario = make_scenario()
    call_command("restored")
    scenario.customer = Customer.objects.get(pk=scenario.customer.pk)
    scenario.post(answered(calldate=at(timezone.now() + timedelta(minutes=5))))
    scenario.deliver()

    assert scenario.call(CALL_ID).state == CallState.DELIVERED
    assert not [request for request in scenario.account.requests if request.path.endswith("comments/list")]
