"""manage.py replay: the rows that its options select."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from integrations.models import Call, CallState, EventResult, WebhookEvent
from tests.factories import NOON, make_call, make_customer, make_event
from tests.management.conftest import lines

pytestmark = pytest.mark.django_db

BODY = b'{"uniqueid": "ua1_-1.1", "call_type": "in", "E164": "+380671234567", "disposition": "NO ANSWER"}'


@pytest.fixture
def events() -> dict[str, WebhookEvent]:
    acme, other = make_customer(name="Acme"), make_customer(name="Other")
    call, others = make_call(acme), make_call(other)
    changes = {"reason": "?", "kind": "", "received_at": NOON}
    return {
        "failed": make_event(call, body=BODY, result=EventResult.FAILED, **changes),
        "not understood": make_event(call, body=b"{", result=EventResult.NOT_UNDERSTOOD, **changes),
        "fine": make_event(call, body=BODY, result=EventResult.CALL, **changes),
        "late": make_event(
            call, body=BODY, result=EventResult.CALL, **changes | {"received_at": NOON.replace(hour=20)}
        ),
        "other's": make_event(others, body=BODY, result=EventResult.FAILED, **changes),
    }


@pytest.mark.parametrize(
    ("arguments", "replayed"),
    [
        (["--failed"], {"failed", "not understood", "other's"}),
        (["--failed", "--customer", "Acme"], {"failed", "not understood"}),
        (["--customer", "Other"], {"other's"}),
        (["--since", "2026-03-02T15:00Z"], {"late"}),
        (["--since", "2026-03-02T12:01", "--customer", "Acme"], {"late"}),
        (["--since", "2026-03-02T12:00", "--customer", "Other"], {"other's"}),
        (["--since", "2026-03-02", "--failed"], {"failed", "not understood", "other's"}),
    ],
)
def test_replay_options_narrow_the_selection(
    events: dict[str, WebhookEvent], arguments: list[str], replayed: set[str]
) -> None:
    [line] = lines("replay", *arguments)

    assert line["events"] == len(replayed)
    changed = WebhookEvent.objects.exclude(reason="?")
    assert set(changed) == {events[name] for name in replayed}


def test_replay_chooses_events_by_number(events: dict[str, WebhookEvent]) -> None:
    numbers = [str(events[name].pk) for name in ("failed", "not understood")]

    assert lines("replay", "--id", *numbers) == [
        {"events": 2, "call": 1, "ignored": 0, "not_understood": 1, "failed": 0}
    ]


@pytest.mark.parametrize(
    ("arguments", "replayed"),
    [
        (["--failed"], {CallState.FAILED}),
        (["--skipped"], {CallState.SKIPPED}),
        (["--failed", "--skipped"], {CallState.FAILED, CallState.SKIPPED}),
        (["--customer", "Acme"], {CallState.FAILED, CallState.SKIPPED}),
        (["--since", "2030-01-01", "--failed"], set()),
    ],
)
def test_replay_makes_calls_of_a_state_due(arguments: list[str], replayed: set[CallState]) -> None:
    customer = make_customer(name="Acme")
    calls = {state: make_call(customer, state=state) for state in CallState}

    assert lines("replay", "--calls", *arguments) == [{"calls": len(replayed)}]

    pending = set(Call.objects.filter(state=CallState.PENDING))
    assert pending == {calls[state] for state in replayed} | {calls[CallState.PENDING]}


def test_replay_chooses_one_call_by_number() -> None:
    first, second = [make_call(make_customer(), state=CallState.FAILED) for _number in range(2)]

    assert lines("replay", "--calls", "--id", str(second.pk)) == [{"calls": 1}]

    first.refresh_from_db()
    assert first.state == CallState.FAILED


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Choose with --failed"),
        (["--calls"], "Choose with --failed"),
        (["--skipped"], "--skipped is about calls"),
        (["--customer", "Nobody"], "There is no customer named “Nobody”"),
        (["--since", "then"], "“then” is neither a date nor a time"),
    ],
)
def test_replay_with_unclear_options_changes_nothing(
    events: dict[str, WebhookEvent], arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("replay", *arguments)

    assert WebhookEvent.objects.filter(reason="?").count() == len(events)
