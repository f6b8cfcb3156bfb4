"""A segment's blocks taken into runs, and runs into larger ones: inside the writer's transaction.

Either costs by what moved, not by how many are in the segment.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from pyroaring import BitMap

from . import runs
from .model import PART, SHIFT, Brief
from .movers import bitmap_in, numbers_of
from .repository import FeedRepository
from .runs import LEFT, Instants, Numbers, Run
from .stretches import latest

# At most so much is folded at once, but for a single block, which may be larger.
_MOST_MOVES = 1 << 20
_MOST_BLOCKS = 5_000
# A larger block is worked on so many parts at a time.
_WINDOW = 16
# A row costs about as much as so many contacts in it.
_ROW = 1_000


class Folding:
    """Folds and merges while a transaction of the writer is open.

    `work` says how much it did so far, in contacts rewritten.
    """

    def __init__(self, tables: FeedRepository, unfolded: dict[int, int]) -> None:
        """Args: unfolded: how many blocks each segment has beside its runs; kept by the writer."""
        self._tables = tables
        self._unfolded = unfolded
        self.work = 0

    def fold(self, segment: int) -> set[int]:
        """Take a segment's oldest blocks into runs; returns the parts that have new ones."""
        stored = self._tables.stored(segment)
        blocks = self._next(segment, stored.folded) if stored is not None else []
        left = self._unfolded.pop(segment, 0) - len(blocks)
        if not blocks:
            return set()
        if left > 0:
            self._unfolded[segment] = left
        first, count, *_ = blocks[-1]
        through, parts = first + count - 1, set[int]()
        for numbers, since in _windows(blocks):
            rows = [
                (segment, part, through, len(run), runs.pack(run))
                for part, run in _by_part(numbers, since)
            ]
            self._tables.add_runs(rows)
            parts.update(row[1] for row in rows)
            self.work += sum(row[3] + _ROW for row in rows)
        self._tables.set_folded(segment, through)
        self.work += len(blocks) * _ROW // 50
        return parts

    def merge(self, segment: int, part: int) -> None:
        """Make a part's newest runs one if there are too many of about one size."""
        stored = self._tables.run_counts(segment, part)
        many = runs.how_many([count for _, count in stored])
        if not many:
            self.work += _ROW // 50
            return
        chosen = [through for through, _ in stored[:many]]
        bodies = [self._tables.run(segment, part, through) for through in chosen]
        run = runs.merge([runs.unpack(body) for body in bodies], oldest=many == len(stored))
        self._tables.drop_runs(segment, part, chosen[-1])
        if len(run):
            self._tables.add_runs([(segment, part, chosen[0], len(run), runs.pack(run))])
        self.work += len(run) + many * _ROW

    def _next(self, segment: int, folded: int) -> list[Brief]:
        """The blocks to fold next, in order."""
        found: list[Brief] = []
        moves = 0
        for block in self._tables.briefs(segment, folded):
            moves += block[1]
            if found and (moves > _MOST_MOVES or len(found) == _MOST_BLOCKS):
                break
            found.append(block)
        return found


def _windows(blocks: list[Brief]) -> Iterator[tuple[Numbers, Instants]]:
    """Whom blocks moved, and since when those are in or `LEFT`; some parts at a time if it is much."""
    if len(blocks) > 1 or blocks[0][1] <= _MOST_MOVES:
        yield latest(blocks)
        return
    _, _, at, entered, erased, lowest, highest, body = blocks[0]
    members = BitMap() if erased or body is None else bitmap_in(body)
    width = _WINDOW * PART
    for start in range(lowest // width * width, highest + 1, width):
        window = members & BitMap(range(start, min(start + width, 1 << 32)))
        numbers = numbers_of(window)
        yield numbers, np.full(len(numbers), at if entered else LEFT)


def _by_part(numbers: Numbers, since: Instants) -> Iterator[tuple[int, Run]]:
    """What each part has of some contacts, who are in order."""
    if not len(numbers):
        return
    parts = numbers >> SHIFT
    starts = [0, *(np.flatnonzero(np.diff(parts)) + 1).tolist(), len(numbers)]
    places = numbers.astype(np.uint16)
    for start, end in pairwise(starts):
        yield int(parts[start]), Run(places[start:end], since[start:end])
