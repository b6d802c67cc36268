"""Runs the commands and reads their output."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

from django.core.management import call_command


def lines(*command: str) -> list[dict[str, Any]]:
    """What a command prints, a JSON object a line."""
    output = StringIO()
    call_command(*command, stdout=output)
    return [json.loads(line) for line in output.getvalue().splitlines()]
