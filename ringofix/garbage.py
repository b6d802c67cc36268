"""Keeps the collection of garbage short in processes that live for long."""

from __future__ import annotations

import gc


def freeze_gc() -> None:
    """To be called once, when all modules are loaded: they stay for good, and are not looked through any more.

    Else each full collection walks over some 120,000 objects, and all threads of the process stand still for the tenth
    of a second which that takes.
    """
    gc.collect()
    gc.freeze()
