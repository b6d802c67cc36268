"""The form of a customer's routing settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from integrations.admin.choices import ORDER, OrderedChoicesForm, select_field
from integrations.admin.suggestion_input import SuggestingInput
from integrations.domain.phones import sip_login
from integrations.models import Customer, Routing, RoutingSource

OTHERWISE = [("", gettext_lazy("Nobody: Ringostat's scheme goes on")), *RoutingSource.choices]


class RoutingSettingsForm(OrderedChoicesForm):
    """The order is three choices."""

    ordered = "order"
    first = select_field(gettext_lazy("Ring first"), RoutingSource.choices, required=True)
    second = select_field(gettext_lazy("Otherwise"), OTHERWISE)
    third = select_field(gettext_lazy("Last"), OTHERWISE)

    class Meta:
        model = Routing
        fields = ("enabled", "fixed", "only_online", "form", "key")
        widgets = {
            "enabled": UnfoldBooleanSwitchWidget,
            "only_online": UnfoldBooleanSwitchWidget,
            "form": UnfoldAdminSelectWidget,
            "key": UnfoldAdminTextInputWidget,
        }
        help_texts = {
            "enabled": gettext_lazy("While it is off, every answer is empty and Ringostat's scheme goes on."),
            "fixed": gettext_lazy(
                "A SIP login, a phone number or the ID of a forwarding scheme; at most three, separated by commas. A"
                " group is rung by its scheme."
            ),
            "only_online": gettext_lazy(
                "Ringofix reads every half minute who is online. While that is not known, everybody may be rung."
            ),
            "form": gettext_lazy("The same as “Data import type” in Ringostat."),
            "key": gettext_lazy("The same as the name of the response key in Ringostat. Not needed for http."),
        }

    field_order = ("enabled", *ORDER, "fixed", "only_online", "form", "key")

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fixed"].widget = SuggestingInput(lambda: _logins(customer))


def _logins(customer: Customer) -> Iterable[tuple[str, str]]:
    for employee in customer.employees.all():
        for login in filter(None, map(sip_login, employee.sip_logins)):
            yield login, employee.name
