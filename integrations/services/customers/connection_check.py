"""Checks the access to a customer's Planfix and Ringostat, and reads the lists that the pages offer. Changes nothing
there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

from django.utils import timezone

from integrations.models import BackgroundJob, BackgroundJobKind, CallbackSettings, Customer, Recording, Target
from integrations.planfix.call_tags.discovery import (
    DiscoveryFailed,
    PlanfixEmployee,
    call_tags_among,
    data_tags,
    employees,
)
from integrations.planfix.http.client import Planfix, host_of
from integrations.planfix.http.codes import STATUSES
from integrations.planfix.http.errors import PlanfixAccessDenied, PlanfixError, PlanfixSearchBlind, PlanfixUnavailable
from integrations.planfix.http.json_fields import Row, id_of, text_of
from integrations.planfix.http.ping import ping
from integrations.planfix.records.contacts import contact_templates, contact_text_fields
from integrations.planfix.records.required_fields import required_fields
from integrations.planfix.rights import (
    FOR_CALLBACK_TASKS,
    PROBES,
    WRITING,
    Right,
    has_right,
    is_missing_right,
    token_employee,
)
from integrations.ringostat.api import RingostatError
from integrations.services.callback_tasks.choices import read_choices
from integrations.services.callback_tasks.settings_file import settings_of
from integrations.services.clients.planfix import logged_client, save_account_data, save_default_template
from integrations.services.clients.ringostat import ringostat_client
from integrations.services.contacts.search_proof import prove_search
from integrations.services.customers.connection_report import Check, Connection, Finding
from integrations.services.delivery.pause import resume_customer
from integrations.services.queue.progress import Progress

T = TypeVar("T")

REQUESTS = len(PROBES) + 14
"""The approximate number of requests, for the progress bar."""

ROBOT = "Robot"
ALL_SEEING = (ROBOT, "Admin")
"""Planfix roles that see all contacts and tasks."""

CODES: Mapping[int, Finding] = {
    1: Finding.UNKNOWN,
    2: Finding.SWITCHED_OFF,
    11: Finding.ACCOUNT_FROZEN,
    16: Finding.EMPLOYEE_INACTIVE,
    20: Finding.ACCOUNT_UNPAID,
    21: Finding.PLAN_WITHOUT_API,
}
RINGOSTAT_STATUSES: Mapping[int, Finding] = {
    HTTPStatus.UNAUTHORIZED: Finding.KEY_UNKNOWN,
    HTTPStatus.FORBIDDEN: Finding.KEY_WITHOUT_ACCESS,
    HTTPStatus.OK: Finding.STAFF_MISSING,
}
"""JSON-RPC errors come with status 200: the project does not exist, or it has no employees."""


def connect(job: BackgroundJob, progress: Progress) -> dict[str, Any]:
    """A background job: checks one customer. Problems that it finds are its result; the job itself does not fail."""
    assert job.customer
    progress.expect(REQUESTS)
    found = asdict(check_connection(job.customer, progress))
    # Earlier results are outdated and hold personal data.
    earlier = BackgroundJob.objects.filter(customer=job.customer, kind=BackgroundJobKind.CONNECT, pk__lt=job.pk)
    earlier.exclude(finished_at=None).delete()
    return found


def check_connection(customer: Customer, progress: Progress) -> Connection:
    """Checks everything. Saves the data tags, the contact fields and a default template on the customer."""
    connection = Connection(account=customer.planfix_account, project=customer.ringostat_project_id)
    client = logged_client(customer, acquire_slot=partial(progress.acquire_slot, customer), asked=progress.add)
    access = _access(client, customer)
    connection.checks += access
    if not access[-1].is_trouble and access[-1].finding is not Finding.BUSY:
        _check_account(client, customer, connection)
        if not any(check.is_trouble for check in connection.checks) and customer.paused_reason:
            resume_customer(customer)
    connection.checks.append(_ringostat(customer, connection))
    return connection


# Planfix


def _access(client: Planfix, customer: Customer) -> list[Check]:
    """Checks that the account answers and accepts the token."""
    host = host_of(customer.planfix_url)
    try:
        ping(client)
    except PlanfixError as error:
        finding = _access_problem(error)
        if finding in (Finding.NOT_REACHED, Finding.NO_PLANFIX, Finding.BUSY):
            return [Check(finding=finding, names={"host": host, "error": error.message})]
        return [
            Check(finding=Finding.REACHED, names={"host": host}),
            Check(finding=finding, names={"error": error.message}),
        ]
    return [Check(finding=Finding.REACHED, names={"host": host}), Check(finding=Finding.KNOWN)]


def _access_problem(error: PlanfixError) -> Finding:
    status = error.http_status
    if isinstance(error, PlanfixUnavailable):
        if status is None:
            return Finding.NOT_REACHED
        is_planfix = error.code is not None or status in STATUSES or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return Finding.BUSY if is_planfix else Finding.NO_PLANFIX
    if not isinstance(error, PlanfixAccessDenied):
        return Finding.NO_PLANFIX
    if status is None:
        return Finding.MALFORMED
    if 300 <= status < 400:
        return Finding.NO_PLANFIX
    unknown = Finding.UNKNOWN if status == HTTPStatus.UNAUTHORIZED else Finding.ACCESS_REFUSED
    return CODES.get(error.code or 0, unknown)


def _check_account(client: Planfix, customer: Customer, connection: Connection) -> None:
    tasks = settings_of(customer)
    probed = [right for right in PROBES if tasks.makes_tasks or right not in FOR_CALLBACK_TASKS]
    rights = {right: _right_finding(partial(has_right, client, right)) for right in probed}
    given = _read(rights, Right.FIND_TASKS, partial(token_employee, client))
    tags = _read(rights, Right.READ_TAGS, partial(data_tags, client))
    people = _read(rights, Right.READ_EMPLOYEES, partial(employees, client))
    connection.checks.append(_acts_for(given, people or []))
    connection.checks += _rights({right: rights[right] for right in Right if right in _needed(customer, tasks)})
    if tags is not None:
        connection.tags = sorted((id_of(row.get("id")) or 0, text_of(row, "name")) for row in tags)
        connection.checks.append(_call_tags(client, customer, tags))
    if people is not None:
        connection.users = [asdict(one) for one in people if one.role != ROBOT]
    if rights[Right.FIND_CONTACTS] is Finding.RIGHT_GRANTED:
        connection.checks += _contacts(client, customer, connection)
    if rights[Right.FIND_TASKS] is Finding.RIGHT_GRANTED:
        connection.checks += _tasks(client, tasks)


def _right_finding(has: Callable[[], bool]) -> Finding:
    try:
        return Finding.RIGHT_GRANTED if has() else Finding.RIGHT_MISSING
    except PlanfixError:
        return Finding.RIGHT_UNCLEAR


def _read(rights: dict[Right, Finding], right: Right, read: Callable[[], T]) -> T | None:
    """Reads a list, and notes whether the token has the right to read it."""
    try:
        found = read()
    except PlanfixError as error:
        rights[right] = Finding.RIGHT_MISSING if is_missing_right(error) else Finding.RIGHT_UNCLEAR
        return None
    rights[right] = Finding.RIGHT_GRANTED
    return found


def _needed(customer: Customer, tasks: CallbackSettings) -> frozenset[Right]:
    """The rights that this customer's settings need."""
    unused = {
        Right.FIND_TASKS: customer.call_target != Target.LAST_ACTIVE_TASK and not tasks.makes_tasks,
        Right.CREATE_TASKS: not tasks.makes_tasks,
        Right.UPDATE_TASKS: not (tasks.is_on and tasks.reached_status_id),
        Right.CREATE_CONTACTS: not customer.create_contacts,
        Right.ADD_FILES: customer.recording != Recording.COPY,
    }
    return frozenset(right for right in Right if not unused.get(right))


