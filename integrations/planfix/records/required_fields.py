"""Finds out which fields a contact template requires: requests a contact without a name, which is never created."""

from __future__ import annotations

from integrations.planfix.http.client import Planfix
from integrations.planfix.http.errors import PlanfixRefused
from integrations.planfix.http.json_fields import JSON, text_value

MOST_FIELDS = 5
"""Planfix names one missing field at a time. After this number, the list is long enough to act on."""


def required_fields(client: Planfix, template_id: int) -> list[str]:
    """Names or numbers of the required fields that Planfix names, in its order. One request, and one for each field.

    Planfix refuses a contact without a name (code 2006), but looks at the required fields first.
    """
    found: list[str] = []
    while len(found) < MOST_FIELDS:
        field = _missing_field(client, template_id, found)
        if not field or field in found:
            break
        found.append(field)
    return found


def _missing_field(client: Planfix, template_id: int, filled_in: list[str]) -> str:
    values: list[JSON] = [text_value(int(field), "-") for field in filled_in if field.isdecimal()]
    body: dict[str, JSON] = {"template": {"id": template_id}, "name": "", "customFieldData": values}
    try:
        client.request("POST", "/contact/", body=body)
    except PlanfixRefused as error:
        return error.required_field
    return ""
