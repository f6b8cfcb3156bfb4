"""A thread that works beside everything else until it is closed."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .clock import Clock


class Background:
    """One thread, and what wakes it. `changed` guards what it shares with its owner."""

    def __init__(self, name: str) -> None:
        self.changed = threading.Condition()
        self.closing = False
        self._name = name
        self._thread: threading.Thread | None = None

    @property
    def is_running(self) -> bool:
        """Whether it has been started."""
        return self._thread is not None

    def start(self, work: Callable[[], None]) -> None:
        """Do the work, which has to end soon after `closing` is set and `changed` told."""
        self._thread = threading.Thread(target=work, name=self._name, daemon=True)
        self._thread.start()

    def wait(
        self, clock: Clock, is_due: Callable[[], object], due: Callable[[], int | None]
    ) -> bool:
        """Sleep until something is due, at `due` at the latest; False when it is to end instead."""
        with self.changed:
            while not self.closing and not is_due():
                clock.wait(self.changed, due())
            return not self.closing

    def rest(self, seconds: float) -> bool:
        """Sleep so long by the machine's own time; False when it is to end instead."""
        with self.changed:
            return not self.changed.wait_for(lambda: self.closing, seconds)

    def wake(self) -> None:
        """There may be something to do."""
        with self.changed:
            self.changed.notify_all()

    def close(self) -> None:
        """Have the work end, and wait for that."""
        with self.changed:
            self.closing = True
            self.changed.notify_all()
        if self._thread is not None:
            self._thread.join()
