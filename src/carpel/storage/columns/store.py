"""The column store: one writer that takes over applied batches, many readers."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from carpel.kit.priority import behind
from carpel.storage.migrations import pending
from carpel.storage.sql import Sql

from . import recent
from .batch import (
    Columns as BatchColumns,
    EventRows,
    Kind,
    WorkspaceBatch,
    arrow,
    insert_into,
    parted,
    property_name,
    sparse,
)
from .tables import Names, Tables, place_of

# With so many of a workspace's contacts in the small table some go into the large one: what is
# asked of all contacts takes longer the more there are. All at once would take seconds beside a stream.
_MOST_STALE = 500_000
_PARTS = 16
# When this part of the large table's rows does not count any more, the others are put together: when
# it is quiet, and beside a stream of changes.
_MUCH_WASTED = 1 / 8
_TOO_MUCH_WASTED = 1 / 2
# Tasks in which DuckDB puts a table's rows together when it folds its log into its file. Any is
# too many beside a stream of changes: they write most of what has changed at all again, each time.
_VACUUM = "max_vacuum_tasks"
_ALL_OF_THEM = 100
# DuckDB folds its log into its file when it has grown so long. Each time it packs anew what events came since
# the time before, and writes what there is of all tables: at ten million contacts a quarter of a second and
# 5 ms for each MB of log. A server that was killed reads it first, 9 ms for each MB.
_LONGEST_LOG = "128MB"
# DuckDB says that it cannot fold its log, but has no way to wait until it can: FORCE CHECKPOINT never
# comes back when somebody begins to read meanwhile.
_TRIES = 100
_BETWEEN_TRIES_S = 0.1


class Snapshot:
    """A reader that sees one moment."""

    def __init__(
        self, reader: duckdb.DuckDBPyConnection, applied: int, names: dict[int, Names]
    ) -> None:
        self._reader = reader
        self.applied = applied
        self._names = names

    def names(self, workspace: int) -> Names | None:
        """Where a workspace's facts lie; None while it has none."""
        return self._names.get(workspace)

    def numbers(self, sql: Sql) -> np.ndarray[Any, np.dtype[np.uint32]]:
        """The first column of an answer: contact numbers, unordered."""
        found = self._executed(sql).fetchnumpy()
        return np.asarray(next(iter(found.values())), dtype=np.uint32)

    def arrow(self, sql: Sql) -> Any:
        """All rows of an answer as an Arrow table; several times quicker when it has no values."""
        if sql.values:
            return self._executed(sql).to_arrow_table()
        self._name_lists(sql)
        # A relation is turned into Arrow by all threads, an executed statement by one.
        return self._reader.sql(sql.text).to_arrow_table()

    def rows(self, sql: Sql) -> list[tuple[Any, ...]]:
        """All rows of an answer."""
        return self._executed(sql).fetchall()

    def _executed(self, sql: Sql) -> duckdb.DuckDBPyConnection:
        self._name_lists(sql)
        return self._reader.execute(sql.text, list(sql.values))

    def _name_lists(self, sql: Sql) -> None:
        for name, texts in sql.lists.items():
            self._reader.execute(f"SET VARIABLE {name} = ?", [list(texts)]).fetchall()


