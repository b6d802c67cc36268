"""Stored secrets: encrypted with the first of ENCRYPTION_KEYS, readable with any of them, and never shown."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def _fernet() -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])
    except ValueError as error:
        raise ImproperlyConfigured(
            "ENCRYPTION_KEYS must be a comma-separated list of Fernet keys: 32 bytes each, in url-safe base64."
        ) from error


class Secret:
    """A secret in its encrypted form. Only reveal() gives the plain text; repr, logs and pages cannot."""

    def __init__(self, ciphertext: str = "") -> None:
        self.ciphertext = ciphertext

    @classmethod
    def of(cls, plain: str) -> Secret:
        return cls(_fernet().encrypt(plain.encode()).decode() if plain else "")

    def reveal(self) -> str:
        """The plain text. Raises ImproperlyConfigured when none of ENCRYPTION_KEYS decrypts it."""
        if not self.ciphertext:
            return ""
        try:
            return _fernet().decrypt(self.ciphertext.encode()).decode()
        except InvalidToken as error:
            raise ImproperlyConfigured(
                "A stored secret was encrypted with a key that is not in ENCRYPTION_KEYS."
            ) from error

    def rotated(self) -> Secret:
        """The same secret, encrypted with the first key."""
        return Secret(_fernet().rotate(self.ciphertext.encode()).decode()) if self.ciphertext else self

    def is_same_as(self, other: Secret) -> bool:
        """Compares the plain texts: one secret encrypted twice has two ciphertexts."""
        return self.reveal() == other.reveal()

    def __bool__(self) -> bool:
        return bool(self.ciphertext)

    def __repr__(self) -> str:
        return "Secret(•••)" if self else "Secret()"

    __str__ = __repr__


class SecretField(models.TextField):  # type: ignore[type-arg]
    """A text column that holds a Secret. A plain string assigned to it is encrypted on saving.

    A query may only compare the whole ciphertext. With other lookups, an address such as ?planfix_token__startswith=
    could find it letter by letter.
    """

    LOOKUPS = frozenset({"exact", "in", "isnull"})

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"blank": True, "default": Secret, **kwargs})

    def get_lookup(self, lookup_name: str) -> type[models.Lookup[Any]] | None:
        return super().get_lookup(lookup_name) if lookup_name in self.LOOKUPS else None

    def get_transform(self, lookup_name: str) -> None:
        return None

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Secret:
        return Secret(value or "")

    def to_python(self, value: object) -> Secret:
        return value if isinstance(value, Secret) else Secret.of(str(value or ""))

    def get_prep_value(self, value: object) -> str:
        return self.to_python(value).ciphertext

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj))
