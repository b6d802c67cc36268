"""What is known to name people in a customer's data. No replacement contains it, and no prose keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.db.models import Model

from integrations.models import Call, Customer, RememberedContact
from integrations.services.customers.connection_report import Connection
from integrations.services.diagnostics.known_words import HOST_LABELS, is_known_value

LONGEST_NAME = 60
"""Characters. A longer text is no name, and protecting its words would empty every error message."""
SHORTEST_WORD = 3
FACTS = ("employee_name", "employee_email", "line_name", "connected_with", "caller", "destination", "userfield")


def personal_texts(customer: Customer, calls: list[Call], found: Connection | None) -> Iterator[str]:
    yield from (customer.name, customer.planfix_url, customer.ringostat_api_url, customer.ringostat_project_id)
    yield from (*customer.ignored_numbers, *customer.own_numbers)
    for employee in customer.employees.all():
        yield from (employee.name, employee.email, employee.extension, employee.staff_id, *employee.sip_logins)
        yield str(employee.planfix_user_id or "")
    for person in [*found.users, *found.staff] if found else []:
        yield from (str(person.get(name) or "") for name in ("name", "email", "extension", "staff_id"))
    for call in calls:
        yield from _of_call(call)
    numbers = [call.client_number for call in calls]
    remembered = RememberedContact.objects.filter(customer=customer, number__in=numbers)
    yield from remembered.values_list("name", flat=True)


def _of_call(call: Call) -> Iterator[str]:
    facts = call.folded
    yield from (call.ringostat_id, call.client_number, call.client_number[-7:])
    yield from (getattr(facts, name) for name in FACTS)
    yield from facts.parameters.values()
    delivery: Model | None = getattr(call, "delivery", None)
    for name in ("contact_id", "task_id", "file_id", "comment_id", "tag_key"):
        yield str(getattr(delivery, name, None) or "")


def protected_words(texts: Iterable[str]) -> frozenset[str]:
    """Words and numbers of three characters and more, in lower case."""
    names = [text for text in texts if len(text) <= LONGEST_NAME and not is_known_value(text)]
    words = {word.lower() for text in names for word in re.findall(r"[^\W\d_]+|\d+", text)}
    return frozenset(word for word in words if len(word) >= SHORTEST_WORD) - HOST_LABELS - {"http", "https"}
