"""Makes keys once for this machine and keeps them in var/, so that a laptop needs no configuration. Never used with
DATABASE_URL.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet


def local_secret_key(var: Path) -> str:
    return _kept(var / "secret_key", lambda: secrets.token_urlsafe(50))


def local_encryption_key(var: Path) -> str:
    return _kept(var / "encryption_key", lambda: Fernet.generate_key().decode())


def _kept(path: Path, make: Callable[[], str]) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Writes the key aside and links it into place: two processes that start at once must get the same key.
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(make())
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        fresh.unlink()
    return path.read_text()
