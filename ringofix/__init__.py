"""The Django project: settings, addresses, logs, and what every request passes.

Knows nothing of calls.
"""

from __future__ import annotations

__version__ = "0.2.0"
