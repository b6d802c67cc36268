"""Finds settings that do not fit the Planfix account, by the last access check. Sends no requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from django.utils.translation import gettext as _

from integrations.domain.calls import Outcome
from integrations.models import Customer, ParameterMapping
from integrations.planfix.call_tags.schema import CallTag, CallTags, roles_of
from integrations.planfix.records.fields import field_of_name


def utm_problems(customer: Customer) -> list[str]:
    """Says in sentences which values calls will lack, because a data tag lacks the field or the field cannot store
    them.
    """
    if not customer.planfix_tags:
        return []
    tags = CallTags.from_json(customer.planfix_tags)
    parameters = list(customer.utm_fields.order_by("pk"))
    problems: list[str] = []
    for outcome in Outcome:
        problems += _missing_fields(tags.of(outcome), outcome)
        problems += _tag_problems(tags, outcome, parameters)
    problems += _contact_problems(customer.planfix_contact_fields, parameters)
    return list(dict.fromkeys(problems))


def _missing_fields(tag: CallTag, outcome: Outcome) -> Iterator[str]:
    text = _("The data tag “%(tag)s” has no field “%(field)s”. Calls are written without it.")
    return (text % {"tag": tag.name, "field": name} for name in tag.missing(outcome))


def _tag_problems(tags: CallTags, outcome: Outcome, parameters: Iterable[ParameterMapping]) -> Iterator[str]:
    tag = tags.of(outcome)
    standard = {field.id for field in roles_of(tag.fields, outcome).values()}
    users_of_field: dict[int, list[ParameterMapping]] = defaultdict(list)
    for utm in parameters:
        field = tags.text_field(outcome, utm.field)
        if field is None or field.id in standard:
            names = {"tag": tag.name, "field": utm.field, "parameter": utm.parameter}
            yield _why_not_written(tag, utm, is_standard=field is not None) % names
        else:
            users_of_field[field.id].append(utm)
    text = _("Several parameters use the field “%(field)s” of the data tag “%(tag)s”: %(parameters)s.")
    for shared in _shared(users_of_field):
        yield text % {"tag": tag.name, "field": shared[0].field, "parameters": _listed(shared)}


def _why_not_written(tag: CallTag, utm: ParameterMapping, *, is_standard: bool) -> str:
    if is_standard:
        return _("The field “%(field)s” of the data tag “%(tag)s” stores a call detail. %(parameter)s is not sent.")
    wanted = utm.field.strip().casefold()
    if any(wanted in (field.name.casefold(), str(field.id)) for field in tag.fields):
        return _("The field “%(field)s” of the data tag “%(tag)s” is not a text field. %(parameter)s is not sent.")
    return _("The data tag “%(tag)s” has no field “%(field)s”. %(parameter)s is not sent.")


def _contact_problems(known: Mapping[str, int] | None, parameters: Iterable[ParameterMapping]) -> Iterator[str]:
    if known is None:
        return
    users_of_field: dict[int, list[ParameterMapping]] = defaultdict(list)
    for utm in parameters:
        if not utm.contact_field:
            continue
        field_id = field_of_name(known, utm.contact_field)
        if field_id is None:
            text = _("Contacts have no text field “%(field)s”. New contacts are created without %(parameter)s.")
            yield text % {"field": utm.contact_field, "parameter": utm.parameter}
        else:
            users_of_field[field_id].append(utm)
    text = _("Several parameters use the contact field “%(field)s”: %(parameters)s.")
    for shared in _shared(users_of_field):
        yield text % {"field": shared[0].contact_field, "parameters": _listed(shared)}


def _shared(users_of_field: Mapping[int, list[ParameterMapping]]) -> Iterator[list[ParameterMapping]]:
    return (parameters for parameters in users_of_field.values() if len(parameters) > 1)


def _listed(parameters: Iterable[ParameterMapping]) -> str:
    return ", ".join(utm.parameter for utm in parameters)
