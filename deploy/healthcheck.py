"""Asks the web process of this container whether it is well; ends with 1 when it is not."""

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
