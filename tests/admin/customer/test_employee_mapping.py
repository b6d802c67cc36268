"""The page that maps Ringostat employees to Planfix users."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.admin.customer.employee_mapping import MANY_ROWS
from integrations.domain.reasons import Reason
from integrations.models import BackgroundJob, BackgroundJobKind, Call, CallState, Customer, Employee
from integrations.services.customers.connection_report import Check, Connection, Finding
from integrations.services.customers.employee_mapping import employee_table
from tests.factories import call_facts, make_call, make_customer, make_employee, make_superuser, make_user, make_viewer

pytestmark = pytest.mark.django_db

USERS = [
    {"id": 5, "name": "Iryna Bondar", "email": "iryna@example.com", "extension": ""},
    {"id": 6, "name": "Oleh Tkachenko", "email": "", "extension": ""},
]
STAFF = [
    {"staff_id": "1", "name": "Bondar Iryna", "email": "iryna@example.com", "extension": "101", "sip_logins": ["a_i"]},
    {"staff_id": "2", "name": "Somebody", "email": "", "extension": "", "sip_logins": ["a_s"]},
]


@pytest.fixture
def console(client: Client) -> Client:
    client.force_login(make_superuser())
    return client


@pytest.fixture
def customer() -> Customer:
    """A customer with the employees that the last access check read."""
    return found(users=USERS, staff=STAFF)


def found(**lists: Any) -> Customer:
    customer = make_customer()
    accounts = {"account": customer.planfix_account, "project": customer.ringostat_project_id}
    result = asdict(Connection(**accounts, checks=[Check(finding=Finding.KNOWN)], **lists))
    BackgroundJob.objects.create(
        kind=BackgroundJobKind.CONNECT, customer=customer, result=result, finished_at=timezone.now()
    )
    return customer


def page_of(customer: Customer, query: str = "") -> str:
    return reverse("admin:integrations_customer_employees", args=[customer.pk]) + query


def html_of(console: Client, address: str) -> str:
    return console.get(address).content.decode()


def skipped(customer: Customer, **facts: Any) -> Call:
    columns = {"staff_id": "999", "employee_name": "New Comer", "connected_with": "a_new", **facts}
    return make_call(customer, call_facts(**columns), state=CallState.SKIPPED, reason=Reason.UNKNOWN_EMPLOYEE)


def chosen_user(html: str, key: str) -> str:
    select = re.search(rf'<select name="user-{key}".*?</select>', html, re.DOTALL)
    assert select
    chosen = re.search(r'value="(\d*)" selected', select[0])
    return chosen[1] if chosen else ""


def test_employee_pairs_are_proposed_with_a_reason_and_unmatched_rows_are_marked(
    console: Client, customer: Customer
) -> None:
    html = html_of(console, page_of(customer))

    assert (chosen_user(html, "staff-1"), chosen_user(html, "staff-2")) == ("5", "")
    assert "Suggested: the same e-mail" in html
    assert "Not matched: choose the Planfix employee, or the calls are skipped." in html
    assert re.search(r"In Planfix only:</span>\s*Oleh Tkachenko", html)


def test_saved_employees_stay_included_or_excluded(console: Client, customer: Customer) -> None:
    console.post(page_of(customer), {"user-staff-1": "5", "participates-staff-1": "on", "user-staff-2": "6"})

    kept = customer.employees.order_by("staff_id").values_list("staff_id", "planfix_user_id", "participates")
    assert list(kept) == [("1", 5, True), ("2", 6, False)]
    assert "One employee included." in html_of(console, page_of(customer))


def test_invalid_employee_mapping_is_reported_and_choices_stay(console: Client, customer: Customer) -> None:
    skipped(customer, employee_name="New Comer", extension="1" * 17)
    [row] = [row for row in employee_table(customer).rows if row.is_from_calls]

    answer = console.post(page_of(customer), {f"user-{row.key}": "6", "user-staff-2": "5"})

    assert "New Comer: extension: Ensure this value has at most 16 characters" in answer.content.decode()
    shown = {shown["row"].key: shown["row"].user_id for shown in answer.context["rows"]}
    assert (shown[row.key], shown["staff-2"]) == (6, 5)
    assert not Employee.objects.exists()


@pytest.mark.parametrize("typed", ["", "77", "5; DROP", "-5", "9" * 30])
def test_employee_with_an_unknown_planfix_user_is_not_saved(console: Client, customer: Customer, typed: str) -> None:
    console.post(page_of(customer), {"user-staff-1": typed, "participates-staff-1": "on"})

    assert not Employee.objects.exists()


def test_employee_who_left_planfix_is_reported(console: Client, customer: Customer) -> None:
    make_employee(customer, staff_id="1", planfix_user_id=99)

    html = html_of(console, page_of(customer))

    assert chosen_user(html, "staff-1") == "99"
    assert "Planfix employee 99 is no longer active" in html


def test_without_permission_to_read_employees_planfix_user_ids_are_typed(console: Client) -> None:
    customer = found(staff=STAFF)
    assert "Planfix employee ID" in html_of(console, page_of(customer))

    console.post(page_of(customer), {"user-staff-2": "42", "participates-staff-2": "on"})

    assert customer.employees.get().planfix_user_id == 42


def test_link_from_a_call_marks_its_employee(console: Client, customer: Customer) -> None:
    call = skipped(customer)

    html = html_of(console, page_of(customer, f"?call={call.pk}"))

    asked = re.search(r'<tr[^>]*id="asked".*?</tr>', html, re.DOTALL)
    assert asked
    assert "New Comer" in asked[0]
    assert "1 call was skipped." in asked[0]


@pytest.mark.parametrize("query", ["?call=", "?call=x", "?call=0", "?call=99999999"])
def test_invalid_call_id_in_the_address_marks_no_employee(console: Client, customer: Customer, query: str) -> None:
    assert 'id="asked"' not in html_of(console, page_of(customer, query))


def test_call_id_of_another_customer_in_the_address_marks_no_employee(console: Client, customer: Customer) -> None:
    call = skipped(make_customer(), employee_name="Theirs Alone")

    assert "Theirs Alone" not in html_of(console, page_of(customer, f"?call={call.pk}"))


def test_mapped_employee_offers_a_retry_of_their_skipped_calls(console: Client, customer: Customer) -> None:
    call = skipped(customer)

    key = next(row.key for row in employee_table(customer).rows if row.is_from_calls)

    console.post(page_of(customer), {f"user-{key}": "6", f"participates-{key}": "on"})
    assert "1 call was skipped because of its employee, who is included now." in html_of(console, page_of(customer))
    call.refresh_from_db()
    assert call.state == CallState.SKIPPED

    console.post(reverse("admin:integrations_customer_send_skipped_calls", args=[customer.pk]))

    job = BackgroundJob.objects.get(kind=BackgroundJobKind.SEND_AGAIN)
    assert (job.customer, job.arguments) == (customer, {"calls": [call.pk]})
    html = html_of(console, page_of(customer))
    assert reverse("calllog:job_progress", args=[job.pk]) in html
    assert "1 call was skipped because of its employee" not in html


def test_retry_without_calls_of_mapped_employees_enqueues_nothing(console: Client, customer: Customer) -> None:
    skipped(customer)

    console.post(reverse("admin:integrations_customer_send_skipped_calls", args=[customer.pk]))

    assert not BackgroundJob.objects.filter(kind=BackgroundJobKind.SEND_AGAIN).exists()


@pytest.mark.parametrize("name", ["employees", "send_skipped_calls"])
def test_employee_pages_require_change_permission(client: Client, customer: Customer, name: str) -> None:
    address = reverse(f"admin:integrations_customer_{name}", args=[customer.pk])
    client.force_login(make_user(is_staff=True))
    assert client.post(address).status_code == 403

    client.force_login(make_viewer(customer))
    assert client.post(address)["Location"].startswith("/admin/login/")


def test_an_employee_typed_by_hand_leads_back_to_the_table(console: Client, customer: Customer) -> None:
    typed = {
        "customer": customer.pk,
        "name": "By Hand",
        "planfix_user_id": "6",
        "sip_logins": "a_mobile, +380671112233",
        "participates": "on",
    }

    response = console.post(reverse("admin:integrations_employee_add"), typed)

    assert response["Location"] == page_of(customer)
    assert customer.employees.get().sip_logins == ["a_mobile", "+380671112233"]


def test_employee_page_before_the_first_check_says_what_to_do(console: Client) -> None:
    assert "No employees found yet. Check access" in html_of(console, page_of(make_customer()))


def test_two_employees_with_one_planfix_user_give_a_warning(console: Client, customer: Customer) -> None:
    rows = employee_table(customer).rows
    user = employee_table(customer).users[0]
    posted = {f"user-{row.key}": user.id for row in rows} | {f"participates-{row.key}": "on" for row in rows}

    page = console.post(page_of(customer), posted, follow=True)

    [warning] = [str(message) for message in page.context["messages"] if message.level_tag == "warning"]
    assert f"are matched to the same Planfix employee, {user.name}." in warning


def test_an_employee_added_by_hand_is_chosen_by_name(console: Client, customer: Customer) -> None:
    page = console.get(f"/admin/integrations/employee/add/?customer={customer.pk}")

    choices = page.context["adminform"].form.fields["planfix_user_id"].choices
    assert [name for _id, name in choices][1:] == [user.name for user in employee_table(customer).users]


RENAMED = [
    {"id": 5, "name": "Ірина Бондар", "email": "", "extension": ""},
    {"id": 6, "name": "Олег Ткаченко", "email": "", "extension": ""},
]
IN_LATIN = [
    {"staff_id": "1", "name": "Iryna Bondar", "email": "", "extension": "101", "sip_logins": ["a_i"]},
    {"staff_id": "2", "name": "Oleh Kovalenko", "email": "", "extension": "102", "sip_logins": ["a_o"]},
]


def test_a_name_in_another_alphabet_is_suggested_and_not_chosen(console: Client) -> None:
    html = html_of(console, page_of(found(users=RENAMED, staff=IN_LATIN)))

    assert chosen_user(html, "staff-1") == ""
    assert "Perhaps Ірина Бондар: the same name, spelled differently." in html
    assert "Perhaps Олег Ткаченко: the same given name; the surname may have changed." in html


def test_a_suggestion_is_confirmed_with_one_click(console: Client) -> None:
    customer = found(users=RENAMED, staff=IN_LATIN)
    console.post(page_of(customer), {"suggested": "staff-1"})

    employee = Employee.objects.get()
    assert (employee.name, employee.planfix_user_id, employee.participates) == ("Iryna Bondar", 5, True)
    assert "Perhaps Ірина Бондар" not in html_of(console, page_of(customer))


def test_pair_without_a_suggestion_cannot_be_confirmed(console: Client, customer: Customer) -> None:
    console.post(page_of(customer), {"suggested": "staff-2"})

    assert not Employee.objects.exists()


def test_a_long_list_of_employees_can_be_searched_and_narrowed_to_the_unmatched(
    console: Client, customer: Customer
) -> None:
    assert "employee-search" not in html_of(console, page_of(customer))
    for number in range(MANY_ROWS):
        make_employee(customer, name=f"Employee {number}", planfix_user_id=6, staff_id=f"9{number}")

    html = html_of(console, page_of(customer))

    rows = re.findall(r'<tr data-employee="(.*?)"( data-unmatched)?', html)
    assert len(rows) == MANY_ROWS + 2
    assert [texts.split()[0] for texts, is_unmatched in rows if is_unmatched] == ["Somebody"]
    assert 'id="employee-search"' in html
    assert "Only unmatched (1)" in html
