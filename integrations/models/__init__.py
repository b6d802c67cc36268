"""The tables: customers, calls and their events, deliveries, background jobs, users' settings, and counts.

Knows what a row may hold. Does not know how rows are used.
"""

from __future__ import annotations

from integrations.models.access import ApiToken, AuditOrigin, RateLimitCounter, UserSession
from integrations.models.account import AccountTrait, TrialReceipt, TrialRecordKind
from integrations.models.alert import Alert, AlertKind
from integrations.models.background_job import BackgroundJob, BackgroundJobKind, JobFile, JobFilePiece
from integrations.models.call import Call, CallState, Delivery, EventResult, PlanfixRequest, Step, WebhookEvent
from integrations.models.call_count import CallCount, CallTallyChange, CustomerTally, EverybodyTally
from integrations.models.call_history import CallHistory, HistoryKind, ReadBack
from integrations.models.customer import (
    Customer,
    Employee,
    ParameterMapping,
    PhoneMatching,
    Recording,
    Target,
    WebhookToken,
)
from integrations.models.delivery_state import (
    AccountRateLimit,
    CatchUpCursor,
    ContactClaim,
    DeliveryLease,
    RememberedContact,
)
from integrations.models.directory import DirectoryAccount, DirectoryContact, DirectoryNumber, Spelling
from integrations.models.missed_call import (
    CallbackComment,
    CallbackSettings,
    CallbackStep,
    CallbackTask,
    CallbackTaskKind,
    MissedCall,
    MissedCallChange,
    TaskAssignee,
    TaskClients,
)
from integrations.models.saved_view import SavedView
from integrations.models.second_factor import SecondFactor
from integrations.models.secret import Secret, SecretField
from integrations.models.telephone.phone_book import PhoneBook, PhoneBookContacts, PhoneBookEntry
from integrations.models.telephone.routing import Routing, RoutingAnswer, RoutingForm, RoutingReason, RoutingSource
from integrations.models.traffic import NewContactCount, WebhookSender

__all__ = [
    "AccountRateLimit",
    "AccountTrait",
    "Alert",
    "AlertKind",
    "ApiToken",
    "AuditOrigin",
    "BackgroundJob",
    "BackgroundJobKind",
    "Call",
    "CallCount",
    "CallHistory",
    "CallState",
    "CallTallyChange",
    "CallbackComment",
    "CallbackSettings",
    "CallbackStep",
    "CallbackTask",
    "CallbackTaskKind",
    "CatchUpCursor",
    "ContactClaim",
    "Customer",
    "CustomerTally",
    "Delivery",
    "DeliveryLease",
    "DirectoryAccount",
    "DirectoryContact",
    "DirectoryNumber",
    "Employee",
    "EventResult",
    "EverybodyTally",
    "HistoryKind",
    "JobFile",
    "JobFilePiece",
    "MissedCall",
    "MissedCallChange",
    "NewContactCount",
    "ParameterMapping",
    "PhoneBook",
    "PhoneBookContacts",
    "PhoneBookEntry",
    "PhoneMatching",
    "PlanfixRequest",
    "RateLimitCounter",
    "ReadBack",
    "Recording",
    "RememberedContact",
    "Routing",
    "RoutingAnswer",
    "RoutingForm",
    "RoutingReason",
    "RoutingSource",
    "SavedView",
    "SecondFactor",
    "Secret",
    "SecretField",
    "Spelling",
    "Step",
    "Target",
    "TaskAssignee",
    "TaskClients",
    "TrialReceipt",
    "TrialRecordKind",
    "UserSession",
    "WebhookEvent",
    "WebhookSender",
    "WebhookToken",
]