def _rights(found: Mapping[Right, Finding]) -> Iterator[Check]:
    """One finding for all missing rights, which are fixed in one place, and one for each granted right."""
    missing = [right for right, finding in found.items() if finding is Finding.RIGHT_MISSING]
    if missing:
        is_read_only = set(missing) == WRITING & found.keys()
        finding = Finding.READ_ONLY if is_read_only else Finding.RIGHT_MISSING
        yield Check(finding=finding, names=_names_of(missing))
    for right, finding in found.items():
        if right not in missing:
            yield Check(finding=finding, names=_names_of([right]))


def _names_of(rights: Sequence[Right]) -> dict[str, str]:
    return {"rights": " ".join(right.name for right in rights), "scopes": ", ".join(rights)}


def _acts_for(given: tuple[int, str] | None, people: Iterable[PlanfixEmployee]) -> Check:
    """Only robots and administrators see all contacts. A contact that is not seen is created a second time."""
    if given is None:
        return Check(finding=Finding.ACTS_FOR_UNKNOWN)
    role = next((one.role for one in people if one.id == given[0]), "")
    finding = Finding.ACTS_FOR if role in ("", *ALL_SEEING) else Finding.ACTS_FOR_ORDINARY
    return Check(finding=finding, names={"id": str(given[0]), "name": given[1]})


