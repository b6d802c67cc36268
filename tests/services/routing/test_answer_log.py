"""The routing answers of a call, and the deletion of stored answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from integrations.models import Call, Customer, RoutingAnswer
from integrations.services.privacy.erasure import erase_number
from integrations.services.privacy.retention import prune
from integrations.services.routing.answer_log import answers_of
from tests.factories import NOON, OUTGOING, call_facts, make_call, make_customer

pytestmark = pytest.mark.django_db

NUMBER = "+380671234567"


def add_answer(customer: Customer, *, seconds: int = 0, number: str = NUMBER, call_id: str = "") -> RoutingAnswer:
    return RoutingAnswer.objects.create(
        customer=customer, client_number=number, call_id=call_id, asked_at=NOON + timedelta(seconds=seconds)
    )


@pytest.fixture
def call() -> Call:
    """A call of 75 seconds, at noon."""
    return make_call(make_customer())


def test_routing_answers_of_a_call_are_found_by_number_and_time(call: Call) -> None:
    at_start, in_second_step = add_answer(call.customer, seconds=1), add_answer(call.customer, seconds=40)
    add_answer(call.customer, seconds=-300)
    add_answer(call.customer, seconds=300)
    add_answer(call.customer, number="+380501112233")
    add_answer(make_customer())

    assert answers_of(call) == [at_start, in_second_step]


def test_routing_answers_are_found_by_call_id_before_number(call: Call) -> None:
    add_answer(call.customer, seconds=1)
    mine = add_answer(call.customer, seconds=2, number="", call_id=call.ringostat_id)

    assert answers_of(call) == [mine]


def test_outgoing_call_has_no_routing_answers() -> None:
    call = make_call(make_customer(), call_facts(**OUTGOING))
    add_answer(call.customer)

    assert answers_of(call) == []


def test_erasing_a_number_deletes_its_routing_answers(call: Call) -> None:
    add_answer(call.customer)
    kept = add_answer(call.customer, number="+380501112233")
    erase_number(call.customer, "067 123-45-67")

    assert list(RoutingAnswer.objects.all()) == [kept]


def test_retention_deletes_old_routing_answers(call: Call) -> None:
    add_answer(call.customer)

    assert prune(call.customer, days=1)["routing_answers"] == 1
    assert not RoutingAnswer.objects.exists()


def test_deleting_a_customer_deletes_its_routing_answers_and_settings(call: Call) -> None:
    add_answer(call.customer)
    call.customer.delete()

    assert not RoutingAnswer.objects.exists()
