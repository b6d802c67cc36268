"""Above the limit of new contacts calls are held, none is lost, and a specialist decides."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from structlog.testing import capture_logs

from integrations.background_jobs import run_job
from integrations.models import Alert, AlertKind, BackgroundJob, Call, CallState, NewContactCount, RateLimitCounter
from integrations.services.contacts.creation_limit import forget_old_counts, lift_creation_limit
from integrations.services.monitoring.alerts import check_alerts
from tests.conftest import Scenario
from tests.end_to_end.bodies import answered
from tests.factories import make_specialist

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HELD = (CallState.PENDING, "too_many_contacts")


@pytest.fixture(autouse=True)
def two_an_hour(settings) -> None:
    settings.NEW_CONTACTS_PER_HOUR = 2


def receive(scenario: Scenario, *numbers: int) -> None:
    for number in numbers:
        scenario.post(answered(f"+38050111{number:04}", uniqueid=f"call-{number}"))
    scenario.deliver()


def states(scenario: Scenario) -> list[tuple[str, str]]:
    calls = Call.objects.filter(customer=scenario.customer).order_by("pk")
    return [(call.state, call.reason) for call in calls]


def an_hour_passes() -> None:
    NewContactCount.objects.update(hour=F("hour") - HOUR)
    Call.objects.filter(state=CallState.PENDING).update(due_at=Now())


def usual(scenario: Scenario, per_hour: int, days: int = 5) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for day in range(2, 2 + days):
        NewContactCount.objects.create(customer=scenario.customer, hour=hour - day * DAY, count=per_hour)


def test_calls_above_the_limit_of_new_contacts_are_held_and_create_none(scenario: Scenario) -> None:
    before = len(scenario.account.contacts)
    receive(scenario, 1, 2, 3, 4)

    assert states(scenario) == [(CallState.DELIVERED, "")] * 2 + [HELD] * 2
    assert len(scenario.account.contacts) == before + 2
    assert all(call.due_at > timezone.now() for call in Call.objects.filter(state=CallState.PENDING))


def test_a_hold_is_logged_once_for_all_its_calls(scenario: Scenario) -> None:
    with capture_logs() as entries:
        receive(scenario, 1, 2, 3, 4, 5)

    assert [entry["limit"] for entry in entries if entry["event"] == "new contacts held"] == [2]


def test_a_held_call_asks_planfix_nothing_before_it_may_create_its_contact(scenario: Scenario) -> None:
    receive(scenario, 1, 2, 3)
    Call.objects.filter(state=CallState.PENDING).update(due_at=Now())
    scenario.account.forget_requests()

    scenario.deliver()

    assert states(scenario)[2] == HELD
    assert scenario.account.requests == []


def test_calls_of_known_clients_are_not_held_above_the_limit(scenario: Scenario) -> None:
    receive(scenario, 1, 2, 3)
    scenario.post(answered("+380501110001", uniqueid="again"))
    scenario.deliver()

    assert scenario.call("again").state == CallState.DELIVERED


def test_held_calls_continue_by_themselves_within_the_limit(scenario: Scenario) -> None:
    receive(scenario, 1, 2, 3, 4, 5)

    an_hour_passes()
    scenario.deliver()
    assert [state for state, _reason in states(scenario)].count(CallState.DELIVERED) == 4

    an_hour_passes()
    scenario.deliver()
    assert states(scenario) == [(CallState.DELIVERED, "")] * 5
    assert len(set(Call.objects.values_list("delivery__contact_id", flat=True))) == 5


def test_held_call_is_held_again_without_a_request(scenario: Scenario) -> None:
    receive(scenario, 1, 2, 3)
    requests = scenario.customer.planfix_requests.count()
    Call.objects.filter(state=CallState.PENDING).update(due_at=Now())

    scenario.deliver()

    assert states(scenario)[-1] == HELD
    assert scenario.customer.planfix_requests.count() == requests > 0


def test_a_customer_may_have_a_multiple_of_its_usual_new_contacts(scenario: Scenario, settings) -> None:
    settings.NEW_CONTACTS_TIMES_USUAL = 2
    usual(scenario, 2)

    receive(scenario, *range(6))

    assert [state for state, _reason in states(scenario)].count(CallState.DELIVERED) == 4


def test_a_flood_does_not_raise_the_limit_of_the_next_days(scenario: Scenario) -> None:
    usual(scenario, 0, days=5)
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for hours in range(1, 40):
        NewContactCount.objects.create(customer=scenario.customer, hour=hour - hours * HOUR, count=500)

    receive(scenario, 1, 2, 3)

    assert states(scenario)[-1] == HELD


def test_calls_of_another_customer_are_not_held(scenario: Scenario, make_scenario) -> None:
    receive(scenario, 1, 2, 3)
    other = make_scenario(name="Other")
    receive(other, 11, 12)

    assert states(other) == [(CallState.DELIVERED, "")] * 2


def test_specialist_lifts_the_hold_with_one_click(scenario: Scenario, client: Client) -> None:
    receive(scenario, 1, 2, 3, 4)
    client.force_login(make_specialist())
    page = reverse("admin:integrations_customer_webhook_setup", args=[scenario.customer.pk])
    assert "2 calls are held: more new contacts than usual" in client.get(page).content.decode()

    answer = client.post(page, {"action": "create_contacts"}, follow=True).content.decode()
    scenario.deliver()
    receive(scenario, 5)

    assert "2 held calls continue." in answer
    assert "held: more" not in answer.partition("2 held calls continue.")[0]
    assert states(scenario) == [(CallState.DELIVERED, "")] * 5


def test_lifted_limit_of_new_contacts_returns_after_a_day(scenario: Scenario) -> None:
    receive(scenario, 1, 2, 3)
    lift_creation_limit(scenario.customer)
    RateLimitCounter.objects.update(until=F("until") - DAY)

    scenario.deliver()

    assert states(scenario)[-1] == HELD


def test_held_calls_are_dismissed_in_bulk(scenario: Scenario, client: Client) -> None:
    receive(scenario, 1, 2, 3, 4)
    client.force_login(make_specialist())
    form = {"action": "settle", "filter": "reason=too_many_contacts", "all": "1", "note": "not ours"}
    assert client.post("/calls/bulk/", form).context["plan"].affected == 2

    client.post("/calls/bulk/begin/", form)
    run_job(BackgroundJob.objects.get(kind="settle").pk)
    an_hour_passes()
    scenario.deliver()

    assert states(scenario) == [(CallState.DELIVERED, "")] * 2 + [(CallState.SKIPPED, "settled")] * 2


def test_held_calls_raise_an_alert_until_they_are_gone(scenario: Scenario) -> None:
    receive(scenario, 1, 2, 3)
    check_alerts()
    assert Alert.objects.get(kind=AlertKind.CONTACTS).resolved_at is None

    lift_creation_limit(scenario.customer)
    scenario.deliver()
    check_alerts()
    assert Alert.objects.get(kind=AlertKind.CONTACTS).resolved_at


def test_old_counts_of_new_contacts_are_deleted(scenario: Scenario) -> None:
    usual(scenario, 1, days=20)

    forget_old_counts()

    assert NewContactCount.objects.count() == 13
