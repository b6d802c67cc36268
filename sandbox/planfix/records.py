"""Records of a Planfix account: employees, contacts, tasks, comments, data tags, entries, files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class User:
    id: int
    name: str
    lastname: str = ""
    email: str = ""
    extension: str = ""
    role: str = "User"
    status: str = "Active"

    @property
    def full_name(self) -> str:
        return f"{self.name} {self.lastname}".strip()


@dataclass(frozen=True, kw_only=True)
class CustomField:
    id: int
    name: str
    type: int
    object_type: int
    choices: tuple[str, ...] = ()
    group_id: int = 1
    is_own: bool = False
    """Added by people, not by Planfix."""


@dataclass(frozen=True, kw_only=True)
class DataTag:
    id: int
    name: str
    group: str
    group_id: int
    fields: tuple[CustomField, ...]
    is_system: bool = False
    """Created by Planfix with the connection of a PBX."""

    def field(self, field_id: int) -> CustomField | None:
        return next((known for known in self.fields if known.id == field_id), None)


@dataclass(frozen=True, kw_only=True)
class TaskStatus:
    id: int
    name: str
    color: str
    is_active: bool


@dataclass(frozen=True, kw_only=True)
class Phone:
    number: str
    """As the account stores it."""
    type: int = 1


@dataclass(kw_only=True)
class StoredFile:
    id: int
    name: str
    content: bytes = field(repr=False)
    content_type: str
    key: str = field(repr=False)
    """The secret part of the download address."""

    @property
    def size(self) -> int:
        """Kilobytes, rounded up."""
        return -(-len(self.content) // 1024)


@dataclass(kw_only=True)
class Contact:
    id: int
    name: str
    lastname: str = ""
    midname: str = ""
    email: str = ""
    is_company: bool = False
    is_deleted: bool = False
    phones: list[Phone] = field(default_factory=list)
    template_id: int = 1
    group_id: int | None = None
    supervisors: list[str] = field(default_factory=list)
    """Prefixed: user:5."""
    texts: dict[str, str] = field(default_factory=dict)
    """Other text properties by Planfix's names: position, address, …"""
    custom: dict[int, object] = field(default_factory=dict)
    files: list[StoredFile] = field(default_factory=list)
    source_object_id: str = ""
    source_data_version: str = ""
    is_made_by_api: bool = False
    created: datetime
    updated: datetime

    @property
    def full_name(self) -> str:
        return f"{self.name} {self.lastname}".strip()


@dataclass(kw_only=True)
class Task:
    id: int
    name: str
    counterparty_id: int | None
    status: TaskStatus
    created: datetime
    updated: datetime
    description: str = ""
    is_deleted: bool = False
    template_id: int | None = None
    process_id: int | None = None
    """None: the task belongs to no process, and its status cannot change."""
    is_urgent: bool = False
    due: datetime | None = None
    assigner: str = "user:1"
    assignees: list[str] = field(default_factory=list)
    """Prefixed: user:5."""
    assigned_groups: list[int] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)
    source_object_id: str = ""


@dataclass(kw_only=True)
class TagEntry:
    key: int
    tag: DataTag
    comment_id: int
    contact_id: int | None
    task_id: int | None
    stored: dict[int, object]
    """Values by field id, as Planfix stores and returns them."""
    values: dict[str, str]
    """Values by field name, as users see them; includes empty ones."""


@dataclass(kw_only=True)
class Comment:
    id: int
    contact_id: int | None
    task_id: int | None
    author: str
    """Prefixed: "user:5", "contact:812"."""
    description: str
    at: datetime
    """The time that the sender gives the comment, UTC."""
    written: datetime
    files: list[StoredFile] = field(default_factory=list)
    tags: list[TagEntry] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    is_pinned: bool = False
    is_hidden: bool = False
    is_deleted: bool = False
    source_object_id: str = ""
    source_data_version: str = ""
