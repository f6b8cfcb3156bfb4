"""Requests that wait, on their event loop, until the feed moves."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

from carpel.domain.feed import Feed


class Watch:
    """Wakes waiting requests, each on its own loop."""

    def __init__(self, feed: Feed) -> None:
        self._lock = threading.Lock()
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self.closing = False
        feed.listen(self._wake)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[asyncio.Event]:
        """An event that is set whenever there may be more to read, or the server stops."""
        waiter = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiting.add(waiter)
        try:
            yield waiter[1]
        finally:
            with self._lock:
                self._waiting.discard(waiter)

    def close(self) -> None:
        """Nobody need wait any longer: the server stops."""
        self.closing = True
        self._wake()

    def _wake(self) -> None:
        with self._lock:
            waiting = list(self._waiting)
        for loop, event in waiting:
            with contextlib.suppress(RuntimeError):  # its loop has ended
                loop.call_soon_threadsafe(event.set)