def _call_tags(client: Planfix, customer: Customer, rows: Sequence[Row]) -> Check:
    try:
        tags = call_tags_among(
            rows, client, call_tag_id=customer.call_tag_id, missed_call_tag_id=customer.missed_call_tag_id
        )
    except DiscoveryFailed as error:
        return Check(finding=Finding.TAGS_MISSING, names={"error": error.message})
    save_account_data(customer, planfix_tags=tags.to_json())
    return Check(finding=Finding.TAGS_FOUND, names={"call": tags.call.name, "missed_call": tags.missed_call.name})


def _contacts(client: Planfix, customer: Customer, connection: Connection) -> Iterator[Check]:
    """Reads contact templates and text fields. A customer without a template gets the oldest one."""
    connection.templates = sorted(contact_templates(client))
    save_account_data(customer, planfix_contact_fields=contact_text_fields(client))
    yield _search(client, customer)
    if not customer.create_contacts:
        return
    names = dict(connection.templates)
    if customer.contact_template_id is None and names:
        save_default_template(customer, min(names))
    chosen = customer.contact_template_id
    if chosen is None:
        yield Check(finding=Finding.TEMPLATE_MISSING)
    elif chosen not in names:
        yield Check(finding=Finding.TEMPLATE_GONE, names={"id": str(chosen)})
    else:
        yield Check(finding=Finding.TEMPLATE_FOUND, names={"name": names[chosen]})
        if required := _required_fields(client, chosen):
            yield Check(finding=Finding.FIELDS_REQUIRED, names={"fields": _named(required, customer)})


def _search(client: Planfix, customer: Customer) -> Check:
    """Proves the contact search, without which every call would create one more contact."""
    try:
        proven = prove_search(client, customer)
    except PlanfixSearchBlind:
        return Check(finding=Finding.SEARCH_BLIND)
    except PlanfixError:
        return Check(finding=Finding.SEARCH_UNPROVEN)
    return Check(finding=Finding.SEARCH_PROVEN if proven else Finding.SEARCH_UNPROVEN)


def _tasks(client: Planfix, wanted: CallbackSettings) -> Iterator[Check]:
    """Reads what callback tasks can be made of, and compares it with the settings of a customer that wants them."""
    try:
        found = read_choices(client, wanted)
    except PlanfixError:
        return
    if not wanted.makes_tasks:
        return
    template_id = wanted.template_id or 0
    if template_id not in found.templates:
        yield Check(finding=Finding.TASK_TEMPLATE_GONE, names={"id": str(template_id)})
        return
    yield Check(finding=Finding.TASK_TEMPLATE_FOUND, names={"name": found.templates[template_id]})
    statuses, status_id = found.statuses_of_template, wanted.reached_status_id
    if statuses and status_id and status_id not in statuses:
        names = {"status": found.statuses.get(status_id, str(status_id)), "name": found.templates[template_id]}
        yield Check(finding=Finding.TASK_STATUS_FOREIGN, names=names)
    if found.groups and wanted.group_id and wanted.group_id not in found.groups:
        yield Check(finding=Finding.TASK_GROUP_GONE, names={"id": str(wanted.group_id)})


def _required_fields(client: Planfix, template_id: int) -> list[str]:
    try:
        return required_fields(client, template_id)
    except PlanfixError:
        return []


def _named(required: Iterable[str], customer: Customer) -> str:
    """The fields by name where we know it, else by number."""
    names = {str(number): name for name, number in (customer.planfix_contact_fields or {}).items()}
    return ", ".join(f"“{names[field]}” ({field})" if field in names else field for field in required)


# Ringostat


def _ringostat(customer: Customer, connection: Connection) -> Check:
    try:
        client = ringostat_client(customer)
        if client is None:
            return Check(finding=Finding.KEY_MISSING)
        connection.staff = [
            {
                "staff_id": one.staff_id,
                "name": one.name,
                "email": one.email,
                "extension": one.extension,
                "sip_logins": [*one.sip_logins, *one.numbers],
            }
            for one in client.employees()
        ]
        now = timezone.now()
        client.calls(now - timedelta(minutes=1), now, customer.zone)
    except RingostatError as error:
        if error.retryable:
            return Check(finding=Finding.RINGOSTAT_BUSY, names={"error": str(error)})
        finding = RINGOSTAT_STATUSES.get(error.status or 0, Finding.RINGOSTAT_REFUSED)
        return Check(finding=finding, names={"error": str(error)})
    return Check(finding=Finding.KEY_KNOWN, names={"count": str(len(connection.staff))})
