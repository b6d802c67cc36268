"""Files that Planfix fetches by itself. Knows nothing of calls, only of an address and a name."""

from __future__ import annotations

from integrations.planfix.http.client import Planfix
from integrations.planfix.http.json_fields import created_id

DOWNLOAD_TIMEOUT_FACTOR = 4


def copy_recording(client: Planfix, *, url: str, name: str) -> int:
    """The id of the file that Planfix has downloaded; the name's ending makes the player appear.

    Raises PlanfixRefused when Planfix may not or cannot fetch it (codes 41, 7001, 7002).
    """
    path, body = "/file/from-url/", {"url": url, "name": name}
    # Planfix answers when it has the whole file.
    answer = client.request(
        "POST", path, params={"targetType": "task"}, body=body, timeout_factor=DOWNLOAD_TIMEOUT_FACTOR
    )
    return created_id(answer.get("id"), f"POST {path}")
