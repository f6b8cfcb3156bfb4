"""Turns at the interpreter: threads that compute for long do so one after the other.

CPython runs one thread at a time. Threads that compute at the same time take it from each other
every few milliseconds, and at each call that gives it away for a moment, as NumPy's and SQLite's do; so
each of them takes several times as long as alone, and what is urgent as long as what is not
(docs/decisions/0021-turns.md). Who computes for more than a few milliseconds asks for a turn first.

A turn is no lock for data. Order: locks that others take while they have a turn are only taken
within one, and never held by who waits for one.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from enum import IntEnum
from math import inf
from time import perf_counter

_MANY = 100  # a millisecond or two
# Who has waited so long comes next, and is not interrupted for a moment: or what is urgent would
# keep all else waiting on a server that has too much to do.
_PATIENCE_S = 0.1
_SLICE_S = 0.03
_SWITCH_S = 0.001
_NOBODY = 1 << 30  # a place after all


class Urgency(IntEnum):
    """Whose turn comes first."""

    APPLYING = 0  # what is durable: short, and what all else waits for when there is much to do
    COUNTING = 1  # what was applied, taken into the counts
    HANDING_OVER = 2  # what was applied, to the columns
    TELLING = 3  # who entered and left, to the feed
    CHECKING = 4  # what has just been sent: nothing new before what is there


@dataclass
class _Waiter:
    """A thread that waits for its turn."""

    place: int  # by urgency, those who had a turn before those who have not begun
    since: float
    turn: threading.Lock  # free once it has it
    undisturbed_until: float = 0.0


class Turns:
    """One turn at a time, the most urgent first, but nobody waits for ever. Thread-safe.

    Who has a turn may ask again: that is the same turn.
    """

    def __init__(self, patience_s: float = _PATIENCE_S) -> None:
        """Args: patience_s: who has waited so long comes before who is more urgent."""
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._taken = False
        self._waiters: list[_Waiter] = []  # none while no turn is taken
        self._first = _NOBODY  # of their places, and since when the one who came first waits
        self._since = inf
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

        Takes 50 nanoseconds when nobody waits, so it can be asked at each of many items. Who has just
        got a turn after a long wait keeps it for a moment.
        """
        if not self._waiters:
            return
        urgency = self._urgency
        if urgency is None:
            return
        # Without the lock: who has just come or gone is seen the next time.
        now = perf_counter()
        is_wanted = self._first < 2 * urgency or self._since < now - self._patience_s
        if is_wanted and now >= self._mine.undisturbed_until:
            self._give()
            self._take(urgency, 2 * urgency)

    @property
    def waiting(self) -> int:
        """How many threads wait for a turn."""
        return len(self._waiters)

    @property
    def _urgency(self) -> Urgency | None:
        """That of this thread's turn."""
        return getattr(self._mine, "urgency", None)

    def _take(self, urgency: Urgency, place: int) -> None:
        undisturbed_until = 0.0
        with self._lock:
            waiter = _Waiter(place, perf_counter(), threading.Lock()) if self._taken else None
            self._taken = True
            if waiter is not None:
                waiter.turn.acquire()
                self._waiters.append(waiter)
                self._look()
        if waiter is not None:
            waiter.turn.acquire()
            undisturbed_until = waiter.undisturbed_until
        self._mine.urgency, self._mine.undisturbed_until = urgency, undisturbed_until

    def _give(self) -> None:
        self._mine.urgency = None
        with self._lock:
            if not self._waiters:
                self._taken = False
                return
            now = perf_counter()
            oldest = min(self._waiters, key=lambda one: one.since)
            is_late = oldest.since < now - self._patience_s
            chosen = oldest if is_late else min(self._waiters, key=lambda one: one.place)
            chosen.undisturbed_until = now + _SLICE_S if is_late else 0.0
            self._waiters.remove(chosen)
            self._look()
        chosen.turn.release()

    def _look(self) -> None:
        """Keep what `give_way` asks first. Needs the lock."""
        self._first = min((one.place for one in self._waiters), default=_NOBODY)
        self._since = min((one.since for one in self._waiters), default=inf)


INTERPRETER = Turns()


def switch_often() -> None:
    """Let who needs the interpreter for a moment have it sooner than after Python's 5 milliseconds.

    Who answers a request or waits for SQLite has no turn, and takes it several times; only whoever has a turn
    has it for long.
    """
    sys.setswitchinterval(_SWITCH_S)


def checking(count: int) -> AbstractContextManager[None]:
    """A turn for checking so many items that were sent; few are checked without."""
    return INTERPRETER.taken(Urgency.CHECKING) if count >= _MANY else nullcontext()
