"""The form of a customer's callback tasks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from integrations.admin.choices import ORDER, OrderedChoicesForm, account_choice, select_field
from integrations.models import CallbackSettings, Customer, Employee, TaskAssignee
from integrations.services.callback_tasks.choices import Choices, stored_choices

NOBODY = [("", gettext_lazy("Nobody of these")), *TaskAssignee.choices]
BEFORE_ORDER = ("clients", "template_id")
AFTER_ORDER = (
    *("employee", "group_id", "due_hours", "weekdays", "work_begins", "work_ends", "holidays", "is_urgent"),
    *("reached_status_id", "unknown_employee_for"),
)
WHOLE_WEEK = [(str(day + 1), name) for day, name in WEEKDAYS.items()]
HELP = {
    "clients": gettext_lazy(
        "One client has one open task. Further missed calls of the client become comments in it. So does the "
        "call that reaches the client, in either direction."
    ),
    "template_id": gettext_lazy(
        "Ringofix creates tasks from this template. Set reminders and participants in the template. It must not "
        "have required fields."
    ),
    "due_hours": gettext_lazy("Counted from the missed call, in the working hours below and the customer's time zone."),
    "holidays": gettext_lazy("Days without work, such as 2026-12-25, separated by commas."),
    "work_ends": gettext_lazy("The same time as the beginning means around the clock. An earlier one is the next day."),
    "is_urgent": gettext_lazy("Marks the tasks as urgent in Planfix."),
    "reached_status_id": gettext_lazy(
        "Set when the client was reached, if the process of the tasks allows it. Empty: the task only gets a comment."
    ),
    "unknown_employee_for": gettext_lazy(
        "Gets a task when an unknown employee talks with a client. The task has the SIP login and the client's "
        "number. Further calls of that employee become comments in it."
    ),
    "employee": gettext_lazy("Gets the task if none of the three is known."),
    "group_id": gettext_lazy("Instead of an employee. Empty and no employee: the template decides."),
}
NOT_READ = gettext_lazy("Check the access in the settings to choose from a list.")


class CallbackTasksForm(OrderedChoicesForm):
    """The order of the assignees is three choices. Choices of the account have names once an access check read them."""

    ordered = "assignees"
    first = select_field(gettext_lazy("Assignee"), NOBODY)
    second = select_field(gettext_lazy("If unknown"), NOBODY)
    third = select_field(gettext_lazy("If unknown too"), NOBODY)
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Working days"),
        choices=WHOLE_WEEK,
        coerce=int,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        model = CallbackSettings
        fields = (*BEFORE_ORDER, *AFTER_ORDER)
        widgets = {
            "clients": UnfoldAdminSelectWidget,
            "template_id": UnfoldAdminIntegerFieldWidget,
            "employee": UnfoldAdminSelectWidget,
            "group_id": UnfoldAdminIntegerFieldWidget,
            "due_hours": UnfoldAdminIntegerFieldWidget,
            "work_begins": UnfoldAdminTextInputWidget(attrs={"type": "time"}),
            "work_ends": UnfoldAdminTextInputWidget(attrs={"type": "time"}),
            "holidays": UnfoldAdminTextInputWidget,
            "is_urgent": UnfoldBooleanSwitchWidget,
            "reached_status_id": UnfoldAdminIntegerFieldWidget,
            "unknown_employee_for": UnfoldAdminSelectWidget,
        }
        help_texts = HELP
        labels = {"group_id": gettext_lazy("Otherwise, group of employees")}

    field_order = (*BEFORE_ORDER, *ORDER, *AFTER_ORDER)

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("work_begins", "work_ends"):
            self.initial[name] = f"{getattr(self.instance, name):%H:%M}"
        for name in ("employee", "unknown_employee_for"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.empty_label = "—"
            field.queryset = Employee.objects.filter(customer=customer, planfix_user_id__isnull=False)
        self._offer(stored_choices(self.instance))

    def _offer(self, found: Choices) -> None:
        """Offers names where the model stores IDs."""
        for name, known in (
            ("template_id", found.templates),
            ("group_id", found.groups),
            ("reached_status_id", found.statuses),
        ):
            number = self.fields[name]
            if not known:
                number.help_text = f"{number.help_text} {NOT_READ}"
                continue
            self.fields[name] = account_choice(number, known, getattr(self.instance, name), empty="—")
        self.order_fields(self.field_order)
