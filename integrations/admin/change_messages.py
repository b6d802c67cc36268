"""Adds the old and the new value to audit log messages about changed fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import override

Message = list[dict[str, Any]]
"""As Django's construct_change_message() returns it: field labels, untranslated."""


def with_details(message: Message, form: Any, details: Mapping[str, str]) -> Message:
    """The message with a detail after the labels of these fields, if they changed: "Role (viewer → specialist)"."""
    with override(None):
        labels = {str(form.fields[name].label): detail for name, detail in details.items() if name in form.changed_data}
    for part in message:
        fields = part.get("changed", {}).get("fields")
        if fields and not part["changed"].get("object"):
            part["changed"]["fields"] = [_labelled(label, labels.get(label, "")) for label in fields]
    return message


def members(before: Collection[object], after: Collection[object]) -> str:
    """Who was added and who was removed: "+Acme, −Zorya"."""
    added = sorted(f"+{one}" for one in after if one not in before)
    return ", ".join([*added, *sorted(f"−{one}" for one in before if one not in after)])


def _labelled(label: str, detail: str) -> str:
    return f"{label} ({detail})" if detail else label
