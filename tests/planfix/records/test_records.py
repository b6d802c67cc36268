"""Contacts, tasks, files, comments and tag entries: the requests to Planfix, and how its answers are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
import responses

from integrations.planfix.call_tags.entries import find_tag_key, write_tag
from integrations.planfix.call_tags.schema import CallTag
from integrations.planfix.http.client import PlanfixClient
from integrations.planfix.http.errors import PlanfixRefused, PlanfixUnavailable
from integrations.planfix.records.comments import (
    SOURCE_ID,
    CommentDraft,
    Target,
    find_comment,
    update_comment,
    write_comment,
)
from integrations.planfix.records.contacts import (
    FoundContact,
    NewContact,
    contact_templates,
    create_contact,
    find_contacts,
    first_candidates,
)
from integrations.planfix.records.files import copy_recording
from integrations.planfix.records.tasks import FOREIGN_TASKS, UNKNOWN_ACTIVITY, LastTask, last_active_task

REST = "https://acme.planfix.com/rest"
NUMBER = "+380671234567"
OBJECT_ID = UUID("6f3c1d0e-0a57-4a55-9a44-1f0f3b8a9c11")
CONTACT = Target(kind="contact", id=812)
TASK = Target(kind="task", id=4102)
NOON = datetime(2026, 8, 20, 12, 0, tzinfo=UTC)


def contact_row(contact_id: object, *numbers: str, **more: object) -> dict[str, object]:
    return {"id": contact_id, "name": "Olha", "phones": [{"number": n, "type": 1} for n in numbers], **more}


def found(planfix, client, *rows) -> list[int]:
    planfix.post(f"{REST}/contact/list", json={"result": "success", "contacts": list(rows)})
    return [contact.id for contact in find_contacts(client, NUMBER)]


@pytest.mark.parametrize(
    ("rows", "ids"),
    [
        ([], []),
        ([contact_row(812, NUMBER)], [812]),
        ([contact_row("contact:812", f" {NUMBER} ")], [812]),
        ([contact_row(812, "+380441111111", NUMBER)], [812]),
        ([contact_row(900, NUMBER), contact_row(812, NUMBER)], [812, 900]),
        ([contact_row(812, NUMBER + "8")], []),
        ([contact_row(812, "380671234567")], [812]),
        ([contact_row(812, "+38 (067) 123-45-67")], [812]),
        ([contact_row(812, "067 123-45-67")], []),
        ([contact_row(812, NUMBER, isCompany=True), contact_row(900, NUMBER)], [900, 812]),
        ([contact_row(812, NUMBER, isDeleted=True)], []),
        ([contact_row(812, NUMBER, isDeleted=False)], [812]),
        ([{"id": 812}, {"id": 813, "phones": None}, {"id": 814, "phones": ["x"]}, {"phones": []}], []),
    ],
)
def test_only_contacts_with_the_digits_of_the_full_number_are_found(planfix, client, rows, ids):
    assert found(planfix, client, *rows) == ids


def test_found_contact_has_its_name_and_phones(planfix, client):
    row = contact_row(812, NUMBER, lastname="Koval", isCompany=False)
    planfix.post(f"{REST}/contact/list", json={"result": "success", "contacts": [row]})

    assert find_contacts(client, NUMBER) == [
        FoundContact(id=812, name="Olha Koval", is_company=False, phones=(NUMBER,))
    ]


def test_contact_search_uses_the_phone_filter(planfix, client, sent):
    assert found(planfix, client) == []

    (body,) = sent()
    assert body["filters"] == [{"type": 4003, "operator": "equal", "value": NUMBER}]
    assert (body["isCompany"], body["offset"], body["pageSize"]) == (False, 0, 100)
    assert {"id", "phones", "isDeleted"} <= set(body["fields"].split(","))


def test_contact_search_can_ask_for_companies(planfix, client, sent):
    row = contact_row(77, NUMBER, isCompany=True)
    planfix.post(f"{REST}/contact/list", json={"result": "success", "contacts": [row]})

    (company,) = find_contacts(client, NUMBER, companies=True)

    assert company.is_company
    assert sent()[0]["isCompany"] is True


def test_contact_search_reads_all_pages(planfix, client, sent):
    first = [contact_row(number, NUMBER + "8") for number in range(1, 101)]
    planfix.post(f"{REST}/contact/list", json={"result": "success", "contacts": first})
    planfix.post(f"{REST}/contact/list", json={"result": "success", "contacts": [contact_row(812, NUMBER)]})

    assert [contact.id for contact in find_contacts(client, NUMBER)] == [812]
    assert [body["offset"] for body in sent()] == [0, 100]


def test_contact_search_returns_every_spelling_that_contains_the_digits(planfix, client):
    rows = [contact_row(2, "067 123-45-67"), contact_row(1, "380671234567"), contact_row(3, "1", isDeleted=True)]
    planfix.post(f"{REST}/contact/list", json={"result": "success", "contacts": rows})

    assert [contact.phones for contact in first_candidates(client, ["4567"])[0]] == [
        ("067 123-45-67",),
        ("380671234567",),
    ]


def test_contact_list_without_its_key_is_empty(planfix, client):
    planfix.post(f"{REST}/contact/list", json={"result": "success"})

    assert find_contacts(client, NUMBER) == []


def test_a_contact_is_created_by_template_with_supervisor_and_fields(planfix, client, sent):
    planfix.post(f"{REST}/contact/", json={"result": "success", "id": 813}, status=201)
    contact = NewContact(
        name=NUMBER,
        phone=NUMBER,
        template_id=1,
        supervisor_id=5,
        source_object_id=OBJECT_ID,
        fields={46: "google", 47: "", 48: "x" * 300},
    )

    assert create_contact(client, contact) == 813
    assert sent() == [
        {
            "template": {"id": 1},
            "name": NUMBER,
            "isCompany": False,
            "phones": [{"number": NUMBER, "type": 1}],
            "sourceObjectId": str(OBJECT_ID),
            "supervisors": {"users": [{"id": "user:5"}], "groups": []},
            "customFieldData": [
                {"field": {"id": 46}, "value": "google"},
                {"field": {"id": 48}, "value": "x" * 255},
            ],
        }
    ]


def test_a_contact_without_supervisor_and_fields_sends_neither(planfix, client, sent):
    planfix.post(f"{REST}/contact/", json={"result": "success", "id": 813}, status=201)

    create_contact(client, NewContact(name="n", phone=NUMBER, template_id=1, source_object_id=OBJECT_ID))

    assert set(sent()[0]) == {"template", "name", "isCompany", "phones", "sourceObjectId"}


@pytest.mark.parametrize("answer", [{"result": "success"}, {"result": "success", "id": None}, {}])
def test_write_without_an_id_in_the_answer_may_have_happened(planfix, client, answer):
    planfix.post(f"{REST}/contact/", json=answer, status=201)
    contact = NewContact(name="n", phone=NUMBER, template_id=1, source_object_id=OBJECT_ID)

    with pytest.raises(PlanfixUnavailable) as caught:
        create_contact(client, contact)

    assert caught.value.may_have_written


def test_contact_templates_are_read_to_the_last_page(planfix, client):
    pages = [[{"id": n, "name": f"T{n}"} for n in range(1, 101)], [{"id": 101, "name": "Клієнт"}]]
    for page in pages:
        planfix.get(f"{REST}/contact/templates", json={"result": "success", "templates": page})

    templates = contact_templates(client)

    assert (len(templates), templates[0], templates[-1]) == (101, (1, "T1"), (101, "Клієнт"))
    assert "offset=100" in str(planfix.calls[1].request.url)


# Tasks


def task_row(
    task_id: object, created: object = "2026-08-02T07:11Z", *, active: object = True, **more: object
) -> dict[str, object]:
    moment = created if isinstance(created, dict) else {"datetime": created}
    status = {"id": 2, "isActive": active}
    return {"id": task_id, "status": status, "dateTime": moment, "counterparty": {"id": "contact:812"}, **more}


@pytest.mark.parametrize(
    ("rows", "task_id"),
    [
        ([], None),
        ([task_row(1)], 1),
        ([task_row(1, active=False)], None),
        ([task_row(1, active=None)], None),
        ([task_row(1, isDeleted=True)], None),
        ([task_row(9, "2026-08-01T00:00Z"), task_row(3, "2026-08-02T00:00Z")], 3),
        ([task_row(9, "2026-08-02T00:00Z", active=False), task_row(3, "2026-08-01T00:00Z")], 3),
        ([task_row(4), task_row(5), task_row(3)], 5),
        ([task_row("task:4"), task_row(3, {})], 4),
        ([task_row(7, {}), task_row(8, None)], 8),
        ([task_row(None)], None),
        (
            [
                task_row(1, {"datetime": "2026-08-02T07:11Z", "dateTimeUtcSeconds": "2026-08-02T07:11:50+0000"}),
                task_row(2, {"datetime": "2026-08-02T07:11Z", "dateTimeUtcSeconds": "2026-08-02T07:11:10+0000"}),
            ],
            1,
        ),
        ([task_row(1, {"date": "03-08-2026", "time": "10:11"}), task_row(2)], 1),
    ],
)
def test_the_last_active_task_is_the_newest_created(planfix, client, rows, task_id):
    planfix.post(f"{REST}/task/list", json={"result": "success", "tasks": rows})

    assert last_active_task(client, 812) == LastTask(id=task_id)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([task_row(1), task_row(2, counterparty={"id": "contact:813"})], FOREIGN_TASKS),
        ([task_row(1), task_row(2, counterparty=None)], FOREIGN_TASKS),
        ([task_row(1, status={"id": 2})], UNKNOWN_ACTIVITY),
        ([task_row(1, status=None)], UNKNOWN_ACTIVITY),
    ],
)
def test_unreliable_task_list_gives_no_last_active_task_and_says_why(planfix, client, rows, problem):
    planfix.post(f"{REST}/task/list", json={"result": "success", "tasks": rows})

    assert last_active_task(client, 812) == LastTask(id=None, problem=problem)


def test_tasks_of_a_contact_are_read_to_the_last_page(planfix, client, sent):
    planfix.post(f"{REST}/task/list", json={"result": "success", "tasks": [task_row(1)] * 100})
    planfix.post(f"{REST}/task/list", json={"result": "success", "tasks": [task_row(4102, "2026-08-19T10:00Z")]})

    assert last_active_task(client, 812).id == 4102
    assert [body["offset"] for body in sent()] == [0, 100]
    assert sent()[0]["filters"] == [{"type": 7, "operator": "equal", "value": "contact:812"}]


# Files


def test_a_recording_is_fetched_by_planfix(planfix, client, sent):
    planfix.post(f"{REST}/file/from-url/", json={"result": "success", "id": 147})

    assert copy_recording(client, url="https://rec.example/3f1.mp3", name="call-3f1.mp3") == 147
    assert sent() == [{"url": "https://rec.example/3f1.mp3", "name": "call-3f1.mp3"}]
    assert str(planfix.calls[0].request.url).endswith("?targetType=task")


# Comments


@pytest.mark.parametrize(("target", "path"), [(CONTACT, "/contact/812"), (TASK, "/task/4102")])
def test_a_comment_is_written_in_its_authors_name_at_the_calls_time(planfix, client, sent, target, path):
    planfix.post(f"{REST}{path}/comments/", json={"result": "success", "id": 90211}, status=201)
    draft = CommentDraft(
        owner="user:5",
        at=datetime(2026, 8, 20, 12, 15, 59, tzinfo=timezone(timedelta(hours=3))),
        text="<b>Call</b>",
        file_ids=(147,),
        source_object_id=OBJECT_ID,
    )

    assert write_comment(client, target, draft) == 90211
    assert sent() == [
        {
            "owner": {"id": "user:5"},
            "dateTime": {"datetime": "2026-08-20T09:15Z"},
            "description": "<b>Call</b>",
            "isHidden": False,
            "sourceId": str(SOURCE_ID),
            "sourceObjectId": str(OBJECT_ID),
            "files": [{"id": 147}],
        }
    ]


def test_a_comment_without_files_sends_none(planfix, client, sent):
    planfix.post(f"{REST}/contact/812/comments/", json={"result": "success", "id": 1}, status=201)
    draft = CommentDraft(owner="contact:812", at=NOON, text="x", source_object_id=OBJECT_ID)

    write_comment(client, CONTACT, draft)

    assert "files" not in sent()[0]


MARKER = "ua9_-1790775458.2139025"


def comment_row(comment_id: int, text: str = "", *, at: datetime = NOON, **more: object) -> dict[str, object]:
    return {"id": comment_id, "description": text, "dateTime": {"datetime": f"{at:%Y-%m-%dT%H:%MZ}"}, **more}


def probe(planfix, client, *pages, marker: str = MARKER) -> int | None:
    for page in pages:
        planfix.post(f"{REST}/contact/812/comments/list", json={"result": "success", "comments": page})
    return find_comment(client, CONTACT, source_object_id=OBJECT_ID, marker=marker, since=NOON)


@pytest.mark.parametrize(
    ("row", "is_ours"),
    [
        (comment_row(1, "nothing", sourceObjectId=str(OBJECT_ID)), True),
        (comment_row(1, "nothing", sourceObjectId=str(OBJECT_ID).upper()), True),
        (comment_row(1, f"Call · {MARKER}", sourceObjectId="0c091b1f-a735-44e9-a56c-43435e7a40b6"), False),
        (comment_row(1, f"Call · {MARKER}", sourceObjectId=""), True),
        (comment_row(1, f"Call · {MARKER}"), True),
        (comment_row(1, f"<p>{MARKER}.</p>"), True),
        (comment_row(1, f"<a href='https://x/card/{MARKER}/'>card</a>"), True),
        (comment_row(1, f"Call · {MARKER}7"), False),
        (comment_row(1, f"Call · {MARKER}.7"), False),
        (comment_row(1, f"Call · x{MARKER}"), False),
        (comment_row(1, "another call"), False),
        (comment_row(1, f"Call · {MARKER}", isDeleted=True), False),
    ],
)
def test_our_comment_is_recognised_by_source_object_id_or_else_by_marker(planfix, client, row, is_ours):
    assert probe(planfix, client, [row]) == (1 if is_ours else None)


def test_empty_marker_matches_no_comment(planfix, client):
    assert probe(planfix, client, [comment_row(1, "text")], marker="") is None


def test_marker_of_a_comment_is_found_in_its_escaped_form(planfix, client):
    assert probe(planfix, client, [comment_row(1, "Call · a&amp;b")], marker="a&b") == 1


def test_comment_search_reads_newest_first_and_stops_at_older_comments(planfix, client, sent):
    old = [comment_row(n, at=NOON - timedelta(hours=n)) for n in range(1, 101)]

    assert probe(planfix, client, old) is None
    assert len(sent()) == 1
    assert sent()[0]["resultOrder"] == [{"field": "dateTime", "direction": "Desc"}]
    assert "sourceObjectId" in sent()[0]["fields"]


def test_comment_search_continues_while_comments_are_new_enough(planfix, client, sent):
    young = [comment_row(n, at=NOON - timedelta(minutes=n)) for n in range(1, 101)]

    assert probe(planfix, client, young, [comment_row(500, MARKER)]) == 500
    assert [body["offset"] for body in sent()] == [0, 100]


@pytest.mark.parametrize("step", [timedelta(minutes=1), timedelta(0)])
def test_comment_list_that_is_not_newest_first_is_read_to_its_end(planfix, client, step):
    rising = [comment_row(n, at=NOON - timedelta(days=9) + n * step) for n in range(1, 101)]

    assert probe(planfix, client, rising, [comment_row(500, MARKER)]) == 500


def test_a_comments_text_is_replaced_without_touching_its_files(planfix, client, sent):
    planfix.post(f"{REST}/task/4102/comments/90211", body="")

    update_comment(client, TASK, 90211, text="new")

    assert sent() == [{"description": "new"}]


def test_updated_comment_gets_text_and_files_together(planfix, client, sent):
    planfix.post(f"{REST}/contact/812/comments/90211", json={"result": "success"})

    update_comment(client, CONTACT, 90211, text="new", file_ids=(147, 148))

    assert sent() == [{"description": "new", "files": [{"id": 147}, {"id": 148}]}]


# Tag entries

TAG = CallTag(id=7025, name="Call")


@pytest.mark.parametrize(("target", "path"), [(CONTACT, "/contact/812"), (TASK, "/task/4102")])
def test_tag_entry_is_attached_to_the_comment(planfix, client, sent, target, path):
    planfix.post(f"{REST}{path}/datatags/90211", json={"result": "success", "keys": [128001]}, status=201)

    assert write_tag(client, target, 90211, TAG, [{"field": {"id": 1}, "value": "x"}]) == 128001
    assert sent() == [{"dataTag": {"id": 7025}, "items": [{"customFieldData": [{"field": {"id": 1}, "value": "x"}]}]}]


@pytest.mark.parametrize("keys", [None, [], "128001", {}])
def test_tag_entry_without_a_key_in_the_answer_may_have_been_written(planfix, client, keys):
    planfix.post(f"{REST}/contact/812/datatags/90211", json={"result": "success", "keys": keys}, status=201)

    with pytest.raises(PlanfixUnavailable) as caught:
        write_tag(client, CONTACT, 90211, TAG, [])

    assert caught.value.may_have_written


@pytest.mark.parametrize(
    ("tags", "key"),
    [
        ([], None),
        (None, None),
        ([{"dataTag": {"id": 7025, "name": "Call"}, "key": 128001}], 128001),
        ([{"dataTag": {"id": 9}, "key": 1}, {"dataTag": {"id": 7025}, "key": 2}], 2),
        ([{"dataTag": {"id": 9}, "key": 1}], None),
    ],
)
def test_a_tag_entry_is_found_on_its_comment(planfix, client: PlanfixClient, tags, key):
    planfix.get(
        f"{REST}/comment/90211",
        json={"result": "success", "comment": {"id": 90211, "dataTags": tags}},
        match=[responses.matchers.query_param_matcher({"fields": "id,dataTags"})],
    )

    assert find_tag_key(client, 90211, 7025) == key


def test_reading_a_deleted_comment_is_refused(planfix, client):
    planfix.get(f"{REST}/comment/1", status=400, json={"result": "fail", "code": 5000, "error": "Comment not found"})

    with pytest.raises(PlanfixRefused, match="code 5000"):
        find_tag_key(client, 1, 7025)
