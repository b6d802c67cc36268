"""A customer with a directory, and the directory's content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from integrations.models import DirectoryAccount, DirectoryContact
from integrations.services.directory.look_up import contacts_of
from integrations.services.directory.reading import read_directory
from sandbox.planfix.account import Account
from tests.conftest import Scenario


@dataclass
class Directory:
    scenario: Scenario

    @property
    def planfix(self) -> Account:
        return self.scenario.account

    @property
    def account(self) -> DirectoryAccount:
        return DirectoryAccount.objects.get()

    def read(self) -> None:
        read_directory(self.scenario.customer.pk)

    def read_changes(self) -> None:
        """Reads the changes as if they were due."""
        DirectoryAccount.objects.update(changes_due_at=Now(), next_at=Now())
        self.read()

    def read_all_again(self) -> None:
        DirectoryAccount.objects.update(round_due_at=Now(), next_at=Now())
        self.read()

    def ids(self, number: str) -> list[int]:
        return [match.contact_id for match in contacts_of(self.scenario.customer, number)]

    def live_ids(self) -> set[int]:
        return set(DirectoryContact.objects.filter(deleted=False).values_list("contact_id", flat=True))


@pytest.fixture
def directory(make_scenario: Callable[..., Scenario], db: None) -> Directory:
    return Directory(make_scenario(directory=True))


YEAR = timedelta(days=365)
