"""Each switch of a world changes what the account answers or stores, and nothing else."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.management import CommandError, call_command

from sandbox.planfix.account import Account
from sandbox.planfix.records import CustomField, DataTag
from sandbox.planfix.template_account import CALL_TAG_ID
from sandbox.planfix.world import SWITCHES, World
from sandbox.state import Sandbox
from tests.sandbox.conftest import Ask

PROJECT = Path(__file__).parents[2]
NUMBER = "+380671234567"
Enter = Callable[..., None]


@pytest.fixture
def enter(account: Account) -> Enter:
    def enter(**switches: str) -> None:
        account.enter(account.world.with_switches(switches))

    return enter


def search(ask: Ask, *values: str, **more: Any) -> list[int]:
    filters = [{"type": 4003, "operator": "equal", "value": value} for value in values]
    return [row["id"] for row in ask("POST", "/contact/list", {"filters": filters, **more}).json()["contacts"]]


def create(ask: Ask, **body: Any) -> Any:
    body = {"template": {"id": 1}, "name": "Olha", "phones": [{"number": NUMBER}], **body}
    return ask("POST", "/contact/", body)


def comment(ask: Ask, contact_id: int, **body: Any) -> Any:
    return ask("POST", f"/contact/{contact_id}/comments/", {"description": "Call", **body})


# Contacts


@pytest.mark.parametrize(
    ("stored", "number"), [("as_given", NUMBER), ("digits", "380671234567"), ("masked", "+38 (067) 123-45-67")]
)
def test_written_number_is_stored_as_the_world_says(ask: Ask, enter: Enter, stored: str, number: str) -> None:
    enter(stored_number=stored)
    contact_id = create(ask).json()["id"]

    contact = ask("GET", f"/contact/{contact_id}?fields=phones").json()["contact"]
    assert [phone["number"] for phone in contact["phones"]] == [number]


@pytest.mark.parametrize(
    ("phone_filter", "stored", "plus", "digits", "part"),
    [
        ("contains", "as_given", True, True, True),
        ("contains", "digits", False, True, True),
        ("contains", "masked", False, False, False),
        ("equals", "as_given", True, False, False),
        ("equals", "digits", False, True, False),
        ("equals", "masked", False, False, False),
        ("digits", "masked", True, True, True),
        ("with_plus", "digits", True, False, False),
        ("with_plus", "masked", True, False, False),
        ("nothing", "as_given", False, False, False),
    ],
)
def test_stored_number_is_found_by_the_spellings_of_the_world(
    account: Account, ask: Ask, enter: Enter, phone_filter: str, stored: str, plus: bool, digits: bool, part: bool
) -> None:
    enter(phone_filter=phone_filter, stored_number=stored)
    account.add_contact(name="Olha", phones=[NUMBER])

    assert [bool(search(ask, value)) for value in (NUMBER, NUMBER[1:], NUMBER[-7:])] == [plus, digits, part]


def test_sandbox_can_hide_contacts_created_by_the_api_from_the_search(account: Account, ask: Ask, enter: Enter) -> None:
    enter(new_contacts="not_found")
    by_hand = account.add_contact(name="Olha", phones=[NUMBER])
    create(ask)

    assert search(ask, NUMBER) == [by_hand.id]


def test_sandbox_can_join_several_contact_filters_by_or(account: Account, ask: Ask, enter: Enter) -> None:
    account.add_contact(name="Olha", phones=["067 000 00 00"])

    assert search(ask, "067", "123") == []
    enter(several_filters="any")
    assert len(search(ask, "067", "123")) == 1
    assert search(ask, "888", "999") == []


def test_sandbox_can_ignore_the_company_flag(account: Account, ask: Ask, enter: Enter) -> None:
    company = account.add_contact(name="Koval & Sons", phones=[NUMBER], is_company=True)

    assert search(ask, NUMBER) == []
    enter(company_flag="ignored")
    assert search(ask, NUMBER) == [company.id]


def test_sandbox_can_find_deleted_contacts(account: Account, ask: Ask, enter: Enter) -> None:
    gone = account.add_contact(name="Olha", phones=[NUMBER], is_deleted=True)
    enter(deleted_contacts="found")

    (row,) = ask("POST", "/contact/list", {"fields": "id,isDeleted"}).json()["contacts"]
    assert row == {"id": gone.id, "isDeleted": True}


@pytest.mark.parametrize(
    ("switches", "hours_found"),
    [
        ({}, [0]),
        ({"filter_zone": "west"}, []),
        ({"filter_zone": "east"}, [0, 3]),
        ({"changed_filter": "nothing"}, []),
        ({"changed_filter": "ignored"}, [0, 3]),
    ],
)
def test_contacts_changed_since_a_time_are_listed_as_the_world_says(
    account: Account, ask: Ask, enter: Enter, switches: dict[str, str], hours_found: list[int]
) -> None:
    enter(**switches)
    contact = account.add_contact(name="Olha", created=datetime(2026, 1, 5, 10, 30, 40, tzinfo=UTC))

    def is_listed(hours: int) -> bool:
        """True if a request for changes since this time, in Kyiv's time, lists the contact."""
        value = {
            "dateType": "otherRange_withTime",
            "dateFrom": f"05-01-2026 {12 + hours}:30",
            "dateTo": "01-01-2027 00:00",
        }
        question = {"filters": [{"type": 38, "operator": "equal", "value": value}]}
        return [row["id"] for row in ask("POST", "/contact/list", question).json()["contacts"]] == [contact.id]

    assert [hours for hours in (0, 3) if is_listed(hours)] == hours_found


