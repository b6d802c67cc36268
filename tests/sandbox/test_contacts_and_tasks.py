"""The sandbox finds and stores contacts and tasks as Planfix does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.planfix.account import Account
from sandbox.planfix.records import Contact
from sandbox.planfix.template_account import CALL_BACK_TEMPLATE
from sandbox.planfix.world import PhoneFilter, World
from tests.sandbox.conftest import Ask


def found(ask: Ask, value: str, *, operator: str = "equal", **body: Any) -> list[int]:
    filters = [{"type": 4003, "operator": operator, "value": value}]
    return [contact["id"] for contact in ask("POST", "/contact/list", {"filters": filters, **body}).json()["contacts"]]


@pytest.mark.parametrize(
    ("stored", "sought", "as_typed", "by_digits"),
    [
        ("+380671234567", "+380671234567", True, True),
        ("+380671234567", "380671234567", True, True),
        ("380671234567", "+380671234567", False, True),
        ("+38 (067) 123-45-67", "+380671234567", False, True),
        ("+3806712345678", "+380671234567", True, True),
        ("+380671234567", "+380671234568", False, False),
        ("067 123 EXT", "ext", True, None),
    ],
)
def test_phone_search_finds_numbers_that_contain_the_text_as_typed(
    ask: Ask, account: Account, stored: str, sought: str, as_typed: bool, by_digits: bool | None
) -> None:
    account.add_contact(name="Olha", phones=["+48221234567", stored])

    assert bool(found(ask, sought)) is as_typed
    account.enter(World(phone_filter=PhoneFilter.DIGITS))
    assert by_digits is None or bool(found(ask, sought)) is by_digits


def test_replaced_number_of_a_contact_is_not_found(ask: Ask, olha: Contact) -> None:
    ask("POST", f"/contact/{olha.id}", {"phones": [{"number": "+380990000000"}]})

    assert (found(ask, "+380671234567"), found(ask, "+380990000000")) == ([], [olha.id])


def test_companies_are_found_only_with_the_company_flag(ask: Ask, account: Account, olha: Contact) -> None:
    company = account.add_contact(name="Acme", phones=["+380671234567"], is_company=True)

    assert found(ask, "+380671234567") == [olha.id]
    assert found(ask, "+380671234567", isCompany=True) == [company.id]


def test_deleted_contacts_are_not_listed(ask: Ask, olha: Contact) -> None:
    olha.is_deleted = True

    assert found(ask, "+380671234567") == []


def test_contact_lists_are_in_the_order_of_ids_whatever_is_requested(ask: Ask, account: Account) -> None:
    ids = [account.add_contact(name=name, phones=["+380671234567"]).id for name in "CAB"]

    assert found(ask, "380", sort="name", order="desc") == ids


def test_contact_list_pages_have_at_most_a_hundred_rows(ask: Ask, account: Account) -> None:
    for number in range(105):
        account.add_contact(name=str(number), phones=[f"+38067{number:07}"])

    first = found(ask, "+38067", pageSize=500)
    rest = found(ask, "+38067", pageSize=500, offset=100)

    assert (len(first), len(rest)) == (100, 5)
    assert sorted(first + rest) == first + rest


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        ("", {"id"}),
        ("name,phones", {"id", "name", "phones"}),
        ("id, name ,phone,customFieldData,nonsense", {"id", "name"}),
        ("101", {"id", "customFieldData"}),
        ("999", {"id"}),
    ],
)
def test_contact_has_only_the_requested_fields(
    ask: Ask, account: Account, olha: Contact, fields: str, keys: set[str]
) -> None:
    account.add_contact_field(name="City", type_=0, group_id=1)

    (row,) = ask("POST", "/contact/list", {"fields": fields}).json()["contacts"]

    assert set(row) == keys


def test_phone_is_stored_as_typed_and_shown_with_a_mask(ask: Ask, olha: Contact) -> None:
    contact = ask("GET", f"/contact/{olha.id}?fields=phones").json()["contact"]

    assert contact["phones"] == [{"number": "+380671234567", "maskedNumber": "+38 (067) 123-45-67", "type": 1}]


@pytest.mark.parametrize("number", ["{}", "contact:{}"])
def test_contact_is_read_by_id_with_or_without_prefix(ask: Ask, olha: Contact, number: str) -> None:
    assert ask("GET", f"/contact/{number.format(olha.id)}?fields=name").json()["contact"]["name"] == "Olha"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_unknown_contact_is_answered_404_with_code_2000(ask: Ask, method: str) -> None:
    answer = ask(method, "/contact/999", {})

    assert (answer.status_code, answer.json()["code"]) == (404, 2000)


def test_contact_has_to_match_all_filters(ask: Ask, account: Account, olha: Contact) -> None:
    account.add_contact(name="Petro", phones=["+380671234567"])
    filters = [
        {"type": 4003, "operator": "equal", "value": "+380671234567"},
        {"type": 4001, "operator": "notequal", "value": "petro"},
    ]

    rows = ask("POST", "/contact/list", {"filters": filters}).json()["contacts"]

    assert [row["id"] for row in rows] == [olha.id]


@pytest.mark.parametrize("path", ["/contact/list", "/task/list"])
def test_unknown_contact_filter_is_answered_500(ask: Ask, path: str) -> None:
    answer = ask("POST", path, {"filters": [{"type": 123456, "operator": "equal", "value": 1}]})

    assert (answer.status_code, answer.json()["code"]) == (500, 0)


NEW = {"template": {"id": 1}, "name": "+380501112233", "phones": [{"number": "+380501112233", "type": 1}]}


def test_created_contact_has_the_values_that_were_sent(ask: Ask, account: Account) -> None:
    answer = ask("POST", "/contact/", {**NEW, "supervisors": {"users": [{"id": "user:5"}]}, "nonsense": 1})

    contact = account.contacts_by_id[answer.json()["id"]]
    assert answer.status_code == 201
    assert (contact.name, contact.phones[0].number, contact.supervisors) == (
        "+380501112233",
        "+380501112233",
        ["user:5"],
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"template": None}, 2001),
        ({"template": {"id": 77}}, 2001),
        ({"name": ""}, 2006),
        ({"name": "  "}, 2006),
        ({"email": "OLHA@example.com"}, 2005),
        ({"sourceObjectId": "not-a-uuid"}, 41),
    ],
)
def test_contact_with_an_invalid_value_is_not_created(
    ask: Ask, account: Account, change: dict[str, Any], code: int
) -> None:
    account.add_contact(name="Olha", email="olha@example.com")

    answer = ask("POST", "/contact/", {**NEW, **change})

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert len(account.contacts) == 1


def test_contact_template_is_accepted_in_its_older_spelling(ask: Ask) -> None:
    assert ask("POST", "/contact/", {"templateId": 1, "name": "Olha"}).status_code == 201


def test_several_contacts_may_have_one_number(ask: Ask) -> None:
    first, second = ask("POST", "/contact/", NEW), ask("POST", "/contact/", NEW)

    assert found(ask, "+380501112233") == [first.json()["id"], second.json()["id"]]


def test_contacts_and_tasks_share_a_sequence_of_ids_that_overlaps_with_employees(ask: Ask, account: Account) -> None:
    contact = ask("POST", "/contact/", NEW).json()["id"]
    task = ask("POST", "/task/", {"name": "Order", "counterparty": {"id": f"contact:{contact}"}}).json()["id"]

    assert task == contact + 1
    assert contact in account.users


def test_contact_templates_and_groups_can_be_read(ask: Ask) -> None:
    assert ask("GET", "/contact/templates?fields=id,name").json()["templates"] == [{"id": 1, "name": "Client"}]
    assert ask("GET", "/contact/groups?fields=id,name").json()["groups"] == []


def test_a_created_custom_field_can_be_written_and_read(ask: Ask) -> None:
    created = ask("POST", "/customfield/contact/", {"name": "utm_source", "type": 0, "groupId": 1})
    field_id = created.json()["id"]
    data = [{"field": {"id": field_id}, "value": "google"}, {"field": {"id": 9999}, "value": "dropped"}]
    contact = ask("POST", "/contact/", {**NEW, "customFieldData": data}).json()["id"]

    listed = ask("GET", "/customfield/contact?fields=id,name,type").json()["customfields"]
    shown = ask("GET", f"/contact/{contact}?fields=id,{field_id},9999").json()["contact"]

    assert created.status_code == 201
    assert listed == [{"id": field_id, "name": "utm_source", "type": 0}]
    assert [entry["value"] for entry in shown["customFieldData"]] == ["google"]


# Tasks


@pytest.mark.parametrize("as_value", [lambda n: n, lambda n: f"contact:{n}"])
def test_tasks_of_a_contact_show_their_status_with_its_activity(
    ask: Ask, account: Account, olha: Contact, as_value: Any
) -> None:
    other = account.add_contact(name="Petro")
    account.add_task(other.id, "Not hers")
    created = datetime(2026, 8, 2, 7, 11, tzinfo=UTC)
    task = account.add_task(olha.id, "Order 77", active=False, created=created)
    filters = [{"type": 7, "operator": "equal", "value": as_value(olha.id)}]

    (row,) = ask(
        "POST", "/task/list", {"fields": "id,name,status,dateTime,counterparty,isDeleted", "filters": filters}
    ).json()["tasks"]

    assert row["id"] == task.id
    assert row["status"]["isActive"] is False
    assert row["counterparty"] == {"id": f"contact:{olha.id}", "name": "Olha Koval"}
    assert row["dateTime"] == {
        "date": "02-08-2026",
        "time": "10:11",
        "datetime": "2026-08-02T07:11Z",
        "dateTimeUtcSeconds": "2026-08-02T07:11:00+0000",
    }


def test_tasks_are_filtered_by_status(ask: Ask, account: Account, olha: Contact) -> None:
    account.add_task(olha.id, "Done", active=False)
    active = account.add_task(olha.id, "Going on")
    filters = [{"type": 7, "operator": "equal", "value": olha.id}, {"type": 10, "operator": "equal", "value": [1, 2]}]

    assert [row["id"] for row in ask("POST", "/task/list", {"filters": filters}).json()["tasks"]] == [active.id]


def test_task_filter_out_lists_tasks_that_the_tokens_employee_assigned(ask: Ask, account: Account) -> None:
    account.token_user_id = 6
    account.add_task(None, "Mine", assigner="user:6")
    account.add_task(None, "Not mine", assigner="user:5")

    tasks = ask("POST", "/task/list", {"filterId": "out", "fields": "assigner"}).json()["tasks"]

    assert [task["assigner"] for task in tasks] == [{"id": "user:6", "name": "Oleh Tkachenko"}]


def test_a_task_is_not_created_with_an_unknown_status(ask: Ask, account: Account) -> None:
    answer = ask("POST", "/task/", {"name": "Order", "status": {"id": 99}})

    assert (answer.status_code, answer.json()["code"], account.tasks) == (400, 41, [])


def test_the_description_of_a_task_is_its_first_comment(ask: Ask, account: Account) -> None:
    task = ask("POST", "/task/", {"name": "Order", "description": "Two tyres"}).json()["id"]

    assert [(c.task_id, c.description, c.author) for c in account.comments] == [(task, "Two tyres", "user:1")]


CALL_BACK = {
    "template": {"id": CALL_BACK_TEMPLATE},
    "name": "Call back",
    "priority": "Urgent",
    "assignees": {"users": [{"id": "user:5"}], "groups": [{"id": 3}]},
    "endDateTime": {"date": "02-08-2026", "time": "16:00"},
    "sourceObjectId": "0f3c7a52-6f0e-5b0e-9a36-52494e474f46",
}


def test_created_task_has_the_values_that_were_sent(ask: Ask, account: Account, olha: Contact) -> None:
    created = ask("POST", "/task/", {**CALL_BACK, "counterparty": {"id": f"contact:{olha.id}"}})
    fields = "assignees,priority,endDateTime,template,processId,counterparty,sourceObjectId"
    shown = ask("GET", f"/task/{created.json()['id']}?fields={fields}").json()["task"]

    assert created.status_code == 201
    assert shown["assignees"] == {
        "users": [{"id": "user:5", "name": "Iryna Bondar"}],
        "groups": [{"id": 3, "name": "Managers"}],
    }
    assert (shown["priority"], shown["template"]["id"], shown["processId"]) == ("Urgent", CALL_BACK_TEMPLATE, 1)
    assert shown["endDateTime"]["datetime"] == "2026-08-02T13:00Z", "it is read in the account's zone"
    assert shown["counterparty"]["id"] == f"contact:{olha.id}"
    assert shown["sourceObjectId"] == CALL_BACK["sourceObjectId"]


@pytest.mark.parametrize(
    "change",
    [
        {"template": {"id": 77}},
        {"priority": "High"},
        {"assignees": {"users": [{"id": "user:99"}]}},
        {"assignees": {"groups": [{"id": 99}]}},
        {"counterparty": {"id": "contact:999"}},
        {"endDateTime": {"date": "2026-08-02"}},
    ],
)
def test_task_with_an_invalid_value_is_not_created(ask: Ask, account: Account, change: dict[str, Any]) -> None:
    answer = ask("POST", "/task/", {**CALL_BACK, **change})

    assert (answer.status_code, answer.json()["code"], account.tasks) == (400, 41, [])


@pytest.mark.parametrize(
    ("template", "world", "changed"), [(True, "changed", True), (True, "refused", False), (False, "changed", False)]
)
def test_task_process_decides_whether_a_status_may_change(
    ask: Ask, account: Account, template: bool, world: str, changed: bool
) -> None:
    account.enter(account.world.with_switches({"task_status": world}))
    number = ask("POST", "/task/", CALL_BACK if template else {"name": "Loose"}).json()["id"]

    answer = ask("POST", f"/task/{number}", {"status": {"id": 3}, "name": "Done"})

    assert answer.status_code == 200
    assert [failure["field"] for failure in answer.json().get("failures", [])] == ([] if changed else ["status"])
    assert (account.tasks[0].status.id, account.tasks[0].name) == (3 if changed else 1, "Done")


@pytest.mark.parametrize(
    ("world", "status", "deleted"), [("ignored", 200, False), ("deleted", 200, True), ("refused", 400, False)]
)
def test_a_task_is_marked_as_deleted(ask: Ask, account: Account, world: str, status: int, deleted: bool) -> None:
    account.enter(account.world.with_switches({"task_deletion": world}))
    number = ask("POST", "/task/", CALL_BACK).json()["id"]

    assert ask("POST", f"/task/{number}", {"isDeleted": True}).status_code == status
    assert ask("GET", f"/task/{number}?fields=id,isDeleted").json()["task"]["isDeleted"] is deleted


def test_contact_template_may_require_a_field(ask: Ask, account: Account) -> None:
    account.enter(account.world.with_switches({"task_template": "required"}))

    answer = ask("POST", "/task/", CALL_BACK)

    assert (answer.status_code, account.tasks) == (400, [])
    assert "custom_field_is_required" in answer.json()["error"]


def test_task_templates_are_listed_with_their_process(ask: Ask) -> None:
    templates = ask("GET", "/task/templates?fields=id,name,processId").json()["templates"]

    assert templates[0] == {"id": CALL_BACK_TEMPLATE, "name": "Call back", "processId": 1}


def test_groups_of_employees_are_listed(ask: Ask) -> None:
    assert ask("GET", "/user/groups?fields=id,name").json()["groups"] == [{"id": 3, "name": "Managers"}]


def test_statuses_of_a_task_process_can_be_read(ask: Ask) -> None:
    (process,) = ask("GET", "/process/task?fields=id,name").json()["processes"]

    statuses = ask("GET", f"/process/task/{process['id']}/statuses?fields=id,name,isActive").json()["statuses"]

    assert [(status["name"], status["isActive"]) for status in statuses] == [
        ("New", True),
        ("In progress", True),
        ("Completed", False),
        ("Cancelled", False),
    ]


# Employees


def test_employee_ids_have_prefixes_when_requested(ask: Ask) -> None:
    users = ask("POST", "/user/list", {"prefixedId": True, "fields": "name,lastname,role"}).json()["users"]

    assert [user["id"] for user in users] == ["user:1", "user:5", "user:6", "user:7"]
    assert users[0] == {"id": "user:1", "name": "Robot", "lastname": "", "role": "Robot"}


@pytest.mark.parametrize("number", ["5", "user:5"])
def test_employee_is_read_by_id_with_or_without_prefix(ask: Ask, number: str) -> None:
    assert ask("GET", f"/user/{number}?fields=lastname").json()["user"] == {"id": 5, "lastname": "Bondar"}


def test_unknown_employee_is_answered_with_code_4000(ask: Ask) -> None:
    assert ask("GET", "/user/99").json()["code"] == 4000


def test_copied_account_has_the_same_records_and_ids_and_changes_alone(account: Account, olha: Contact) -> None:
    account.add_comment(("contact", olha.id), author="user:5", description="Hello")
    copied = account.copy()
    ids = [one.add_contact(name="Petro", phones=["+380501112233"]).id for one in (account, copied)]
    copied.contacts_by_id[olha.id].name = "Changed"
    copied.set_phones(copied.contacts_by_id[olha.id], [])

    assert ids[0] == ids[1]
    assert copied.comments == account.comments
    assert account.contacts_by_id[olha.id].name == olha.name != "Changed"
    assert account.contacts_with_number("+380671234567") == {olha.id}
    assert copied.contacts_with_number("+380671234567") == set()
