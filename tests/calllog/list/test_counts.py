"""The call counts that the database keeps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.db.models import Sum

from integrations.models import Call, CallCount, CallTallyChange, Customer
from integrations.services.calls.counts import fold_call_counts
from tests.factories import MISSED, OUTGOING, call_facts, make_call, make_customer

fill_columns = import_module("integrations.migrations.0006_fill_call_columns")
count_calls = import_module("integrations.migrations.0009_count_stored_calls")

pytestmark = pytest.mark.django_db

LATE = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
"""Half past midnight of the second of March in Kyiv."""


def counted(**level: Any) -> dict[tuple[Any, ...], int]:
    """Returns the counts of one level without the cells that are zero."""
    cells = CallCount.objects.filter(**level).values_list("day", "hour", "direction", "outcome", "state")
    return {tuple(cell): calls for *cell, calls in cells.annotate(sum=Sum("calls")) if calls}


def everybody() -> dict[tuple[Any, ...], int]:
    return counted(customer_id=None, hour=None)


def test_call_counts_use_the_day_of_the_customers_zone() -> None:
    customer = make_customer()
    make_call(customer, started_at=LATE)

    cell = (date(2026, 3, 2), None, "incoming", "answered", "delivered")
    assert counted(customer_id=customer.pk) == {cell: 1}
    assert everybody() == {cell: 1}
    assert counted(customer_id=None, hour__isnull=False) == {(date(2026, 3, 2), 0, *cell[2:]): 1}


def _later(call: Call) -> None:
    Call.objects.filter(pk=call.pk).update(started_at=LATE + timedelta(days=3))


CHANGES = {
    "state": lambda call: Call.objects.filter(pk=call.pk).update(state="failed"),
    "outcome": lambda call: Call.objects.filter(pk=call.pk).update(outcome="missed"),
    "start": _later,
    "nothing": lambda call: Call.objects.filter(pk=call.pk).update(detail="x"),
    "deleted": lambda call: call.delete(),
    "customer deleted": lambda call: call.customer.delete(),
    "customer moved": lambda call: Customer.objects.filter(pk=call.customer_id).update(timezone="America/New_York"),
}


@pytest.mark.parametrize("fold_between", [False, True])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_call_counts_follow_every_change_of_a_call(change: Any, fold_between: bool) -> None:
    call = make_call(make_customer(), started_at=LATE)
    make_call(make_customer(), call_facts(**MISSED), started_at=LATE)
    if fold_between:
        fold_call_counts()

    change(call)

    assert everybody() == truth()


def truth() -> dict[tuple[Any, ...], int]:
    cells: dict[tuple[Any, ...], int] = {}
    for call in Call.objects.select_related("customer"):
        day = call.started_at.astimezone(call.customer.zone).date()
        cell = (day, None, call.direction, call.outcome, call.state)
        cells[cell] = cells.get(cell, 0) + 1
    return cells


def test_folding_call_counts_keeps_sums_and_leaves_no_change_rows() -> None:
    customers = [make_customer(), make_customer(timezone="Asia/Almaty")]
    for number in range(30):
        facts = call_facts(**(MISSED if number % 3 else OUTGOING))
        make_call(customers[number % 2], facts, started_at=LATE + timedelta(hours=number))
    fold_call_counts()
    Call.objects.filter(customer=customers[0]).update(state="failed")
    before = everybody()

    fold_call_counts()

    assert everybody() == before == truth()
    assert not CallTallyChange.objects.exists()


def test_migration_fills_new_columns_of_old_calls_from_facts() -> None:
    customer = make_customer()
    flagged, linked = make_call(customer), make_call(customer, call_facts(has_recording=None))
    bare = make_call(customer, call_facts(**OUTGOING, has_recording=None, recording_url=""))
    denied = make_call(customer, call_facts(has_recording=False))
    Call.objects.update(utm_source="", has_recording=False)

    fill_columns.fill(None, SimpleNamespace(connection=connection))

    assert {call.pk: (call.utm_source, call.has_recording) for call in Call.objects.all()} == {
        flagged.pk: ("google", True),
        linked.pk: ("google", True),
        bare.pk: ("", False),
        denied.pk: ("google", False),
    }


def test_migration_counts_old_calls() -> None:
    customer = make_customer()
    make_call(customer, started_at=LATE)
    CallTallyChange.objects.all().delete()
    make_call(customer, started_at=LATE)

    with connection.cursor() as cursor:
        cursor.execute(count_calls.COUNT)

    assert everybody() == truth()
    assert counted(customer_id=customer.pk) == truth()


def test_time_zone_unknown_to_the_database_loses_no_call_count() -> None:
    make_call(make_customer(timezone="Mars/Olympus"), started_at=LATE)

    assert [cell[0] for cell in everybody()] == [date(2026, 3, 1)]
