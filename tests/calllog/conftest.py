"""Whoever reads the call log in most of its tests."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import make_specialist


@pytest.fixture
def log(client: Client, db: None) -> Client:
    """A specialist's browser."""
    client.force_login(make_specialist())
    return client
