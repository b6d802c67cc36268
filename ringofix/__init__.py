"""The Django project: settings, addresses, logs, and the middlewares that every request passes.

Knows nothing about calls.
"""

from __future__ import annotations

__version__ = "0.2.0"