def test_sandbox_can_require_a_field_of_a_contact_template(account: Account, ask: Ask, enter: Enter) -> None:
    enter(contact_template="requires_field")
    (field_id,) = account.required_contact_fields

    refused = create(ask).json()
    assert refused == {"result": "fail", "code": 30, "error": f"custom_field_is_required, id {field_id}"}
    assert create(ask, customFieldData=[{"field": {"id": field_id}, "value": "site"}]).status_code == 201
    enter(contact_template="free")
    assert create(ask).status_code == 201


# Comments


@pytest.mark.parametrize("switch", ["employee_owner", "contact_owner"])
def test_sandbox_can_ignore_or_refuse_the_author_of_a_comment(
    account: Account, ask: Ask, enter: Enter, olha: Any, switch: str
) -> None:
    others = {"employee_owner": f"contact:{olha.id}", "contact_owner": "user:5"}
    owner = {"employee_owner": "user:5", "contact_owner": f"contact:{olha.id}"}[switch]

    enter(**{switch: "ignored"})
    comment(ask, olha.id, owner={"id": owner})
    comment(ask, olha.id, owner={"id": others[switch]})
    assert [one.author for one in account.comments] == ["user:1", others[switch]]

    enter(**{switch: "refused"})
    refused = comment(ask, olha.id, owner={"id": owner})
    assert (refused.status_code, refused.json()["code"]) == (400, 6)
    assert comment(ask, olha.id, owner={"id": "user:1"}).status_code == 201


@pytest.mark.parametrize(
    ("rule", "at"),
    [
        ("honoured", datetime(2026, 9, 30, 12, 37, tzinfo=UTC)),
        ("account_zone", datetime(2026, 9, 30, 9, 37, tzinfo=UTC)),
    ],
)
def test_comment_time_is_read_in_the_zone_of_the_world(
    account: Account, ask: Ask, enter: Enter, olha: Any, rule: str, at: datetime
) -> None:
    enter(comment_time=rule)
    comment(ask, olha.id, dateTime={"datetime": "2026-09-30T12:37Z"})

    assert [one.at for one in account.comments] == [at]


def test_sandbox_can_ignore_the_time_of_a_comment(account: Account, ask: Ask, enter: Enter, olha: Any) -> None:
    enter(comment_time="ignored")
    comment(ask, olha.id, dateTime={"datetime": "2026-09-30T12:37Z"})

    (one,) = account.comments
    assert abs(one.at - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("kept", "<b>Call</b><br/>1 &lt; 2"),
        ("escaped", "&lt;b&gt;Call&lt;/b&gt;&lt;br/&gt;1 &amp;lt; 2"),
        ("stripped", "Call1 < 2"),
    ],
)
def test_html_of_a_comment_is_kept_escaped_or_stripped(
    account: Account, ask: Ask, enter: Enter, olha: Any, html: str, text: str
) -> None:
    enter(html=html)
    comment(ask, olha.id, description="<b>Call</b><br/>1 &lt; 2")

    assert [one.description for one in account.comments] == [text]


