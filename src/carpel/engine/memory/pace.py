"""How far a first answer for everybody has come, and whether it is still wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable

_READING = 0.5  # of all the work, roughly


class Cancelled(Exception):
    """Nobody wants the answer any more."""


class Pace:
    """Told of each piece of work before it begins, by whichever thread does it."""

    def __init__(self, is_wanted: Callable[[], bool] = lambda: True) -> None:
        """Args: is_wanted: asked at each piece, by any thread."""
        self._is_wanted = is_wanted
        self._lock = threading.Lock()
        self._reads = self._stretches = 1
        self._read = self._answered = 0

    def expect(self, reads: int, stretches: int) -> None:
        """So many readings of what is stored, then so many stretches of contacts."""
        with self._lock:
            self._reads, self._stretches = max(1, reads), max(1, stretches)

    def read(self) -> None:
        """One reading begins. Raises Cancelled when nobody wants it."""
        self._go_on()
        with self._lock:
            self._read += 1

    def stretch(self) -> None:
        """One stretch begins. Raises Cancelled when nobody wants it."""
        self._go_on()
        with self._lock:
            self._read = self._reads
            self._answered += 1

    @property
    def fraction(self) -> float:
        """How much is done, from 0 to 1."""
        with self._lock:
            read = min(1.0, self._read / self._reads)
            answered = min(1.0, self._answered / self._stretches)
            return _READING * read + (1 - _READING) * answered

    def _go_on(self) -> None:
        if not self._is_wanted():
            raise Cancelled
