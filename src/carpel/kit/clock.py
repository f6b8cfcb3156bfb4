"""The one source of time: whole microseconds since 1970-01-01 UTC, which tests can step."""

from __future__ import annotations

import threading
import time
from typing import Protocol

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# A sleeping thread looks at the wall clock this often, so that a corrected clock is noticed.
_LONGEST_SLEEP_S = 30.0


class Clock(Protocol):
    """What the product asks of time."""

    def now(self) -> int:
        """This instant, in microseconds since 1970-01-01 UTC; never runs backwards."""
        ...

    def wait(self, condition: threading.Condition, until: int | None) -> None:
        """Sleep on a held condition until it is notified or the instant `until` comes.

        It may also return early; the caller looks again at what it waits for.
        """
        ...


class SystemClock:
    """The machine's clock, held back from running backwards when it is corrected."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def now(self) -> int:
        with self._lock:
            self._last = max(self._last, time.time_ns() // 1000)
            return self._last

    def wait(self, condition: threading.Condition, until: int | None) -> None:
        if until is None:
            condition.wait(_LONGEST_SLEEP_S)
            return
        seconds = (until - self.now()) / SECOND
        if seconds > 0:
            condition.wait(min(seconds, _LONGEST_SLEEP_S))


class SteppedClock:
    """A clock that stands still until it is stepped; sleepers wake when their instant has come."""

    def __init__(self, start: int) -> None:
        self._now = start
        self._lock = threading.Lock()
        self._sleepers: list[threading.Condition] = []

    def now(self) -> int:
        with self._lock:
            return self._now

    def wait(self, condition: threading.Condition, until: int | None) -> None:
        with self._lock:
            if until is not None and self._now >= until:
                return
            self._sleepers.append(condition)
        try:
            # No step is missed: to notify, advance() needs the condition, which is held until here.
            condition.wait(_LONGEST_SLEEP_S)
        finally:
            with self._lock:
                self._sleepers.remove(condition)

    def advance(self, microseconds: int) -> int:
        """Step forward and wake every sleeper; returns the new instant."""
        if microseconds < 0:
            raise ValueError("a clock never runs backwards")
        with self._lock:
            self._now += microseconds
            now = self._now
            sleepers = list(self._sleepers)
        for condition in sleepers:
            with condition:
                condition.notify_all()
        return now