def test_sandbox_can_strip_emoji(account: Account, ask: Ask, enter: Enter, olha: Any) -> None:
    enter(emoji="stripped")
    comment(ask, olha.id, description="🔥 Знижка")

    assert [one.description for one in account.comments] == [" Знижка"]


@pytest.mark.parametrize(("rule", "status", "hidden"), [("honoured", 201, [True]), ("ignored", 201, [False])])
def test_hidden_flag_of_a_comment_is_honoured_or_ignored(
    account: Account, ask: Ask, enter: Enter, olha: Any, rule: str, status: int, hidden: list[bool]
) -> None:
    enter(hidden_flag=rule)

    assert comment(ask, olha.id, isHidden=True).status_code == status
    assert [one.is_hidden for one in account.comments] == hidden


def test_sandbox_can_refuse_a_hidden_comment(ask: Ask, enter: Enter, olha: Any) -> None:
    enter(hidden_flag="refused")

    assert comment(ask, olha.id, isHidden=True).json()["code"] == 6
    assert comment(ask, olha.id, isHidden=False).status_code == 201


@pytest.mark.parametrize(
    ("order", "direction", "reverse"),
    [("as_asked", "Desc", True), ("ascending", "Desc", False), ("descending", "Asc", True)],
)
def test_comment_list_is_in_the_order_of_the_world(
    ask: Ask, enter: Enter, olha: Any, order: str, direction: str, reverse: bool
) -> None:
    enter(comment_order=order)
    ids = [comment(ask, olha.id).json()["id"] for _ in range(3)]

    body = {"resultOrder": [{"field": "id", "direction": direction}]}
    rows = ask("POST", f"/contact/{olha.id}/comments/list", body).json()["comments"]
    assert [row["id"] for row in rows] == sorted(ids, reverse=reverse)


@pytest.mark.parametrize(("rule", "names"), [("replace", ["b.mp3"]), ("add", ["a.mp3", "b.mp3"])])
def test_files_of_a_comment_update_replace_or_join_the_old_ones(
    account: Account, ask: Ask, enter: Enter, olha: Any, rule: str, names: list[str]
) -> None:
    first, second = (account.add_file(name=n, content=b"RIFF", content_type="audio/mpeg") for n in ("a.mp3", "b.mp3"))
    comment_id = comment(ask, olha.id, files=[{"id": first.id}]).json()["id"]

    enter(updated_files=rule)
    ask("POST", f"/contact/{olha.id}/comments/{comment_id}", {"files": [{"id": second.id}]})
    assert [file.name for file in account.comments[0].files] == names


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ("readable", {"sourceObjectId": "6f3c1d0e-0a57-4a55-9a44-1f0f3b8a9c11"}),
        ("not_readable", {}),
        ("not_stored", {"sourceObjectId": ""}),
    ],
)
def test_source_object_id_is_shown_hidden_or_not_stored(
    ask: Ask, enter: Enter, olha: Any, rule: str, shown: dict[str, str]
) -> None:
    enter(source_object_id=rule)
    comment_id = comment(ask, olha.id, sourceObjectId="6f3c1d0e-0a57-4a55-9a44-1f0f3b8a9c11").json()["id"]

    row = ask("GET", f"/comment/{comment_id}?fields=id,sourceObjectId").json()["comment"]
    assert row == {"id": comment_id, **shown}


# Data tags


def write(ask: Ask, contact_id: int, values: dict[int, Any], tag_id: int = CALL_TAG_ID) -> Any:
    data = [{"field": {"id": field_id}, "value": value} for field_id, value in values.items()]
    body = {"dataTag": {"id": tag_id}, "items": [{"customFieldData": data}]}
    return ask("POST", f"/contact/{contact_id}/datatags/", body)


