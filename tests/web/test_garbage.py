"""A full collection of garbage must not stop the web: it looks at little."""

from __future__ import annotations

import subprocess
import sys

LEFT = "import gc, ringofix.wsgi; print(len(gc.get_objects()), gc.get_freeze_count())"


def test_what_is_loaded_at_the_start_is_not_looked_through() -> None:
    told = subprocess.run([sys.executable, "-c", LEFT], capture_output=True, text=True, check=True)
    looked_through, kept = map(int, told.stdout.split())

    assert looked_through < kept / 20
