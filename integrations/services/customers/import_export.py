"""A customer as a JSON file: imports it, and exports it without secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError, ProgrammingError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from integrations.models import Customer, Employee, ParameterMapping, PhoneBookContacts, Routing, Secret, WebhookToken
from integrations.services.callback_tasks.settings_file import KEYS, SECTION, exported_settings, save_settings
from integrations.services.customers.account_addresses import account_address, public_address
from integrations.services.customers.account_change import follow_change
from integrations.services.delivery.pause import resume_customer
from integrations.services.phone_book.choice import choose_contacts, chosen_contacts

PLAIN = (
    "name",
    "language",
    "timezone",
    "region",
    "call_target",
    "create_contacts",
    "create_for_incoming_answered",
    "create_for_incoming_missed",
    "create_for_outgoing_answered",
    "phone_matching",
    "directory",
    "recording",
    "add_analysis",
    "ignored_numbers",
    "own_numbers",
    "retention_days",
)
NESTED = {
    "ringostat": {
        "project_id": "ringostat_project_id",
        "auth_key": "ringostat_auth_key",
        "api_url": "ringostat_api_url",
    },
    "planfix": {
        "url": "planfix_url",
        "token": "planfix_token",
        "contact_template_id": "contact_template_id",
        "requests_per_second": "requests_per_second",
        "call_tag_id": "call_tag_id",
        "missed_call_tag_id": "missed_call_tag_id",
    },
}
ADDRESSES: Mapping[str, Callable[[str], str]] = {"planfix_url": account_address, "ringostat_api_url": public_address}
SECRETS = frozenset({"ringostat_auth_key", "planfix_token"})
EMPLOYEE = ("name", "planfix_user_id", "staff_id", "sip_logins", "extension", "email", "participates")
UTM_FIELD = ("parameter", "field", "contact_field")
ROUTING = ("order", "fixed", "form", "key", "only_online")
LISTS = frozenset({"employees", "utm_fields", "fallback_employee", "routing", "phone_book", SECTION})


class CustomerFileError(Exception):
    """The file is not a valid customer. The message names each field and its error."""


def import_customer(data: Mapping[str, Any]) -> Customer:
    """Creates the customer, or updates the one with that name, which keeps its webhook address. All or nothing.

    Raises CustomerFileError.
    """
    try:
        columns = _columns(data)
        with transaction.atomic():
            customer = _save_customer(columns)
            _save_employees(customer, data)
            _save_utm_fields(customer, data)
            _save_routing(customer, data)
            _save_callback_tasks(customer, data)
            _save_phone_book(customer, data)
            if not customer.webhook_tokens.exists():
                WebhookToken.issue(customer)
    except ValidationError as error:
        raise CustomerFileError(_error_text(error)) from error
    except (TypeError, ValueError, AttributeError, DataError, ProgrammingError) as error:
        raise CustomerFileError(_("A value has the wrong type: %(error)s") % {"error": error}) from error
    return customer


def webhook_address(customer: Customer) -> str:
    """The customer's current webhook address: the one of the newest token."""
    return customer.webhook_tokens.latest("created_at", "pk").address


def export_customer(customer: Customer) -> dict[str, Any]:
    """The customer as import_customer reads it, with empty strings for secrets."""
    data: dict[str, Any] = {name: getattr(customer, name) for name in PLAIN}
    for section, names in NESTED.items():
        data[section] = {key: "" if column in SECRETS else getattr(customer, column) for key, column in names.items()}
    data["employees"] = [{name: getattr(employee, name) for name in EMPLOYEE} for employee in customer.employees.all()]
    data["fallback_employee"] = customer.fallback_employee.name if customer.fallback_employee else None
    data["utm_fields"] = list(customer.utm_fields.order_by("pk").values(*UTM_FIELD))
    data["routing"] = Routing.objects.filter(customer=customer, enabled=True).values(*ROUTING).first()
    data[SECTION] = exported_settings(customer)
    data["phone_book"] = chosen_contacts(customer).value
    return data