def test_sandbox_can_refuse_entries_of_system_tags_but_not_of_own_ones(
    account: Account, ask: Ask, enter: Enter, olha: Any
) -> None:
    line = CustomField(id=1, name="Line", type=0, object_type=4)
    account.tags[8] = DataTag(id=8, name="Ringostat call", group="Own", group_id=3, fields=(line,))
    enter(system_tags="refused")

    assert write(ask, olha.id, {}).json()["code"] == 6001
    assert write(ask, olha.id, {1: "x"}, tag_id=8).status_code == 201


def test_sandbox_can_drop_values_of_own_fields(account: Account, ask: Ask, enter: Enter, olha: Any) -> None:
    enter(own_fields="dropped")
    utm = next(field for field in account.tags[CALL_TAG_ID].fields if field.name == "utm_source")

    assert write(ask, olha.id, {41629: "+380442223344", utm.id: "google"}).status_code == 201
    (entry,) = account.tag_entries
    assert (entry.values["External line"], entry.values["utm_source"]) == ("+380442223344", "")


@pytest.mark.parametrize(("rule", "status", "stored"), [("kept", 201, ["Odd"]), ("dropped", 201, [""])])
def test_list_value_that_is_no_item_is_kept_or_dropped(
    account: Account, ask: Ask, enter: Enter, olha: Any, rule: str, status: int, stored: list[str]
) -> None:
    enter(list_values=rule)

    assert write(ask, olha.id, {41621: "Odd"}).status_code == status
    assert [entry.values["Type"] for entry in account.tag_entries] == stored


def test_sandbox_can_refuse_a_list_value_that_is_no_item(ask: Ask, enter: Enter, olha: Any) -> None:
    enter(list_values="refused")

    assert write(ask, olha.id, {41621: "Odd"}).json()["code"] == 6001
    assert write(ask, olha.id, {41621: "Incoming"}).status_code == 201


@pytest.mark.parametrize(("end", "status"), [("00:02", 400), ("24:00", 201), ("23:59", 201)])
def test_sandbox_can_refuse_an_overnight_period(ask: Ask, enter: Enter, olha: Any, end: str, status: int) -> None:
    enter(overnight_period="refused")

    assert write(ask, olha.id, {41619: {"from": {"time": "23:58"}, "to": {"time": end}}}).status_code == status


# Files, tasks, times and limits


def fetch(ask: Ask, sandbox: Sandbox) -> Any:
    return ask("POST", "/file/from-url/", {"name": "a.wav", "url": f"{sandbox.url}/recordings/a.1.wav?token=0"})


def test_sandbox_can_refuse_a_file_from_a_url(ask: Ask, enter: Enter, sandbox: Sandbox) -> None:
    enter(file_from_url="refused")

    assert fetch(ask, sandbox).json()["code"] == 41


def test_sandbox_can_store_a_file_without_its_content_type(
    account: Account, ask: Ask, enter: Enter, sandbox: Sandbox
) -> None:
    enter(file_from_url="wrong_type")

    assert fetch(ask, sandbox).status_code == 200
    assert [file.content_type for file in account.files] == ["application/octet-stream"]


def test_sandbox_can_take_long_to_fetch_a_file(account: Account, ask: Ask, enter: Enter, sandbox: Sandbox) -> None:
    account.slow_fetch = 0.2
    enter(file_from_url="slow")
    began = time.monotonic()

    assert fetch(ask, sandbox).status_code == 200
    assert time.monotonic() - began > 0.2


@pytest.mark.parametrize(("rule", "names"), [("honoured", ["Hers"]), ("ignored", ["Hers", "Other"]), ("nothing", [])])
def test_task_filter_by_contact_is_honoured_or_ignored_or_finds_nothing(
    account: Account, ask: Ask, enter: Enter, olha: Any, rule: str, names: list[str]
) -> None:
    account.add_task(olha.id, "Hers")
    account.add_task(account.add_contact(name="Ivan").id, "Other")
    enter(task_filter=rule)

    body = {"fields": "id,name", "filters": [{"type": 7, "operator": "equal", "value": f"contact:{olha.id}"}]}
    assert [row["name"] for row in ask("POST", "/task/list", body).json()["tasks"]] == names


