"""The page that maps a customer's webhook parameters, such as UTM tags, to Planfix fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from unfold.widgets import BASE_INPUT_CLASSES, SELECT_CLASSES

from integrations.admin.customer.pages import customer_page, page_after_saving, render_page
from integrations.models import BackgroundJobKind, Customer
from integrations.services.customers.utm_mapping import UtmChoice, UtmRow, UtmTable, save_utm_mapping, utm_table
from integrations.services.queue.background import enqueue, newest_unfinished
from integrations.users.audit import audit_record

CREATE = "+"
"""The choice that creates a contact field."""
OTHER = "other"
"""The row for a parameter that is typed in."""
LONGEST_NAME = 64


@customer_page
def utm_mapping_page(request: HttpRequest, customer: Customer) -> HttpResponse:
    table = utm_table(customer)
    if request.method == "POST" and _save(request, customer, table):
        return page_after_saving(request, customer, "parameters")
    return render_page(request, customer, "parameters", "utm_mapping.html", _context(customer, table))


def _save(request: HttpRequest, customer: Customer, table: UtmTable) -> bool:
    choices = list(_choices(request.POST, table))
    try:
        save_utm_mapping(customer, choices)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return False
    new_fields = [choice.contact_field for choice in choices if _creates_field(request.POST, choice)]
    if new_fields:
        enqueue(BackgroundJobKind.CREATE_FIELDS, customer=customer, by=request.user, names=new_fields)
    audit_record(request.user, _("Mapped %(count)s parameters.") % {"count": len(choices)}, customer)
    messages.success(request, _("UTM mapping saved."))
    return True


def _choices(posted: Mapping[str, str], table: UtmTable) -> Iterator[UtmChoice]:
    for row in table.rows:
        if choice := _choice(posted, row.parameter, row.parameter):
            yield choice
    other = posted.get(f"name-{OTHER}", "").strip()[:LONGEST_NAME]
    if other and (choice := _choice(posted, OTHER, other)):
        yield choice


def _choice(posted: Mapping[str, str], key: str, parameter: str) -> UtmChoice | None:
    """The posted choice for a parameter; None without a field. A parameter with only a contact field gets a data tag
    field of its own name."""
    field, contact_field = (posted.get(f"{name}-{key}", "").strip() for name in ("field", "contact"))
    if not field and not contact_field:
        return None
    return UtmChoice(
        parameter=parameter,
        field=field or parameter,
        contact_field=parameter if contact_field == CREATE else contact_field,
    )


def _creates_field(posted: Mapping[str, str], choice: UtmChoice) -> bool:
    typed_other = posted.get(f"name-{OTHER}", "").strip() == choice.parameter
    key = OTHER if typed_other else choice.parameter
    return posted.get(f"contact-{key}") == CREATE


def _context(customer: Customer, table: UtmTable) -> dict[str, Any]:
    jobs = customer.background_jobs.filter(kind=BackgroundJobKind.CREATE_FIELDS)
    created = jobs.exclude(finished_at=None).order_by("pk").last()
    return {
        "table": table,
        "rows": [_shown(row, table) for row in table.rows],
        "job": newest_unfinished(customer, BackgroundJobKind.CREATE_FIELDS, BackgroundJobKind.CONNECT),
        "created": created,
        "created_fields": (created.result or {}).get("made", []) if created else [],
        "select_classes": " ".join(SELECT_CLASSES),
        "input_classes": " ".join(BASE_INPUT_CLASSES),
        "CREATE": CREATE,
        "OTHER": OTHER,
    }


def _shown(row: UtmRow, table: UtmTable) -> dict[str, Any]:
    fields = list(dict.fromkeys([*table.tag_fields, row.field, row.parameter]))
    contact_fields = list(dict.fromkeys([*table.contact_fields, row.contact_field]))
    return {
        "row": row,
        "fields": [(name, name not in table.tag_fields) for name in fields if name],
        "contact_fields": [(name, name not in table.contact_fields) for name in contact_fields if name],
        "can_create": row.parameter not in table.contact_fields,
    }
