"""A delivery that writes nothing: what would be decided of a call, what Planfix has for it, and what would be written.

All of it as plain data; knows nothing of how a page words it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from integrations.domain.calls import CallFacts
from integrations.domain.employees import match_employee
from integrations.domain.rules import Skip, decide
from integrations.models import Call, Customer, Delivery, Step
from integrations.planfix.call_tags.schema import CallTags
from integrations.planfix.http.client import Planfix, is_write
from integrations.planfix.http.errors import PlanfixError, PlanfixRefused
from integrations.planfix.http.json_fields import JSON, Row, child_of, full_name_of, id_of, rows_of, text_of
from integrations.planfix.http.masking import masked
from integrations.planfix.records.contacts import contact_name
from integrations.services.clients.planfix import logged_client
from integrations.services.customers.account_discovery import call_tags_of
from integrations.services.delivery.attempt import Attempt
from integrations.services.delivery.call_delivery import CallDelivery
from integrations.services.delivery.receipts import ReceiptBook

NOT_MADE = 0
"""The id of what would be made: Planfix counts from one."""

Told = dict[str, Any]


def deliver_dry(call: Call, customer: Customer) -> Told:
    """What would become of the call, were it delivered now and for the first time; `call` need not be stored.

    The trouble that the delivery would meet in Planfix is part of the answer.
    """
    facts = call.folded
    if not facts.is_final:
        return {"not_over": True}
    decided = _decided(facts, customer)
    return {"decided": decided} | ({} if decided["skip"] else _delivered(call, customer))


def _decided(facts: CallFacts, customer: Customer) -> Told:
    decision = decide(facts, customer.rules)
    match = match_employee(facts, customer.rules.employees, customer.region)
    told: Told = {"skip": "", "seen": match.seen, "matched_by": match.by.value}
    if isinstance(decision, Skip):
        return told | {"skip": decision.reason.value, "detail": decision.detail}
    return told | {
        "direction": decision.direction.value,
        "outcome": decision.outcome.value,
        "number": decision.client_number,
        "employee": decision.employee.name if decision.employee else "",
        "fallback_for": decision.fallback_for,
    }


def _delivered(call: Call, customer: Customer) -> Told:
    delivery: DryDelivery | None = None
    told: Told = {}
    try:
        tags = call_tags_of(customer)
        delivery = DryDelivery(call, customer, tags)
        told["unknown_contact"] = isinstance(delivery.run(), Skip)
        delivery.look_up_contact()
    except PlanfixError as error:
        told["trouble"] = str(error)
    return told | (delivery.told() if delivery else {})


class ReadingClient:
    """Asks an account only what changes nothing. The rest is kept back, and answered as if it were done."""

    def __init__(self, planfix: Planfix) -> None:
        self._planfix = planfix
        self.asked = 0
        self.kept_back: list[tuple[str, Row]] = []
        """Path and body of each, without the tokens in addresses."""
        self.contact_names: dict[int, str] = {}

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, JSON] | None = None,
        params: Mapping[str, str] | None = None,
        timeout_factor: float = 1,
    ) -> Row:
        if is_write(method, path):
            self.kept_back.append((path, {name: masked(value) for name, value in (body or {}).items()}))
            return {"id": NOT_MADE, "keys": [NOT_MADE]}
        self.asked += 1
        answer = self._planfix.request(method, path, body=body, params=params, timeout_factor=timeout_factor)
        for row in rows_of(answer, "contacts"):
            self.contact_names[id_of(row.get("id")) or NOT_MADE] = full_name_of(row)
        return answer


class DryDelivery(CallDelivery):
    """The delivery itself, step by step, of a call that nothing was written of yet: with a client that only reads, and
    receipts that nobody stores.
    """

    def __init__(self, call: Call, customer: Customer, tags: CallTags) -> None:
        self.reading = ReadingClient(logged_client(customer))
        book = ReceiptBook(call, Delivery(call=call, attempts=1))
        super().__init__(
            Attempt(call=call, facts=call.folded, customer=customer, planfix=self.reading, tags=tags, book=book)
        )
        self.tags = tags
        self.contact_is_gone = False

    def look_up_contact(self) -> None:
        """The name of a contact that is only remembered: a delivery would not ask for it, but people want to see it."""
        contact_id = self.receipts.contact_id
        if contact_id and contact_id not in self.reading.contact_names:
            name = contact_name(self.planfix, contact_id)
            self.contact_is_gone = name is None
            self.reading.contact_names[contact_id] = name or ""

    def told(self) -> Told:
        receipts = self.receipts
        return {
            "contact": {
                "id": receipts.contact_id,
                "name": self.reading.contact_names.get(receipts.contact_id or NOT_MADE, ""),
                "is_new": receipts.contact_created,
                "is_gone": self.contact_is_gone,
                "found": receipts.contacts_found,
            },
            "target": {"was_looked_for": receipts.target_known, "task": receipts.task_id},
            "writes": list(self._writes()),
            "left_out": receipts.skipped_fields,
            "asked": self.reading.asked,
        }

    def _writes(self) -> Iterator[Told]:
        for path, body in self.reading.kept_back:
            step = next(step for part, step in STEP_OF_PATH.items() if part in path)
            yield {"step": step.value, **WRITTEN[step](body, self)}

    def _acquire_creation_lock(self, number: str, searched_for: float) -> None:
        """Nothing is made, so nobody need wait for it."""

    def _may_be_gone(self, error: PlanfixRefused) -> bool:
        return False  # then the refusal is what there is to tell

    def name_of_field(self, field_id: int | None) -> str:
        contact_fields: dict[str, int] = self.customer.planfix_contact_fields or {}
        names = {number: name for name, number in contact_fields.items()}
        names |= {field.id: field.name for tag in (self.tags.call, self.tags.missed_call) for field in tag.fields}
        return names.get(field_id or NOT_MADE, str(field_id))

    def name_of_person(self, person: str) -> str:
        """Of "user:5" or "contact:812"; "" for the contact that would be made."""
        names: dict[int, str] = {NOT_MADE: "", **self.reading.contact_names}
        if person.startswith("user:"):
            names = {employee.planfix_user_id or 0: employee.name for employee in self.customer.employees.all()}
        return names.get(id_of(person) or NOT_MADE, person)


STEP_OF_PATH = {"/datatags/": Step.TAG, "/comments/": Step.COMMENT, "/file/": Step.RECORDING, "/contact/": Step.CONTACT}
"""By a part of the path; the first that fits: a comment is written beneath its contact's own path."""


