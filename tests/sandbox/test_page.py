"""The sandbox's pages: the content of the Planfix accounts, and the requests that they received."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from cryptography.fernet import Fernet

from sandbox.planfix.account import Account
from sandbox.planfix.files import download_url
from sandbox.planfix.records import Contact
from sandbox.planfix.template_account import CALL_TAG_ID, MISSED_CALL_TAG_ID
from sandbox.ringostat.api import Ringostat
from sandbox.state import Sandbox
from sandbox.web.sanitize import safe_html

PROJECT = Path(__file__).parents[2]


def page(url: str, status: int = 200) -> str:
    answer = requests.get(url, timeout=10)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    return answer.text


def add_call(account: Account, contact: Contact, author: str = "user:5") -> None:
    file = account.add_file(name="call.wav", content=b"RIFF", content_type="audio/wav")
    comment = account.add_comment(("contact", contact.id), author=author, description="<b>Call</b>", files=[file])
    account.add_entry(comment, account.tags[CALL_TAG_ID], {41633: "Main site", 41625: {"id": "user:5"}})


def test_account_page_shows_author_text_player_and_tag_of_a_comment(account: Account, olha: Contact) -> None:
    add_call(account, olha)

    html = page(f"{account.url}/account/?contact={olha.id}")

    assert "Iryna Bondar" in html
    assert "employee" in html
    assert "<b>Call</b>" in html
    assert f'<audio controls preload="metadata" src="{download_url(account, account.files[0])}"' in html
    assert "<dt>External line name</dt><dd>Main site</dd>" in html


def test_account_page_shows_the_contact_as_author_of_a_missed_call(account: Account, olha: Contact) -> None:
    comment = account.add_comment(("contact", olha.id), author=f"contact:{olha.id}", description="Missed")
    account.add_entry(comment, account.tags[MISSED_CALL_TAG_ID], {})

    html = page(f"{account.url}/account/?contact={olha.id}")

    assert '<section class="tag missed">' in html
    assert '<span class="kind contact">contact</span>' in html


def test_account_page_lists_contacts_with_their_calls(account: Account, olha: Contact) -> None:
    account.add_contact(name="Petro", phones=["+380931112233"])
    add_call(account, olha)
    add_call(account, olha)

    html = page(f"{account.url}/account/")

    contacts = html[html.index('id="contacts"') : html.index('id="tasks"')]
    assert contacts.index("Olha Koval") < contacts.index("Petro")
    assert '2<span class="hidden"> calls' in contacts


@pytest.mark.parametrize(("search", "is_found"), [("olha", True), ("38067", True), ("petro", False)])
def test_account_page_finds_contacts_by_name_and_number(
    account: Account, olha: Contact, search: str, is_found: bool
) -> None:
    html = page(f"{account.url}/account/?q={search}")

    assert ("Olha Koval" in html) is is_found


def test_account_page_of_a_task_shows_only_its_comments(account: Account, olha: Contact) -> None:
    task = account.add_task(olha.id, "Order 77")
    account.add_comment(("task", task.id), author="user:6", description="In the task")
    account.add_comment(("contact", olha.id), author="user:6", description="On the card")

    html = page(f"{account.url}/account/?task={task.id}")

    assert "In the task" in html
    assert "On the card" not in html


def test_account_page_shows_assignees_and_due_time_of_a_task(account: Account, olha: Contact) -> None:
    due = datetime(2026, 8, 3, 7, 11, tzinfo=UTC)
    account.add_task(olha.id, "Call back", due=due, assignees=["user:5"], assigned_groups=[3], is_urgent=True)

    html = page(f"{account.url}/account/")

    assert "Olha Koval · for Iryna Bondar, Managers · due 3 Aug 10:11 · urgent" in html


def test_account_page_shows_times_in_the_accounts_zone(sandbox: Sandbox, account: Account, olha: Contact) -> None:
    account.add_comment(("contact", olha.id), author="user:5", description="x").at = olha.created.replace(
        year=2026, month=8, day=20, hour=22, minute=30
    )

    html = page(f"{account.url}/account/")

    assert "<b>01:30</b> 21 Aug 2026" in html


def test_account_page_escapes_names(account: Account) -> None:
    account.add_contact(name="<script>alert(1)</script>")

    assert "<script>alert(1)" not in page(f"{account.url}/account/")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("<b>a</b><br>b", "<b>a</b><br>b"),
        ("<b onclick='x()'>a</b>", "<b>a</b>"),
        ("<script>alert(1)</script>a", "a"),
        ("<img src=x onerror=alert(1)>a", "a"),
        (
            "<a href='https://x.example/?a=1&amp;b=2'>x</a>",
            '<a href="https://x.example/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">x</a>',
        ),
        ("<a href='javascript:alert(1)'>x</a>", "<a>x</a>"),
        ("<ul><li>a</ul>", "<ul><li>a</li></ul>"),
        ("<i>open", "<i>open</i>"),
        ("a &lt;b&gt; </p>", "a &lt;b&gt; "),
        ("a<!-- c -->b", "ab"),
    ],
)
def test_account_page_shows_only_markup_that_planfix_renders(sent: str, shown: str) -> None:
    assert safe_html(sent) == shown


def test_sandbox_first_page_is_the_account_or_the_list_of_accounts(sandbox: Sandbox, olha: Contact) -> None:
    with_one = page(f"{sandbox.url}/")
    sandbox.add_account("acme", token="t")
    with_two = page(f"{sandbox.url}/")

    assert "Olha Koval" in with_one
    assert 'href="/a/acme/"' in with_two
    assert "Nothing here yet" in page(f"{sandbox.url}/a/acme/")


def test_sandbox_request_page_shows_the_newest_request_first(account: Account) -> None:
    for path in ("/ping", "/user/5"):
        requests.get(f"{account.url}/rest{path}", timeout=10)

    html = page(f"{account.url}/account/requests")

    assert html.index("/user/5") < html.index("/ping")
    assert "unknown token" in html


@pytest.mark.parametrize("path", ["/nonsense", "/a/default/nonsense"])
def test_unknown_sandbox_page_is_not_found(sandbox: Sandbox, path: str) -> None:
    assert "Page not found" in page(f"{sandbox.url}{path}", 404)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_sandbox_command_serves_until_a_signal_stops_it(number: signal.Signals) -> None:
    command = [sys.executable, "manage.py", "sandbox", "--port", "0"]
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/there_is_no_database",
        "SECRET_KEY": "only-for-this-test",
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.split("page ", 1)[1].split()[0]
        html = page(url)
        process.send_signal(number)
        code = process.wait(timeout=10)

    assert "All activity" in html
    assert code == 0


def test_phone_book_page_shows_what_telephones_show(account: Account, ringostat: Ringostat) -> None:
    entry = {
        "fullName": "Olha <Koval>",
        "origin": "Planfix",
        "staffId": 331851,
        "contactLink": "javascript:alert(1)",
        "contactDirections": [{"name": "work", "type": "phone", "value": "+380671234567"}],
    }
    ringostat.contact_book[("Planfix", "812")] = entry

    html = page(f"{account.url}/phone-book")

    assert "Olha &lt;Koval&gt;" in html
    assert "+380671234567 · Iryna Bondar" in html
    assert "javascript:" not in html
