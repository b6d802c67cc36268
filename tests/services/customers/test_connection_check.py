"""The connection check reports each problem of an account and a project, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from integrations.background_jobs import run_job
from integrations.models import BackgroundJob, BackgroundJobKind, Customer, Secret
from integrations.planfix.http.client import PlanfixClient
from integrations.planfix.rights import FOR_CALLBACK_TASKS, WRITING, Right
from integrations.services.customers import connection_check
from integrations.services.customers.connection_report import Connection, Finding, newest_connection
from integrations.services.queue.background import enqueue
from sandbox.http.faults import Fault
from sandbox.planfix.account import Account
from sandbox.planfix.world import PhoneFilter, World
from sandbox.state import Sandbox
from tests.conftest import Scenario

pytestmark = pytest.mark.django_db

ALL_RIGHTS = frozenset(Right)


@pytest.fixture
def connection(scenario: Scenario) -> Callable[..., Connection]:
    """Checks the customer, with these columns changed before."""

    def check(**columns: Any) -> Connection:
        for name, value in columns.items():
            setattr(scenario.customer, name, value)
        scenario.customer.save()
        job = enqueue(BackgroundJobKind.CONNECT, customer=scenario.customer)
        run_job(job.pk)
        scenario.customer.refresh_from_db()
        assert BackgroundJob.objects.get(pk=job.pk).trouble == ""
        found = newest_connection(scenario.customer)
        assert found
        return found

    return check


@pytest.fixture(autouse=True)
def _ringostat_as_before(sandbox: Sandbox) -> Iterator[None]:
    staff = dict(sandbox.ringostat.staff)
    yield
    sandbox.ringostat.auth_key, sandbox.ringostat.staff = "", staff


def findings(connection: Connection) -> list[Finding]:
    return [check.finding for check in connection.checks]


def names(connection: Connection, finding: Finding) -> list[dict[str, str]]:
    return [dict(check.names) for check in connection.checks if check.finding is finding]


def test_usual_account_passes_the_access_check(connection: Callable[..., Connection]) -> None:
    found = connection()

    assert found.is_good
    assert findings(found)[:3] == [Finding.REACHED, Finding.KNOWN, Finding.ACTS_FOR_UNKNOWN]
    assert names(found, Finding.KEY_KNOWN) == [{"count": "3"}]
    granted = {row["scopes"] for row in names(found, Finding.RIGHT_GRANTED)}
    assert granted == ALL_RIGHTS - {Right.FIND_TASKS} - FOR_CALLBACK_TASKS


def test_access_check_reads_the_choices_of_the_pages(connection: Callable[..., Connection], account: Account) -> None:
    account.contact_templates = {3: "Partner", 1: "Client"}

    found = connection()

    assert found.templates == [[1, "Client"], [3, "Partner"]]
    assert found.tags == [[7025, "Call"], [7027, "Missed call"]]
    assert [user["name"] for user in found.users] == ["Iryna Bondar", "Oleh Tkachenko", "Maria Kovalenko"]
    assert [one["sip_logins"] for one in found.staff] == [["acmecom_iryna"], ["acmecom_oleh"], ["acmecom_maria"]]


def test_access_check_writes_nothing_to_planfix(connection: Callable[..., Connection], account: Account) -> None:
    connection()

    assert (account.contacts, account.comments, account.tag_entries, account.files) == ([], [], [], [])
    assert account.contact_fields == {}


def test_access_check_stores_tags_fields_and_first_template(
    scenario: Scenario, connection: Callable[..., Connection], account: Account
) -> None:
    field = account.add_contact_field(name="Source", type_=0, group_id=1)
    account.contact_templates = {3: "Partner", 1: "Client"}

    connection(contact_template_id=None, planfix_tags=None)

    assert scenario.customer.contact_template_id == 1
    assert scenario.customer.planfix_tags["call"]["id"] == 7025
    assert scenario.customer.planfix_contact_fields == {"Source": field.id}


@pytest.mark.parametrize(
    ("number", "finding", "name"),
    [(1, Finding.ACTS_FOR, "Robot"), (6, Finding.ACTS_FOR_ORDINARY, "Oleh Tkachenko")],
)
def test_employee_of_the_token_is_found_by_the_tasks_they_assigned(
    connection: Callable[..., Connection], account: Account, number: int, finding: Finding, name: str
) -> None:
    account.token_user_id = number
    account.add_task(None, "Not mine", assigner="user:5")
    account.add_task(None, "Mine", assigner=f"user:{number}")

    found = connection()

    assert names(found, finding) == [{"id": str(number), "name": name}]
    assert found.is_good


@pytest.mark.parametrize("right", sorted(ALL_RIGHTS - FOR_CALLBACK_TASKS))
def test_missing_right_of_the_token_is_named(
    connection: Callable[..., Connection], account: Account, right: Right
) -> None:
    account.scopes = ALL_RIGHTS - {right}

    found = connection(call_target="last_active_task")

    assert names(found, Finding.RIGHT_MISSING) == [{"rights": right.name, "scopes": right.value}]
    assert not found.is_good


def test_missing_rights_of_the_token_are_named_together(
    connection: Callable[..., Connection], account: Account
) -> None:
    account.scopes = ALL_RIGHTS - {Right.WRITE_TAGS, Right.READ_EMPLOYEES}

    assert names(connection(), Finding.RIGHT_MISSING) == [
        {"rights": "WRITE_TAGS READ_EMPLOYEES", "scopes": "datatag_add, user_readonly"}
    ]


def test_read_only_token_is_reported_in_one_sentence(connection: Callable[..., Connection], account: Account) -> None:
    account.scopes = ALL_RIGHTS - WRITING

    found = connection()

    assert [row["scopes"] for row in names(found, Finding.READ_ONLY)] == [
        "contact_add, comment_add, comment_update, datatag_add, file_add"
    ]
    assert Finding.RIGHT_MISSING not in findings(found)


@pytest.mark.parametrize(
    ("right", "columns"),
    [
        (Right.FIND_TASKS, {"call_target": "contact"}),
        (Right.CREATE_CONTACTS, {"create_contacts": False}),
        (Right.ADD_FILES, {"recording": "link"}),
    ],
)
def test_permission_that_the_settings_do_not_need_is_not_reported(
    connection: Callable[..., Connection], account: Account, right: Right, columns: dict[str, Any]
) -> None:
    account.scopes = ALL_RIGHTS - {right}

    assert connection(**columns).is_good


@pytest.mark.parametrize(
    ("status", "code", "finding"),
    [
        (401, 1, Finding.UNKNOWN),
        (401, 2, Finding.SWITCHED_OFF),
        (400, 11, Finding.ACCOUNT_FROZEN),
        (400, 16, Finding.EMPLOYEE_INACTIVE),
        (400, 20, Finding.ACCOUNT_UNPAID),
        (400, 21, Finding.PLAN_WITHOUT_API),
        (400, 24, Finding.ACCESS_REFUSED),
    ],
)
def test_each_access_error_has_its_own_finding(
    connection: Callable[..., Connection], sandbox: Sandbox, status: int, code: int, finding: Finding
) -> None:
    sandbox.add_fault(Fault(path="/ping", status=status, json={"result": "fail", "code": code, "error": "No"}))

    found = connection()

    assert findings(found)[:2] == [Finding.REACHED, finding]
    assert not found.is_good


@pytest.mark.parametrize(
    ("token", "finding"),
    [("another-token", Finding.UNKNOWN), ("two words", Finding.MALFORMED), ("", Finding.MALFORMED)],
)
def test_wrong_token_is_reported(connection: Callable[..., Connection], token: str, finding: Finding) -> None:
    assert findings(connection(planfix_token=Secret.of(token)))[1] is finding


def test_account_host_that_does_not_answer_is_reported(connection: Callable[..., Connection]) -> None:
    found = connection(planfix_url="http://127.0.0.1:9")

    assert findings(found) == [Finding.NOT_REACHED, Finding.KEY_KNOWN]
    assert found.checks[0].names["host"] == "127.0.0.1"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="html", status=200, path="/ping"),
        Fault(kind="html", status=404, path="/ping"),
        Fault(status=302, path="/ping", headers={"Location": "https://planfix.com/"}),
        Fault(status=404, path="/ping", json={"message": "Not found"}),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_account_host_that_is_not_planfix_is_reported(
    connection: Callable[..., Connection], sandbox: Sandbox, fault: Fault
) -> None:
    sandbox.add_fault(fault)

    assert findings(connection())[0] is Finding.NO_PLANFIX


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="html", status=502, path="/ping"),
        Fault(status=429, path="/ping"),
        Fault(status=400, path="/ping", json={"result": "fail", "code": 22, "error": "Limit"}),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_busy_planfix_is_not_reported_as_a_wrong_setting(
    connection: Callable[..., Connection], sandbox: Sandbox, fault: Fault
) -> None:
    sandbox.add_fault(fault)

    found = connection()

    assert findings(found) == [Finding.BUSY, Finding.KEY_KNOWN]


def test_deleted_contact_template_is_reported(connection: Callable[..., Connection]) -> None:
    found = connection(contact_template_id=77)

    assert names(found, Finding.TEMPLATE_GONE) == [{"id": "77"}]
    assert not found.is_good


def test_account_without_contact_templates_is_reported(connection: Callable[..., Connection], account: Account) -> None:
    account.contact_templates = {}

    assert Finding.TEMPLATE_MISSING in findings(connection(contact_template_id=None))


def test_missing_contact_template_is_not_reported_if_contact_creation_is_off(
    connection: Callable[..., Connection], account: Account
) -> None:
    account.contact_templates = {}

    assert connection(contact_template_id=None, create_contacts=False).is_good


def test_missing_call_tags_are_reported(connection: Callable[..., Connection], account: Account) -> None:
    account.tags = {}

    assert Finding.TAGS_MISSING in findings(connection())


def test_right_whose_probe_gets_no_answer_is_unclear(connection: Callable[..., Connection], sandbox: Sandbox) -> None:
    sandbox.add_fault(Fault(path="/contact/0/comments", status=503))

    found = connection()

    assert names(found, Finding.RIGHT_UNCLEAR) == [{"rights": "WRITE_COMMENTS", "scopes": "comment_add"}]
    assert found.is_good


# Ringostat


def test_missing_auth_key_is_reported(connection: Callable[..., Connection]) -> None:
    assert findings(connection(ringostat_auth_key=Secret()))[-1] is Finding.KEY_MISSING


def test_wrong_auth_key_is_reported(connection: Callable[..., Connection], sandbox: Sandbox) -> None:
    sandbox.ringostat.auth_key = "the-real-key"

    found = connection()

    assert findings(found)[-1] is Finding.KEY_UNKNOWN
    assert not found.is_good


def test_project_without_employees_is_reported(connection: Callable[..., Connection], sandbox: Sandbox) -> None:
    sandbox.ringostat.staff = {}

    assert findings(connection())[-1] is Finding.STAFF_MISSING


def test_silent_ringostat_is_not_reported_as_a_wrong_setting(connection: Callable[..., Connection]) -> None:
    assert findings(connection(ringostat_api_url="http://127.0.0.1:9"))[-1] is Finding.RINGOSTAT_BUSY


# What follows


def test_successful_check_resumes_a_paused_customer(scenario: Scenario, connection: Callable[..., Connection]) -> None:
    connection(paused_reason="The account is frozen.")

    assert scenario.customer.paused_reason == ""


def test_check_with_a_missing_permission_keeps_a_customer_paused(
    scenario: Scenario, connection: Callable[..., Connection], account: Account
) -> None:
    account.scopes = ALL_RIGHTS - {Right.WRITE_TAGS}

    connection(paused_reason="A scope is missing.")

    assert scenario.customer.paused_reason == "A scope is missing."


def test_contact_template_chosen_during_the_access_check_stays(
    connection: Callable[..., Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    def chosen_meanwhile(client: PlanfixClient) -> dict[str, int]:
        Customer.objects.update(contact_template_id=7)
        return {}

    monkeypatch.setattr(connection_check, "contact_text_fields", chosen_meanwhile)

    found = connection(contact_template_id=None)

    assert Customer.objects.get().contact_template_id == 7
    assert names(found, Finding.TEMPLATE_GONE) == [{"id": "7"}]


def test_data_that_a_check_read_with_former_access_is_not_kept(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    Customer.objects.filter(pk=scenario.customer.pk).update(planfix_tags=None)
    job = enqueue(BackgroundJobKind.CONNECT, customer=scenario.customer)

    def change_access(client: PlanfixClient) -> None:
        Customer.objects.filter(pk=scenario.customer.pk).update(planfix_url="https://other.planfix.com")

    monkeypatch.setattr(connection_check, "ping", change_access)
    run_job(job.pk)

    assert Customer.objects.get().planfix_tags is None


def test_each_request_of_the_check_is_logged(scenario: Scenario, connection: Callable[..., Connection]) -> None:
    connection()

    logged = scenario.customer.planfix_requests.filter(call=None).values_list("path", flat=True)
    assert sorted(logged) == sorted(request.path for request in scenario.account.requests)


def test_only_the_last_access_check_is_kept(scenario: Scenario, connection: Callable[..., Connection]) -> None:
    connection()
    connection()

    assert BackgroundJob.objects.filter(customer=scenario.customer, kind=BackgroundJobKind.CONNECT).count() == 1


def test_contact_search_that_finds_an_existing_contact_is_proven(
    connection: Callable[..., Connection], account: Account, scenario: Scenario
) -> None:
    account.add_contact(name="Olha", phones=["067 123-45-67 Viber", "+380671234567"])

    assert Finding.SEARCH_PROVEN in findings(connection())
    scenario.customer.refresh_from_db()
    assert not scenario.customer.search_is_blind


def test_contact_search_that_finds_nothing_is_reported(
    connection: Callable[..., Connection], account: Account, scenario: Scenario
) -> None:
    account.add_contact(name="Olha", phones=["+380671234567"])
    account.enter(World(phone_filter=PhoneFilter.NOTHING))

    found = connection()

    assert Finding.SEARCH_BLIND in findings(found)
    assert not found.is_good
    scenario.customer.refresh_from_db()
    assert scenario.customer.search_is_blind


def test_contact_search_in_an_empty_account_is_not_proven(connection: Callable[..., Connection]) -> None:
    assert Finding.SEARCH_UNPROVEN in findings(connection())


def test_access_check_names_required_fields_of_the_contact_template(
    connection: Callable[..., Connection], account: Account
) -> None:
    known, unknown = account.add_contact_field(name="Lead source", type_=0, group_id=1).id, 81905
    account.required_contact_fields = [known, unknown]

    found = connection()

    assert names(found, Finding.FIELDS_REQUIRED) == [{"fields": f"“Lead source” ({known}), {unknown}"}]
    assert not found.is_good
    assert account.contacts == []
