"""After a restore from a backup: what was delivered since the backup is found in Planfix, and not delivered again."""

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


def forget_the_call(way: Scenario) -> None:
    """As if the backup had been taken before the call came."""
    Call.objects.filter(customer=way.customer).delete()
    call_command("restored")
    way.customer = Customer.objects.get(pk=way.customer.pk)


def held(way: Scenario) -> dict[str, Any]:
    comments = way.account.comments
    return {
        "contacts": len(way.account.contacts),
        "comments": [(comment.id, comment.author, len(comment.tags), len(comment.files)) for comment in comments],
    }


@pytest.mark.parametrize("target", ["contact", "last_active_task"])
@pytest.mark.parametrize("disposition", ["ANSWERED", "NO ANSWER"])
def test_a_call_of_after_the_backup_is_not_delivered_twice(
    make_way: Callable[..., Scenario], target: str, disposition: str
) -> None:
    way = make_way(call_target=target)
    body = answered(disposition=disposition, calldate=at(timezone.now() - timedelta(minutes=5)))
    way.post(body)
    way.deliver()
    before = held(way)
    assert len(before["comments"]) == 1

    forget_the_call(way)
    way.post(body)
    way.deliver()
    way.deliver()

    call = way.call(CALL_ID)
    assert (call.state, call.delivery.comment_id) == (CallState.DELIVERED, before["comments"][0][0])
    assert held(way) == before


def test_a_call_that_was_never_delivered_is(make_way: Callable[..., Scenario]) -> None:
    way = make_way()
    way.post(answered(calldate=at(timezone.now() - timedelta(minutes=5))))
    call_command("restored")
    way.customer = Customer.objects.get(pk=way.customer.pk)
    way.deliver()

    assert way.call(CALL_ID).state == CallState.DELIVERED
    assert len(held(way)["comments"]) == 1


def test_calls_of_after_the_restore_cost_no_look(make_way: Callable[..., Scenario]) -> None:
    way = make_way()
    call_command("restored")
    way.customer = Customer.objects.get(pk=way.customer.pk)
    way.post(answered(calldate=at(timezone.now() + timedelta(minutes=5))))
    way.deliver()

    assert way.call(CALL_ID).state == CallState.DELIVERED
    assert not [request for request in way.account.requests if request.path.endswith("comments/list")]
