"""Ringostat's words and ours: tables only.

A customer chooses the name under which each parameter is sent, so one fact has many names. Sources: help
centre of Ringostat, articles 6313229 (webhooks), 6559993 (incoming call), 6583751 (outbound call), 9281387
(processed by AI) and the call list of its API. Names are compared in lower case, `_` standing for spaces and
hyphens.
"""

from __future__ import annotations

from integrations.domain.calls import Direction, EventKind

PARAMETERS: dict[str, tuple[str, ...]] = {
    "ringostat_id": ("uniqueid", "unique_id", "call_id", "callid", "cdr_id", "record"),
    "call_type": ("call_type", "calltype", "type", "direction", "call_direction", "ai_call_type"),
    "status": ("disposition", "call_status", "status"),
    "exact_start": ("call_timestamp", "call_date_microsecond", "calldate_microsecond", "timestamp"),
    "local_start": ("calldate", "call_date", "date", "datetime", "start_time", "call_start"),
    "total_seconds": ("duration", "call_duration", "duration_call"),
    "duration_ms": ("duration_ms", "duration_call_ms", "call_duration_ms"),
    "wait_seconds": ("waittime", "wait_time", "waiting", "duration_waiting", "waiting_time"),
    "talk_seconds": ("billsec", "duration_conversation", "talk_time", "dialog"),
    "e164": ("e164", "number_e164", "client_e164"),
    "userfield": ("userfield", "full_num", "client_number", "client_phone", "client_mob"),
    "caller": ("caller", "caller_number", "callers_number", "src", "caller_id"),
    "destination": ("dst", "destination", "callee", "target_number"),
    "connected_with": ("connected_with",),
    "outbound_number": ("outbound_number",),
    "staff_id": ("employee_number", "staffid", "staff_id", "employee_id", "manager_id"),
    "employee_name": ("employee_fio", "employee", "employee_name", "manager", "manager_name"),
    "employee_email": ("employee_email", "manager_email"),
    # `employee_estension` is how a live project spells it. `additional_number` is what the client dialled.
    "extension": (
        "extension_number",
        "sip_extension",
        "employee_extension",
        "employee_estension",
        "extension",
    ),
    "line_name": ("pool_name", "n_alias"),
    "has_recording": ("has_recording", "recording_presence"),
    "recording_url": ("recording", "recording_wav", "recording_url", "recording_link"),
    "card_url": ("call_card", "call_card_link", "call_card_url"),
}
"""Fact → the names it comes under; when several are present, the first non-empty one counts."""

EVENT_NAMES = ("event", "event_type", "event_name", "webhook_event", "action", "method", "type")
"""Parameters whose value may name the event."""

EVENT_KINDS: dict[str, EventKind] = {
    **{kind.value: kind for kind in EventKind},
    "before_incoming_call": EventKind.BEFORE_CALL,
    "location_forwarding": EventKind.FORWARDING,
    "on_location_forwarding": EventKind.FORWARDING,
    "forwarding_step": EventKind.FORWARDING,
    "taking": EventKind.TAKING_CALL,
    "taking_the_call": EventKind.TAKING_CALL,
    "when_taking_the_call": EventKind.TAKING_CALL,
    "after_incoming_call": EventKind.AFTER_CALL,
    "after_call_rating": EventKind.CALL_RATING,
    "after_call_rating_menu": EventKind.CALL_RATING,
    "before_outbound_call": EventKind.BEFORE_OUTGOING_CALL,
    "after_outbound_call": EventKind.AFTER_OUTGOING_CALL,
    "ai": EventKind.AI_PROCESSED,
    "call_processed_by_ai": EventKind.AI_PROCESSED,
}

NOT_CALLS = frozenset(
    {
        "form",
        "dialog",
        "dialogs",
        "dialogue",
        "dialogues",
        "chat",
        "message",
        "messenger",
        "deal",
        "deals",
        "lead",
    }
)
"""An event whose name has one of these words is about something else than a call."""

DIRECTIONS = {
    "in": Direction.INCOMING,
    "incoming": Direction.INCOMING,
    "inbound": Direction.INCOMING,
    "callback": Direction.INCOMING,
    "transitin": Direction.INCOMING,
    "out": Direction.OUTGOING,
    "outgoing": Direction.OUTGOING,
    "outbound": Direction.OUTGOING,
    "transitout": Direction.OUTGOING,
}

DIRECTIONS_OF_KINDS = {
    EventKind.BEFORE_CALL: Direction.INCOMING,
    EventKind.FORWARDING: Direction.INCOMING,
    EventKind.TAKING_CALL: Direction.INCOMING,
    EventKind.AFTER_CALL: Direction.INCOMING,
    EventKind.BEFORE_OUTGOING_CALL: Direction.OUTGOING,
    EventKind.AFTER_OUTGOING_CALL: Direction.OUTGOING,
}

ANALYSIS: dict[str, tuple[str, ...]] = {
    "summary": ("summary", "brief_summary", "call_summary", "ai_summary"),
    "client_mood": ("client_mood", "customer_mood"),
    "employee_mood": ("employee_mood", "manager_mood"),
    "call_mood": ("call_mood", "overall_mood", "general_mood"),
    "score": ("dialogue_quality_score", "quality_score"),
    "details": ("dialogue_quality_details", "quality_details"),
    "transcript": ("transcript", "transcript_url", "vtt", "vtt_url", "vtt_link", "vtt_file"),
    "action_1": ("recommended_action", "recommended_actions"),
}
NUMBERED_ACTION = r"(?:recommended_)?actions?_?(\d{1,2})"
"""recommended_action_3 → action_3."""

RATING: dict[str, tuple[str, ...]] = {
    "category": ("category_name", "category_number"),
    "category_mark": ("category_mark",),
    "employee_mark": ("employee_mark",),
}

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
"""In the order in which they are shown and written."""

EMPTY = frozenset({"", "(not set)", "not set", "null", "undefined", "nan"})
"""Written for "nothing", in lower case. `(direct)` and `(none)` are not: they mean something in analytics."""

NOBODY = frozenset({"-1", "0"})
"""Written for "nothing" where an employee's id or a mark is meant."""

FLAGS = {"1": True, "true": True, "yes": True, "y": True, "0": False, "false": False, "no": False, "n": False}
