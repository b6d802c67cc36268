"""Rows of the account pages: contacts, tasks, comments with their data tags and files, requests."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.safestring import SafeString, mark_safe

from sandbox.http.request_log import LoggedRequest
from sandbox.planfix.account import Account, Subject
from sandbox.planfix.files import download_url
from sandbox.planfix.records import Comment, Contact, TagEntry, Task
from sandbox.planfix.template_account import CALL_TAG_ID, MISSED_CALL_TAG_ID
from sandbox.planfix.world import SWITCHES, World
from sandbox.ringostat.api import Ringostat
from sandbox.web.sanitize import safe_html

SHOWN_ROWS = 100
TAG_KINDS = {CALL_TAG_ID: "call", MISSED_CALL_TAG_ID: "missed"}
AUDIO = ("audio/", "application/ogg")


def listed_switches(world: World) -> list[tuple[str, str, str]]:
    """Name, value and other values of each switch."""
    return [
        (name, value, ", ".join(other for other in SWITCHES[name] if other != value))
        for name, value in world.switches().items()
    ]


@dataclass(frozen=True, kw_only=True)
class ListedSubject:
    """A contact or a task in the left column."""

    kind: str
    id: int
    name: str
    detail: str
    calls: int
    missed: int
    status: str = ""
    color: str = ""
    due: datetime | None = None
    assignees: str = ""
    is_urgent: bool = False
    is_company: bool = False


@dataclass(frozen=True, kw_only=True)
class ShownBookEntry:
    """A contact as an employee's telephone shows it."""

    name: str
    numbers: str
    employee: str
    link: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class ShownFile:
    name: str
    size: int
    url: str
    is_audio: bool


@dataclass(frozen=True, kw_only=True)
class ShownTag:
    kind: str
    name: str
    rows: list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class ShownComment:
    id: int
    author: str
    author_kind: str
    initials: str
    hue: int
    at: datetime
    text: SafeString
    files: list[ShownFile]
    tags: list[ShownTag]
    kind: str
    subject_kind: str
    subject_id: int
    subject_name: str


@dataclass(frozen=True, kw_only=True)
class ShownRequest:
    number: int
    """Arrival in microseconds. The page identifies rows by it."""
    at: datetime
    method: str
    path: str
    body: str
    answer: str
    status: int
    milliseconds: float
    fault: str

    @property
    def status_class(self) -> str:
        return "good" if 200 <= self.status < 400 else "bad"


def _latest(account: Account, subject: Subject) -> datetime:
    feed = account.feed(subject)
    return feed[-1].written if feed else datetime.min.replace(tzinfo=UTC)


def listed_phone_book(ringostat: Ringostat) -> list[ShownBookEntry]:
    """The contact book of the telephones, the newest entry first."""
    entries = list(ringostat.contact_book.values())[::-1]
    return [
        ShownBookEntry(
            name=str(entry["fullName"]),
            numbers=", ".join(str(each["value"]) for each in entry["contactDirections"]),
            employee=str(ringostat.staff.get(str(entry["staffId"]), {}).get("fio", "")),
            link=link if (link := str(entry["contactLink"])).startswith(("http://", "https://")) else "",
            origin=str(entry["origin"]),
        )
        for entry in entries[:SHOWN_ROWS]
    ]


def listed_contacts(account: Account, search: str) -> list[ListedSubject]:
    wanted = search.strip().lower()
    found = [
        contact
        for contact in account.contacts_by_id.values()
        if not contact.is_deleted
        and (not wanted or wanted in " ".join([contact.full_name, *(p.number for p in contact.phones)]).lower())
    ]
    found.sort(key=lambda contact: (_latest(account, ("contact", contact.id)), contact.id), reverse=True)
    return [listed_contact(account, contact) for contact in found[:SHOWN_ROWS]]


def listed_contact(account: Account, contact: Contact) -> ListedSubject:
    calls = _call_kinds(account, ("contact", contact.id))
    return ListedSubject(
        kind="contact",
        id=contact.id,
        name=contact.full_name,
        detail=", ".join(phone.number for phone in contact.phones),
        calls=calls["call"],
        missed=calls["missed"],
        is_company=contact.is_company,
    )


def listed_tasks(account: Account, search: str) -> list[ListedSubject]:
    wanted = search.strip().lower()
    found = [task for task in account.tasks_by_id.values() if not task.is_deleted and wanted in task.name.lower()]
    found.sort(key=lambda task: (_latest(account, ("task", task.id)), task.id), reverse=True)
    return [listed_task(account, task) for task in found[:SHOWN_ROWS]]


def listed_task(account: Account, task: Task) -> ListedSubject:
    calls = _call_kinds(account, ("task", task.id))
    return ListedSubject(
        kind="task",
        id=task.id,
        name=task.name,
        detail=account.person_name(f"contact:{task.counterparty_id}") or "",
        calls=calls["call"],
        missed=calls["missed"],
        status=task.status.name,
        color=task.status.color,
        due=task.due.astimezone(account.zone) if task.due else None,
        assignees=", ".join(
            [
                *(account.person_name(person) or person for person in task.assignees),
                *(account.user_groups[number] for number in task.assigned_groups),
            ]
        ),
        is_urgent=task.is_urgent,
    )


def _call_kinds(account: Account, subject: Subject) -> Counter[str]:
    return Counter(
        TAG_KINDS[entry.tag.id]
        for comment in account.feed(subject)
        if not comment.is_deleted
        for entry in comment.tags
        if entry.tag.id in TAG_KINDS
    )


def shown_comment(account: Account, comment: Comment) -> ShownComment:
    author = account.person_name(comment.author) or comment.author
    subject = ("contact", comment.contact_id) if comment.contact_id is not None else ("task", comment.task_id or 0)
    tags = [_shown_tag(entry) for entry in comment.tags]
    return ShownComment(
        id=comment.id,
        author=author,
        author_kind=comment.author.partition(":")[0],
        initials="".join(word[0] for word in author.split()[:2] if word[0].isalpha()).upper(),
        hue=sum(map(ord, comment.author)) * 47 % 360,
        at=comment.at.astimezone(account.zone),
        text=mark_safe(safe_html(comment.description)),  # noqa: S308 - safe_html sanitizes it
        files=[
            ShownFile(
                name=file.name,
                size=file.size,
                url=download_url(account, file),
                is_audio=file.content_type.startswith(AUDIO),
            )
            for file in comment.files
        ],
        tags=tags,
        kind=tags[0].kind if tags else "",
        subject_kind=subject[0],
        subject_id=subject[1],
        subject_name=_subject_name(account, subject),
    )


def _subject_name(account: Account, subject: Subject) -> str:
    kind, number = subject
    return account.person_name(f"contact:{number}") or "" if kind == "contact" else account.tasks_by_id[number].name


def _shown_tag(entry: TagEntry) -> ShownTag:
    rows = [(name, value) for name, value in entry.values.items() if value]
    return ShownTag(kind=TAG_KINDS.get(entry.tag.id, "other"), name=entry.tag.name, rows=rows)


def shown_request(account: Account, request: LoggedRequest) -> ShownRequest:
    return ShownRequest(
        number=round(request.started_at * 1_000_000),
        at=datetime.fromtimestamp(request.started_at, account.zone),
        method=request.method,
        path=f"{request.path}?{request.query}" if request.query else request.path,
        body=_indented(request.body),
        answer=_indented(request.answer),
        status=request.status,
        milliseconds=request.seconds * 1000,
        fault=request.fault,
    )


def _indented(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2) if text else ""
    except ValueError:
        return text
