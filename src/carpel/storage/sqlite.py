"""SQLite as Carpel uses it: write-ahead log, foreign keys, numbered migrations."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Literal

from .migrations import pending
from .write_ahead import Folding

Durability = Literal["FULL", "NORMAL"]
# Rows of one statement: some sizes, so that statements are found again and few of them do.
_SIZES = (512, 256, 128, 64, 32, 16, 8, 4, 2, 1)


def connect(file: Path, durability: Durability) -> sqlite3.Connection:
    """A connection in autocommit mode, which any thread may use while it holds the owner's lock.

    Args:
        file: the database.
        durability: FULL flushes at each commit; NORMAL leaves that to checkpoints, for stores
            that the log can bring up to date again.
    """
    connection = sqlite3.connect(
        file, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {durability}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA busy_timeout = 10000")
    return connection


def migrate(connection: sqlite3.Connection, store: str) -> None:
    """Bring a store to the newest format, a migration and its number in one transaction."""
    done = connection.execute("PRAGMA user_version").fetchone()[0]
    for step in pending(store, done):
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{step.sql}\nPRAGMA user_version = {step.number};\nCOMMIT;"
        )


def insert(connection: sqlite3.Connection, one: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Many rows by a statement that inserts one: `INSERT INTO t VALUES (?, ?) …`, few at a time.

    As statements of many rows each: `executemany` gives the interpreter away and takes it back for
    each row, and on a busy server each taking back is a wait.
    """
    marks = one[one.index("(?") : one.index("?)") + 2]
    start = 0
    for size in _SIZES:
        while start + size <= len(rows):
            many = one.replace(marks, ", ".join([marks] * size), 1)
            connection.execute(many, [value for row in rows[start : start + size] for value in row])
            start += size


class Database:
    """One connection that threads take turns on."""

    def __init__(self, file: Path, store: str, durability: Durability) -> None:
        self.connection = connect(file, durability)
        # 64 MiB: the upper pages of the indexes of ten million contacts.
        self.connection.execute("PRAGMA cache_size = -65536")
        migrate(self.connection, store)
        self._lock = threading.RLock()
        self._file = file
        self._folding: Folding | None = None

    def fold_beside(self) -> None:
        """From now on another thread folds the write-ahead log into the file, not commits here."""
        self._folding = Folding(self._file)
        self._folding.start()
        self.connection.execute("PRAGMA wal_autocheckpoint = 0")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The connection, for looking things up."""
        with self._lock:
            yield self.connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """The connection inside a transaction: all of it is kept, or nothing.

        A `write` inside a `write` joins the outer transaction.
        """
        with self._lock:
            is_inner = self.connection.in_transaction
            if is_inner:
                yield self.connection
                return
            with self._folding.writing() if self._folding is not None else nullcontext():
                self.connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self.connection
                    self.connection.execute("COMMIT")
                except BaseException:
                    if self.connection.in_transaction:
                        self.connection.execute("ROLLBACK")
                    raise

    def close(self) -> None:
        """Fold the write-ahead log into the file and close."""
        if self._folding is not None:
            self._folding.close()
        with self._lock:
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self.connection.close()
