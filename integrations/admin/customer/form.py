"""The customer's form in the words of the onboarding questionnaire. It checks what can be checked without a request."""

from __future__ import annotations

import re
from typing import Any

import phonenumbers
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from integrations.models import Customer, Employee
from integrations.models.customer import validate_timezone
from integrations.services.customers.addresses import account_address, public_address
from integrations.services.customers.connection_report import Connection, newest_connection

HELP = {
    "name": gettext_lazy("As you call the customer; nobody else sees it."),
    "planfix_url": gettext_lazy(
        "The address in the browser when Planfix is open, for example https://acme.planfix.com"
    ),
    "planfix_token": gettext_lazy(
        "In Planfix: Account management → API access → REST API → New token, for a robot or an administrator, with all"
        " levels of access. It is kept encrypted and never shown again."
    ),
    "ringostat_project_id": gettext_lazy("The number that stands in the address of the project's pages in Ringostat."),
    "ringostat_auth_key": gettext_lazy(
        "In Ringostat: Integration → Ringostat API. With it the employees are read, and calls fetched whose webhooks"
        " were lost. It is kept encrypted and never shown again."
    ),
    "language": gettext_lazy("The language in which calls are described in Planfix."),
    "timezone": gettext_lazy("The zone of the customer's Ringostat project, such as Europe/Kyiv."),
    "fallback_employee": gettext_lazy(
        "In this employee's name stand the calls that an unknown or non-participating employee talked on. Empty: such"
        " calls are skipped, and stay in the call log."
    ),
    "call_target": gettext_lazy(
        "The last active task is the newest task of the contact that is neither finished nor deleted. A contact without"
        " one gets the call itself."
    ),
    "create_contacts": gettext_lazy("Switched off, a call of an unknown number is skipped and stays in the call log."),
    "contact_template_id": gettext_lazy("New contacts are made by this template."),
    "phone_matching": gettext_lazy(
        "Full format finds only contacts whose number is stored as +380671234567. A contact that was stored in another"
        " spelling, say 067 123-45-67, is not found, and a second contact is made. Any spelling finds both."
    ),
    "recording": gettext_lazy(
        "A copy plays in Planfix and stays there. A link leads to Ringostat, and lives as long as Ringostat keeps the"
        " recording."
    ),
    "requests_per_second": gettext_lazy("Planfix allows one request per second on an ordinary plan."),
    "call_tag_id": gettext_lazy("Only if the data tag for answered calls has an unusual name."),
    "missed_call_tag_id": gettext_lazy("Only if the data tag for missed calls has an unusual name."),
    "ignored_numbers": gettext_lazy("Calls of these numbers are skipped. In any spelling, separated by commas."),
    "viewers": gettext_lazy("Users who may read this customer's call log, and nothing else."),
}
ACCESS_COLUMNS = frozenset({"planfix_url", "planfix_token"})
IDENTITY_COLUMNS = frozenset({"planfix_url", "ringostat_project_id"})
CHECKED_COLUMNS = ACCESS_COLUMNS.union(
    ("ringostat_project_id", "ringostat_auth_key", "ringostat_api_url"),
    ("call_tag_id", "missed_call_tag_id", "contact_template_id", "create_contacts"),
)
"""When one of these changes, what the last check found holds no more: the access is checked again."""
SECRETS = ("planfix_token", "ringostat_auth_key")


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    """The admin names the model and its fields."""

    instance: Customer

    class Meta:
        help_texts = HELP

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ringostat_api_url"].initial = settings.RINGOSTAT_API_URL
        fallback = self.fields.get("fallback_employee")
        if isinstance(fallback, forms.ModelChoiceField):
            fallback.queryset = Employee.objects.filter(customer=self.instance.pk)
        if self.instance.pk:
            self._offer_what_was_found(newest_connection(self.instance) or Connection())

    def clean_planfix_url(self) -> str:
        return account_address(self.cleaned_data["planfix_url"])

    def clean_ringostat_api_url(self) -> str:
        return public_address(self.cleaned_data["ringostat_api_url"])

    def clean_timezone(self) -> str:
        """Here, before the instance gets it: the page is drawn in this zone even when the form has errors."""
        name: str = self.cleaned_data["timezone"].strip()
        validate_timezone(name)
        return name

    def clean_ringostat_project_id(self) -> str:
        project_id: str = self.cleaned_data["ringostat_project_id"]
        if project_id and not project_id.isdecimal():
            raise ValidationError(_("“%(id)s” is no project ID: it has digits only.") % {"id": project_id})
        return project_id

    def clean_region(self) -> str:
        region = str(self.cleaned_data["region"]).upper()
        if region not in phonenumbers.SUPPORTED_REGIONS:
            raise ValidationError(
                _("“%(region)s” is no country. Use two letters, such as UA or PL.") % {"region": region}
            )
        return region

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for name in SECRETS:
            secret = self.data.get(self.add_prefix(name), "").strip()
            if not re.fullmatch(r"[!-~]*", secret):
                self.add_error(name, _("It has spaces or letters that none has. Copy it as a whole, and nothing else."))
        if not self.instance.planfix_token and not self.data.get(self.add_prefix("planfix_token"), "").strip():
            self.add_error("planfix_token", _("Without a token nothing can be written into Planfix."))
        return cleaned

    def _offer_what_was_found(self, known: Connection) -> None:
        """Lists of names where the model has numbers, as far as Planfix was asked for them."""
        by_name = _("Found by its name")
        for name, found, empty in (
            ("contact_template_id", known.templates, _("The oldest one")),
            ("call_tag_id", known.tags, by_name),
            ("missed_call_tag_id", known.tags, by_name),
        ):
            if not found:
                continue
            number = self.fields[name]
            chosen: int | None = getattr(self.instance, name)
            self.fields[name] = forms.TypedChoiceField(
                label=number.label,
                help_text=number.help_text,
                required=False,
                coerce=int,
                empty_value=None,
                widget=UnfoldAdminSelectWidget,
                choices=[("", empty), *_with_chosen(found, chosen)],
            )


def _with_chosen(found: list[tuple[int, str]], chosen: int | None) -> list[tuple[int, str]]:
    """What is chosen stays to be seen, though Planfix does not show it (any more, or yet)."""
    if chosen is None or chosen in dict(found):
        return found
    return [*found, (chosen, _("Number %(id)s, which Planfix does not show") % {"id": chosen})]
