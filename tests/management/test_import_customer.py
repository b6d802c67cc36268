"""manage.py import_customer: malformed files."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"name": ' + "1" * 5000 + "}", "[]", "null"])
def test_import_customer_refuses_a_malformed_file_with_a_message(tmp_path: Path, text: str) -> None:
    file = tmp_path / "customer.json"
    file.write_text(text)

    with pytest.raises(CommandError):
        call_command("import_customer", str(file))
