from __future__ import annotations

from integrations.models.access import ApiToken, Tries
from integrations.models.alert import Alert, AlertKind
from integrations.models.call import Call, CallState, Delivery, EventResult, PlanfixRequest, Step, WebhookEvent
from integrations.models.call_count import CallCount, CallTallyChange, CustomerTally, EverybodyTally
from integrations.models.customer import (
    Customer,
    Employee,
    PhoneMatching,
    Recording,
    Target,
    UtmField,
    WebhookToken,
)
from integrations.models.delivery_state import AccountPace, CatchUpCursor, ContactClaim, RememberedContact, Turn
from integrations.models.saved_view import SavedView
from integrations.models.second_factor import SecondFactor
from integrations.models.secret import Secret, SecretField
from integrations.models.work import Work, WorkKind

__all__ = [
    "AccountPace",
    "Alert",
    "AlertKind",
    "ApiToken",
    "Call",
    "CallCount",
    "CallState",
    "CallTallyChange",
    "CatchUpCursor",
    "ContactClaim",
    "Customer",
    "CustomerTally",
    "Delivery",
    "Employee",
    "EventResult",
    "EverybodyTally",
    "PhoneMatching",
    "PlanfixRequest",
    "Recording",
    "RememberedContact",
    "SavedView",
    "SecondFactor",
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
