"""A delivery that writes nothing. Its report says what is decided, what Planfix contains, and what would be written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from integrations.domain.calls import CallFacts
from integrations.domain.employees import match_employee
from integrations.domain.rules import DeliveryPlan, Skip, decide, unknown_employee
from integrations.models import Call, Customer, Delivery, Step
from integrations.planfix.call_tags.schema import CallTags
from integrations.planfix.http.client import Planfix, is_write
from integrations.planfix.http.errors import PlanfixError, PlanfixRefused
from integrations.planfix.http.json_fields import JSON, Row, child_of, full_name_of, id_of, masked, rows_of, text_of
from integrations.planfix.records.contacts import contact_name
from integrations.services.account_traits import traits_of
from integrations.services.callback_tasks.preview import (
    PlannedTask,
    is_missed,
    task_for_missed_call,
    task_for_unknown_employee,
)
from integrations.services.clients.planfix import logged_client
from integrations.services.customers.account_discovery import call_tags_of
from integrations.services.delivery.attempt import Attempt, ReceiptBook
from integrations.services.delivery.call_delivery import CallDelivery
from integrations.services.dry_run.report import (
    CallbackTask,
    Comment,
    Contact,
    CopiedRecording,
    Decided,
    DryRunReport,
    NewContact,
    TagEntry,
    Target,
    Write,
)

NOT_CREATED = 0
"""The id of everything that would be created: Planfix counts from one."""


def deliver_dry(call: Call, customer: Customer, report: DryRunReport) -> DryRunReport:
    """Adds to the report what a first delivery of the call would do now. `call` need not be stored.

    An error of Planfix becomes part of the report.
    """
    facts = call.folded
    if not facts.is_final:
        return replace(report, not_over=True)
    decided = _decided(facts, customer)
    report = replace(report, decided=decided)
    report = report if decided.skip else _delivered(call, customer, report)
    return _with_callback_task(call, customer, report)


def _decided(facts: CallFacts, customer: Customer) -> Decided:
    decision = decide(facts, customer.rules)
    match = match_employee(facts, customer.rules.employees, customer.region)
    if isinstance(decision, Skip):
        return Decided(skip=decision.reason.value, detail=decision.detail, seen=match.seen, matched_by=match.by.value)
    return Decided(
        seen=match.seen,
        matched_by=match.by.value,
        direction=decision.direction.value,
        outcome=decision.outcome.value,
        number=decision.client_number,
        employee=decision.employee.name if decision.employee else "",
        fallback_for=decision.fallback_for,
    )


def _delivered(call: Call, customer: Customer, report: DryRunReport) -> DryRunReport:
    delivery: DryDelivery | None = None
    try:
        delivery = DryDelivery(call, customer, call_tags_of(customer))
        report = replace(report, unknown_contact=isinstance(delivery.run(), Skip))
        delivery.look_up_contact()
    except PlanfixError as error:
        report = replace(report, trouble=str(error))
    return delivery.add_to(report) if delivery else report


def _with_callback_task(call: Call, customer: Customer, report: DryRunReport) -> DryRunReport:
    """Adds the callback task that would follow the call."""
    decided, contact = report.decided or Decided(), report.contact
    client = ReadingClient(logged_client(customer))
    who = unknown_employee(call.folded, customer.rules)
    planned = task_for_unknown_employee(call, customer, client, who=who) if who else None
    if contact and is_missed(decided.direction, decided.outcome) and not (report.unknown_contact or report.trouble):
        contact_id = None if contact.is_new else contact.id
        planned = task_for_missed_call(call, customer, client, number=decided.number, contact_id=contact_id)
    if planned is None:
        return report
    asked = None if report.asked is None else report.asked + client.sent
    return replace(report, callback_task=_callback_task(planned, customer), asked=asked)


def _callback_task(planned: PlannedTask, customer: Customer) -> CallbackTask:
    draft = planned.draft
    names = {employee.planfix_user_id: employee.name for employee in customer.employees.all()}
    chosen = draft.user_id or draft.group_id
    return CallbackTask(
        name=draft.name,
        text=draft.description,
        assignee=names.get(draft.user_id, str(chosen)) if chosen else "",
        due=f"{draft.due:%d.%m.%Y %H:%M}",
        open_task=planned.open_task_id,
    )


class ReadingClient:
    """Sends only requests that read. It withholds all others, and answers them as if they had succeeded."""

    def __init__(self, planfix: Planfix) -> None:
        self._planfix = planfix
        self.sent = 0
        self.withheld: list[tuple[str, Row]] = []
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
            self.withheld.append((path, {name: masked(value) for name, value in (body or {}).items()}))
            return {"id": NOT_CREATED, "keys": [NOT_CREATED]}
        self.sent += 1
        answer = self._planfix.request(method, path, body=body, params=params, timeout_factor=timeout_factor)
        for row in (*rows_of(answer, "contacts"), child_of(answer, "contact")):
            if contact_id := id_of(row.get("id")):
                self.contact_names[contact_id] = full_name_of(row)
        return answer


class DryDelivery(CallDelivery):
    """The steps of a first delivery, with a client that only reads and receipts that are not stored."""

    def __init__(self, call: Call, customer: Customer, tags: CallTags) -> None:
        self.reading = ReadingClient(logged_client(customer))
        self.tags = tags
        self.contact_is_gone = False
        super().__init__(
            Attempt(
                call=call,
                facts=call.folded,
                customer=customer,
                planfix=self.reading,
                tags=tags,
                book=ReceiptBook(call, Delivery(call=call, attempts=1)),
                traits=traits_of(customer),
            )
        )

    def look_up_contact(self) -> None:
        """Reads the name of a remembered contact. A delivery does not need it, but people want to see it."""
        contact_id = self.receipts.contact_id
        if contact_id and contact_id not in self.reading.contact_names:
            name = contact_name(self.planfix, contact_id)
            self.contact_is_gone = name is None
            self.reading.contact_names[contact_id] = name or ""

    def add_to(self, report: DryRunReport) -> DryRunReport:
        receipts = self.receipts
        contact = Contact(
            id=receipts.contact_id,
            name=self.reading.contact_names.get(receipts.contact_id or NOT_CREATED, ""),
            is_new=receipts.contact_created,
            is_gone=self.contact_is_gone,
            found=receipts.contacts_found,
        )
        return replace(
            report,
            contact=contact,
            target=Target(was_looked_for=receipts.target_known, task=receipts.task_id),
            writes=list(self._writes()),
            left_out=receipts.skipped_fields,
            asked=self.reading.sent,
        )

    def _writes(self) -> Iterator[Write]:
        for path, body in self.reading.withheld:
            step = next(step for part, step in STEP_OF_PATH.items() if part in path)
            yield _READERS[step](body, self)

    def _acquire_creation_lock(self, number: str, searched_for: float) -> None:
        """Does nothing: no contact is created."""

    def _note_creation(self, plan: DeliveryPlan, contact_id: int) -> None:
        """Does nothing: no contact is created."""

    def _forget_contact(self, number: str, contact_id: int | None) -> None:
        """Does nothing: the delivery forgets it."""
        self._was_gone = True

    def _may_be_gone(self, error: PlanfixRefused) -> bool:
        return False  # The report shows the refusal.

    def name_of_field(self, field_id: int | None) -> str:
        contact_fields: dict[str, int] = self.customer.planfix_contact_fields or {}
        names = {number: name for name, number in contact_fields.items()}
        names |= {field.id: field.name for tag in (self.tags.call, self.tags.missed_call) for field in tag.fields}
        return names.get(field_id or NOT_CREATED, str(field_id))

    def name_of_person(self, person: str) -> str:
        """The name of "user:5" or "contact:812"; "" for the contact that would be created."""
        names: dict[int, str] = {NOT_CREATED: "", **self.reading.contact_names}
        if person.startswith("user:"):
            names = {employee.planfix_user_id or 0: employee.name for employee in self.customer.employees.all()}
        return names.get(id_of(person) or NOT_CREATED, person)


STEP_OF_PATH = {"/datatags/": Step.TAG, "/comments/": Step.COMMENT, "/file/": Step.RECORDING, "/contact/": Step.CONTACT}
"""By a part of the path; the first one counts, because a comment's path contains its contact's."""


def _new_contact(body: Row, delivery: DryDelivery) -> NewContact:
    supervisors = rows_of(child_of(body, "supervisors"), "users")
    return NewContact(
        name=text_of(body, "name"),
        phones=[text_of(phone, "number") for phone in rows_of(body, "phones")],
        template=id_of(child_of(body, "template").get("id")),
        supervisor=delivery.name_of_person(text_of(supervisors[0], "id")) if supervisors else "",
        values=_values(body, delivery),
    )


def _recording(body: Row, delivery: DryDelivery) -> CopiedRecording:
    return CopiedRecording(name=text_of(body, "name"))


def _comment(body: Row, delivery: DryDelivery) -> Comment:
    owner = text_of(child_of(body, "owner"), "id")
    return Comment(
        author=delivery.name_of_person(owner) if owner else "",
        by_employee=owner.startswith("user:"),
        by_token=not owner,
        text=text_of(body, "description"),
        with_recording=bool(rows_of(body, "files")),
    )


def _tag(body: Row, delivery: DryDelivery) -> TagEntry:
    tag_id = id_of(child_of(body, "dataTag").get("id"))
    names = {tag.id: tag.name for tag in (delivery.tags.call, delivery.tags.missed_call)}
    items = rows_of(body, "items")
    return TagEntry(
        name=names.get(tag_id or NOT_CREATED, str(tag_id)), values=_values(items[0], delivery) if items else []
    )


_READERS: Mapping[Step, Callable[[Row, DryDelivery], Write]] = {
    Step.CONTACT: _new_contact,
    Step.RECORDING: _recording,
    Step.COMMENT: _comment,
    Step.TAG: _tag,
}


def _values(row: Row, delivery: DryDelivery) -> list[list[str]]:
    """Name and value of each custom field, as people read them."""
    return [
        [delivery.name_of_field(id_of(child_of(item, "field").get("id"))), _readable(item.get("value"), delivery)]
        for item in rows_of(row, "customFieldData")
    ]


def _readable(value: JSON, delivery: DryDelivery) -> str:
    """Dates, times, periods and people are objects in Planfix; other values are texts or numbers."""
    if not isinstance(value, dict):
        return str(value)
    if "id" in value:
        return delivery.name_of_person(str(value["id"]))
    if "from" in value:
        return f"{_readable(value['from'], delivery)}–{_readable(value.get('to'), delivery)}"
    return " ".join(part for key in ("date", "time") if (part := text_of(value, key)))
