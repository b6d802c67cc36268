"""Compares what was sent to Planfix for a call with what Planfix holds. Pure functions."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import takewhile
from zoneinfo import ZoneInfo

from integrations.planfix.call_tags.read_back import is_same_value
from integrations.planfix.http.json_fields import JSON, masked_text, text_of
from integrations.planfix.records.comments import Target
from integrations.planfix.records.read_back import StoredComment
from integrations.services.account_traits import AccountTraits

SHOWN_LENGTH = 300

VISIBILITY = {False: "visible", True: "hidden"}
"""The text that a difference stores for a comment's hidden flag."""


class Part(StrEnum):
    """A part of a call in Planfix. The values are stored: never change one."""

    COMMENT = "comment"
    TARGET = "target"
    AUTHOR = "author"
    TIME = "time"
    TEXT = "text"
    LINK = "link"
    HIDDEN = "hidden"
    FILE = "file"
    TAG = "tag"
    VALUE = "value"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One value that Planfix holds differently. `field`: the data tag field's name, if the part is VALUE. `read`: "" if
    Planfix lacks it.
    """

    part: Part
    field: str = ""
    sent: str
    read: str

    def to_json(self) -> list[str]:
        return [self.part.value, self.field[:SHOWN_LENGTH], self.sent[:SHOWN_LENGTH], self.read[:SHOWN_LENGTH]]


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What was sent. `author`: "user:5", "contact:812", or "" if Planfix chose it. `at`: UTC. `text`: HTML, no tokens.

    `values`: of the data tag's fields, by field id. Shown to people: `names` of those fields by id, and names of
    `people` by author.
    """

    target: Target
    author: str
    at: datetime
    text: str
    is_hidden: bool = False
    file_ids: tuple[int, ...] = ()
    tag_id: int | None = None
    tag_key: int | None = None
    values: Mapping[int, JSON] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Held:
    """What Planfix holds. `values`: of the data tag entry by field id."""

    comment: StoredComment
    values: Mapping[int, JSON] = field(default_factory=dict)


def differences(sent: Sent, held: Held, *, zone: ZoneInfo, traits: AccountTraits) -> list[Difference]:
    """Returns what Planfix holds differently from what was sent. `zone`: the account's.

    Leaves out parts that the account is known to change: the trial has reported them, and delivery allows for them.
    """
    found = [*_of_comment(sent, held, zone), *_of_tag(sent, held)]
    expected = expected_parts(sent.author, traits)
    return [difference for difference in found if difference.part not in expected]


def expected_parts(author: str, traits: AccountTraits) -> frozenset[Part]:
    """The parts that the account is known to change."""
    honours = traits.honours_contact_author if author.startswith("contact:") else traits.honours_employee_author
    changed = {
        Part.AUTHOR: honours is False,
        Part.TIME: traits.keeps_comment_time is False,
        Part.LINK: traits.keeps_html is False,
        Part.TEXT: traits.keeps_html is False or traits.takes_emoji is False,
    }
    return frozenset(part for part, is_changed in changed.items() if is_changed)


def _of_comment(sent: Sent, held: Held, zone: ZoneInfo) -> Iterator[Difference]:
    comment = held.comment
    for part, (wanted, read) in _columns(sent, comment, zone).items():
        if wanted is not None and read is not None and read != wanted:
            yield Difference(part=part, sent=wanted, read=read)
    text, read_text = visible_text(sent.text), visible_text(comment.text)
    if text != read_text:
        yield _of_text(text, read_text)
    for link in sorted(_links(sent.text) - _links(comment.text)):
        yield Difference(part=Part.LINK, sent=link, read="")
    for file_id in sorted(set(sent.file_ids) - set(comment.file_ids)):
        yield Difference(part=Part.FILE, sent=str(file_id), read=", ".join(map(str, comment.file_ids)))


def _columns(sent: Sent, comment: StoredComment, zone: ZoneInfo) -> Mapping[Part, tuple[str | None, str | None]]:
    """The sent and the read value of each part. None: Planfix chose the value, or its answer lacks it."""
    return {
        Part.TARGET: (_target(sent.target), _target(comment.target) if comment.target else None),
        Part.AUTHOR: (_person(sent.author, sent), _person(comment.owner, sent)),
        Part.TIME: (_minute(sent.at), _minute(_in_zone(comment.at, comment, zone)) if comment.at else None),
        Part.HIDDEN: (VISIBILITY[sent.is_hidden], VISIBILITY[comment.is_hidden]),
    }


def _of_tag(sent: Sent, held: Held) -> Iterator[Difference]:
    if sent.tag_id is None:
        return
    if (sent.tag_id, sent.tag_key) not in held.comment.tag_keys:
        keys = sorted(key for _tag, key in held.comment.tag_keys)
        yield Difference(part=Part.TAG, sent=str(sent.tag_key), read=", ".join(map(str, keys)))
        return
    for field_id, value in sent.values.items():
        if not is_same_value(value, held.values.get(field_id)):
            name = sent.names.get(field_id, str(field_id))
            read = readable_value(held.values.get(field_id))
            yield Difference(part=Part.VALUE, field=name, sent=readable_value(value), read=read)


def _target(target: Target) -> str:
    return f"{target.kind}:{target.id}"


def _person(author: str, sent: Sent) -> str | None:
    """ "Iryna Bondar (user:5)"; None for no author."""
    name = sent.people.get(author, "")
    return f"{name} ({author})" if name else author or None


def _in_zone(at: datetime, comment: StoredComment, zone: ZoneInfo) -> datetime:
    """Returns the time with a zone. Planfix means the account's zone when it names none."""
    return at if comment.has_zone else at.replace(tzinfo=zone)


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


# --- texts ---

_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)
_LINK = re.compile(r"""\bhref\s*=\s*["']([^"']+)["']""", re.IGNORECASE)


def visible_text(source: str) -> str:
    """The text of a comment as people see it: Planfix may write the same text in different HTML."""
    return " ".join(html.unescape(_TAG.sub(" ", masked_text(source))).split())


def _links(source: str) -> set[str]:
    return {masked_text(html.unescape(link)) for link in _LINK.findall(source)}


def _of_text(sent: str, read: str) -> Difference:
    """Shows both texts from shortly before the first character that differs."""
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(sent, read, strict=False)))
    start = max(same - 40, 0)
    return Difference(part=Part.TEXT, sent=sent[start:], read=read[start:])


def readable_value(value: JSON) -> str:
    """A field's value for people. Dates, times, periods and persons are objects in Planfix."""
    if value is None:
        return ""
    if not isinstance(value, dict):
        return str(value)
    if "id" in value:
        return " ".join(part for key in ("name", "id") if (part := text_of(value, key)))
    if "from" in value:
        return f"{readable_value(value['from'])}–{readable_value(value.get('to'))}"
    return " ".join(part for key in ("date", "time") if (part := text_of(value, key)))
