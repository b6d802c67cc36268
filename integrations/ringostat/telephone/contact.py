"""A contact of the contact book that employees' telephones show (help.ringostat.com, article 9221318)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ORIGIN = "Planfix"
"""The CRM's name. It stays: with another one, every contact would stand twice."""


@dataclass(frozen=True, kw_only=True)
class PhoneBookContact:
    """`external_id`: of the contact in the CRM, always the same one. `numbers`: in full format."""

    external_id: str
    name: str
    numbers: tuple[str, ...]
    link: str
    """The contact's page in the CRM."""
    responsible: str = ""
    """The responsible employee's ID in the CRM."""
    staff_id: str = ""
    """The responsible employee's ID in Ringostat."""

    def to_json(self, project_id: str) -> dict[str, Any]:
        """The contact as Ringostat takes it. All fields are required; unknown ones are null."""
        return {
            "projectId": _number(project_id),
            "fullName": self.name,
            "origin": ORIGIN,
            "externalId": self.external_id,
            "leadId": None,
            "responsible": self.responsible or None,
            "staffId": _number(self.staff_id),
            "contactLink": self.link,
            "leadLink": None,
            "dealLink": None,
            "googleClientId": None,
            "contactDirections": [{"name": "work", "type": "phone", "value": number} for number in self.numbers],
            "organizations": None,
        }


def _number(text: str) -> int | str | None:
    return int(text) if text.isdecimal() else text or None
