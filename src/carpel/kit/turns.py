"""Turns at the interpreter: threads that compute for long do so one after the other.

CPython runs one thread at a time. Threads that compute at the same time take it from each other
every few milliseconds, and at each call that gives it away for a moment, as NumPy's and SQLite's do; so
each of them takes several times as long as alone, and what is urgent as long as what is not
(docs/decisions/0021-turns.md). Who computes for more than a few milliseconds asks for a turn first.

A turn is no lock for data. Order: locks that others take while they have a turn are only taken
within one, and never held by who waits for one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import IntEnum

_MANY = 100  # a millisecond or two


class Urgency(IntEnum):
    """Whose turn comes first."""

    COUNTING = 0  # what was applied, taken into the counts
    APPLYING = 1  # what is durable
    HANDING_OVER = 2  # what was applied, to the columns
    CHECKING = 3  # what has just been sent: nothing new before what is there


class Turns:
    """One turn at a time, the most urgent first. Thread-safe.

    Who has a turn may ask again: that is the same turn.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken = False
        # By urgency, those who had a turn before those who have not begun.
        self._waiting = [0] * (2 * len(Urgency))
        self._wanted = 0  # how many wait
        self._freed = [threading.Condition(self._lock) for _ in self._waiting]
        self._mine = threading.local()

    @contextmanager
    def taken(self, urgency: Urgency) -> Iterator[None]:
        """Wait for a turn, and have it for the block."""
        if self._urgency is not None:
            yield
            return
        self._take(urgency, 2 * urgency + 1)
        try:
            yield
        finally:
            self._give()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Give the turn back for the block, as for a wait or for a call that needs no interpreter."""
        urgency = self._urgency
        if urgency is None:
            yield
            return
        self._give()
        try:
            yield
        finally:
            self._take(urgency, 2 * urgency)

    def give_way(self) -> None:
        """In the middle of what may take long: let those who are more urgent have theirs.

        Takes 50 nanoseconds when nobody waits, so it can be asked at each of many items.
        """
        if not self._wanted:
            return
        urgency = self._urgency
        if urgency is not None and any(self._waiting[: 2 * urgency]):
            self._give()
            self._take(urgency, 2 * urgency)

    @property
    def waiting(self) -> int:
        """How many threads wait for a turn."""
        return self._wanted

    @property
    def _urgency(self) -> Urgency | None:
        """That of this thread's turn."""
        return getattr(self._mine, "urgency", None)

    def _take(self, urgency: Urgency, place: int) -> None:
        with self._lock:
            self._waiting[place] += 1
            self._wanted += 1
            try:
                while self._taken or any(self._waiting[:place]):
                    self._freed[place].wait()
            finally:
                self._waiting[place] -= 1
                self._wanted -= 1
            self._taken = True
        self._mine.urgency = urgency

    def _give(self) -> None:
        self._mine.urgency = None
        with self._lock:
            self._taken = False
            for freed, waiting in zip(self._freed, self._waiting, strict=True):
                if waiting:
                    freed.notify()
                    break


INTERPRETER = Turns()


def checking(count: int) -> AbstractContextManager[None]:
    """A turn for checking so many items that were sent; few are checked without."""
    return INTERPRETER.taken(Urgency.CHECKING) if count >= _MANY else nullcontext()
