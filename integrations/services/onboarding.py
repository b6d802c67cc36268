"""What a customer's Planfix account must tell us before its calls can be written: the data tags, a contact template,
the fields of contacts; and what of the customer's settings does not fit them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from django.utils.translation import gettext as _

from integrations.domain.calls import Outcome
from integrations.models import Customer, UtmField
from integrations.planfix.client import Planfix
from integrations.planfix.contacts import contact_templates, contact_text_fields
from integrations.planfix.discovery import discover_call_tags
from integrations.planfix.fields import field_of_name
from integrations.planfix.tags import CallTag, CallTags, roles_of
from integrations.services.planfix_access import keep, keep_template, logged_client


def call_tags_of(customer: Customer, *, wait_for_slot: Callable[[float], None] | None = None) -> CallTags:
    """The customer's call tags as discovered before, or discovered now. Raises PlanfixError."""
    if customer.planfix_tags and (customer.planfix_contact_fields is not None or not _fills_contact_fields(customer)):
        return CallTags.from_json(customer.planfix_tags)
    return discover(customer, wait_for_slot=wait_for_slot)


def discover(customer: Customer, *, wait_for_slot: Callable[[float], None] | None = None) -> CallTags:
    """Reads the account's call tags, and the fields of contacts if any are to be filled, and keeps them. At the
    account's pace, by the turn's slots if there is a turn. Raises PlanfixError with what to do in Planfix.
    """
    client = logged_client(customer, wait_for_slot=wait_for_slot)
    tags = discover_call_tags(client, call_tag_id=customer.call_tag_id, missed_call_tag_id=customer.missed_call_tag_id)
    is_template_wanted = customer.create_contacts and customer.contact_template_id is None
    template_id = _first_template(client) if is_template_wanted else None
    fields = {"planfix_contact_fields": contact_text_fields(client)} if _fills_contact_fields(customer) else {}
    keep(customer, planfix_tags=tags.to_json(), **fields)
    if template_id is not None:
        keep_template(customer, template_id)
    return tags


def _first_template(client: Planfix) -> int | None:
    """The oldest template, which every account has from its start, for a customer who named none."""
    return min((template_id for template_id, __ in contact_templates(client)), default=None)


def _fills_contact_fields(customer: Customer) -> bool:
    return any(utm.contact_field for utm in customer.utm_fields.all())


def parameter_problems(customer: Customer) -> list[str]:
    """Sentences on what the customer's calls go out without: standard fields that a tag lacks, and parameters whose
    field cannot take them. By what was discovered last; asks nothing.
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


def _tag_problems(tags: CallTags, outcome: Outcome, parameters: Iterable[UtmField]) -> Iterator[str]:
    tag = tags.of(outcome)
    standard = {field.id for field in roles_of(tag.fields, outcome).values()}
    takers: dict[int, list[UtmField]] = defaultdict(list)
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


def _why_not_written(tag: CallTag, utm: UtmField, *, is_standard: bool) -> str:
    if is_standard:
        return _("The field “%(field)s” of the tag “%(tag)s” holds a fact of the call; %(parameter)s is left out.")
    wanted = utm.field.strip().casefold()
    if any(wanted in (field.name.casefold(), str(field.id)) for field in tag.fields):
        return _("The field “%(field)s” of the tag “%(tag)s” is not a text field; %(parameter)s is left out.")
    return _("The tag “%(tag)s” has no field “%(field)s”; %(parameter)s is left out.")


def _contact_problems(known: Mapping[str, int] | None, parameters: Iterable[UtmField]) -> Iterator[str]:
    if known is None:
        return
    takers: dict[int, list[UtmField]] = defaultdict(list)
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


def _several(takers: Mapping[int, list[UtmField]]) -> Iterator[list[UtmField]]:
    return (parameters for parameters in takers.values() if len(parameters) > 1)


def _listed(parameters: Iterable[UtmField]) -> str:
    return ", ".join(utm.parameter for utm in parameters)
