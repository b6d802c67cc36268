"""What of a customer's settings does not fit its Planfix account, by what was read there last. Asks nobody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from django.utils.translation import gettext as _

from integrations.domain.calls import Outcome
from integrations.models import Customer, ParameterMapping
from integrations.planfix.call_tags.roles import roles_of
from integrations.planfix.call_tags.schema import CallTag, CallTags
from integrations.planfix.records.fields import field_of_name


def parameter_problems(customer: Customer) -> list[str]:
    """Sentences on what the customer's calls go out without: standard fields that a tag lacks, and parameters whose
    field cannot take them.
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
    text = _("The tag “%(tag)s” has no field “%(field)s”; calls go out without it.")
    return (text % {"tag": tag.name, "field": name} for name in tag.missing(outcome))


def _tag_problems(tags: CallTags, outcome: Outcome, parameters: Iterable[ParameterMapping]) -> Iterator[str]:
    tag = tags.of(outcome)
    standard = {field.id for field in roles_of(tag.fields, outcome).values()}
    takers: dict[int, list[ParameterMapping]] = defaultdict(list)
    for utm in parameters:
        field = tags.text_field(outcome, utm.field)
        if field is None or field.id in standard:
            names = {"tag": tag.name, "field": utm.field, "parameter": utm.parameter}
            yield _why_not_written(tag, utm, is_standard=field is not None) % names
        else:
            takers[field.id].append(utm)
    text = _("The field “%(field)s” of the tag “%(tag)s” takes one parameter, not several: %(parameters)s.")
    for several in _several(takers):
        yield text % {"tag": tag.name, "field": several[0].field, "parameters": _listed(several)}


def _why_not_written(tag: CallTag, utm: ParameterMapping, *, is_standard: bool) -> str:
    if is_standard:
        return _("The field “%(field)s” of the tag “%(tag)s” holds a fact of the call; %(parameter)s is left out.")
    wanted = utm.field.strip().casefold()
    if any(wanted in (field.name.casefold(), str(field.id)) for field in tag.fields):
        return _("The field “%(field)s” of the tag “%(tag)s” is not a text field; %(parameter)s is left out.")
    return _("The tag “%(tag)s” has no field “%(field)s”; %(parameter)s is left out.")


def _contact_problems(known: Mapping[str, int] | None, parameters: Iterable[ParameterMapping]) -> Iterator[str]:
    if known is None:
        return
    takers: dict[int, list[ParameterMapping]] = defaultdict(list)
    for utm in parameters:
        if not utm.contact_field:
            continue
        field_id = field_of_name(known, utm.contact_field)
        if field_id is None:
            text = _("Contacts have no text field “%(field)s”; %(parameter)s is left out of new contacts.")
            yield text % {"field": utm.contact_field, "parameter": utm.parameter}
        else:
            takers[field_id].append(utm)
    text = _("The field “%(field)s” of contacts takes one parameter, not several: %(parameters)s.")
    for several in _several(takers):
        yield text % {"field": several[0].contact_field, "parameters": _listed(several)}


def _several(takers: Mapping[int, list[ParameterMapping]]) -> Iterator[list[ParameterMapping]]:
    return (parameters for parameters in takers.values() if len(parameters) > 1)


def _listed(parameters: Iterable[ParameterMapping]) -> str:
    return ", ".join(utm.parameter for utm in parameters)
