"""Mapping of Ringostat employees to Planfix users: proposals, corrections, saved pairs and skipped calls."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

import pytest
from django.utils import timezone

from integrations.domain.employee_pairing import PairedBy
from integrations.domain.reasons import Reason
from integrations.models import BackgroundJob, BackgroundJobKind, Call, CallState, Customer, Employee
from integrations.services.customers.connection_report import Check, Connection, Finding
from integrations.services.customers.employee_mapping import (
    EmployeeChoice,
    EmployeeNotSaved,
    EmployeeRow,
    EmployeeTable,
    employee_table,
    save_employees,
)
from tests.factories import call_facts, make_call, make_customer, make_employee

pytestmark = pytest.mark.django_db

IRYNA = {"id": 5, "name": "Iryna Bondar", "email": "iryna@example.com", "extension": "101"}
OLEH = {"id": 6, "name": "Oleh Tkachenko", "email": "", "extension": ""}


def staff(staff_id: str, name: str, **identities: Any) -> dict[str, Any]:
    return {"staff_id": staff_id, "name": name, "email": "", "extension": "", "sip_logins": [], **identities}


STAFF_IRYNA = staff("331851", "Bondar Iryna", email="iryna@example.com", sip_logins=["acmecom_iryna"])
STAFF_OLEH = staff("331852", "Oleh Tkachenko", extension="102", sip_logins=["acmecom_oleh"])


@pytest.fixture
def customer() -> Customer:
    return make_customer()


def found(customer: Customer, **lists: Any) -> None:
    """Stores an access check of the customer that read these employees."""
    known = {"users": [IRYNA, OLEH], "staff": [STAFF_IRYNA, STAFF_OLEH], **lists}
    accounts = {"account": customer.planfix_account, "project": customer.ringostat_project_id}
    result = asdict(Connection(**accounts, checks=[Check(finding=Finding.KNOWN)], **known))
    BackgroundJob.objects.create(
        kind=BackgroundJobKind.CONNECT, customer=customer, result=result, finished_at=timezone.now()
    )


def skipped(customer: Customer, reason: str = Reason.UNKNOWN_EMPLOYEE, **facts: Any) -> Call:
    columns = {"staff_id": "", "employee_name": "", "connected_with": "acmecom_newcomer", **facts}
    return make_call(customer, call_facts(**columns), state=CallState.SKIPPED, reason=reason)


def row_of(table: EmployeeTable, name: str) -> EmployeeRow:
    [row] = [row for row in table.rows if row.name == name]
    return row


def talker_key(table: EmployeeTable) -> str:
    [row] = [row for row in table.rows if row.is_from_calls]
    return row.key


def kept(customer: Customer) -> list[tuple[str, int, str, bool]]:
    rows = customer.employees.order_by("staff_id", "pk")
    return [(one.name, one.planfix_user_id, one.staff_id, one.participates) for one in rows]


def test_mapping_is_empty_before_the_first_check(customer: Customer) -> None:
    assert employee_table(customer) == EmployeeTable(rows=(), users=())


@pytest.mark.parametrize("column", ["planfix_url", "ringostat_project_id"])
def test_planfix_users_of_other_accounts_are_not_offered(customer: Customer, column: str) -> None:
    found(customer)
    setattr(customer, column, "https://other.planfix.com")

    assert employee_table(customer) == EmployeeTable(rows=(), users=())


def test_matching_employees_are_proposed_as_pairs(customer: Customer) -> None:
    found(customer)

    rows = employee_table(customer).rows

    assert [(row.name, row.user_id, row.matched_by, row.participates) for row in rows] == [
        ("Bondar Iryna", 5, PairedBy.EMAIL, True),
        ("Oleh Tkachenko", 6, PairedBy.NAME, True),
    ]
    assert not customer.employees.exists()


def test_employee_without_a_similar_planfix_user_has_no_pair(customer: Customer) -> None:
    found(customer, users=[IRYNA, {**OLEH, "name": "Maria Kovalenko"}])

    table = employee_table(customer)

    assert row_of(table, "Oleh Tkachenko").user_id is None
    assert [user.name for user in table.unmatched_users] == ["Maria Kovalenko"]


def test_contradiction_in_an_employee_pair_is_reported(customer: Customer) -> None:
    found(customer, users=[IRYNA | {"extension": "102"}, OLEH | {"name": "Somebody"}])

    assert row_of(employee_table(customer), "Bondar Iryna").against == (PairedBy.EXTENSION,)


def test_chosen_employee_pair_is_saved_with_all_ringostat_identifiers(customer: Customer) -> None:
    found(customer)
    table = employee_table(customer)

    count = save_employees(
        customer,
        table,
        {
            "staff-331851": EmployeeChoice(user_id=5, participates=True),
            "staff-331852": EmployeeChoice(user_id=6, participates=False),
        },
    )

    assert count == 1
    assert kept(customer) == [("Bondar Iryna", 5, "331851", True), ("Oleh Tkachenko", 6, "331852", False)]
    iryna = customer.employees.get(staff_id="331851")
    assert (iryna.sip_logins, iryna.email) == (["acmecom_iryna"], "iryna@example.com")


def test_saving_a_row_without_a_planfix_user_changes_nothing(customer: Customer) -> None:
    found(customer)

    save_employees(
        customer, employee_table(customer), {"staff-331851": EmployeeChoice(user_id=None, participates=True)}
    )

    assert kept(customer) == []


def test_saved_employee_pair_is_shown_and_not_proposed_again(customer: Customer) -> None:
    make_employee(customer, name="Iryna", planfix_user_id=6, staff_id="331851", participates=False)
    found(customer)

    row = row_of(employee_table(customer), "Bondar Iryna")

    assert (row.user_id, row.matched_by, row.participates) == (6, "", False)


def test_new_employees_are_not_included_after_a_first_choice(customer: Customer) -> None:
    make_employee(customer, name="Iryna", planfix_user_id=5, staff_id="331851")
    found(customer)

    row = row_of(employee_table(customer), "Oleh Tkachenko")

    assert (row.user_id, row.participates) == (6, False)


def test_corrected_pair_changes_the_stored_employee(customer: Customer) -> None:
    employee = make_employee(customer, planfix_user_id=6, staff_id="331851", sip_logins=["mobile_iryna"])
    found(customer)

    save_employees(customer, employee_table(customer), {"staff-331851": EmployeeChoice(user_id=5, participates=True)})

    employee.refresh_from_db()
    assert (employee.planfix_user_id, employee.sip_logins) == (5, ["mobile_iryna", "acmecom_iryna"])
    assert customer.employees.count() == 1


def test_employee_saved_with_a_login_alone_is_recognised_in_the_list(customer: Customer) -> None:
    make_employee(customer, name="By Hand", planfix_user_id=5, staff_id="", sip_logins=["ACMECOM_iryna"])
    found(customer)
    table = employee_table(customer)

    save_employees(
        customer, table, {row.key: EmployeeChoice(user_id=row.user_id, participates=True) for row in table.rows}
    )

    assert kept(customer) == [("By Hand", 5, "331851", True), ("Oleh Tkachenko", 6, "331852", True)]


def test_staff_id_outranks_a_login_in_the_employee_mapping(customer: Customer) -> None:
    """Anna comes first by name. She has the login but no staff ID."""
    make_employee(customer, name="Anna", staff_id="", sip_logins=["acmecom_iryna"])
    iryna = make_employee(customer, name="Iryna", staff_id="331851", sip_logins=[])
    found(customer)
    table = employee_table(customer)
    row = row_of(table, "Bondar Iryna")
    assert row.employee == iryna

    save_employees(customer, table, {row.key: EmployeeChoice(user_id=5, participates=True)})

    assert [staff_id for _name, _user, staff_id, _part in kept(customer)] == ["", "331851"]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"extension": "1" * 17}, "extension: Ensure this value has at most 16 characters (it has 17)."),
        ({"staff_id": "3" * 33}, "Ringostat staff ID: Ensure this value has at most 32 characters (it has 33)."),
    ],
)
def test_invalid_mapping_is_reported_and_nothing_is_saved(customer: Customer, facts: dict[str, str], why: str) -> None:
    found(customer)
    skipped(customer, employee_name="New Comer", **facts)
    table = employee_table(customer)
    users = {table.rows[0].key: 5, talker_key(table): 6}
    choices = {key: EmployeeChoice(user_id=user_id, participates=True) for key, user_id in users.items()}

    with pytest.raises(EmployeeNotSaved, match=re.escape(f"New Comer: {why}")):
        save_employees(customer, table, choices)

    assert not customer.employees.exists()


def test_employee_missing_from_both_lists_stays_in_the_table(customer: Customer) -> None:
    make_employee(customer, name="By Hand", planfix_user_id=9, staff_id="", sip_logins=["other"])
    found(customer)

    assert row_of(employee_table(customer), "By Hand").user_id == 9


# Calls that were skipped


def test_employee_of_skipped_calls_appears_with_the_number_of_calls(customer: Customer) -> None:
    found(customer)
    for _ in range(2):
        skipped(customer, employee_name="New Comer", staff_id="999999")
    skipped(customer, connected_with="acmecom_other")

    rows = [row for row in employee_table(customer).rows if row.is_from_calls]

    assert [(row.name, row.calls, row.user_id) for row in rows] == [("acmecom_other", 1, None), ("New Comer", 2, None)]


@pytest.mark.parametrize("facts", [{"staff_id": "331851"}, {"connected_with": "ACMECOM_iryna"}], ids=str)
def test_skipped_calls_of_a_listed_employee_are_counted_in_its_row(customer: Customer, facts: dict[str, str]) -> None:
    found(customer)
    skipped(customer, **facts)

    rows = employee_table(customer).rows

    assert [(row.name, row.calls) for row in rows] == [("Bondar Iryna", 1), ("Oleh Tkachenko", 0)]


def test_employee_of_skipped_calls_with_a_name_in_planfix_is_proposed(customer: Customer) -> None:
    found(customer, staff=[])
    skipped(customer, employee_name="Tkachenko Oleh")

    row = row_of(employee_table(customer), "Tkachenko Oleh")

    assert (row.user_id, row.matched_by) == (6, PairedBy.NAME)


def test_employee_of_the_requested_call_is_marked(customer: Customer) -> None:
    found(customer)
    asked = skipped(customer, employee_name="New Comer", staff_id="999999")
    skipped(customer, connected_with="acmecom_other")

    rows = employee_table(customer, asked_call=asked).rows

    assert [row.name for row in rows if row.is_asked_for] == ["New Comer"]


def test_excluded_employee_of_the_requested_call_is_marked(customer: Customer) -> None:
    make_employee(customer, name="Iryna", staff_id="331851", participates=False)
    make_employee(customer, name="Oleh", staff_id="331852", extension="102", email="")
    found(customer)
    asked = skipped(customer, Reason.EMPLOYEE_NOT_PARTICIPATING, staff_id="331851")

    rows = employee_table(customer, asked_call=asked).rows

    assert [(row.name, row.participates) for row in rows if row.is_asked_for] == [("Bondar Iryna", True)]


def test_mapped_employee_of_skipped_calls_is_saved_and_their_calls_can_be_retried(customer: Customer) -> None:
    found(customer, staff=[])
    call = skipped(customer, employee_name="New Comer", staff_id="999999")
    table = employee_table(customer)
    assert table.sendable == ()

    save_employees(customer, table, {talker_key(table): EmployeeChoice(user_id=6, participates=True)})

    assert kept(customer) == [("New Comer", 6, "999999", True)]
    assert employee_table(customer).sendable == (call.pk,)


def test_another_phone_of_a_known_employee_is_added(customer: Customer) -> None:
    employee = make_employee(customer, planfix_user_id=5, sip_logins=["acmecom_iryna"])
    found(customer, staff=[])
    skipped(customer, connected_with="acmecom_mobile")
    table = employee_table(customer)

    save_employees(customer, table, {talker_key(table): EmployeeChoice(user_id=5, participates=True)})

    employee.refresh_from_db()
    assert employee.sip_logins == ["acmecom_iryna", "acmecom_mobile"]


def test_different_staff_id_means_a_different_employee(customer: Customer) -> None:
    make_employee(customer, planfix_user_id=5, staff_id="331851")
    found(customer, staff=[])
    skipped(customer, staff_id="999999", connected_with="x_mobile")
    table = employee_table(customer)

    save_employees(customer, table, {talker_key(table): EmployeeChoice(user_id=5, participates=True)})

    assert sorted(customer.employees.values_list("staff_id", flat=True)) == ["331851", "999999"]


def test_new_call_does_not_change_the_row_key_of_an_employee(customer: Customer) -> None:
    found(customer)
    skipped(customer)
    before = talker_key(employee_table(customer))

    skipped(customer)

    assert talker_key(employee_table(customer)) == before


def test_calls_of_other_customers_and_reasons_are_ignored(customer: Customer) -> None:
    found(customer)
    other = make_customer()
    make_employee(customer)
    skipped(other, employee_name="Theirs")
    skipped(customer, Reason.IGNORED_NUMBER, employee_name="Ignored")

    table = employee_table(customer)

    assert not [row for row in table.rows if row.is_from_calls]
    assert table.sendable == ()


def test_unknown_row_of_the_employee_mapping_changes_nothing(customer: Customer) -> None:
    found(customer)

    save_employees(customer, employee_table(customer), {"staff-1": EmployeeChoice(user_id=5, participates=True)})

    assert not Employee.objects.exists()
