"""What a reading of an account's contacts works with, and what one page of it leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from integrations.models import DirectoryAccount
from integrations.planfix.http.client import Planfix
from integrations.planfix.records.contact_list import ListedContact


@dataclass(frozen=True, kw_only=True)
class Source:
    """An account and the access to it. `zone`: of the customer whose token is used. `regions`: of all its customers."""

    client: Planfix
    account: DirectoryAccount
    zone: ZoneInfo
    regions: tuple[str, ...]
    customer_ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Contacts to store, and the columns of the account to change with them."""

    contacts: Sequence[ListedContact] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)


class CannotProve(Exception):
    """Planfix's list is unreliable. The message tells a specialist why."""
