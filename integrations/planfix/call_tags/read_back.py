"""Reads a data tag entry as Planfix has stored it, and compares its values with those that were written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from integrations.planfix.http.client import Planfix
from integrations.planfix.http.json_fields import JSON, child_of, id_of, rows_of


def read_entry(client: Planfix, key: int, field_ids: Iterable[int]) -> dict[int, JSON]:
    """The values of these fields by id; a field that the entry does not have is left out. One request.

    Planfix's documentation wraps the entry in its schema and does not in its example: both are read.
    """
    wanted = ",".join(map(str, field_ids))
    answer = client.request("GET", f"/datatag/entry/{key}", params={"fields": f"key,commentId,{wanted}"})
    entry = child_of(answer, "entry") or child_of(answer, "dataTagEntry") or answer
    values: dict[int, JSON] = {}
    for item in rows_of(entry, "customFieldData"):
        if (field_id := id_of(child_of(item, "field").get("id"))) is not None:
            values[field_id] = item.get("value")
    return values


def is_same_value(written: JSON, stored: JSON) -> bool:
    """True if Planfix holds the written value. Planfix may add to an object, leave out a prefix, and spell a number
    differently.
    """
    if isinstance(written, dict):
        if "id" in written:
            return isinstance(stored, dict) and _same_person(written["id"], stored.get("id"))
        return isinstance(stored, dict) and all(is_same_value(part, stored.get(name)) for name, part in written.items())
    if stored is None or isinstance(stored, dict | list):
        return False
    return str(written).strip() == str(stored).strip() or _same_number(written, stored)


def _same_person(written: JSON, stored: JSON) -> bool:
    """ "user:5" and 5 are the same; "user:5" and "contact:5" are not."""
    if ":" in str(written) and ":" in str(stored):
        return str(written) == str(stored)
    return id_of(written) is not None and id_of(written) == id_of(stored)


def _same_number(written: JSON, stored: JSON) -> bool:
    try:
        return float(str(written)) == float(str(stored)) and not isinstance(written, str)
    except ValueError:
        return False


def differing_fields(written: Iterable[Mapping[str, JSON]], stored: Mapping[int, JSON]) -> list[int]:
    """Ids of the fields of `customFieldData` that Planfix does not hold as they were written."""
    return [
        field_id
        for item in written
        if (field_id := id_of(child_of(dict(item), "field").get("id"))) is not None
        and not is_same_value(item.get("value"), stored.get(field_id))
    ]
