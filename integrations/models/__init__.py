from __future__ import annotations

from integrations.models.access import ApiToken, Tries
from integrations.models.alert import Alert, AlertKind
from integrations.models.call import Call, CallState, Delivery, EventResult, PlanfixRequest, Step, WebhookEvent
from integrations.models.customer import (
    Customer,
    Employee,
    PhoneMatching,
    Recording,
    Target,
    UtmField,
    WebhookToken,
)
from integrations.models.delivery_state import AccountPace, CatchUpCursor, RememberedContact, Turn
from integrations.models.secret import Secret, SecretField
from integrations.models.work import Work, WorkKind

__all__ = [
    "AccountPace",
    "Alert",
    "AlertKind",
    "ApiToken",
    "Call",
    "CallState",
    "CatchUpCursor",
    "Customer",
    "Delivery",
    "Employee",
    "EventResult",
    "PhoneMatching",
    "PlanfixRequest",
    "Recording",
    "RememberedContact",
    "Secret",
    "SecretField",
    "Step",
    "Target",
    "Tries",
    "Turn",
    "UtmField",
    "WebhookEvent",
    "WebhookToken",
    "Work",
    "WorkKind",
]
