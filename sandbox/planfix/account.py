"""The state of one Planfix account, safe to read and change from many threads. Knows nothing of HTTP servers."""

from __future__ import annotations

import copy
import hashlib
import itertools
import secrets
import threading
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sandbox.http.recorded_answers import RecordedAnswers
from sandbox.http.request_log import LoggedRequest
from sandbox.planfix import field_values, template_account
from sandbox.planfix.phone_numbers import FILTERS, STORED
from sandbox.planfix.quota import Quota
from sandbox.planfix.records import (
    Comment,
    Contact,
    CustomField,
    DataTag,
    Phone,
    StoredFile,
    TagEntry,
    Task,
    TaskStatus,
    User,
)
from sandbox.planfix.vocabulary import LINE, UTM_FIELDS, VOCABULARIES
from sandbox.planfix.world import ContactTemplate, ListValues, NewContacts, OwnFields, World

Subject = tuple[str, int]
"""Where a comment belongs: ("contact", 812) or ("task", 4102)."""

FIRST_ID = 5  # also the id of an employee, so that a lost prefix makes a test fail
REMEMBERED_REQUESTS = 50_000
REQUIRED_FIELD = "Lead source"
"""The field that the contact template requires, in a world where it requires one."""
RECORDS = (
    *("users", "contact_fields", "required_contact_fields", "contacts_by_id", "tasks_by_id", "comments_by_id"),
    *("entries_by_key", "files_by_id", "_feeds", "_tasks_of", "_owners_of_number"),
    *("_ids", "_comment_ids", "_entry_keys", "_file_ids", "_field_ids"),
)
"""What requests and tests change in an account."""


@dataclass
class Numbers:
    """Ascending numbers. Unlike itertools.count, they can be copied."""

    following: int

    def __next__(self) -> int:
        self.following += 1
        return self.following - 1


