"""Runs a function in several processes, replaces processes that die, and keeps garbage collections short.

Does not know what the processes do.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import time
from collections.abc import Callable
from multiprocessing.context import ForkProcess

import structlog

log = structlog.get_logger(__name__)

SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGCHLD})
RESTART_SECONDS = 1.0
"""Delay before a restart: a function that fails at once must not use up a processor."""


def run_in_processes(count: int, work: Callable[[], None]) -> None:
    """Runs `work` in `count` processes. After SIGTERM or SIGINT, sends SIGTERM to each and returns when all have ended.

    Forks, so that the processes share the memory of loaded modules: call it while no thread runs and no connection is
    open. Until it returns, no other code in this process receives SIGTERM or SIGINT.
    """
    # Blocked signals wait for sigwait(), so none can arrive between the start of a process and its entry in the list.
    blocked_before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # Some systems drop an ignored signal even if it is blocked.
    running = [_start(work) for _ in range(count)]
    is_stopping = False
    while running:
        if signal.sigwait(SIGNALS) != signal.SIGCHLD:
            is_stopping = True
            for process in running:
                process.terminate()
        for process in [each for each in running if not each.is_alive()]:
            running.remove(process)
            if not is_stopping:
                log.warning("process ended, starting another", exit_code=process.exitcode)
                time.sleep(RESTART_SECONDS)
                running.append(_start(work))
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked_before)


def _start(work: Callable[[], None]) -> ForkProcess:
    process = multiprocessing.get_context("fork").Process(target=_run, args=(work,))
    process.start()
    return process


def _run(work: Callable[[], None]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    work()


def freeze_gc() -> None:
    """Excludes all loaded modules from garbage collection. Call it once, after loading them.

    Without it, each full collection visits about 120,000 objects and stops all threads of the process for a tenth of a
    second.
    """
    gc.collect()
    gc.freeze()
