"""The user of most tests of the call log."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_specialist


@pytest.fixture
def log(client: Client, db: None) -> Client:
    """A browser in which a specialist is logged in."""
    client.force_login(make_specialist())
    return client
