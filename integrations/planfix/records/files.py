"""Files that Planfix downloads from an address. Knows nothing of calls."""

from __future__ import annotations

from integrations.planfix.http.client import Planfix
from integrations.planfix.http.json_fields import created_id

DOWNLOAD_TIMEOUT_FACTOR = 4


def copy_recording(client: Planfix, *, url: str, name: str) -> int:
    """Has Planfix download the file, and returns its id. Planfix shows a player if the name ends like an audio file's.

    Raises PlanfixRefused when Planfix must not or cannot download it (codes 41, 7001, 7002).
    """
    path, body = "/file/from-url/", {"url": url, "name": name}
    # Planfix answers when it has the whole file.
    answer = client.request(
        "POST", path, params={"targetType": "task"}, body=body, timeout_factor=DOWNLOAD_TIMEOUT_FACTOR
    )
    return created_id(answer.get("id"), f"POST {path}")
