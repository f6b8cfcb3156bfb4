"""The feed's tables."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from typing import Any

from pyroaring import BitMap, FrozenBitMap

from carpel.storage.sqlite import insert

from .model import Block, Brief, NewBlock, Stored
from .movers import bitmap_in, packed, span

_COLUMNS = "workspace, first, count, segment, at, version, entered, cause, members, holes, erased"

# A part, and its stored runs by their newest change, the newest first.
PartRuns = tuple[int, list[tuple[int, bytes]]]


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
        insert(
            self._connection,
            "INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (no) DO UPDATE SET "
            "version = excluded.version, at = excluded.at, applied = excluded.applied, "
            "size = excluded.size",
            [(one.segment, one.workspace, one.version, one.at, one.applied, one.size, one.folded)
             for one in published],
        )  # fmt: skip

    def set_folded(self, segment: int, through: int) -> None:
        self._connection.execute("UPDATE segment SET folded = ? WHERE no = ?", (through, segment))

    def forget_some(self, segment: int, blocks: int, runs: int) -> bool:
        """Forget so many blocks and runs of a segment; the segment itself with the last, then true."""
        for table, order, most in (("block", "first", blocks), ("run", "part, through", runs)):
            gone = self._connection.execute(
                f"DELETE FROM {table} WHERE rowid IN "
                f"(SELECT rowid FROM {table} WHERE segment = ? ORDER BY {order} LIMIT ?)",
                (segment, most),
            )
            if gone.rowcount == most:
                return False
        self._connection.execute("DELETE FROM segment WHERE no = ?", (segment,))
        return True

    # ------------------------------------------------------------------ blocks

    def add_all(self, blocks: Iterable[NewBlock]) -> None:
        insert(
            self._connection,
            "INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(block.workspace, block.first, len(block.members), block.segment, block.at,
              block.version, block.entered, block.cause, *span(block.members),
              packed(block.members), None, block.erased)
             for block in blocks],
        )  # fmt: skip

    def rewrite(self, block: Block) -> None:
        """Some of its contacts were erased."""
        holes = None if block.holes is None else packed(block.holes)
        # A block without contacts lies between none.
        ends = span(block.members) if block.members else (1 << 32, -1)
        self._connection.execute(
            "UPDATE block SET lowest = ?, highest = ?, members = ?, holes = ? "
            "WHERE workspace = ? AND first = ?",
            (*ends, packed(block.members), holes, block.workspace, block.first),
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

    def blocks_of(
        self, segment: int, after: int, through: int, among: BitMap | None = None
    ) -> Iterator[Block]:
        """A segment's blocks that begin after one number and not after another, the newest first.

        Args:
            segment: which.
            after: the one number.
            through: the other.
            among: leave out blocks that cannot hold any of these contacts.
        """
        lowest, highest = (among.min(), among.max()) if among else (0, 1 << 62)
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM block WHERE segment = ? AND first > ? AND first <= ? "
            "AND lowest <= ? AND highest >= ? ORDER BY first DESC",
            (segment, after, through, highest, lowest),
        )
        return map(_block, rows)

    def briefs(self, segment: int, after: int) -> Iterator[Brief]:
        """A segment's blocks that begin after a number, the oldest first, without what is seldom asked.

        By the index alone, but for the contacts of those that have more than two.
        """
        return self._connection.execute(
            "SELECT first, count, at, entered, erased, lowest, highest, "
            "CASE WHEN count > 2 THEN members END FROM block "
            "WHERE segment = ? AND first > ? ORDER BY first",
            (segment, after),
        )

    def unfolded(self, segment: int) -> int:
        """How many blocks a segment has that are not folded."""
        row = self._connection.execute(
            "SELECT count(*) FROM block WHERE segment = ?1 AND first > "
            "coalesce((SELECT folded FROM segment WHERE no = ?1), 0)",
            (segment,),
        ).fetchone()
        return int(row[0])

    def blocks_with(self, workspace: int, numbers: BitMap) -> Iterator[Block]:
        """Blocks that hold any of some contacts, in order; they may be rewritten one by one."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM block WHERE workspace = ? AND lowest <= ? AND highest >= ? "
            "ORDER BY first",
            (workspace, numbers.max(), numbers.min()),
        )
        return (_block(row) for row in rows if bitmap_in(row[8]).intersect(numbers))

    def first_since(self, workspace: int, at: int) -> int | None:
        """The first change of the first block that is not older than an instant."""
        row = self._connection.execute(
            "SELECT first FROM block WHERE workspace = ? AND at >= ? ORDER BY first LIMIT 1",
            (workspace, at),
        ).fetchone()
        return row[0] if row else None

    def oldest(self, workspace: int, limit: int) -> list[tuple[int, int, int]]:
        """First number, segment and instant of the oldest blocks, in order."""
        return self._connection.execute(
            "SELECT first, segment, at FROM block WHERE workspace = ? ORDER BY first LIMIT ?",
            (workspace, limit),
        ).fetchall()

    def first_kept(self, workspace: int) -> int | None:
        """The first number of the oldest block."""
        row = self._connection.execute(
            "SELECT min(first) FROM block WHERE workspace = ?", (workspace,)
        ).fetchone()
        return None if row[0] is None else int(row[0])

    def drop_before(self, workspace: int, first: int) -> None:
        self._connection.execute(
            "DELETE FROM block WHERE workspace = ? AND first < ?", (workspace, first)
        )

    # -------------------------------------------------------------------- runs

    def parts(self, segment: int, parts: Collection[int] | None = None) -> Iterator[PartRuns]:
        """A segment's stored runs, the newest of each part first; of some parts or all."""
        chosen = "" if parts is None else f"AND part IN ({_marks(parts)})"
        rows = self._connection.execute(
            f"SELECT part, through, body FROM run WHERE segment = ? {chosen} "
            "ORDER BY part, through DESC",
            (segment, *(parts or ())),
        )
        for part, found in groupby(rows, key=lambda row: row[0]):
            yield part, [(through, body) for _, through, body in found]

    def run_counts(self, segment: int, part: int) -> list[tuple[int, int]]:
        """Newest change and number of contacts of a part's runs, the newest first."""
        return self._connection.execute(
            "SELECT through, count FROM run WHERE segment = ? AND part = ? ORDER BY through DESC",
            (segment, part),
        ).fetchall()

    def run(self, segment: int, part: int, through: int) -> bytes:
        """One stored run."""
        row = self._connection.execute(
            "SELECT body FROM run WHERE segment = ? AND part = ? AND through = ?",
            (segment, part, through),
        ).fetchone()
        return bytes(row[0])

    def run_ends(self, segment: int, parts: Collection[int], through: int) -> list[int]:
        """For each of these parts up to where its runs go that hold nothing after a number; 0: none."""
        rows = self._connection.execute(
            "SELECT max(through) FROM run WHERE segment = ? AND through <= ? "
            f"AND part IN ({_marks(parts)}) GROUP BY part",
            (segment, through, *parts),
        ).fetchall()
        return [row[0] for row in rows] + [0] * (len(parts) - len(rows))

    def add_runs(self, rows: Iterable[tuple[int, int, int, int, bytes]]) -> None:
        """Keep runs: segment, part, newest change, number of contacts, body."""
        insert(self._connection, "INSERT INTO run VALUES (?, ?, ?, ?, ?)", list(rows))

    def drop_runs(self, segment: int, part: int, since: int) -> None:
        """Forget a part's runs that end at a number or later."""
        self._connection.execute(
            "DELETE FROM run WHERE segment = ? AND part = ? AND through >= ?",
            (segment, part, since),
        )

    def put_run(self, segment: int, part: int, through: int, run: tuple[int, bytes] | None) -> None:
        """Change a run: number of contacts and body; None: nobody is left in it."""
        where = (segment, part, through)
        if run is None:
            self._connection.execute(
                "DELETE FROM run WHERE segment = ? AND part = ? AND through = ?", where
            )
            return
        self._connection.execute(
            "UPDATE run SET count = ?, body = ? WHERE segment = ? AND part = ? AND through = ?",
            (*run, *where),
        )


def _marks(values: Collection[Any]) -> str:
    return ", ".join("?" * len(values))


def _block(row: tuple[Any, ...]) -> Block:
    workspace, first, count, segment, at, version, entered, cause, members, holes, erased = row
    return Block(
        workspace,
        first,
        count,
        segment,
        at,
        version,
        bool(entered),
        cause,
        FrozenBitMap(bitmap_in(members)),
        None if holes is None else FrozenBitMap.deserialize(holes),
        bool(erased),
    )
