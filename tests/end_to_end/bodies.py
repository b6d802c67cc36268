"""Bodies of webhooks of finished calls. A test changes the fields that it is about."""

from __future__ import annotations

from typing import Any

from sandbox.state import Sandbox

CLIENT, NEW_CLIENT = "+380671234567", "+380501112233"
CALL_ID = "ua9_-1790775438.2139025"

UTM = {
    "utm_source": "google",
    "utm_medium": "cpc",
    "utm_campaign": "spring sale",
    "utm_content": "banner 1",
    "utm_term": "купити авто",
}


def answered(client: str = CLIENT, **changes: Any) -> dict[str, Any]:
    """An incoming call that Iryna answered at 15:37:18 Kyiv time and talked on for 124 seconds."""
    return {
        "uniqueid": CALL_ID,
        "call_type": "in",
        "E164": client,
        "dst": "380442223344",
        "pool_name": "Main site",
        "connected_with": "acmecom_iryna",
        "disposition": "ANSWERED",
        "calldate": "2026-09-30 15:37:18",
        "waittime": "11",
        "billsec": "124",
        "duration": "135",
        "has_recording": "0",
        "call_card": f"https://app.ringostat.com/project/callcards/card/{CALL_ID}/?project_id=110070",
        **UTM,
        **changes,
    }


def missed(client: str = CLIENT, **changes: Any) -> dict[str, Any]:
    nobody = {"connected_with": "", "disposition": "NO ANSWER", "billsec": "0", "duration": "31", "waittime": "31"}
    return answered(client, **nobody) | changes


def dialled(client: str = CLIENT, **changes: Any) -> dict[str, Any]:
    """An outgoing call of Oleh's that was answered."""
    return {
        "call_id": CALL_ID,
        "type": "out",
        "caller": '"Oleh" <acmecom_oleh>',
        "callee": client.lstrip("+"),
        "outbound_number": "380442223344",
        "status": "ANSWERED",
        "date": "2026-09-30 15:37:18",
        "waiting": "27",
        "dialog": "23",
        "call_duration": "50",
        "staffid": "331852",
        "has_recording": "0",
        **UTM,
        **changes,
    }


def unanswered(client: str = CLIENT, **changes: Any) -> dict[str, Any]:
    """An outgoing call of Oleh's that nobody took."""
    return dialled(client, status="NO ANSWER", dialog="0", waiting="30", call_duration="30") | changes


def recorded(sandbox: Sandbox, call_id: str = CALL_ID) -> dict[str, str]:
    return {"has_recording": "1", "recording": f"{sandbox.url}/recordings/{call_id}.wav?token={'0' * 32}"}
