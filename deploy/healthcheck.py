"""Checks the health of this container's web process. Exits with 1 if it is not healthy."""

from __future__ import annotations

import os
import sys
from urllib.request import urlopen


def main() -> int:
    try:
        with urlopen(f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/healthz", timeout=4):
            return 0
    except OSError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
