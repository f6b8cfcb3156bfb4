"""The feed's tables."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from pyroaring import BitMap, FrozenBitMap

from .model import Block, Stored

_COLUMNS = "workspace, first, count, segment, at, version, entered, cause, members, holes"


class FeedRepository:
    """Reads and writes the tables on one connection, inside the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    # ---------------------------------------------------------------- progress

    def progress(self, workspace: int) -> tuple[int, int]:
        """The newest change's number, and up to which they are no longer kept."""
        row = self._connection.execute(
            "SELECT last, forgotten FROM progress WHERE workspace = ?", (workspace,)
        ).fetchone()
        return (row[0], row[1]) if row else (0, 0)

    def all_progress(self) -> dict[int, int]:
        """The newest change's number in each workspace."""
        return dict(self._connection.execute("SELECT workspace, last FROM progress").fetchall())

    def set_last(self, workspace: int, last: int) -> None:
        self._connection.execute(
            "INSERT INTO progress VALUES (?1, ?2, 0) "
            "ON CONFLICT (workspace) DO UPDATE SET last = ?2",
            (workspace, last),
        )

    def set_forgotten(self, workspace: int, through: int) -> None:
        self._connection.execute(
            "UPDATE progress SET forgotten = ? WHERE workspace = ?", (through, workspace)
        )

    def erased_through(self) -> int:
        """Up to which log record contacts have been erased here."""
        return int(self._connection.execute("SELECT through FROM erasure").fetchone()[0])

    def set_erased_through(self, seq: int) -> None:
        self._connection.execute("UPDATE erasure SET through = max(through, ?)", (seq,))

    # ---------------------------------------------------------------- segments

    def stored(self, segment: int) -> Stored | None:
        """What was last published of a segment."""
        row = self._connection.execute(
            "SELECT no, workspace, version, at, applied, size, folded FROM segment WHERE no = ?",
            (segment,),
        ).fetchone()
        return Stored(*row) if row else None

    def all_stored(self) -> list[Stored]:
        """What was last published of every segment."""
        rows = self._connection.execute(
            "SELECT no, workspace, version, at, applied, size, folded FROM segment"
        )
        return [Stored(*row) for row in rows]

    def segments(self) -> dict[int, int]:
        """Segment and workspace of all that was ever published and is not forgotten."""
        return dict(self._connection.execute("SELECT no, workspace FROM segment").fetchall())

    def put_segments(self, published: Iterable[Stored]) -> None:
        """Keep what was published; `folded` only of a segment that is new here."""
        self._connection.executemany(
            "INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (no) DO UPDATE SET "
            "version = excluded.version, at = excluded.at, applied = excluded.applied, "
            "size = excluded.size",
            [(one.segment, one.workspace, one.version, one.at, one.applied, one.size, one.folded)
             for one in published],
        )  # fmt: skip

    def set_folded(self, segment: int, through: int) -> None:
        self._connection.execute("UPDATE segment SET folded = ? WHERE no = ?", (through, segment))

    def forget(self, segment: int) -> None:
        """Forget all of a segment."""
        for table, column in (("block", "segment"), ("entry", "segment"), ("segment", "no")):
            self._connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (segment,))

    # ------------------------------------------------------------------ blocks

    def add_all(self, blocks: Iterable[Block]) -> None:
        self._connection.executemany(
            "INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(block.workspace, block.first, block.count, block.segment, block.at, block.version,
              block.entered, block.cause, block.members.min(), block.members.max(),
              _packed(block.members), None)
             for block in blocks],
        )  # fmt: skip

    def rewrite(self, block: Block) -> None:
        """Some of its contacts were erased."""
        holes = None if block.holes is None else _packed(block.holes)
        self._connection.execute(
            "UPDATE block SET members = ?, holes = ? WHERE workspace = ? AND first = ?",
            (_packed(block.members), holes, block.workspace, block.first),
        )

    def blocks_after(
        self, workspace: int, seq: int, segments: Collection[int] | None
    ) -> Iterator[Block]:
        """Blocks with changes after a number, of some segments or all, in order."""
        if segments is None:
            rows = self._connection.execute(
                f"SELECT {_COLUMNS} FROM block WHERE workspace = ? AND first >= coalesce("
                "(SELECT max(first) FROM block WHERE workspace = ? AND first <= ?), 0) "
                "AND first + count > ? ORDER BY first",
                (workspace, workspace, seq + 1, seq + 1),
            )
            return map(_block, rows)
        # Each segment by its own index: among millions of others' blocks a few are found at once.
        return heapq.merge(
            *(self._blocks_of_after(one, seq) for one in segments), key=lambda block: block.first
        )

    def _blocks_of_after(self, segment: int, seq: int) -> Iterator[Block]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM block WHERE segment = ? AND first >= coalesce("
            "(SELECT max(first) FROM block WHERE segment = ? AND first <= ?), 0) "
            "AND first + count > ? ORDER BY first",
            (segment, segment, seq + 1, seq + 1),
        )
        return map(_block, rows)

    def blocks_of(self, segment: int, after: int, through: int) -> Iterator[Block]:
        """A segment's blocks that begin after one number and not after another, the newest first."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM block WHERE segment = ? AND first > ? AND first <= ? "
            "ORDER BY first DESC",
            (segment, after, through),
        )
        return map(_block, rows)

    def count_of(self, segment: int, after: int) -> int:
        """How many blocks a segment has after a number."""
        row = self._connection.execute(
            "SELECT count(*) FROM block WHERE segment = ? AND first > ?", (segment, after)
        ).fetchone()
        return int(row[0])

    def blocks_among(self, workspace: int, lowest: int, highest: int) -> list[Block]:
        """Blocks that may hold contacts of this range, in order."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM block WHERE workspace = ? AND lowest <= ? AND highest >= ? "
            "ORDER BY first",
            (workspace, highest, lowest),
        )
        return [_block(row) for row in rows]

    def first_since(self, workspace: int, at: int) -> int | None:
        """The first change of the first block that is not older than an instant."""
        row = self._connection.execute(
            "SELECT first FROM block WHERE workspace = ? AND at >= ? ORDER BY first LIMIT 1",
            (workspace, at),
        ).fetchone()
        return row[0] if row else None

    def segments_with_blocks(self, workspace: int, before: int) -> list[int]:
        """Segments with blocks that begin before a number."""
        rows = self._connection.execute(
            "SELECT DISTINCT segment FROM block WHERE workspace = ? AND first < ?",
            (workspace, before),
        )
        return [row[0] for row in rows]

    def drop_before(self, workspace: int, first: int) -> None:
        self._connection.execute(
            "DELETE FROM block WHERE workspace = ? AND first < ?", (workspace, first)
        )

    # ----------------------------------------------------------------- entries

    def entries(self, segment: int, parts: Collection[int] | None = None) -> dict[int, bytes]:
        """A segment's stored parts, some or all."""
        if parts is None:
            rows = self._connection.execute(
                "SELECT part, body FROM entry WHERE segment = ?", (segment,)
            )
        else:
            rows = self._connection.execute(
                f"SELECT part, body FROM entry WHERE segment = ? AND part IN ({_marks(parts)})",
                (segment, *parts),
            )
        return dict(rows.fetchall())

    def put_entry(self, segment: int, part: int, body: bytes | None) -> None:
        """Keep a part; None: nobody of it is in."""
        if body is None:
            self._connection.execute(
                "DELETE FROM entry WHERE segment = ? AND part = ?", (segment, part)
            )
            return
        self._connection.execute(
            "INSERT INTO entry VALUES (?, ?, ?) "
            "ON CONFLICT (segment, part) DO UPDATE SET body = excluded.body",
            (segment, part, body),
        )


def _marks(values: Collection[Any]) -> str:
    return ", ".join("?" * len(values))


def _packed(bitmap: FrozenBitMap) -> bytes:
    packed = BitMap(bitmap)
    packed.run_optimize()
    return packed.serialize()


def _block(row: tuple[Any, ...]) -> Block:
    workspace, first, count, segment, at, version, entered, cause, members, holes = row
    return Block(
        workspace,
        first,
        count,
        segment,
        at,
        version,
        bool(entered),
        cause,
        FrozenBitMap.deserialize(members),
        None if holes is None else FrozenBitMap.deserialize(holes),
    )
