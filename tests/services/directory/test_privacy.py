"""The directory is deleted with its last customer, and an erased number is deleted from it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.models import DirectoryAccount, DirectoryContact, DirectoryNumber
from integrations.services.directory import accounts
from integrations.services.directory.accounts import forget_unused_directories
from integrations.services.privacy.erasure import erase_number
from tests.services.directory.conftest import Directory

NUMBER = "+380671234567"
OTHER = "+380507654321"


@pytest.fixture
def filled(directory: Directory) -> Directory:
    directory.planfix.add_contact(name="Olha", phones=["067 123-45-67", OTHER])
    directory.planfix.add_contact(name="Petro", phones=[OTHER])
    directory.read()
    return directory


def switch_off(directory: Directory) -> None:
    directory.scenario.customer.directory = False
    directory.scenario.customer.save()


def move(directory: Directory) -> None:
    directory.scenario.customer.planfix_url = "https://other.planfix.com"
    directory.scenario.customer.save()


def remove(directory: Directory) -> None:
    directory.scenario.customer.delete()


@pytest.mark.parametrize("leave", [switch_off, move, remove])
def test_directory_is_deleted_with_its_last_customer(
    filled: Directory, leave: Callable[[Directory], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "BATCH", 1)
    forget_unused_directories()
    assert DirectoryAccount.objects.count() == 1

    leave(filled)
    forget_unused_directories()

    assert not DirectoryAccount.objects.exists()
    assert not DirectoryContact.objects.exists()
    assert not DirectoryNumber.objects.exists()


def test_erasing_a_number_deletes_its_contact_from_the_directory(filled: Directory) -> None:
    erase_number(filled.scenario.customer, "067 123 45 67")

    assert list(DirectoryContact.objects.values_list("name", flat=True)) == ["Petro"]
    assert list(DirectoryNumber.objects.values_list("number", flat=True)) == [OTHER]
