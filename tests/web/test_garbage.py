"""A full garbage collection looks at few objects, so it does not stop the web process."""

from __future__ import annotations

import subprocess
import sys

LEFT = "import gc, ringofix.wsgi; print(len(gc.get_objects()), gc.get_freeze_count())"


def test_garbage_collection_skips_objects_loaded_at_start() -> None:
    counts = subprocess.run([sys.executable, "-c", LEFT], capture_output=True, text=True, check=True)
    scanned, frozen = map(int, counts.stdout.split())

    assert scanned < frozen / 20