class Columns:
    """Contacts and events by column. One thread writes; any thread reads."""

    def __init__(self, file: Path, *, memory_mb: int, threads: int) -> None:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{memory_mb}MB",
            "threads": threads,
            "temp_directory": f"{file}.spill",
            "preserve_insertion_order": "false",
            _VACUUM: "0",
            "checkpoint_threshold": _LONGEST_LOG,
        }
        # Counting goes on beside a checkpoint or a look at everything, both of which keep all
        # processors busy.
        self._writer = behind(lambda: duckdb.connect(str(file), config=config))
        # Nothing but the engine's own statements comes here; even so, no file and no network.
        self._writer.execute("SET enable_external_access = false")
        self._migrate()
        self._tables = Tables(self._writer)
        # Tables and their columns change under this lock, and a reader fixes its moment under it:
        # so the names it has are those of the tables it sees.
        self._published = threading.RLock()
        self._next_part: dict[int, int] = {}  # of contacts to go into the large table, by workspace

    @property
    def applied(self) -> int:
        """The number of the last log record whose effect is in the columns."""
        with self._reader() as reader:
            return int(reader.execute("SELECT applied FROM progress").fetchall()[0][0])

    def apply(self, seq: int, batches: Sequence[WorkspaceBatch]) -> None:
        """Take over a batch: all of it, with its number, in one transaction."""
        # New columns come first, in a transaction of their own: DuckDB does not commit one that
        # has deleted from a table and then altered it. A column without values harms nobody.
        with self._published, self._transaction():
            for batch in batches:
                self._make_room(batch)
        with self._transaction():
            for batch in batches:
                self._take_over(batch)
            # Not by an UPDATE: beside readers from before one, DuckDB does not fold its log.
            self._writer.execute("DELETE FROM progress").fetchall()
            self._writer.execute("INSERT INTO progress VALUES (?)", [seq]).fetchall()
        for workspace, count in list(self._tables.stale.items()):
            if count >= _MOST_STALE:
                behind(partial(self._unite, workspace, _TOO_MUCH_WASTED, _PARTS))

    def have_room(self, workspace: int, events: EventRows) -> bool:
        """Whether all properties of some events have columns, or will: as a table they need them."""
        return self._tables.have_room(workspace, events.properties)

    @property
    def is_united(self) -> bool:
        """Whether all contacts lie in the large tables."""
        return not self._tables.stale

    def tidy(self) -> None:
        """Put contacts that changed lately into the large tables, and all into the file; may take seconds.

        It changes no answer, but looking at all contacts takes up to three times as long without.
        """
        for workspace in list(self._tables.stale):
            self._unite(workspace, _MUCH_WASTED)
        self._fold()

    def _unite(self, workspace: int, most_wasted: float, parts: int = 1) -> None:
        """Put one of so many parts of them there, each time the next; all where too much is wasted."""
        place = place_of(workspace)
        wasteful = recent.wasted(self._writer, place) >= most_wasted
        parts = 1 if wasteful else parts
        part = self._next_part.get(workspace, 0) % parts
        with self._vacuum() if wasteful else contextlib.nullcontext():
            with self._transaction():
                recent.unite(self._writer, place, part, parts)
            self._next_part[workspace] = part + 1
            left = recent.count(self._writer, place)
            # Who looks before this looks into both, which is right until somebody changes again.
            with self._published:
                self._tables.unite(workspace, left)

    @contextmanager
    def _vacuum(self) -> Iterator[None]:
        """What the block changes is folded into the file at once, and what is deleted leaves it."""
        self._writer.execute(f"SET {_VACUUM} = {_ALL_OF_THEM}")
        try:
            yield
            self._fold()  # what is left goes next time
        finally:
            self._writer.execute(f"SET {_VACUUM} = 0")

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """One moment of the store, whatever is taken over meanwhile."""
        with self._reader() as reader:
            with self._published:
                reader.execute("BEGIN").fetchall()
                # DuckDB fixes the moment at the first look, not at BEGIN.
                applied = int(reader.execute("SELECT applied FROM progress").fetchall()[0][0])
                names = self._tables.all_names()
            try:
                yield Snapshot(reader, applied, names)
            finally:
                reader.execute("ROLLBACK").fetchall()

    def checkpoint(self) -> None:
        """Fold DuckDB's own write-ahead log into its file.

        Waits for readers from before a column was made or events were moved: beside them DuckDB
        does not do it.

        Raises:
            TimeoutError: one of them takes too long.
        """
        for _ in range(_TRIES):
            if self._fold():
                return
            time.sleep(_BETWEEN_TRIES_S)
        raise TimeoutError("the columns are being read; their file cannot be brought up to date")

    def _fold(self) -> bool:
        """Fold the log now; whether DuckDB did, which it does not beside some readers."""
        try:
            self._writer.execute("CHECKPOINT")
        except duckdb.TransactionException:
            return False
        return True

    def close(self) -> None:
        self._writer.close()

    @contextmanager
    def _reader(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._published:
            reader = self._writer.cursor()
        try:
            yield reader
        finally:
            reader.close()

    def _migrate(self) -> None:
        self._writer.execute("CREATE TABLE IF NOT EXISTS format (version INTEGER)")
        found = self._writer.execute("SELECT max(version) FROM format").fetchall()[0][0]
        for step in pending("columns", found or 0):
            self._writer.execute("BEGIN")
            self._writer.execute(step.sql)
            self._writer.execute("INSERT INTO format VALUES (?)", [step.number])
            self._writer.execute("COMMIT")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All that the block writes, or nothing."""
        self._writer.execute("BEGIN").fetchall()
        try:
            yield
            self._writer.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(duckdb.TransactionException):  # a failed COMMIT has ended it
                self._writer.execute("ROLLBACK")
            with self._published:
                self._tables.reload(self._writer)
            raise

    def _make_room(self, batch: WorkspaceBatch) -> None:
        """The tables and columns that a batch needs."""
        self._tables.ensure(self._writer, batch.workspace)
        self._tables.ensure_contact_columns(self._writer, batch.workspace, batch.contacts)
        for path, kind in batch.events.properties:
            self._tables.ensure_property_column(self._writer, batch.workspace, path, kind)
        if batch.replaced:
            self._tables.divide(batch.workspace, len(batch.replaced))

    def _take_over(self, batch: WorkspaceBatch) -> None:
        place = place_of(batch.workspace)
        if batch.replaced:
            self._run(*recent.outdate(place), gone=arrow({"no": ("integer", batch.replaced)}))
        if len(batch.contacts):
            again, new = parted(batch.contacts.arrow(), batch.replaced)
            self._insert(f"{place}.recent", batch.contacts.columns, again)
            self._insert(f"{place}.contacts", batch.contacts.columns, new)
        for gone, kept in batch.moved:
            self._writer.execute(
                f"UPDATE {place}.events SET contact = ? WHERE contact = ?", [kept, gone]
            )
        if batch.erased:
            self._run(  # of these nothing is to stay behind
                f"DELETE FROM {place}.contacts WHERE no IN (SELECT no FROM gone)",
                f"DELETE FROM {place}.events WHERE contact IN (SELECT no FROM gone)",
                gone=arrow({"no": ("integer", batch.erased)}),
            )
        if len(batch.events):
            self._insert(f"{place}.events", *self._events(batch.workspace, batch.events))

    def _events(self, workspace: int, events: EventRows) -> tuple[BatchColumns, Any]:
        """Which columns the events have, and what is in them."""
        if not self.have_room(workspace, events):
            columns = self._event_columns(workspace, events)
            return columns, arrow(columns)
        table = events.arrow()
        named = {name: (name, kind) for name, (kind, _) in events.columns.items()}
        for path, kind in events.properties:
            name = self._tables.property_column(workspace, path, kind)
            assert name is not None, "there is room for all"  # noqa: S101
            named[property_name(path, kind)] = (name, kind)
        found = [named[name] for name in table.column_names]
        renamed = table.rename_columns([name for name, _ in found])
        return {name: (kind, ()) for name, kind in found}, renamed

    def _event_columns(
        self, workspace: int, events: EventRows
    ) -> dict[str, tuple[Kind, list[Any]]]:
        """The same where some properties have none of their own: these together in one, as JSON."""
        columns = dict(events.columns)
        more: dict[int, dict[str, Any]] = {}
        for (path, kind), values in events.properties.items():
            name = self._tables.property_column(workspace, path, kind)
            if name is not None:
                columns[name] = sparse(values, len(events), kind)
                continue
            for place, value in values.items():
                more.setdefault(place, {})[path] = value
        columns["more"] = sparse(
            {place: json.dumps(rest) for place, rest in more.items()}, len(events), "text"
        )
        return columns

    def _insert(self, into: str, columns: BatchColumns, rows: Any) -> None:
        """Put an Arrow table's rows into one of ours.

        As a stream: for one that it could read twice DuckDB takes as long again to look what it needs.
        """
        if rows.num_rows:
            self._run(insert_into(into, columns), fresh=rows.to_reader())

    def _run(self, *texts: str, **tables: Any) -> None:
        """Statements that look into some Arrow tables."""
        for name, table in tables.items():
            self._writer.register(name, table)
        try:
            for text in texts:
                self._writer.execute(text).fetchall()
        finally:
            for name in tables:
                self._writer.unregister(name)
