"""The chart above the list of calls."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations.calllog.list.chart import Chart, build_chart
from integrations.calllog.list.filters import CallFilter
from integrations.models import Call, CallState, Customer
from integrations.services.calls.counts import fold_call_counts
from tests.factories import MISSED, call_facts, make_call, make_customer

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 10, 30, tzinfo=UTC)


def charted(by: str = "outcome", customers: Any = None, **filters: Any) -> Chart:
    customers = Customer.objects.all() if customers is None else customers
    calls = Call.objects.filter(customer__in=customers)
    data = {name: str(value) for name, value in filters.items()}
    return build_chart(CallFilter(data, queryset=calls, customers=customers), by=by, now=NOW)


def counts(chart: Chart) -> dict[str, list[int]]:
    return {bar.slot.short_label: bar.counts for bar in chart.bars if bar.count}


@pytest.fixture
def customer(db: None) -> Customer:
    """Creates two answered calls and a missed one on the ninth, one on the eighth, and one a year ago."""
    customer = make_customer()
    noon = datetime(2026, 3, 9, 10, 0, tzinfo=UTC)
    for back, facts in ((0, {}), (0, {}), (0, MISSED), (1, {}), (365, {})):
        make_call(customer, call_facts(**facts), started_at=noon - timedelta(days=back))
    return customer


@pytest.mark.parametrize("is_folded", [False, True])
def test_without_dates_the_chart_shows_the_last_two_weeks_by_day(customer: Customer, is_folded: bool) -> None:
    if is_folded:
        fold_call_counts()

    chart = charted()

    assert (chart.bars[0].slot.first, chart.bars[-1].slot.last) == (date(2026, 2, 25), date(2026, 3, 10))
    assert counts(chart) == {"8 Mar": [1, 0], "9 Mar": [2, 1]}
    assert [(str(series.label), series.total) for series in chart.series] == [("Answered", 3), ("Missed", 1)]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"first_day": "2026-03-09", "last_day": "2026-03-09"}, {"12": [2, 1]}),
        ({"first_day": "2026-03-09", "last_day": "2026-03-09", "hour": 3}, {"12": [2, 1]}),
        ({"first_day": "2026-03-08", "last_day": "2026-03-09", "outcome": "missed"}, {"12": [1]}),
        ({"first_day": "2025-03-01", "last_day": "2026-03-31"}, {"Mar 25": [1, 0], "Mar 26": [3, 1]}),
        ({"last_day": "2026-03-08"}, {"8 Mar": [1]}),
        ({"first_day": "2026-03-05", "utm_source": "google"}, {"8 Mar": [1, 0], "9 Mar": [2, 1]}),
        ({"first_day": "2026-03-05", "recording": "true"}, {"8 Mar": [1], "9 Mar": [2]}),
        ({"state": "failed"}, {}),
    ],
)
@pytest.mark.parametrize("is_one_customer", [False, True])
def test_chart_counts_only_filtered_calls(
    customer: Customer, filters: dict[str, Any], expected: dict[str, list[int]], is_one_customer: bool
) -> None:
    if is_one_customer:
        make_call(make_customer(), started_at=datetime(2026, 3, 9, 11, tzinfo=UTC))

    chosen = Customer.objects.filter(pk=customer.pk) if is_one_customer else None

    assert counts(charted(customers=chosen, **filters)) == expected


def test_chart_can_be_grouped_by_state(customer: Customer) -> None:
    Call.objects.filter(outcome="missed").update(state=CallState.FAILED)

    chart = charted("state")

    assert [str(series.label) for series in chart.series] == ["In Planfix", "Failed"]
    assert counts(chart) == {"8 Mar": [1, 0], "9 Mar": [2, 1]}


def test_bar_links_to_its_calls_and_chosen_bar_links_back() -> None:
    customer = make_customer()
    make_call(customer, started_at=NOW)

    today = timezone.now().astimezone(customer.zone).date().isoformat()
    day = charted(period="7_days").bars[-1]
    hour = charted(first_day="2026-03-10", last_day="2026-03-10").bars[12]
    chosen = charted(first_day="2026-03-10", last_day="2026-03-10", hour=12).bars[12]

    assert day.url == f"?first_day={today}&last_day={today}"
    assert hour.url == "?first_day=2026-03-10&last_day=2026-03-10&hour=12"
    assert chosen.is_chosen
    assert chosen.url == "?first_day=2026-03-10&last_day=2026-03-10"


def test_bar_heights_are_proportional_to_counts(customer: Customer) -> None:
    bars = {bar.slot.short_label: bar for bar in charted().bars}

    heights = {name: [(part.y, part.height) for part in bars[name].segments] for name in ("8 Mar", "9 Mar")}

    assert heights == {"8 Mar": [(66.67, 33.33)], "9 Mar": [(33.33, 66.67), (0.0, 33.33)]}
    assert bars["9 Mar"].description == "Mon, 9 Mar: 3 (answered: 2, missed: 1)"


def test_chart_uses_days_of_each_customers_zone() -> None:
    late = datetime(2026, 3, 8, 22, 30, tzinfo=UTC)  # the ninth in Kyiv, still the eighth in Warsaw
    make_call(make_customer(), started_at=late)
    make_call(make_customer(timezone="Europe/Warsaw"), started_at=late)

    assert counts(charted()) == {"8 Mar": [1], "9 Mar": [1]}
    assert counts(charted(recording="true", first_day="2026-03-01")) == {"8 Mar": [1], "9 Mar": [1]}


def test_chart_uses_hours_of_the_customers_zone() -> None:
    """Kathmandu's offset has a quarter of an hour, and no stored counts exist for this filter."""
    customer = make_customer(timezone="Asia/Kathmandu")
    for minute in (14, 15):
        make_call(customer, started_at=datetime(2026, 3, 9, 6, minute, 59, tzinfo=UTC))

    assert counts(charted(recording="true", first_day="2026-03-09", last_day="2026-03-09")) == {"11": [1], "12": [1]}


def test_incomplete_chart_is_marked_incomplete(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.calllog.list.counts.MAX_OVER_TIME", 1)

    assert charted().is_complete
    assert not charted(utm_source="google").is_complete


def test_incomplete_chart_says_how_many_calls_are_counted(
    customer: Customer, log: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("counts", "views"):
        monkeypatch.setattr(f"integrations.calllog.list.{place}.MAX_OVER_TIME", 1)

    page = log.get("/calls/chart/?utm_source=google&first_day=2026-03-01&last_day=2026-03-10").content.decode()

    assert "Only the newest 1 calls are counted." in page