def _columns(data: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise CustomerFileError(_("The file must contain one JSON object."))
    columns = {name: data[name] for name in PLAIN if data.get(name) is not None}
    for section, names in NESTED.items():
        given = data.get(section) or {}
        columns |= {column: given[key] for key, column in names.items() if given.get(key) not in (None, "")}
        _refuse_unknown(section + ".", given, names)
    _refuse_unknown("", data, [*PLAIN, *NESTED, *LISTS])
    return columns


def _refuse_unknown(prefix: str, given: Mapping[str, Any], known: Any) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        names = ", ".join(prefix + name for name in unknown)
        raise CustomerFileError(_("Unknown settings: %(names)s. Check the spelling.") % {"names": names})


def _save_customer(columns: dict[str, Any]) -> Customer:
    # Locked, so that a pause or a discovery at the same time is not overwritten.
    known = Customer.objects.select_for_update(no_key=True).filter(name=columns.get("name", "")).first()
    customer = known or Customer()
    for column, value in columns.items():
        setattr(customer, column, Secret.of(str(value)) if column in SECRETS else value)
    for column, read in ADDRESSES.items():
        setattr(customer, column, _address(column, getattr(customer, column), read))
    customer.full_clean()
    follow_change(customer, given=columns)
    customer.save()
    if known:
        resume_customer(customer)
    return customer


def _address(column: str, typed: object, read: Callable[[str], str]) -> str:
    try:
        return read(str(typed or ""))
    except ValidationError as error:
        raise ValidationError({column: error.messages}) from error


def _save_employees(customer: Customer, data: Mapping[str, Any]) -> None:
    if "employees" in data:
        saved = [_save_employee(customer, row).pk for row in data["employees"] or []]
        customer.employees.exclude(pk__in=saved).delete()
    if "fallback_employee" in data:
        customer.fallback_employee = _named_employee(customer, data["fallback_employee"])
        customer.save(update_fields=["fallback_employee"])


def _save_employee(customer: Customer, row: Mapping[str, Any]) -> Employee:
    _refuse_unknown("employees.", row, EMPLOYEE)
    same_user = Q(planfix_user_id=row.get("planfix_user_id") or 0) | Q(planfix_user_id=None)
    known = customer.employees.filter(same_user, name=row.get("name", "")).first()
    employee = known or Employee(customer=customer)
    for name in EMPLOYEE:
        if row.get(name) is not None:
            value = row[name]
            setattr(employee, name, str(value) if name in ("staff_id", "extension") else value)
    employee.full_clean()
    employee.save()
    return employee


def _named_employee(customer: Customer, name: str | None) -> Employee | None:
    if not name:
        return None
    employee = customer.employees.filter(name=name).first()
    if employee is None:
        raise ValidationError({"fallback_employee": _("There is no employee named “%(name)s”.") % {"name": name}})
    return employee


def _save_utm_fields(customer: Customer, data: Mapping[str, Any]) -> None:
    if "utm_fields" not in data:
        return
    customer.utm_fields.all().delete()
    for row in data["utm_fields"] or []:
        _refuse_unknown("utm_fields.", row, UTM_FIELD)
        given = {name: str(row[name]) for name in UTM_FIELD if row.get(name) is not None}
        _save_checked(ParameterMapping(customer=customer, **given))


def _save_routing(customer: Customer, data: Mapping[str, Any]) -> None:
    """An object turns routing on, null turns it off. Settings that it does not name keep their values."""
    if "routing" not in data:
        return
    given = data["routing"]
    routing = Routing.objects.filter(customer=customer).first() or Routing(customer=customer)
    routing.enabled = given is not None
    settings = {} if given is None else given
    _refuse_unknown("routing.", settings, ROUTING)
    for name, value in settings.items():
        if value is not None:
            setattr(routing, name, value)
    _save_checked(routing)
    if routing.uses_directory and "directory" not in data:
        customer.directory = True
        customer.save(update_fields=["directory"])


def _save_callback_tasks(customer: Customer, data: Mapping[str, Any]) -> None:
    if given := data.get(SECTION):
        _refuse_unknown(f"{SECTION}.", given, KEYS)
        save_settings(customer, given)


def _save_phone_book(customer: Customer, data: Mapping[str, Any]) -> None:
    if data.get("phone_book") is None:
        return
    if data["phone_book"] not in PhoneBookContacts:
        names = {"value": data["phone_book"], "known": ", ".join(PhoneBookContacts.values)}
        raise CustomerFileError(_("phone_book: “%(value)s” is not one of its values: %(known)s.") % names)
    choose_contacts(customer, PhoneBookContacts(data["phone_book"]))


def _save_checked(row: models.Model) -> None:
    row.full_clean()
    row.save()


def _error_text(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items())
