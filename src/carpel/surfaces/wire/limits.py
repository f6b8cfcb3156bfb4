"""Rate limits: windows that begin with the clock's, counted by name."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """So many requests in each stretch of so many seconds, which start at whole multiples."""

    limit: int
    seconds: int


@dataclass(frozen=True)
class Allowance:
    """What is left after a request. `reset` is the second since 1970 at which a window begins."""

    allowed: bool
    limit: int
    remaining: int
    reset: int


class Limiter:
    """Counts requests. Off, it allows all and counts none."""

    def __init__(self, *, on: bool) -> None:
        self._on = on
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, int], int] = {}
        self._window_now: dict[str, int] = {}

    def take(self, name: str, window: Window, now: int) -> Allowance:
        """Count one request; `now` in microseconds since 1970."""
        start = now // 1_000_000 // window.seconds
        reset = (start + 1) * window.seconds
        if not self._on:
            return Allowance(allowed=True, limit=window.limit, remaining=window.limit, reset=reset)
        with self._lock:
            before = self._window_now.get(name)
            if before is not None and before != start:
                self._counts.pop((name, before), None)
            self._window_now[name] = start
            used = self._counts[name, start] = self._counts.get((name, start), 0) + 1
        remaining = max(0, window.limit - used)
        return Allowance(used <= window.limit, window.limit, remaining, reset)


class Bucket:
    """Tokens that come back at a rate, up to a burst; by name."""

    def __init__(self, *, per_second: float, burst: int, on: bool) -> None:
        self._per_second = per_second
        self._burst = burst
        self._on = on
        self._lock = threading.Lock()
        self._state: dict[str, tuple[float, int]] = {}

    def take(self, name: str, now: int, tokens: int = 1) -> bool:
        """Whether there are so many tokens; they are taken then."""
        if not self._on:
            return True
        with self._lock:
            left, since = self._state.get(name, (float(self._burst), now))
            left = min(self._burst, left + (now - since) / 1_000_000 * self._per_second)
            allowed = left >= tokens
            self._state[name] = (left - tokens if allowed else left, now)
            return allowed
