"""The sandbox stores comments and data tag entries as Planfix does."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.planfix.account import Account
from sandbox.planfix.records import Contact
from tests.sandbox.conftest import Ask

CALL, MISSED_CALL = 7025, 7027
SOURCE = "6f3c1d0e-0a57-4a55-9a44-1f0f3b8a9c11"


def comment_on(ask: Ask, contact: Contact, **body: Any) -> int:
    answer = ask("POST", f"/contact/{contact.id}/comments/", {"description": "Call", **body})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def test_a_comment_keeps_author_time_text_and_source(ask: Ask, account: Account, olha: Contact) -> None:
    comment_on(
        ask,
        olha,
        owner={"id": "user:5"},
        dateTime={"datetime": "2026-08-20T09:15Z"},
        description="<b>Call</b><!-- hidden -->",
        sourceObjectId=SOURCE,
    )

    (comment,) = account.comments
    assert (comment.author, comment.contact_id, comment.task_id) == ("user:5", olha.id, None)
    assert comment.at.isoformat() == "2026-08-20T09:15:00+00:00"
    assert (comment.description, comment.source_object_id) == ("<b>Call</b>", SOURCE)


@pytest.mark.parametrize(
    ("owner", "author"),
    [
        (None, "user:1"),
        ("user:6", "user:6"),
        ("contact:5", "contact:5"),
        ("5", "user:1"),
        (5, "user:1"),
    ],
)
def test_owner_without_a_prefix_becomes_the_tokens_employee(
    ask: Ask, account: Account, olha: Contact, owner: str | int | None, author: str
) -> None:
    assert olha.id == 5

    comment_on(ask, olha, **({"owner": {"id": owner}} if owner else {}))

    assert account.comments[0].author == author


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"owner": {"id": "user:99"}}, 41),
        ({"owner": {"id": "contact:99"}}, 41),
        ({"owner": {"id": "robot:1"}}, 41),
        ({"dateTime": {"datetime": "2026-08-20 09:15"}}, 41),
        ({"sourceObjectId": "call-1"}, 41),
        ({"files": [{"id": 1}]}, 7000),
        ({"description": " "}, 5001),
    ],
)
def test_comment_with_an_invalid_value_is_not_written(
    ask: Ask, account: Account, olha: Contact, body: dict[str, Any], code: int
) -> None:
    answer = ask("POST", f"/contact/{olha.id}/comments/", {"description": "Call", **body})

    assert (answer.status_code, answer.json()["code"], account.comments) == (400, code, [])


@pytest.mark.parametrize(("path", "code"), [("/contact/99/comments/", 2000), ("/task/99/comments/", 1000)])
def test_a_comment_needs_a_contact_or_task_that_exists(ask: Ask, path: str, code: int) -> None:
    answer = ask("POST", path, {"description": "Call"})

    assert (answer.status_code, answer.json()["code"]) == (404, code)


def test_a_deleted_contact_takes_no_comment(ask: Ask, olha: Contact) -> None:
    olha.is_deleted = True

    assert ask("POST", f"/contact/{olha.id}/comments/", {"description": "Call"}).json()["code"] == 2000


@pytest.mark.parametrize(
    ("order", "texts"),
    [
        (None, ["second", "first", "third"]),
        ([{"field": "dateTime", "direction": "Desc"}], ["third", "second", "first"]),
        ([{"filed": "dateTime", "direction": "Asc"}], ["first", "second", "third"]),
        ([{"field": "id", "direction": "Desc"}], ["third", "first", "second"]),
    ],
)
def test_comments_are_listed_in_the_requested_order(
    ask: Ask, olha: Contact, order: list[dict[str, str]] | None, texts: list[str]
) -> None:
    for text, time in (("second", "10:00"), ("first", "09:00"), ("third", "11:00")):
        comment_on(ask, olha, description=text, dateTime={"date": "20-08-2026", "time": time})
    body = {"fields": "description", **({"resultOrder": order} if order else {})}

    listed = ask("POST", f"/contact/{olha.id}/comments/list", body).json()["comments"]
    last = ask("POST", f"/contact/{olha.id}/comments/list", {**body, "offset": 2, "pageSize": 1}).json()["comments"]

    assert [comment["description"] for comment in listed] == texts
    assert [comment["description"] for comment in last] == texts[2:]


def test_a_comment_of_a_task_is_listed_there_only(ask: Ask, account: Account, olha: Contact) -> None:
    task = account.add_task(olha.id, "Order")
    ask("POST", f"/task/{task.id}/comments/", {"description": "Call", "owner": {"id": f"contact:{olha.id}"}})

    on_task = ask("POST", f"/task/{task.id}/comments/list", {"fields": "owner,task"}).json()["comments"]

    assert on_task[0]["owner"] == {"id": f"contact:{olha.id}", "name": "Olha Koval"}
    assert on_task[0]["task"] == {"id": task.id}
    assert ask("POST", f"/contact/{olha.id}/comments/list", {}).json()["comments"] == []


def test_comment_update_changes_the_comment_and_answers_without_a_body(
    ask: Ask, account: Account, olha: Contact
) -> None:
    file = account.add_file(name="call.wav", content=b"x", content_type="audio/wav")
    comment = comment_on(ask, olha)

    answer = ask(
        "POST", f"/contact/{olha.id}/comments/{comment}?silent=true", {"description": "New", "files": [{"id": file.id}]}
    )

    assert (answer.status_code, answer.text) == (200, "")
    assert (account.comments[0].description, account.comments[0].files) == ("New", [file])


def test_a_comment_is_not_updated_through_another_contact(ask: Ask, account: Account, olha: Contact) -> None:
    other = account.add_contact(name="Petro")
    comment = comment_on(ask, olha)

    answer = ask("POST", f"/contact/{other.id}/comments/{comment}", {"description": "New"})

    assert (answer.status_code, answer.json()["code"]) == (400, 5000)
    assert account.comments[0].description == "Call"


def test_deleted_comment_is_not_found(ask: Ask, account: Account, olha: Contact) -> None:
    comment = comment_on(ask, olha)

    ask("DELETE", f"/comment/{comment}")

    assert account.comments == []
    assert ask("GET", f"/comment/{comment}").json()["code"] == 5000
    assert ask("POST", f"/contact/{olha.id}/comments/list", {}).json()["comments"] == []


def test_the_list_of_all_comments_is_refused_without_filters(ask: Ask) -> None:
    answer = ask("POST", "/comment/list", {})

    assert (answer.status_code, answer.json()["code"]) == (400, 0)


# Data tags

TAG_NAMES = {
    "en": ("Telephony", "Call", "Missed call", ["Incoming", "Outgoing"]),
    "ru": ("Телефония", "Звонок", "Пропущенный звонок", ["Входящий", "Исходящий"]),
    "uk": ("Телефонія", "Дзвінок", "Пропущений дзвінок", ["Вхідний", "Вихідний"]),
    "pl": ("Telefonia", "Połączenie", "Nieodebrane połączenie", ["Przychodzące", "Wychodzące"]),
}


@pytest.mark.parametrize("language", TAG_NAMES)
def test_telephony_tags_have_the_standard_fields_in_order(language: str) -> None:
    group, call_name, missed_name, directions = TAG_NAMES[language]

    call, missed = Account.telephony("a", "t", language=language).tags.values()

    assert (call.group, call.name, missed.name) == (group, call_name, missed_name)
    assert [field.type for field in call.fields] == [3, 6, 8, 1, 13, 13, 0, 0, 0, 0, 0, 0, 0, 0]
    assert [field.type for field in missed.fields] == [5, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0]
    assert list(call.fields[2].choices) == list(missed.fields[1].choices) == directions
    assert [field.name for field in missed.fields][-5:] == [
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_content",
        "utm_term",
    ]
    assert len({field.id for field in (*call.fields, *missed.fields)}) == 25


def test_tags_and_their_fields_can_be_read_in_three_ways(ask: Ask) -> None:
    listed = ask("POST", "/datatag/list", {"fields": "id,name,group,fields"}).json()["dataTags"]
    single = ask("GET", f"/datatag/{CALL}?fields=id,name,group,fields").json()["dataTag"]
    fields = ask("GET", f"/customfield/datatag/{CALL}?fields=id,name,type,enumValues").json()["customfields"]

    assert [tag["id"] for tag in listed] == [CALL, MISSED_CALL]
    assert listed[0] == single
    assert [field["id"] for field in fields] == [field["id"] for field in single["fields"]]
    assert fields[2]["enumValues"] == ["Incoming", "Outgoing"]


def test_unknown_data_tag_is_answered_404_with_code_6000(ask: Ask) -> None:
    answer = ask("GET", "/datatag/1")

    assert (answer.status_code, answer.json()["code"]) == (404, 6000)


def entry(tag: int, values: dict[int, Any]) -> dict[str, Any]:
    data = [{"field": {"id": number}, "value": value} for number, value in values.items()]
    return {"dataTag": {"id": tag}, "items": [{"customFieldData": data}]}


@pytest.mark.parametrize(
    ("field", "sent", "read"),
    [
        (41617, {"date": "20-08-2026"}, "20-08-2026"),
        (41617, "20-08-2026", ""),
        (41619, {"from": {"time": "12:15"}, "to": {"time": "12:17"}}, "12:15 - 12:17"),
        (41619, {"from": {"time": "23:58"}, "to": {"time": "24:00"}}, "23:58 - 24:00"),
        (41619, {"durationSec": 120}, ""),
        (41621, "Sideways", "Sideways"),
        (41623, 124, "124"),
        (41623, "a lot", ""),
        (41625, {"id": "user:5"}, "Iryna Bondar"),
        (41625, {"id": "user:99"}, ""),
        (41627, {"id": "contact:5"}, "Olha Koval"),
        (41631, "+380671234567", "+380671234567"),
        (41631, "x" * 300, "x" * 255),
    ],
)
def test_tag_values_are_stored_by_type_and_invalid_ones_as_empty(
    ask: Ask, account: Account, olha: Contact, field: int, sent: Any, read: str
) -> None:
    comment = comment_on(ask, olha)

    answer = ask("POST", f"/contact/{olha.id}/datatags/{comment}", entry(CALL, {field: sent}))

    (written,) = account.tag_entries
    assert answer.status_code == 201
    assert answer.json()["keys"] == [written.key]
    assert written.values[written.tag.field(field).name] == read  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"date": "20-08-2026", "time": "12:20"}, "20-08-2026 12:20"),
        ("20-08-2026 12:20:00", "20-08-2026 12:20"),
        ({"datetime": "2026-08-20T09:20Z"}, ""),
    ],
)
def test_date_and_time_value_is_accepted_in_two_forms(
    ask: Ask, account: Account, olha: Contact, sent: Any, read: str
) -> None:
    ask("POST", f"/contact/{olha.id}/datatags/", entry(MISSED_CALL, {41635: sent}))

    assert account.tag_entries[0].values["Date and time"] == read


def test_unknown_field_ids_of_a_tag_entry_are_dropped(ask: Ask, account: Account, olha: Contact) -> None:
    foreign_field_of_the_other_tag = 41635

    answer = ask(
        "POST",
        f"/contact/{olha.id}/datatags/",
        entry(CALL, {1: "x", foreign_field_of_the_other_tag: "y", 41633: "Main"}),
    )

    assert answer.status_code == 201
    assert {name: value for name, value in account.tag_entries[0].values.items() if value} == {
        "External line name": "Main"
    }


def test_tag_entry_without_a_comment_creates_one_by_the_tokens_employee(
    ask: Ask, account: Account, olha: Contact
) -> None:
    answer = ask("POST", f"/contact/{olha.id}/datatags/", entry(CALL, {41633: "Main"}))

    (comment,) = account.comments
    assert (answer.status_code, answer.json()["commentId"]) == (201, comment.id)
    assert (comment.author, [tag.key for tag in comment.tags]) == ("user:1", answer.json()["keys"])


@pytest.mark.parametrize("body", [entry(1, {}), {"dataTag": {"id": CALL}, "items": []}])
def test_tag_entry_needs_a_known_tag_and_an_item(ask: Ask, olha: Contact, body: dict[str, Any]) -> None:
    answer = ask("POST", f"/contact/{olha.id}/datatags/", body)

    assert (answer.status_code, answer.json()["code"]) == (400, 6001)


def test_tag_entry_on_another_contacts_comment_is_refused(ask: Ask, account: Account, olha: Contact) -> None:
    other = account.add_contact(name="Petro")
    comment = comment_on(ask, olha)

    answer = ask("POST", f"/contact/{other.id}/datatags/{comment}", entry(CALL, {}))

    assert (answer.status_code, answer.json()["code"], account.tag_entries) == (400, 6001, [])


def test_a_comment_shows_its_tags(ask: Ask, olha: Contact) -> None:
    comment = comment_on(ask, olha)
    (key,) = ask("POST", f"/contact/{olha.id}/datatags/{comment}", entry(CALL, {})).json()["keys"]

    shown = ask("GET", f"/comment/{comment}?fields=dataTags").json()["comment"]

    assert shown["dataTags"] == [{"dataTag": {"id": CALL, "name": "Call"}, "key": key}]


def test_tag_entry_can_be_read_changed_listed_and_deleted(ask: Ask, account: Account, olha: Contact) -> None:
    (key,) = ask("POST", f"/contact/{olha.id}/datatags/", entry(CALL, {41633: "Main"})).json()["keys"]
    change = {"customFieldData": [{"field": {"id": 41633}, "value": "Second"}]}

    changed = ask("POST", f"/datatag/entry/{key}", change)
    read = ask("GET", f"/datatag/entry/{key}?fields=key,commentId,41633").json()["entry"]
    listed = ask("POST", f"/datatag/{CALL}/entry/list", {"contactId": f"contact:{olha.id}"}).json()["dataTagEntries"]
    ask("DELETE", f"/datatag/entry/{key}")

    assert (changed.status_code, changed.text) == (200, "")
    assert read["commentId"] == account.comments[0].id
    assert [data["value"] for data in read["customFieldData"]] == ["Second"]
    assert [row["key"] for row in listed] == [key]
    assert (account.tag_entries, account.comments[0].tags) == ([], [])
    assert ask("GET", f"/datatag/entry/{key}").json()["code"] == 6000
