"""Values from outside cannot add lines to the log or colours to a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
HOSTILE = "a\nFAKE level=error\r\x1b[2J"

LOGGED = f"""
import structlog
from django.test import Client
import django; django.setup()
structlog.get_logger("test").warning("told", value={HOSTILE!r})
Client(headers={{"Host": "localhost"}}).get("/nowhere%0aFAKE%1b[2J")
"""


@pytest.mark.slow
@pytest.mark.parametrize("form", ["json", "console"])
def test_logged_value_cannot_add_lines_or_terminal_colours(form: str) -> None:
    environment = {**os.environ, "LOG_FORMAT": form, "DJANGO_SETTINGS_MODULE": "ringofix.settings"}
    run = subprocess.run([sys.executable, "-c", LOGGED], env=environment, cwd=ROOT, capture_output=True, check=True)

    lines = run.stderr.decode().splitlines()
    assert len(lines) == 2
    assert not any(line.startswith("FAKE") for line in lines)
    assert b"\x1b[2J" not in run.stderr
    if form == "json":
        assert json.loads(lines[0])["value"] == HOSTILE
