"""A store's write-ahead log folded into its file beside whoever writes it.

SQLite does that in the commit that finds a thousand pages in the log, which then waits for the disk: with
changes all over a file of gigabytes every second or third commit did, for 30 to 50 milliseconds.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from carpel.kit.background import Background

_log = logging.getLogger("carpel.storage")

_EVERY_S = 0.5
_AFTER_FAILURE_S = 10.0
# The log begins again at its start when a transaction finds all of it folded as it begins. A writer who
# never pauses finds none such, so it is held up while the last is folded, once the log has so many pages.
_MANY_PAGES = 16_384


class Folding:
    """Folds soon after each commit, on a thread of its own."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._background = Background("carpel-fold")
        self._ending = threading.Lock()
        self._written = False

    def start(self) -> None:
        self._background.start(self._run)

    def close(self) -> None:
        self._background.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The writer's transaction, which waits while the last of what was there is folded."""
        with self._ending:
            yield
        self._written = True
        self._background.wake()

    def _run(self) -> None:
        with closing(sqlite3.connect(self._file, isolation_level=None)) as connection:
            pause = _EVERY_S
            while self._await_commit() and self._background.rest(pause):
                try:
                    if _fold(connection) > _MANY_PAGES:
                        self._end(connection)
                    pause = _EVERY_S
                except sqlite3.Error:  # a full disk, say; what is in the log is not lost
                    _log.exception("%s cannot be written; trying again", self._file.name)
                    pause = _AFTER_FAILURE_S
                    self._written = True  # what is left is there, whether anything comes or not

    def _end(self, connection: sqlite3.Connection) -> None:
        """Fold what came meanwhile, and while the writer waits what came since that began."""
        _fold(connection)
        with self._ending:
            _fold(connection)

    def _await_commit(self) -> bool:
        """Wait for one; False when it is to end."""
        changed = self._background.changed
        with changed:
            changed.wait_for(lambda: self._written or self._background.closing)
            self._written = False
            return not self._background.closing


def _fold(connection: sqlite3.Connection) -> int:
    """Fold what can be without waiting for anybody; returns how many pages the log has."""
    _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(pages)
