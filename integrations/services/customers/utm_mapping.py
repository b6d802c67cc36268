"""Maps webhook parameters to Planfix fields: the choices, proposals and saving. Sends no requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from integrations.domain.calls import Outcome
from integrations.models import Call, Customer, ParameterMapping
from integrations.planfix.call_tags.schema import CallTags, roles_of
from integrations.planfix.records.fields import TEXT_TYPES
from integrations.ringostat.vocabulary import UTM

CALLS_LOOKED_AT = 200
"""The number of newest calls whose parameters are offered."""
OFFERED = 40


@dataclass(frozen=True, kw_only=True)
class UtmRow:
    parameter: str
    example: str = ""
    """A value from a recent call."""
    field: str = ""
    """The data tag field: stored or proposed. Empty: the parameter is not sent."""
    contact_field: str = ""
    is_proposed: bool = False
    lacking: tuple[str, ...] = ()
    """The data tags without such a text field."""


@dataclass(frozen=True, kw_only=True)
class UtmTable:
    rows: tuple[UtmRow, ...]
    tag_fields: tuple[str, ...]
    """Text fields of the data tags that Ringofix does not use for call details."""
    contact_fields: tuple[str, ...]
    knows_planfix: bool
    """False before the first access check: there are no fields to choose from."""

    @property
    def missing(self) -> dict[str, list[str]]:
        """Fields to create in Planfix, by data tag."""
        found: dict[str, list[str]] = {}
        for row in self.rows:
            for tag in row.lacking:
                found.setdefault(tag, []).append(row.field)
        return found


@dataclass(frozen=True, kw_only=True)
class UtmChoice:
    """The fields chosen for a parameter."""

    parameter: str
    field: str
    contact_field: str = ""


def utm_table(customer: Customer) -> UtmTable:
    tags = CallTags.from_json(customer.planfix_tags) if customer.planfix_tags else None
    stored = list(customer.utm_fields.order_by("pk"))
    seen = _seen_parameters(customer)
    offered = dict.fromkeys([*(utm.parameter for utm in stored), *UTM, *list(seen)[:OFFERED]])
    by_name = {utm.parameter: utm for utm in stored}
    fields = _free_fields(tags) if tags else ()
    rows = [
        _row(name, by_name.get(name), tags, fields, example=seen.get(name, ""), proposes=not stored) for name in offered
    ]
    return UtmTable(
        rows=tuple(rows),
        tag_fields=fields,
        contact_fields=tuple(sorted(customer.planfix_contact_fields or {})),
        knows_planfix=tags is not None,
    )


def save_utm_mapping(customer: Customer, choices: Iterable[UtmChoice]) -> None:
    """Replaces the customer's mapping. Raises ValidationError when two parameters use the same field."""
    with transaction.atomic():
        customer.utm_fields.all().delete()
        for choice in choices:
            utm = ParameterMapping(
                customer=customer, parameter=choice.parameter, field=choice.field, contact_field=choice.contact_field
            )
            try:
                utm.full_clean()
            except ValidationError as error:
                raise ValidationError([f"{choice.parameter}: {message}" for message in error.messages]) from error
            utm.save()


def _seen_parameters(customer: Customer) -> dict[str, str]:
    """Parameter names of the newest calls, each with an example value."""
    newest = Call.objects.filter(customer=customer).order_by("-started_at", "-pk")[:CALLS_LOOKED_AT]
    found: dict[str, str] = {}
    for call in newest:
        for name, value in sorted(call.folded.parameters.items()):
            found[name] = found.get(name) or value
    return found


def _free_fields(tags: CallTags) -> tuple[str, ...]:
    """Field names of both data tags. The page marks a field that one of them lacks."""
    names: dict[str, None] = {}
    for outcome in Outcome:
        tag = tags.of(outcome)
        standard = {field.id for field in roles_of(tag.fields, outcome).values()}
        names |= {field.name: None for field in tag.fields if field.type in TEXT_TYPES and field.id not in standard}
    return tuple(names)


def _row(
    name: str,
    stored: ParameterMapping | None,
    tags: CallTags | None,
    fields: Iterable[str],
    *,
    example: str,
    proposes: bool,
) -> UtmRow:
    proposed = next((field for field in fields if field.casefold() == name.casefold()), "") if proposes else ""
    field = stored.field if stored else proposed
    return UtmRow(
        parameter=name,
        example=example,
        field=field,
        contact_field=stored.contact_field if stored else "",
        is_proposed=bool(proposed),
        lacking=_lacking(tags, field) if tags and field else (),
    )


def _lacking(tags: CallTags, field: str) -> tuple[str, ...]:
    found: Mapping[str, bool] = {
        tags.of(outcome).name: tags.text_field(outcome, field) is not None for outcome in Outcome
    }
    return tuple(tag for tag, has in found.items() if not has)
