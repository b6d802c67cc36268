"""The page of a customer's callback tasks: the settings, and the newest tasks."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from integrations.admin.customer.callback_tasks.form import CallbackTasksForm
from integrations.admin.customer.pages import address_of, customer_page, render_page
from integrations.models import CallbackTask, Customer
from integrations.planfix.links import task_url
from integrations.services.callback_tasks.notes import retry_refused_tasks
from integrations.services.callback_tasks.settings_file import settings_of
from integrations.ui.call_row import callback_state
from integrations.users.audit import audit_record

SHOWN_TASKS = 10


@customer_page
def callback_tasks_page(request: HttpRequest, customer: Customer) -> HttpResponse:
    wanted = settings_of(customer)
    form = CallbackTasksForm(request.POST or None, instance=wanted, customer=customer)
    if request.method == "POST" and form.is_valid():
        form.save()
        retry_refused_tasks(customer)
        audit_record(request.user, _("Changed the callback tasks."), customer)
        messages.success(request, _("Callback tasks saved."))
        return redirect(address_of("callback_tasks", customer))
    context = {"form": form, "wanted": wanted, "rows": _newest_tasks(customer)}
    return render_page(request, customer, "callback_tasks", "callback_tasks.html", context)


def _newest_tasks(customer: Customer) -> list[dict[str, Any]]:
    newest = CallbackTask.objects.filter(customer=customer).select_related("call").order_by("-opened_at")[:SHOWN_TASKS]
    return [
        {
            "task": task,
            "url": task_url(customer.planfix_url, task.task_id) if task.task_id else "",
            "state": callback_state(task),
        }
        for task in newest
    ]