@dataclass(kw_only=True)
class Account:
    name: str
    token: str = field(repr=False)
    url: str = ""
    """The account address that a customer of the product uses."""
    language: str = "en"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Kyiv"))
    token_user_id: int = 1
    """The employee that the token belongs to."""
    scopes: frozenset[str] | None = None
    """None: all."""
    world: World = field(default_factory=World, repr=False)
    """Changed by `enter`."""
    required_contact_fields: list[int] = field(default_factory=list, repr=False)
    """Custom fields without which no contact is created."""
    allows_private_hosts: bool = False
    """file/from-url may fetch from loopback and private addresses."""
    slow_fetch: float = 30
    """Seconds that file/from-url takes in a world where it is slow."""
    latency: float = 0
    """Seconds before each response, in addition to the sandbox's own latency."""
    quota: Quota = field(default_factory=Quota)
    recorded: RecordedAnswers | None = field(default=None, repr=False)
    """Recorded answers. They come before the account's own."""

    users: dict[int, User] = field(default_factory=dict, repr=False)
    tags: dict[int, DataTag] = field(default_factory=dict, repr=False)
    statuses: dict[int, TaskStatus] = field(default_factory=dict, repr=False)
    processes: dict[int, str] = field(default_factory=dict, repr=False)
    """Names of the processes of tasks. All of them have the account's statuses."""
    task_templates: dict[int, str] = field(default_factory=dict, repr=False)
    processes_of_templates: dict[int, int] = field(default_factory=dict, repr=False)
    user_groups: dict[int, str] = field(default_factory=dict, repr=False)
    contact_templates: dict[int, str] = field(default_factory=dict, repr=False)
    contact_groups: dict[int, str] = field(default_factory=dict, repr=False)
    contact_fields: dict[int, CustomField] = field(default_factory=dict, repr=False)

    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def __post_init__(self) -> None:
        self.contacts_by_id: dict[int, Contact] = {}
        self.tasks_by_id: dict[int, Task] = {}
        self.comments_by_id: dict[int, Comment] = {}
        self.entries_by_key: dict[int, TagEntry] = {}
        self.files_by_id: dict[int, StoredFile] = {}
        self._feeds: dict[Subject, list[Comment]] = defaultdict(list)
        self._tasks_of: dict[int, list[Task]] = defaultdict(list)
        self._owners_of_number: dict[str, set[int]] = defaultdict(set)
        self._contents: dict[bytes, bytes] = {}
        self._log: deque[LoggedRequest] = deque(maxlen=REMEMBERED_REQUESTS)
        self._ids = Numbers(FIRST_ID)
        self._comment_ids = Numbers(90_201)
        self._entry_keys = Numbers(128_001)
        self._file_ids = Numbers(1_729_801)
        self._field_ids = Numbers(101)

    @classmethod
    def telephony(
        cls,
        name: str,
        token: str,
        *,
        language: str = "en",
        timezone: str = "Europe/Kyiv",
        utm_fields: Sequence[str] = UTM_FIELDS,
    ) -> Account:
        """An account with a connected PBX: employees, one contact template, the data tags Call and Missed call."""
        return cls(
            name=name,
            token=token,
            language=language,
            zone=ZoneInfo(timezone),
            users={user.id: user for user in template_account.USERS},
            tags={tag.id: tag for tag in template_account.tags(language, utm_fields)},
            statuses={status.id: status for status in template_account.statuses(language)},
            processes={template_account.PROCESS_ID: "Task"},
            task_templates=dict(template_account.TASK_TEMPLATES),
            processes_of_templates=dict.fromkeys(template_account.TASK_TEMPLATES, template_account.PROCESS_ID),
            user_groups=dict(template_account.USER_GROUPS),
            contact_templates={1: VOCABULARIES[language].contact_template},
        )

    def enter(self, world: World) -> None:
        """Makes the account behave as this world says. Existing records stay as they are."""
        with self.lock:
            former, self.world = self.world, world
            if world.contact_template is former.contact_template:
                return
            is_required = world.contact_template is ContactTemplate.REQUIRES_FIELD
            self.required_contact_fields = [self._required_field()] if is_required else []

    def _required_field(self) -> int:
        known = (one.id for one in self.contact_fields.values() if one.name == REQUIRED_FIELD)
        return next(known, None) or self.add_contact_field(name=REQUIRED_FIELD, type_=LINE, group_id=1).id

    def copy(self) -> Account:
        """An account with the same records, which change independently, and without logged requests."""
        new = copy.copy(self)
        with self.lock:
            vars(new).update(copy.deepcopy({name: vars(self)[name] for name in RECORDS}, self._shared()))
        new.lock, new.quota, new._log = threading.RLock(), self.quota.copy(), deque(maxlen=REMEMBERED_REQUESTS)
        return new

    def _shared(self) -> dict[int, object]:
        """What a copy has in common with the account, as the memory of deepcopy."""
        return {id(one): one for one in [*self.tags.values(), *self.statuses.values()]}

    @property
    def contacts(self) -> list[Contact]:
        with self.lock:
            return list(self.contacts_by_id.values())

    @property
    def tasks(self) -> list[Task]:
        with self.lock:
            return list(self.tasks_by_id.values())

    @property
    def comments(self) -> list[Comment]:
        """Comments that are not deleted, lowest id first."""
        with self.lock:
            return [comment for comment in self.comments_by_id.values() if not comment.is_deleted]

    @property
    def tag_entries(self) -> list[TagEntry]:
        with self.lock:
            return list(self.entries_by_key.values())

    @property
    def files(self) -> list[StoredFile]:
        with self.lock:
            return list(self.files_by_id.values())

    @property
    def requests(self) -> list[LoggedRequest]:
        """The latest requests, oldest first."""
        return list(self._log)

    def remember(self, request: LoggedRequest) -> None:
        self._log.append(request)

    def forget_requests(self) -> None:
        self._log.clear()

    # Persons: users and contacts

    def person_name(self, person: str) -> str | None:
        """The name of user:5 or contact:812, or None when that person does not exist."""
        kind, _, number = person.partition(":")
        people: Mapping[str, Mapping[int, User | Contact]] = {"user": self.users, "contact": self.contacts_by_id}
        found = people[kind].get(int(number)) if kind in people and number.isdigit() else None
        return found.full_name if found else None

    def add_user(self, user: User) -> User:
        self.users[user.id] = user
        return user

    # Contacts and tasks share one sequence of numbers.

    def add_contact(
        self,
        *,
        name: str,
        phones: Sequence[str | Phone] = (),
        is_company: bool = False,
        created: datetime | None = None,
        **properties: object,
    ) -> Contact:
        """Adds a contact with these properties. The world decides how numbers are stored. Duplicates are allowed."""
        created = created or datetime.now(UTC)
        contact = Contact(
            id=0,
            name=name,
            is_company=is_company,
            created=created,
            updated=created,
            **properties,  # type: ignore[arg-type]
        )
        with self.lock:
            contact.id = next(self._ids)
            self.contacts_by_id[contact.id] = contact
            self.set_phones(contact, phones)
            contact.updated = created
        return contact

    def set_phones(self, contact: Contact, phones: Sequence[str | Phone]) -> None:
        with self.lock:
            for phone in contact.phones:
                self._owners_of_number[phone.number.lower()].discard(contact.id)
            contact.phones = [self._stored(Phone(number=one) if isinstance(one, str) else one) for one in phones]
            for phone in contact.phones:
                self._owners_of_number[phone.number.lower()].add(contact.id)
            contact.updated = datetime.now(UTC)

    def _stored(self, phone: Phone) -> Phone:
        return replace(phone, number=STORED[self.world.stored_number](phone.number))

    def contacts_with_number(self, sought: str) -> set[int]:
        """Ids of the contacts that the phone filter finds."""
        is_found = FILTERS[self.world.phone_filter](sought)
        found = (ids for number, ids in self._owners_of_number.items() if is_found(number))
        ids = set(itertools.chain.from_iterable(found))
        if self.world.new_contacts is NewContacts.FOUND:
            return ids
        return {number for number in ids if not self.contacts_by_id[number].is_made_by_api}

    def add_task(
        self,
        counterparty_id: int | None,
        name: str,
        active: bool = True,
        created: datetime | None = None,
        **properties: object,
    ) -> Task:
        """Adds a task with properties of `Task`, by default of the first process, in the first active (or inactive)
        status.
        """
        created = created or datetime.now(UTC)
        properties.setdefault("process_id", next(iter(self.processes), None))
        properties.setdefault("status", next(s for s in self.statuses.values() if s.is_active == active))
        task = Task(
            id=0,
            name=name,
            counterparty_id=counterparty_id,
            created=created,
            updated=created,
            **properties,  # type: ignore[arg-type]
        )
        with self.lock:
            task.id = next(self._ids)
            self.tasks_by_id[task.id] = task
            if counterparty_id is not None:
                self._tasks_of[counterparty_id].append(task)
        return task

    def tasks_of(self, contact_id: int) -> list[Task]:
        return self._tasks_of.get(contact_id, [])

    # Comments, entries, files

    def feed(self, subject: Subject) -> list[Comment]:
        """Comments of a contact or task, lowest id first, deleted ones included."""
        return self._feeds.get(subject, [])

    def add_comment(
        self, subject: Subject, *, author: str, at: datetime | None = None, **properties: object
    ) -> Comment:
        kind, number = subject
        written = datetime.now(UTC)
        properties.setdefault("description", "")
        with self.lock:
            comment = Comment(
                id=next(self._comment_ids),
                contact_id=number if kind == "contact" else None,
                task_id=number if kind == "task" else None,
                author=author,
                at=at or written,
                written=written,
                **properties,  # type: ignore[arg-type]
            )
            self.comments_by_id[comment.id] = comment
            self._feeds[subject].append(comment)
        return comment

    def add_entry(self, comment: Comment, tag: DataTag, sent: Mapping[int, object]) -> TagEntry:
        """Adds a data tag entry. As in Planfix, fields that the tag does not have are dropped silently."""
        with self.lock:
            entry = TagEntry(
                key=next(self._entry_keys),
                tag=tag,
                comment_id=comment.id,
                contact_id=comment.contact_id,
                task_id=comment.task_id,
                stored={},
                values=dict.fromkeys((known.name for known in tag.fields), ""),
            )
            self.write_entry(entry, sent)
            self.entries_by_key[entry.key] = entry
            comment.tags.append(entry)
        return entry

    def write_entry(self, entry: TagEntry, sent: Mapping[int, object]) -> None:
        for field_id, value in sent.items():
            known = entry.tag.field(field_id)
            if known is None or (known.is_own and self.world.own_fields is OwnFields.DROPPED):
                continue
            is_dropped = self.world.list_values is ListValues.DROPPED and field_values.is_foreign_item(known, value)
            entry.stored[field_id] = None if is_dropped else field_values.kept(known, value, self.person_name)
            entry.values[known.name] = field_values.readable(known, entry.stored[field_id])

    def remove_entry(self, key: int) -> None:
        with self.lock:
            entry = self.entries_by_key.pop(key)
            self.comments_by_id[entry.comment_id].tags.remove(entry)

    def add_file(self, *, name: str, content: bytes, content_type: str) -> StoredFile:
        """Adds a file. Equal contents share memory: a load run copies the same few recordings many thousand times."""
        digest = hashlib.sha256(content).digest()
        with self.lock:
            stored = StoredFile(
                id=next(self._file_ids),
                name=name,
                content=self._contents.setdefault(digest, content),
                content_type=content_type,
                key=secrets.token_urlsafe(12),
            )
            self.files_by_id[stored.id] = stored
        return stored

    def remove_file(self, file: StoredFile) -> None:
        """Removes the file, also from comments."""
        with self.lock:
            del self.files_by_id[file.id]
            for comment in self.comments_by_id.values():
                comment.files = [other for other in comment.files if other.id != file.id]

    def add_contact_field(self, *, name: str, type_: int, group_id: int) -> CustomField:
        with self.lock:
            new = CustomField(
                id=next(self._field_ids), name=name, type=type_, object_type=1, group_id=group_id, is_own=True
            )
            self.contact_fields[new.id] = new
        return new
