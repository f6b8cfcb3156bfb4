"""What the writer does to the feed's tables, inside its transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

import msgspec
from pyroaring import BitMap, FrozenBitMap

from carpel.domain.history.repository import HistoryRepository, Sizes
from carpel.engine.publication import Cause, Movers

from . import runs
from .causes import Mixed, Part
from .model import SHIFT, NewBlock, Stored, in_part
from .repository import FeedRepository


class Moved(msgspec.Struct, frozen=True, gc=False):
    """A publication as the feed keeps it: who entered, who left, and what holds now."""

    segment: int
    workspace: int
    entered: Movers
    left: Movers
    version: int
    at: int
    applied: int
    size: int
    cause: Cause
    same_rules: bool  # as those of the publication before
    mixed: Mixed | None = None  # what the batch had that moved them, when it had both
    erased: bool = False  # those who left are erased, and in no run any more

    @property
    def whole(self) -> Part:
        """All who moved, by the cause given."""
        return self.cause, self.entered, self.left


def told_apart(published: Sequence[Moved]) -> Iterator[list[Part]]:
    """Publications, in order, each by cause."""
    for mixed, alike in groupby(published, key=attrgetter("mixed")):
        parts = [moved.whole for moved in alike]
        yield from ([part] for part in parts) if mixed is None else mixed.parts(parts)


class Ledger:
    """The feed's tables while a transaction of the writer is open."""

    def __init__(self, connection: sqlite3.Connection, unfolded: dict[int, int]) -> None:
        """Args: unfolded: how many blocks each segment has beside its runs; kept by the writer."""
        self._tables = FeedRepository(connection)
        self._history = HistoryRepository(connection)
        self._unfolded = unfolded
        # Written together, at the end of the transaction or before anything else is done.
        self._last: dict[int, int] = {}
        self._blocks: list[NewBlock] = []
        self._published: dict[int, Stored] = {}
        self._sizes = Sizes()

    def record(self, moved: Moved, parts: Sequence[Part] | None = None) -> int:
        """Write a publication; returns the number of the workspace's newest change.

        Args:
            moved: who moved.
            parts: the same by cause; all have the cause given if it is left out.
        """
        segment, workspace = moved.segment, moved.workspace
        last = self._last.get(workspace)
        if last is None:
            last, _ = self._tables.progress(workspace)
        if not len(moved.entered) and not len(moved.left) and moved.same_rules:
            return last
        self._published[segment] = Stored(
            segment, workspace, moved.version, moved.at, moved.applied, moved.size,
            self._published[segment].folded if segment in self._published else last,
        )  # fmt: skip
        for cause, entered, left in parts or [moved.whole]:
            last = self._add(moved, cause, left, last, entered=False)
            last = self._add(moved, cause, entered, last, entered=True)
        self._last[workspace] = last
        self._sizes.add(
            segment, moved.at, moved.size, len(moved.entered), len(moved.left), moved.version
        )
        return last

    # ------------------------------------------------------------------ erasing

    def erase(self, workspace: int, numbers: BitMap, seq: int, at: int) -> None:
        """Forget contacts: in all blocks and runs. That they left is the last that is said.

        Args:
            workspace: whose they are.
            numbers: the contacts.
            seq: the log record that erased them.
            at: when.
        """
        self.flush()
        present = self._erase_in_runs(workspace, numbers)
        for block in self._tables.blocks_with(workspace, numbers):
            gone = block.members & numbers
            folded = self._folded(block.segment)
            if block.first > folded:
                here = present.get(block.segment, BitMap())
                present[block.segment] = here | gone if block.entered else here - gone
            self._tables.rewrite(block.without(numbers))
        for segment, gone_now in present.items():
            if gone_now:
                self._leave(segment, FrozenBitMap(gone_now), at)
        self._tables.set_erased_through(seq)

    def _erase_in_runs(self, workspace: int, numbers: BitMap) -> dict[int, BitMap]:
        """Take contacts out of all runs; returns who was in, by segment."""
        present: dict[int, BitMap] = {}
        wanted = sorted({number >> SHIFT for number in numbers})
        for segment, its_workspace in self._tables.segments().items():
            if its_workspace != workspace:
                continue
            for part, stored in list(self._tables.parts(segment, wanted)):
                places = in_part(numbers, part)
                inside = runs.members(body for _, body in stored) & places
                if inside:
                    present.setdefault(segment, BitMap()).update(inside.shift(part << SHIFT))
                for through, body in stored:
                    entered, left = runs.moved(body)
                    if entered.intersect(places) or left.intersect(places):
                        kept = runs.unpack(body).without(places)
                        packed = (len(kept), runs.pack(kept)) if len(kept) else None
                        self._tables.put_run(segment, part, through, packed)
        return present

    def _leave(self, segment: int, gone: FrozenBitMap, at: int) -> None:
        stored = self._tables.stored(segment)
        if stored is None:
            return
        nobody = FrozenBitMap()
        size = stored.size - len(gone)
        self.record(
            Moved(segment, stored.workspace, nobody, gone, stored.version, max(at, stored.at),
                  stored.applied, size, "contact", same_rules=True, erased=True)
        )  # fmt: skip

    # ------------------------------------------------------------------ details

    def _add(self, moved: Moved, cause: Cause, members: Movers, last: int, *, entered: bool) -> int:
        count = len(members)
        if not count:
            return last
        self._blocks.append(
            NewBlock(moved.workspace, last + 1, moved.segment, moved.at, moved.version,
                     entered, cause, members, moved.erased)
        )  # fmt: skip
        if moved.segment not in self._unfolded:
            self.flush()
            self._unfolded[moved.segment] = self._tables.unfolded(moved.segment)
        else:
            self._unfolded[moved.segment] += 1
        return last + count

    def flush(self) -> None:
        """Write what has been recorded; `folded` only of a segment that is new here."""
        self._tables.put_segments(self._published.values())
        self._tables.add_all(self._blocks)
        for workspace, last in self._last.items():
            self._tables.set_last(workspace, last)
        self._history.add_all(self._sizes)
        self._published, self._blocks, self._sizes = {}, [], Sizes()

    def _folded(self, segment: int) -> int:
        stored = self._tables.stored(segment)
        return stored.folded if stored is not None else 0
