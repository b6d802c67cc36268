"""Which parameter of the webhook goes into which field of Planfix: what there is to choose from, a proposal, what is
kept. Asks nobody over the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from integrations.domain.calls import Outcome
from integrations.models import Call, Customer, ParameterMapping
from integrations.planfix.call_tags.roles import roles_of
from integrations.planfix.call_tags.schema import CallTags
from integrations.planfix.records.fields import TEXT_TYPES
from integrations.ringostat.vocabulary import UTM

CALLS_LOOKED_AT = 200
"""The parameters of so many of the newest calls are offered."""
OFFERED = 40


@dataclass(frozen=True, kw_only=True)
class ParameterRow:
    parameter: str
    example: str = ""
    """As one of the newest calls had it."""
    field: str = ""
    """Of the call tag, as kept or proposed; empty: not carried over."""
    contact_field: str = ""
    is_proposed: bool = False
    lacking: tuple[str, ...] = ()
    """The call tags that have no such text field."""


@dataclass(frozen=True, kw_only=True)
class ParameterTable:
    rows: tuple[ParameterRow, ...]
    tag_fields: tuple[str, ...]
    """The text fields of the call tags that hold no fact of the call already."""
    contact_fields: tuple[str, ...]
    knows_planfix: bool
    """False before the access was checked: then there is nothing to choose from."""

    @property
    def missing(self) -> dict[str, list[str]]:
        """The fields to be made by hand, by the tag that lacks them."""
        found: dict[str, list[str]] = {}
        for row in self.rows:
            for tag in row.lacking:
                found.setdefault(tag, []).append(row.field)
        return found


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Where a parameter is to go."""

    parameter: str
    field: str
    contact_field: str = ""


def parameter_table(customer: Customer) -> ParameterTable:
    tags = CallTags.from_json(customer.planfix_tags) if customer.planfix_tags else None
    kept = list(customer.utm_fields.order_by("pk"))
    seen = _seen_parameters(customer)
    offered = dict.fromkeys([*(utm.parameter for utm in kept), *UTM, *list(seen)[:OFFERED]])
    by_name = {utm.parameter: utm for utm in kept}
    fields = _free_fields(tags) if tags else ()
    rows = [
        _row(name, by_name.get(name), tags, fields, example=seen.get(name, ""), proposes=not kept) for name in offered
    ]
    return ParameterTable(
        rows=tuple(rows),
        tag_fields=fields,
        contact_fields=tuple(sorted(customer.planfix_contact_fields or {})),
        knows_planfix=tags is not None,
    )


def save_wishes(customer: Customer, wishes: Iterable[Wish]) -> None:
    """Keeps these and no others. Raises ValidationError when two parameters want one field."""
    with transaction.atomic():
        customer.utm_fields.all().delete()
        for wish in wishes:
            utm = ParameterMapping(
                customer=customer, parameter=wish.parameter, field=wish.field, contact_field=wish.contact_field
            )
            try:
                utm.full_clean()
            except ValidationError as error:
                raise ValidationError([f"{wish.parameter}: {message}" for message in error.messages]) from error
            utm.save()


def _seen_parameters(customer: Customer) -> dict[str, str]:
    """The names of the parameters of the newest calls, each with a value."""
    newest = Call.objects.filter(customer=customer).order_by("-started_at", "-pk")[:CALLS_LOOKED_AT]
    found: dict[str, str] = {}
    for call in newest:
        for name, value in sorted(call.folded.parameters.items()):
            found[name] = found.get(name) or value
    return found


def _free_fields(tags: CallTags) -> tuple[str, ...]:
    """By name. A field that only one of the tags has is offered too: what the other lacks is said beside it."""
    names: dict[str, None] = {}
    for outcome in Outcome:
        tag = tags.of(outcome)
        standard = {field.id for field in roles_of(tag.fields, outcome).values()}
        names |= {field.name: None for field in tag.fields if field.type in TEXT_TYPES and field.id not in standard}
    return tuple(names)


def _row(
    name: str,
    kept: ParameterMapping | None,
    tags: CallTags | None,
    fields: Iterable[str],
    *,
    example: str,
    proposes: bool,
) -> ParameterRow:
    proposed = next((field for field in fields if field.casefold() == name.casefold()), "") if proposes else ""
    field = kept.field if kept else proposed
    return ParameterRow(
        parameter=name,
        example=example,
        field=field,
        contact_field=kept.contact_field if kept else "",
        is_proposed=bool(proposed),
        lacking=_lacking(tags, field) if tags and field else (),
    )


def _lacking(tags: CallTags, field: str) -> tuple[str, ...]:
    found: Mapping[str, bool] = {
        tags.of(outcome).name: tags.text_field(outcome, field) is not None for outcome in Outcome
    }
    return tuple(tag for tag, has in found.items() if not has)
