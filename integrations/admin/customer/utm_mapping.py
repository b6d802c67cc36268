"""The UTM page of a customer: which parameter of the webhook goes into which field of Planfix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from unfold.widgets import BASE_INPUT_CLASSES, SELECT_CLASSES

from integrations.admin.customer.pages import address_of, customer_page, render_page
from integrations.models import BackgroundJob, BackgroundJobKind, Customer
from integrations.services.customers.utm_mapping import ParameterRow, ParameterTable, Wish, parameter_table, save_wishes
from integrations.services.queue.background import enqueue
from integrations.users.audit import audit_record

CREATE = "+"
"""The choice of a contact field that is to be made."""
OTHER = "other"
"""The row for a parameter that nothing names yet."""
LONGEST_NAME = 64


@customer_page
def parameters_page(request: HttpRequest, customer: Customer) -> HttpResponse:
    table = parameter_table(customer)
    if request.method == "POST" and _save(request, customer, table):
        return redirect(address_of("parameters", customer))
    return render_page(request, customer, "parameters", "parameters.html", _context(customer, table))


def _save(request: HttpRequest, customer: Customer, table: ParameterTable) -> bool:
    wishes = list(_wishes(request.POST, table))
    try:
        save_wishes(customer, wishes)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return False
    to_make = [wish.contact_field for wish in wishes if _is_to_be_made(request.POST, wish)]
    if to_make:
        enqueue(BackgroundJobKind.CREATE_FIELDS, customer=customer, by=request.user, names=to_make)
    audit_record(request.user, _("Chose the fields of %(count)s parameters.") % {"count": len(wishes)}, customer)
    messages.success(request, _("Saved."))
    return True


def _wishes(posted: Mapping[str, str], table: ParameterTable) -> Iterator[Wish]:
    for row in table.rows:
        if wish := _wish(posted, row.parameter, row.parameter):
            yield wish
    other = posted.get(f"name-{OTHER}", "").strip()[:LONGEST_NAME]
    if other and (wish := _wish(posted, OTHER, other)):
        yield wish


def _wish(posted: Mapping[str, str], key: str, parameter: str) -> Wish | None:
    """None for a parameter that goes nowhere. One that goes to contacts only waits for a field of its own name."""
    field, contact_field = (posted.get(f"{name}-{key}", "").strip() for name in ("field", "contact"))
    if not field and not contact_field:
        return None
    return Wish(
        parameter=parameter,
        field=field or parameter,
        contact_field=parameter if contact_field == CREATE else contact_field,
    )


def _is_to_be_made(posted: Mapping[str, str], wish: Wish) -> bool:
    typed_other = posted.get(f"name-{OTHER}", "").strip() == wish.parameter
    key = OTHER if typed_other else wish.parameter
    return posted.get(f"contact-{key}") == CREATE


def _context(customer: Customer, table: ParameterTable) -> dict[str, Any]:
    works = BackgroundJob.objects.filter(
        customer=customer, kind__in=(BackgroundJobKind.CREATE_FIELDS, BackgroundJobKind.CONNECT)
    )
    under_way = works.filter(finished_at=None).order_by("-pk").first()
    made = works.filter(kind=BackgroundJobKind.CREATE_FIELDS).exclude(finished_at=None).order_by("-pk").first()
    return {
        "table": table,
        "rows": [_shown(row, table) for row in table.rows],
        "work": under_way,
        "made": made,
        "made_fields": (made.result or {}).get("made", []) if made else [],
        "select_classes": " ".join(SELECT_CLASSES),
        "input_classes": " ".join(BASE_INPUT_CLASSES),
        "CREATE": CREATE,
        "OTHER": OTHER,
    }


def _shown(row: ParameterRow, table: ParameterTable) -> dict[str, Any]:
    fields = list(dict.fromkeys([*table.tag_fields, row.field, row.parameter]))
    contact_fields = list(dict.fromkeys([*table.contact_fields, row.contact_field]))
    return {
        "row": row,
        "fields": [(name, name not in table.tag_fields) for name in fields if name],
        "contact_fields": [(name, name not in table.contact_fields) for name in contact_fields if name],
        "can_be_made": row.parameter not in table.contact_fields,
    }