def test_sandbox_can_leave_out_the_activity_of_a_task_status(
    account: Account, ask: Ask, enter: Enter, olha: Any
) -> None:
    account.add_task(olha.id, "Order")
    enter(task_activity="absent")

    (row,) = ask("POST", "/task/list", {"fields": "id,status"}).json()["tasks"]
    assert "isActive" not in row["status"]
    statuses = ask("GET", "/process/task/1/statuses?fields=id,name,isActive").json()["statuses"]
    assert "isActive" in statuses[0]


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("full", {"date", "time", "datetime", "dateTimeUtcSeconds"}),
        ("utc_only", {"datetime", "dateTimeUtcSeconds"}),
        ("local_only", {"date", "time"}),
    ],
)
def test_time_points_have_the_parts_of_the_world(
    account: Account, ask: Ask, enter: Enter, olha: Any, rule: str, parts: set[str]
) -> None:
    account.add_task(olha.id, "Order")
    enter(time_points=rule)

    (row,) = ask("POST", "/task/list", {"fields": "id,dateTime"}).json()["tasks"]
    assert set(row["dateTime"]) == parts


@pytest.mark.parametrize(
    ("rule", "status", "body", "left"),
    [
        ("status_429", 429, {"code": 0}, False),
        ("code_22", 403, {"code": 22, "timeToReset": 60_000}, False),
        ("daily_limit", 403, {"code": 22}, True),
    ],
)
def test_every_second_request_is_too_fast_with_the_answer_of_the_world(
    account: Account, ask: Ask, enter: Enter, rule: str, status: int, body: dict[str, int], left: bool
) -> None:
    enter(too_fast=rule)
    account.quota.limits.every = 2

    assert ask("GET", "/ping").status_code == 200
    refused = ask("GET", "/ping")
    assert refused.status_code == status
    assert body.items() <= refused.json().items()
    assert (refused.headers["X-RateLimit-Remaining"] == "0") is left


# Choosing a world


def control(sandbox: Sandbox, method: str, path: str, body: Any = None) -> requests.Response:
    return requests.request(method, f"{sandbox.url}/_sandbox/{path}", json=body, timeout=10)


def test_world_is_entered_and_left_by_the_control_api(sandbox: Sandbox, account: Account) -> None:
    entered = control(sandbox, "POST", "accounts/default/world", {"html": "escaped", "emoji": "refused"}).json()

    assert account.world.changed() == {"html": "escaped", "emoji": "refused"}
    assert entered == control(sandbox, "GET", "accounts/default/world").json() == account.world.switches()
    control(sandbox, "DELETE", "accounts/default/world")
    assert account.world == World()


@pytest.mark.parametrize("switches", [{"htmll": "kept"}, {"html": "bold"}])
def test_control_api_names_an_unknown_switch(sandbox: Sandbox, account: Account, switches: dict[str, str]) -> None:
    answer = control(sandbox, "POST", "accounts/default/world", switches)

    assert answer.status_code == 400
    assert "html" in answer.json()["error"]
    assert account.world == World()


def test_switches_are_listed_with_their_default_first(sandbox: Sandbox) -> None:
    listed = control(sandbox, "GET", "worlds").json()

    assert {name: values[0] for name, values in listed.items()} == World().switches()
    assert all(len(values) > 1 for values in listed.values())


def test_new_accounts_begin_in_the_world_of_the_sandbox() -> None:
    sandbox = Sandbox(world=World().with_switches({"html": "stripped"}))

    assert sandbox.add_account("acme", token="t").world.changed() == {"html": "stripped"}


def test_sandbox_command_refuses_an_unknown_switch() -> None:
    with pytest.raises(CommandError, match="stored_number is one of as_given, digits, masked, not plus"):
        call_command("sandbox", "--world", "stored_number=plus")


def test_account_page_shows_the_switches_of_the_world(sandbox: Sandbox, enter: Enter) -> None:
    url = f"{sandbox.url}/account/"
    assert "World: as documented" in requests.get(url, timeout=10).text
    enter(html="escaped")

    html = requests.get(url, timeout=10).text
    assert "<code>html=escaped</code>" in html
    assert all(f"<dt>{name}</dt>" in html for name in SWITCHES)


def test_the_documentation_lists_every_switch_with_its_values() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", (PROJECT / "docs/sandbox.md").read_text(), re.MULTILINE)

    assert {name: tuple(re.findall(r"`(\w+)`", values)) for name, values in rows} == dict(SWITCHES)
