"""The two data tags of a customer that hold calls, as kept from discovery to delivery. Knows no requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.domain.calls import Outcome
from integrations.planfix.call_tags.roles import ROLES, TagField, roles_of
from integrations.planfix.http.json_fields import JSON, Row, child_of, id_of, rows_of, text_of
from integrations.planfix.records.fields import TEXT_TYPES


@dataclass(frozen=True, kw_only=True)
class CallTag:
    id: int
    name: str
    fields: tuple[TagField, ...] = ()

    def to_json(self) -> dict[str, JSON]:
        fields: list[JSON] = [
            {"id": field.id, "name": field.name, "type": field.type, "values": list(field.values)}
            for field in self.fields
        ]
        return {"id": self.id, "name": self.name, "fields": fields}

    @classmethod
    def from_json(cls, row: Row) -> CallTag:
        """Reads our own JSON and Planfix's DataTag alike; a field without id or type is left out."""
        fields = tuple(filter(None, map(field_of, rows_of(row, "fields"))))
        return cls(id=id_of(row.get("id")) or 0, name=text_of(row, "name"), fields=fields)

    def missing(self, outcome: Outcome) -> tuple[str, ...]:
        """The standard fields that the tag of such calls lacks, by their English names."""
        found = roles_of(self.fields, outcome)
        return tuple(role.value for role in ROLES[outcome] if role not in found)


@dataclass(frozen=True, kw_only=True)
class CallTags:
    call: CallTag
    missed_call: CallTag

    def of(self, outcome: Outcome) -> CallTag:
        return self.call if outcome is Outcome.ANSWERED else self.missed_call

    def text_field(self, outcome: Outcome, name_or_id: str) -> TagField | None:
        """Of the tag of such calls. The id of a field of the other tag stands for its name: what goes into both tags
        is named once, and their ids differ.
        """
        tag = self.of(outcome)
        if own := text_field(tag, name_or_id):
            return own
        named = text_field(self.call, name_or_id) or text_field(self.missed_call, name_or_id)
        return text_field(tag, named.name) if named else None

    def to_json(self) -> dict[str, JSON]:
        return {"call": self.call.to_json(), "missed_call": self.missed_call.to_json()}

    @classmethod
    def from_json(cls, stored: Mapping[str, JSON]) -> CallTags:
        row = dict(stored)
        return cls(
            call=CallTag.from_json(child_of(row, "call")),
            missed_call=CallTag.from_json(child_of(row, "missed_call")),
        )


def field_of(row: Row) -> TagField | None:
    field_id, field_type = id_of(row.get("id")), id_of(row.get("type"))
    if field_id is None or field_type is None:
        return None
    listed = row.get("values") or row.get("enumValues")
    values = tuple(str(value) for value in listed) if isinstance(listed, list) else ()
    return TagField(id=field_id, name=text_of(row, "name"), type=field_type, values=values)


def text_field(tag: CallTag, name_or_id: str | int) -> TagField | None:
    """The text field of that name, else of that id; names differ by case only if the tag has both."""
    wanted = str(name_or_id).strip()
    texts = [field for field in tag.fields if field.type in TEXT_TYPES]
    same_name = [field for field in texts if field.name == wanted]
    same_word = [field for field in texts if field.name.casefold() == wanted.casefold()]
    same_id = [field for field in texts if str(field.id) == wanted]
    return next(iter(same_name + same_word + same_id), None)
