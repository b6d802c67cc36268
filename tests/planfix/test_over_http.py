"""The whole room over real HTTP against the sandbox: a call from the contact search to the data tag."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from integrations.domain.calls import Direction, Outcome
from integrations.planfix.call_tags.discovery import discover_call_tags, employees
from integrations.planfix.call_tags.entries import CallEntry, entry_values, find_tag_key, write_tag
from integrations.planfix.call_tags.schema import text_field
from integrations.planfix.comment_text import CallText, call_text
from integrations.planfix.http.client import PlanfixClient
from integrations.planfix.http.errors import PlanfixAccessDenied, PlanfixRefused, PlanfixUnavailable
from integrations.planfix.records.comments import CommentDraft, Target, find_comment, update_comment, write_comment
from integrations.planfix.records.contacts import NewContact, contact_templates, create_contact, find_contacts
from integrations.planfix.records.files import copy_recording
from integrations.planfix.records.tasks import last_active_task
from sandbox.http.faults import Fault
from sandbox.planfix.account import Account
from sandbox.server.app import SandboxServer
from sandbox.state import Sandbox

TOKEN = "0123456789abcdef0123456789abcdef"
NUMBER = "+380671234567"
CALL_ID = "ua9_-1790775458.2139025"
OBJECT_ID = UUID("6f3c1d0e-0a57-4a55-9a44-1f0f3b8a9c11")
STARTED = datetime(2026, 8, 20, 9, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with SandboxServer(Sandbox(allow_private_hosts=True)) as server:
        yield server.sandbox


@pytest.fixture(params=["en", "uk", "ru", "pl"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def account(sandbox: Sandbox) -> Iterator[Account]:
    yield sandbox.add_account("acme", token=TOKEN, language="uk")
    sandbox.clear_faults()


@pytest.fixture
def client(account: Account) -> PlanfixClient:
    return PlanfixClient(account.url, TOKEN)


def draft(owner: str, text: str = f"Call · {CALL_ID}", **more) -> CommentDraft:
    return CommentDraft(owner=owner, at=STARTED, text=text, source_object_id=OBJECT_ID, **more)


def entry(contact_id: int, **more) -> CallEntry:
    return CallEntry(
        direction=Direction.INCOMING,
        started_at=STARTED,
        ended_at=STARTED + timedelta(seconds=136),
        talk_seconds=124,
        employee_id=5,
        contact_id=contact_id,
        line="+380442223344",
        client_number=NUMBER,
        line_name="Main site",
        **more,
    )


def test_a_created_contact_is_found_by_its_number(account, client):
    ((template_id, _),) = contact_templates(client)
    new = NewContact(name=NUMBER, phone=NUMBER, template_id=template_id, supervisor_id=5, source_object_id=OBJECT_ID)

    contact_id = create_contact(client, new)

    assert [contact.id for contact in find_contacts(client, NUMBER)] == [contact_id]
    assert find_contacts(client, NUMBER, companies=True) == []
    assert account.contacts_by_id[contact_id].supervisors == ["user:5"]


def test_longer_numbers_and_deleted_contacts_are_not_found(account, client):
    account.add_contact(name="Longer", phones=[NUMBER + "8"])
    account.add_contact(name="Deleted", phones=[NUMBER], is_deleted=True)
    company = account.add_contact(name="Acme", phones=[NUMBER], is_company=True)

    assert find_contacts(client, NUMBER) == []
    assert [found.id for found in find_contacts(client, NUMBER, companies=True)] == [company.id]


def test_the_last_active_task_is_found_among_many(account, client):
    contact = account.add_contact(name="Olha", phones=[NUMBER])
    for day in range(150):
        account.add_task(contact.id, f"Order {day}", created=STARTED - timedelta(days=day + 1))
    account.add_task(contact.id, "Closed", active=False, created=STARTED)
    account.add_task(contact.id, "Deleted", created=STARTED, is_deleted=True)
    newest = next(task for task in account.tasks if task.name == "Order 0")

    assert last_active_task(client, contact.id).id == newest.id


def test_answered_call_is_written_with_its_data_tag_in_the_employees_name(sandbox, language):
    account = sandbox.add_account("acme", token=TOKEN, language=language)
    client = PlanfixClient(account.url, TOKEN)
    contact = account.add_contact(name="Olha", phones=[NUMBER])
    target = Target(kind="contact", id=contact.id)
    tags = discover_call_tags(client)
    utm = text_field(tags.call, "utm_source")
    assert utm is not None

    comment_id = write_comment(client, target, draft("user:5"))
    values = entry_values(
        tags.call,
        entry(contact.id, extra={utm.id: "google"}),
        ZoneInfo("Europe/Kyiv"),
        Outcome.ANSWERED,
    )
    key = write_tag(client, target, comment_id, tags.call, values)

    (written,) = account.tag_entries
    incoming = tags.call.fields[2].values[0]
    assert tags.call.missing(Outcome.ANSWERED) == ()
    assert (written.key, written.comment_id) == (key, comment_id)
    assert list(written.values.values())[:10] == [
        "20-08-2026",
        "12:15 - 12:17",
        incoming,
        "124",
        "Iryna Bondar",
        "Olha",
        "+380442223344",
        NUMBER,
        "Main site",
        "google",
    ]
    comment = account.comments_by_id[comment_id]
    assert (comment.author, comment.at) == ("user:5", STARTED)


def test_missed_call_in_a_task_is_written_in_the_contacts_name(account, client):
    contact = account.add_contact(name="Olha", phones=[NUMBER])
    task = account.add_task(contact.id, "Order")
    target = Target(kind="task", id=task.id)
    tags = discover_call_tags(client)

    comment_id = write_comment(client, target, draft(f"contact:{contact.id}"))
    values = entry_values(tags.missed_call, entry(contact.id), ZoneInfo("Europe/Kyiv"), Outcome.MISSED)
    write_tag(client, target, comment_id, tags.missed_call, values)

    (written,) = account.tag_entries
    assert written.task_id == task.id
    assert list(written.values.values())[:6] == [
        "20-08-2026 12:15",
        tags.missed_call.fields[1].values[0],
        "Olha",
        "+380442223344",
        NUMBER,
        "Main site",
    ]
    assert account.comments_by_id[comment_id].author == f"contact:{contact.id}"


@pytest.mark.parametrize("kind", ["html", "cut_json", "reset", "close", "hang"])
def test_after_an_unclear_answer_the_comment_is_found_not_written_twice(sandbox, account, client, kind):
    contact = account.add_contact(name="Olha", phones=[NUMBER])
    target = Target(kind="contact", id=contact.id)
    sandbox.add_fault(Fault(kind=kind, path="/contact/*/comments", times=1, when="after", seconds=30))
    hasty = PlanfixClient(account.url, TOKEN, timeout=0.5)

    with pytest.raises(PlanfixUnavailable) as caught:
        write_comment(hasty, target, draft("user:5"))

    found = find_comment(client, target, source_object_id=OBJECT_ID, marker=CALL_ID, since=STARTED)
    assert caught.value.may_have_written
    assert [comment.id for comment in account.comments] == [found]


def test_after_an_unclear_answer_the_tag_entry_is_found(sandbox, account, client):
    contact = account.add_contact(name="Olha", phones=[NUMBER])
    target = Target(kind="contact", id=contact.id)
    tags = discover_call_tags(client)
    comment_id = write_comment(client, target, draft("user:5"))
    assert find_tag_key(client, comment_id, tags.call.id) is None
    sandbox.add_fault(Fault(kind="reset", path="/contact/*/datatags/*", times=1, when="after"))

    with pytest.raises(PlanfixUnavailable):
        write_tag(client, target, comment_id, tags.call, [])

    assert find_tag_key(client, comment_id, tags.call.id) == account.tag_entries[0].key


def test_a_comment_that_was_not_written_is_not_found_among_many(account, client):
    contact = account.add_contact(name="Olha", phones=[NUMBER])
    target = Target(kind="contact", id=contact.id)
    for minute in range(250):
        at = STARTED + timedelta(minutes=minute)
        account.add_comment(("contact", contact.id), author="user:6", at=at, description=f"{CALL_ID}{minute}")

    assert find_comment(client, target, source_object_id=OBJECT_ID, marker=CALL_ID, since=STARTED) is None


def test_text_of_a_comment_serves_as_its_marker(account, client):
    contact = account.add_contact(name="Olha", phones=[NUMBER])
    target = Target(kind="contact", id=contact.id)
    call = CallText(direction=Direction.INCOMING, outcome=Outcome.MISSED, client_number=NUMBER, ringostat_id=CALL_ID)
    comment_id = write_comment(client, target, draft("user:5", call_text(call, "uk")))
    another = UUID(int=1)
    account.comments_by_id[comment_id].source_object_id = ""

    assert find_comment(client, target, source_object_id=another, marker=CALL_ID, since=STARTED) == comment_id


def test_recording_that_comes_later_is_attached_to_the_same_comment(sandbox, account, client):
    contact = account.add_contact(name="Olha", phones=[NUMBER])
    target = Target(kind="contact", id=contact.id)
    comment_id = write_comment(client, target, draft("user:5"))

    file_id = copy_recording(client, url=f"{sandbox.url}/recordings/{CALL_ID}.wav?token=abc", name=f"{CALL_ID}.wav")
    update_comment(client, target, comment_id, text=f"with {CALL_ID}", file_ids=(file_id,))

    comment = account.comments_by_id[comment_id]
    assert [file.id for file in comment.files] == [file_id]
    assert CALL_ID in comment.description


def test_recording_at_a_private_address_is_refused(account, client):
    account.allows_private_hosts = False

    with pytest.raises(PlanfixRefused) as caught:
        copy_recording(client, url="http://127.0.0.1:1/a.wav", name="a.wav")

    assert caught.value.code == 41


def test_planfix_employees_have_extension_and_email(client):
    iryna = next(employee for employee in employees(client) if employee.id == 5)

    assert (iryna.name, iryna.email, iryna.extension) == ("Iryna Bondar", "iryna@example.com", "101")


def test_comment_on_a_contact_that_does_not_exist_is_refused_as_missing(account, client):
    with pytest.raises(PlanfixRefused) as caught:
        write_comment(client, Target(kind="contact", id=999_999), draft("user:5"))

    assert caught.value.is_missing_contact


def test_wrong_token_is_denied_access(account):
    with pytest.raises(PlanfixAccessDenied) as caught:
        PlanfixClient(account.url, "wrong").request("GET", "/ping")

    assert caught.value.code == 1


def test_error_names_the_missing_scope_of_the_token(account, client):
    account.scopes = frozenset({"contact_readonly"})

    with pytest.raises(PlanfixAccessDenied, match="datatag_readonly"):
        discover_call_tags(client)


def test_refused_connection_means_that_nothing_was_written():
    client = PlanfixClient("http://127.0.0.1:1", TOKEN)

    with pytest.raises(PlanfixUnavailable) as caught:
        write_comment(client, Target(kind="contact", id=1), draft("user:5"))

    assert not caught.value.may_have_written
