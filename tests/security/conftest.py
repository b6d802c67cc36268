"""A user with a password, and the two login pages."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tests.factories import make_superuser

PASSWORD = "open sesame"
DOORS = ["/calls/login/", "/admin/login/"]


@pytest.fixture
def user() -> User:
    user = make_superuser()
    user.set_password(PASSWORD)
    user.save()
    return user