def _new_contact(body: Row, delivery: DryDelivery) -> Told:
    supervisors = rows_of(child_of(body, "supervisors"), "users")
    return {
        "name": text_of(body, "name"),
        "phones": [text_of(phone, "number") for phone in rows_of(body, "phones")],
        "template": id_of(child_of(body, "template").get("id")),
        "supervisor": delivery.name_of_person(text_of(supervisors[0], "id")) if supervisors else "",
        "values": _values(body, delivery),
    }


def _recording(body: Row, delivery: DryDelivery) -> Told:
    return {"name": text_of(body, "name")}


def _comment(body: Row, delivery: DryDelivery) -> Told:
    owner = text_of(child_of(body, "owner"), "id")
    return {
        "author": delivery.name_of_person(owner),
        "by_employee": owner.startswith("user:"),
        "text": text_of(body, "description"),
        "with_recording": bool(rows_of(body, "files")),
    }


def _tag(body: Row, delivery: DryDelivery) -> Told:
    tag_id = id_of(child_of(body, "dataTag").get("id"))
    names = {tag.id: tag.name for tag in (delivery.tags.call, delivery.tags.missed_call)}
    items = rows_of(body, "items")
    return {
        "name": names.get(tag_id or NOT_MADE, str(tag_id)),
        "values": _values(items[0], delivery) if items else [],
    }


WRITTEN: Mapping[Step, Callable[[Row, DryDelivery], Told]] = {
    Step.CONTACT: _new_contact,
    Step.RECORDING: _recording,
    Step.COMMENT: _comment,
    Step.TAG: _tag,
}


def _values(row: Row, delivery: DryDelivery) -> list[list[str]]:
    """Name and value of each custom field, for people to read."""
    return [
        [delivery.name_of_field(id_of(child_of(item, "field").get("id"))), _readable(item.get("value"), delivery)]
        for item in rows_of(row, "customFieldData")
    ]


def _readable(value: JSON, delivery: DryDelivery) -> str:
    """A date, a time, a period and a person are objects; everything else is what it says."""
    if not isinstance(value, dict):
        return str(value)
    if "id" in value:
        return delivery.name_of_person(str(value["id"]))
    if "from" in value:
        return f"{_readable(value['from'], delivery)}–{_readable(value.get('to'), delivery)}"
    return " ".join(part for key in ("date", "time") if (part := text_of(value, key)))
