"""Contacts by key: the current row of each, what identifies them, and the outbox to the columns.

Written by the applying thread alone, a batch of the log at a time. A commit here may be lost when
the machine (not the process) dies; the log brings it back, because applying it again gives the
same rows and numbers.
"""

from __future__ import annotations

import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import msgspec
from typing_extensions import override

from .sqlite import Database, insert

_SHIFT = 32
_LOW = (1 << _SHIFT) - 1
_AT_ONCE = 900
_ROWS_AT_ONCE = 10_000

_owned = msgspec.json.Decoder(list[tuple[str, int]]).decode


def _as_json(values: Sequence[int | str]) -> str:
    return msgspec.json.encode(values).decode()


class _Lookups(ABC):
    """What both the applying thread and everyone else may ask."""

    @abstractmethod
    def read(self) -> AbstractContextManager[sqlite3.Connection]:
        """The connection, for one look."""

    @property
    def applied(self) -> int:
        """The number of the last log record whose effect is in the store."""
        return self.counter("applied")

    def counter(self, name: str) -> int:
        with self.read() as connection:
            row = connection.execute("SELECT value FROM counter WHERE name = ?", (name,)).fetchone()
            return int(row[0]) if row else 0

    def row(self, workspace: int, no: int) -> bytes | None:
        with self.read() as connection:
            found = connection.execute(
                "SELECT row FROM contact WHERE key = ?", (workspace << _SHIFT | no,)
            ).fetchone()
            return found[0] if found else None

    def rows(self, workspace: int, numbers: Iterable[int]) -> list[tuple[int, bytes]]:
        """Number and row of each of these contacts that exists, in the order asked.

        SQLite answers with one row in which they all are: sqlite3 gives the interpreter away and
        takes it back for each row of an answer, and on a busy server each taking back is a wait.
        """
        wanted = list(numbers)
        base = workspace << _SHIFT
        found: dict[int, bytes] = {}
        with self.read() as connection:
            for start in range(0, len(wanted), _ROWS_AT_ONCE):
                some = wanted[start : start + _ROWS_AT_ONCE]
                text = connection.execute(
                    "SELECT group_concat(key || ' ' || hex(row), ' ') FROM contact "
                    "WHERE key IN (SELECT value FROM json_each(?))",
                    (_as_json([base | no for no in some]),),
                ).fetchone()[0]
                found.update((int(key), bytes.fromhex(row)) for key, row in _pairs(text))
        return [(no, found[base | no]) for no in wanted if base | no in found]

    def number_of_id(self, workspace: int, contact_id: bytes) -> int | None:
        """The number behind an id, also one that a contact had before it met itself."""
        with self.read() as connection:
            found = connection.execute(
                "SELECT key FROM contact WHERE id = ?1 UNION ALL "
                "SELECT key FROM former_id WHERE id = ?1 LIMIT 1",
                (contact_id,),
            ).fetchone()
        if found is None or found[0] >> _SHIFT != workspace:
            return None
        return int(found[0] & _LOW)

    def numbers_of(self, workspace: int, kind: int, value: str) -> list[int]:
        """The contacts with this identifier, the oldest first."""
        with self.read() as connection:
            return [
                row[0]
                for row in connection.execute(
                    "SELECT no FROM identifier "
                    "WHERE workspace = ? AND kind = ? AND value = ? ORDER BY no",
                    (workspace, kind, value),
                )
            ]

    def owners_of(self, workspace: int, kind: int, values: Collection[str]) -> dict[str, list[int]]:
        """The contacts with each of these identifiers, the oldest first; all values are there."""
        found: dict[str, list[int]] = {value: [] for value in values}
        with self.read() as connection:
            text = connection.execute(  # as one row of answer, see `rows`
                "SELECT json_group_array(json_array(value, no)) FROM identifier "
                "WHERE workspace = ? AND kind = ? AND value IN (SELECT value FROM json_each(?))",
                (workspace, kind, _as_json(list(values))),
            ).fetchone()[0]
        for value, no in _owned(text):
            found[value].append(no)
        for owners in found.values():
            if len(owners) > 1:
                owners.sort()
        return found

    def list_numbers(
        self, workspace: int, list_no: int, after: int = 0, limit: int = -1
    ) -> list[int]:
        """Contacts in a list with numbers above `after`, in order; all of them without a limit."""
        with self.read() as connection:
            rows = connection.execute(
                "SELECT no FROM list_member WHERE workspace = ? AND list = ? AND no > ? "
                "ORDER BY no LIMIT ?",
                (workspace, list_no, after, limit),
            )
            return [row[0] for row in rows]

    def list_size(self, workspace: int, list_no: int) -> int:
        """How many contacts are in a list."""
        with self.read() as connection:
            row = connection.execute(
                "SELECT count(*) FROM list_member WHERE workspace = ? AND list = ?",
                (workspace, list_no),
            ).fetchone()
            return int(row[0])

    def contact_numbers(self, workspace: int, after: int, limit: int) -> list[int]:
        """Contacts with numbers above `after`, in order; all of them with a limit of -1."""
        base = workspace << _SHIFT
        with self.read() as connection:
            rows = connection.execute(
                "SELECT key FROM contact WHERE key > ? AND key <= ? ORDER BY key LIMIT ?",
                (base | after, base | _LOW, limit),
            )
            return [row[0] & _LOW for row in rows]

    def ids_of(self, workspace: int, numbers: Iterable[int]) -> list[bytes]:
        """The ids of these contacts; those gone are left out."""
        keys = _as_json([workspace << _SHIFT | no for no in numbers])
        with self.read() as connection:
            rows = connection.execute(
                "SELECT id FROM contact WHERE key IN (SELECT value FROM json_each(?))", (keys,)
            )
            return [row[0] for row in rows]

    def contact_count(self, workspace: int) -> int:
        """How many contacts a workspace has."""
        return self.counter(f"there:{workspace}")

    def event_run(self, key: bytes) -> int | None:
        """The import run that saw the event of this key last, or None when it is new."""
        with self.read() as connection:
            row = connection.execute("SELECT run FROM event_key WHERE hash = ?", (key,)).fetchone()
            return int(row[0]) if row else None

    def event_runs(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        """Key and run of those of these events that are there."""
        found: dict[bytes, int] = {}
        with self.read() as connection:
            for start in range(0, len(keys), _AT_ONCE):
                some = keys[start : start + _AT_ONCE]
                marks = ", ".join("?" * len(some))
                text = connection.execute(  # as one row of answer, see `rows`
                    "SELECT group_concat(hex(hash) || ' ' || run, ' ') FROM event_key "
                    f"WHERE hash IN ({marks})",
                    some,
                ).fetchone()[0]
                found.update((bytes.fromhex(key), int(run)) for key, run in _pairs(text))
        return found

    def ids(self, workspace: int, numbers: Collection[int]) -> dict[int, bytes]:
        """Number and id of each of these contacts, those that are gone included."""
        keys = _as_json([workspace << _SHIFT | no for no in numbers])
        with self.read() as connection:
            rows = connection.execute(
                "SELECT key, id FROM contact WHERE key IN (SELECT value FROM json_each(?1)) "
                "UNION ALL "
                "SELECT key, id FROM ended WHERE key IN (SELECT value FROM json_each(?1))",
                (keys,),
            )
            return {key & _LOW: contact_id for key, contact_id in rows}

    def erasures(self) -> list[tuple[int, int, list[int]]]:
        """Log record, workspace and numbers of contacts erased, in order, as long as remembered."""
        found: dict[tuple[int, int], list[int]] = {}
        with self.read() as connection:
            rows = connection.execute("SELECT seq, key FROM ended WHERE erased ORDER BY seq")
            for seq, key in rows:
                found.setdefault((seq, key >> _SHIFT), []).append(key & _LOW)
        return [(seq, workspace, numbers) for (seq, workspace), numbers in found.items()]

    def taken(self, key: bytes) -> tuple[bytes, int, bytes] | None:
        """Request, instant and result of a record that came with an idempotency key."""
        with self.read() as connection:
            found = connection.execute(
                "SELECT request, at, result FROM taken WHERE key = ?", (key,)
            ).fetchone()
            return tuple(found) if found else None

    def outbox_after(self, seq: int) -> list[tuple[int, bytes]]:
        """What the columns have not taken over yet, in order."""
        with self.read() as connection:
            return connection.execute(
                "SELECT seq, body FROM outbox WHERE seq > ? ORDER BY seq", (seq,)
            ).fetchall()


class PeopleView(_Lookups):
    """Looking contacts up, on a connection of its own."""

    def __init__(self, file: Path, cache_mb: int = 2) -> None:
        """Args: cache_mb: memory for pages of the file."""
        self._reader = sqlite3.connect(f"file:{file}?mode=ro", uri=True, check_same_thread=False)
        self._reader.execute(f"PRAGMA cache_size = -{cache_mb << 10}")
        self._turn = threading.RLock()

    @override
    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one look."""
        with self._turn:
            yield self._reader

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All looks in the block see the store at one moment."""
        with self._turn:
            self._reader.execute("BEGIN")
            try:
                yield
            finally:
                self._reader.execute("COMMIT")

    def close(self) -> None:
        self._reader.close()


class People(Database, _Lookups):
    """The B-tree store of contacts, for the one thread that applies the log."""

    def __init__(self, file: Path) -> None:
        Database.__init__(self, file, "people", "NORMAL")
        self.connection.execute("PRAGMA cache_size = -131072")  # 128 MiB
        self.connection.execute("PRAGMA secure_delete = ON")  # who is erased leaves no bytes

    def set_counters(self, values: Mapping[str, int]) -> None:
        with self.write() as connection:
            insert(
                connection,
                "INSERT INTO counter VALUES (?, ?) "
                "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                list(values.items()),
            )

    def flush(self) -> None:
        """Put every commit so far on disk: the log before `applied` is no longer needed."""
        with self.read() as connection:
            connection.execute("PRAGMA synchronous = FULL")
            try:
                self.set_counters({"flushed": self.applied})
            finally:
                connection.execute("PRAGMA synchronous = NORMAL")

    # ------------------------------------------------------------------ contacts

    def put_rows(self, rows: Iterable[tuple[int, int, bytes, bytes]]) -> None:
        """Write (workspace, number, id, row)."""
        with self.write() as connection:
            insert(
                connection,
                "INSERT INTO contact VALUES (?, ?, ?) "
                "ON CONFLICT (key) DO UPDATE SET row = excluded.row",
                [(workspace << _SHIFT | no, cid, row) for workspace, no, cid, row in rows],
            )

    def delete_rows(self, keys: Iterable[tuple[int, int]]) -> None:
        """Forget contacts by (workspace, number)."""
        with self.write() as connection:
            connection.executemany(
                "DELETE FROM contact WHERE key = ?",
                ((workspace << _SHIFT | no,) for workspace, no in keys),
            )

    def put_identifiers(self, rows: Iterable[tuple[int, int, str, int]]) -> None:
        """Write (workspace, kind, value, number)."""
        with self.write() as connection:
            insert(connection, "INSERT OR IGNORE INTO identifier VALUES (?, ?, ?, ?)", list(rows))

    def delete_identifiers(self, rows: Iterable[tuple[int, int, str, int]]) -> None:
        """Forget (workspace, kind, value, number)."""
        with self.write() as connection:
            connection.executemany(
                "DELETE FROM identifier WHERE workspace = ? AND kind = ? AND value = ? AND no = ?",
                rows,
            )

    def put_list_members(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """Write (workspace, list, number)."""
        with self.write() as connection:
            insert(connection, "INSERT OR IGNORE INTO list_member VALUES (?, ?, ?)", list(rows))

    def delete_list_members(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """Forget (workspace, list, number)."""
        with self.write() as connection:
            connection.executemany(
                "DELETE FROM list_member WHERE workspace = ? AND list = ? AND no = ?", rows
            )

    def put_former_id(self, workspace: int, former: bytes, no: int) -> None:
        """Let the id of a contact that met another lead to that other one."""
        with self.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO former_id VALUES (?, ?)", (former, workspace << _SHIFT | no)
            )

    def move_former_ids(self, workspace: int, gone: int, kept: int) -> None:
        """Ids that led to `gone` lead to `kept`."""
        with self.write() as connection:
            connection.execute(
                "UPDATE former_id SET key = ? WHERE key = ?",
                (workspace << _SHIFT | kept, workspace << _SHIFT | gone),
            )

    def put_ended(self, rows: Iterable[tuple[int, int, bytes, int, int, bool]]) -> None:
        """Remember (workspace, number, id, log record, instant, erased) of contacts that are gone."""
        with self.write() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO ended VALUES (?, ?, ?, ?, ?)",
                (
                    (workspace << _SHIFT | no, contact_id, seq, at, erased)
                    for workspace, no, contact_id, seq, at, erased in rows
                ),
            )

    def drop_ended(self, before: int) -> None:
        """Forget contacts that were gone before an instant."""
        with self.write() as connection:
            connection.execute("DELETE FROM ended WHERE at < ?", (before,))

    # -------------------------------------------------------------------- events

    def put_event_keys(self, keys: Iterable[tuple[bytes, int]]) -> None:
        """Write (key, run)."""
        with self.write() as connection:
            insert(
                connection,
                "INSERT INTO event_key VALUES (?, ?) "
                "ON CONFLICT (hash) DO UPDATE SET run = excluded.run",
                list(keys),
            )

    def put_taken(self, rows: Iterable[tuple[bytes, bytes, int, bytes]], before: int) -> None:
        """Write (key, request, instant, result), and forget those from before an instant."""
        with self.write() as connection:
            connection.execute("DELETE FROM taken WHERE at < ?", (before,))
            connection.executemany("INSERT OR REPLACE INTO taken VALUES (?, ?, ?, ?)", rows)

    # -------------------------------------------------------------------- outbox

    def put_outbox(self, seq: int, body: bytes) -> None:
        with self.write() as connection:
            connection.execute("INSERT INTO outbox VALUES (?, ?)", (seq, body))

    def clear_outbox(self, seq: int) -> None:
        """Forget what the columns have taken over."""
        with self.write() as connection:
            connection.execute("DELETE FROM outbox WHERE seq <= ?", (seq,))


def _pairs(text: str | None) -> Iterator[tuple[str, str]]:
    """The words of an answer, two by two."""
    words = iter((text or "").split())
    return zip(words, words, strict=True)
