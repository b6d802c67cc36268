"""The form of a customer's settings. It checks everything that needs no request."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from integrations.admin.choices import account_choice
from integrations.admin.customer.contacts.directory import advice_of, spelling_sentence
from integrations.admin.customer.secret_widget import TypedSecrets
from integrations.admin.suggestion_input import SuggestingInput
from integrations.models import Customer, Employee
from integrations.models.customer import all_timezones, validate_timezone
from integrations.services.customers.account_addresses import account_address, public_address
from integrations.services.customers.connection_report import Connection, newest_connection
from integrations.services.directory.report import spelling_report
from integrations.ui.countries import country_code, country_names

HELP = {
    "name": gettext_lazy("Name shown in Ringofix."),
    "planfix_url": gettext_lazy("Copy it from the browser while Planfix is open, for example https://acme.planfix.com"),
    "planfix_token": gettext_lazy(
        "In Planfix: Account management → API access → REST API → New token, for a robot or an administrator, with all"
        " permissions. Stored encrypted and never shown again."
    ),
    "ringostat_project_id": gettext_lazy("The number in the address of the project's pages in Ringostat."),
    "ringostat_auth_key": gettext_lazy(
        "In Ringostat: Integration → Ringostat API. Used to read employees and recover calls whose webhook was lost."
        " Stored encrypted and never shown again."
    ),
    "language": gettext_lazy("The language of comments in Planfix."),
    "timezone": gettext_lazy("The time zone of the Ringostat project, such as Europe/Kyiv."),
    "fallback_employee": gettext_lazy(
        "Calls by unknown or excluded employees are logged under this person. Left empty, such calls are skipped and"
        " stay in the call log."
    ),
    "call_target": gettext_lazy(
        "The last active task is the contact's newest task that is neither finished nor deleted. Without one, the call"
        " goes to the contact."
    ),
    "create_contacts": gettext_lazy("If off, calls from unknown numbers are skipped and stay in the call log."),
    "contact_template_id": gettext_lazy("The template for new contacts."),
    "phone_matching": gettext_lazy(
        "Full format finds only numbers stored as +380671234567. A contact stored as 067 123-45-67 is not found, and a"
        " second contact is created. Any spelling finds both."
    ),
    "recording": gettext_lazy(
        "A copy stays in Planfix and plays there. A link opens Ringostat and works as long as Ringostat keeps the"
        " recording."
    ),
    "requests_per_second": gettext_lazy("Planfix allows one request per second on a standard plan."),
    "call_tag_id": gettext_lazy("Set this only if Ringofix did not find the data tag by its name."),
    "missed_call_tag_id": gettext_lazy("Set this only if Ringofix did not find the data tag by its name."),
    "own_numbers": gettext_lazy(
        "The customer's own lines. Calls with one of them as client are internal and stay out of Planfix. Any spelling,"
        " separated by commas."
    ),
    "ignored_numbers": gettext_lazy("Calls from and to these numbers are skipped. Any spelling, separated by commas."),
    "viewers": gettext_lazy("Viewers who can see this customer's calls. Specialists and administrators see all."),
}
ACCESS_COLUMNS = frozenset({"planfix_url", "planfix_token"})
IDENTITY_COLUMNS = frozenset({"planfix_url", "ringostat_project_id"})
CHECKED_COLUMNS = ACCESS_COLUMNS.union(
    ("ringostat_project_id", "ringostat_auth_key", "ringostat_api_url"),
    ("call_tag_id", "missed_call_tag_id", "contact_template_id", "create_contacts"),
)
"""A change of one of these makes the last access check outdated: the access is checked again."""
NO_PLACES = ("Etc/", "SystemV/")
"""Time zones that are not named after a place."""
SECRETS = ("planfix_token", "ringostat_auth_key")


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    """The form of a customer's settings. The admin sets the model and the fields."""

    instance: Customer
    typed_secrets: TypedSecrets | None = None
    """Set by the admin for a user's request."""

    class Meta:
        help_texts = HELP

    def __init__(self, data: QueryDict | None = None, *args: Any, **kwargs: Any) -> None:
        self.posted = data
        super().__init__(self.typed_secrets.filled(data) if self.typed_secrets and data else data, *args, **kwargs)
        self.fields["ringostat_api_url"].initial = settings.RINGOSTAT_API_URL
        self.fields["timezone"].widget = SuggestingInput(_timezone_suggestions)
        self.fields["region"].widget = SuggestingInput(_country_suggestions)  # a country by name or by two letters
        self.fields["region"].validators = []
        token = self.fields["planfix_token"]
        token.required = not self.instance.planfix_token
        token.error_messages["required"] = _("Enter the token. Ringofix needs it to write to Planfix.")
        viewers = self.fields.get("viewers")
        if isinstance(viewers, forms.ModelMultipleChoiceField):
            viewers.queryset = User.objects.filter(is_staff=False, is_superuser=False).order_by("username")
        fallback = self.fields.get("fallback_employee")
        if isinstance(fallback, forms.ModelChoiceField):
            fallback.queryset = Employee.objects.filter(customer=self.instance.pk)
        if self.instance.pk:
            self._advise_on_matching()
            self._offer_found_names(newest_connection(self.instance) or Connection())

    def _advise_on_matching(self) -> None:
        """Adds advice to the field of phone matching, based on the numbers in the account."""
        report = spelling_report(self.instance) if self.instance.directory else None
        if report and (advice := advice_of(self.instance, report)):
            field = self.fields["phone_matching"]
            field.help_text = f"{field.help_text} {spelling_sentence(report)} {advice}"

    def full_clean(self) -> None:
        """Keeps typed secrets while the form has errors."""
        super().full_clean()
        if not (self.posted and self.typed_secrets):
            return
        if self.errors:
            self.typed_secrets.keep(self.posted, errors=self.errors)
            self.fields["planfix_token"].required = not self.data.get("planfix_token")
        else:
            self.typed_secrets.forget()

    def clean_planfix_url(self) -> str:
        return account_address(self.cleaned_data["planfix_url"])

    def clean_ringostat_api_url(self) -> str:
        return public_address(self.cleaned_data["ringostat_api_url"])

    def clean_timezone(self) -> str:
        """Checks the zone before the instance gets it: a page with errors shows times in the instance's zone."""
        name: str = self.cleaned_data["timezone"].strip()
        validate_timezone(name)
        return name

    def clean_ringostat_project_id(self) -> str:
        project_id: str = self.cleaned_data["ringostat_project_id"]
        if project_id and not project_id.isdecimal():
            raise ValidationError(_("“%(id)s” is not a project ID. A project ID has digits only.") % {"id": project_id})
        return project_id

    def clean_region(self) -> str:
        typed: str = self.cleaned_data["region"]
        code = country_code(typed)
        if code is None:
            text = _("“%(region)s” is not a country. Choose one from the list, such as UA or PL.")
            raise ValidationError(text % {"region": typed})
        return code

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in SECRETS:
            secret = self.data.get(self.add_prefix(name), "").strip()
            if not re.fullmatch(r"[!-~]*", secret):
                self.add_error(
                    name,
                    _("It contains spaces or letters that are not allowed. Copy it again."),
                )
        return cleaned

    def _offer_found_names(self, known: Connection) -> None:
        """Offers names from the last access check where the model stores IDs."""
        by_name = _("Found by name")
        for name, found, empty in (
            ("contact_template_id", known.templates, _("Oldest template")),
            ("call_tag_id", known.tags, by_name),
            ("missed_call_tag_id", known.tags, by_name),
        ):
            if not found:
                continue
            chosen: int | None = getattr(self.instance, name)
            self.fields[name] = account_choice(self.fields[name], dict(found), chosen, empty=empty)


def _timezone_suggestions() -> Iterable[tuple[str, str]]:
    places = (name for name in sorted(all_timezones()) if "/" in name and not name.startswith(NO_PLACES))
    return ((name, name) for name in places)


def _country_suggestions() -> Iterable[tuple[str, str]]:
    return country_names(get_language() or settings.LANGUAGE_CODE).items()
