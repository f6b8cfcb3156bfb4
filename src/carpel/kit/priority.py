"""Work that can wait leaves the processors to work that cannot."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Done = TypeVar("_Done")

_STEPS = 5  # of niceness: a third of the share of another


def step_back() -> None:
    """Let this thread, and threads that it starts, come after others when processors are short.

    Only where the system keeps priorities by thread, which is Linux; elsewhere nothing changes.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _STEPS)


def behind(work: Callable[[], _Done]) -> _Done:
    """Do something on a thread that steps back, as do those that it starts; the caller waits."""
    with ThreadPoolExecutor(1, initializer=step_back) as pool:
        return pool.submit(work).result()
