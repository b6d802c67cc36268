"""Stored secrets: encrypted, never shown, and encrypted again with a new key."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from integrations.models import Customer, Secret


def stored() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT planfix_token FROM integrations_customer")
        token: str = cursor.fetchone()[0]
    return token


@pytest.fixture
def customer(db: None) -> Customer:
    return Customer.objects.create(
        name="Acme", planfix_url="https://acme.planfix.com", planfix_token=Secret.of("s3cret")
    )


def test_database_holds_no_plain_secret(customer: Customer) -> None:
    assert "s3cret" not in stored()
    assert Customer.objects.get().planfix_token.reveal() == "s3cret"


def test_stored_secret_is_in_no_text(customer: Customer) -> None:
    token = Customer.objects.get().planfix_token
    assert "s3cret" not in f"{token} {token!r} {vars(token)} {Customer.objects.values().get()}"


def test_empty_secret_is_falsy(db: None) -> None:
    Customer.objects.create(name="Acme", planfix_url="https://acme.planfix.com")
    token = Customer.objects.get().planfix_token
    assert (bool(token), token.reveal(), stored()) == (False, "", "")


def test_a_secret_is_readable_with_an_old_key_and_rotated_to_the_new(customer: Customer, settings: Any) -> None:
    old, new = settings.ENCRYPTION_KEYS[0], Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, old]
    assert Customer.objects.get().planfix_token.reveal() == "s3cret"

    call_command("rotate_encryption_keys")
    settings.ENCRYPTION_KEYS = [new]
    assert Customer.objects.get().planfix_token.reveal() == "s3cret"


def test_error_names_a_lost_encryption_key(customer: Customer, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    with pytest.raises(ImproperlyConfigured, match="ENCRYPTION_KEYS"):
        Customer.objects.get().planfix_token.reveal()


def test_printed_secret_shows_neither_its_value_nor_its_ciphertext() -> None:
    secret = Secret.of("planfix-token")

    for text in (str(secret), repr(secret), f"{secret}", str([secret])):
        assert "planfix-token" not in text
        assert secret.ciphertext not in text


@pytest.mark.parametrize("lookup", ["startswith", "contains", "regex", "gt", "iexact", "endswith", "length"])
def test_no_query_reads_a_ciphertext_letter_by_letter(lookup: str) -> None:
    with pytest.raises(FieldError):
        Customer.objects.filter(**{f"planfix_token__{lookup}": "gAAAA"})
