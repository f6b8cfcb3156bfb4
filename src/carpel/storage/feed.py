"""The feed's own file: changes of membership, and what was published last."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from typing_extensions import override

from .sqlite import Database


class FeedStore(Database):
    """Written by the feed's one writer; a commit is on disk when it returns."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, "feed", "FULL")
        self.connection.execute("PRAGMA secure_delete = ON")  # who is erased leaves no bytes
        self._reader = sqlite3.connect(f"file:{file}?mode=ro", uri=True, check_same_thread=False)
        self._turn = threading.Lock()

    @contextmanager
    def looking(self) -> Iterator[sqlite3.Connection]:
        """A connection that sees what is durable, all at one moment, and never waits for the writer."""
        with self._turn:
            self._reader.execute("BEGIN")
            try:
                yield self._reader
            finally:
                self._reader.execute("COMMIT")

    def scrub(self) -> bool:
        """Leave nothing of what was deleted in the write-ahead log either; False: try again later."""
        with self._lock:
            busy, _, _ = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    @override
    def close(self) -> None:
        with self._turn:
            self._reader.close()
        super().close()
