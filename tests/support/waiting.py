"""Waiting for what other threads are about to do."""

from __future__ import annotations

import time
from collections.abc import Callable

_PATIENCE_S = 60


def until(holds: Callable[[], bool]) -> None:
    """Return when it holds; fail when it does not for long."""
    given_up = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < given_up
        time.sleep(0.001)
