"""The example response in the API documentation. A test compares it with a real response."""

from __future__ import annotations

ONE_CALL = {
    "id": 8123,
    "call_id": "ua7_-1772445600.12",
    "url": "https://ringofix.example/calls/8123/",
    "customer": "Acme",
    "started_at": "2026-03-02T10:00:00Z",
    "received_at": "2026-03-02T10:01:16.204Z",
    "finished_at": "2026-03-02T10:01:20.915Z",
    "direction": "incoming",
    "outcome": "answered",
    "client_number": "+380671234567",
    "employee": "Iryna Bondar",
    "duration_seconds": 75,
    "waiting_seconds": 12,
    "talk_seconds": 63,
    "state": "delivered",
    "reason": "",
    "explanation": "",
    "attempts": 1,
    "planfix": {
        "contact_id": 812,
        "contact_url": "https://acme.planfix.com/contact/812?comment=90211",
        "task_id": None,
        "task_url": "",
        "comment_id": 90211,
        "tag_id": 4,
    },
    "has_recording": True,
    "card_url": "https://app.ringostat.com/call/ua7",
    "parameters": {"utm_source": "google", "utm_medium": "cpc"},
    "analysis": {},
    "rating": {},
}
