"""A segment's blocks taken into runs, and runs into larger ones: inside the writer's transaction.

Either costs by what moved, not by how many are in the segment.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap, FrozenBitMap

from . import runs
from .model import PART, SHIFT, Block
from .repository import FeedRepository
from .runs import Run

# At most so much is folded at once, but for a single block, which may be larger.
_MOST_MOVES = 1 << 20
_MOST_BLOCKS = 5_000
# A larger block is worked on so many parts at a time.
_WINDOW = 16
# A row costs about as much as so many contacts in it.
_ROW = 1_000

Numbers = npt.NDArray[np.uint32]


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
        through, parts = blocks[-1].last, set[int]()
        for moved in _windows([one for one in blocks if one.members and not one.erased]):
            rows = [
                (segment, part, through, len(run), runs.pack(run)) for part, run in _by_part(moved)
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

    def _next(self, segment: int, folded: int) -> list[Block]:
        """The blocks to fold next, in order."""
        found: list[Block] = []
        moves = 0
        for block in self._tables.blocks_following(segment, folded):
            moves += len(block.members)
            if found and (moves > _MOST_MOVES or len(found) == _MOST_BLOCKS):
                break
            found.append(block)
        return found


def _windows(blocks: list[Block]) -> Iterator[list[tuple[int, FrozenBitMap]]]:
    """What each block moved, and since when those are in or `LEFT`; some parts at a time if it is much."""
    whole = [(one.at if one.entered else runs.LEFT, one.members) for one in blocks]
    if sum(len(members) for _, members in whole) <= _MOST_MOVES:
        yield whole
        return
    width = _WINDOW * PART
    lowest, highest = min(one.min() for _, one in whole), max(one.max() for _, one in whole)
    for start in range(lowest // width * width, highest + 1, width):
        window = BitMap(range(start, min(start + width, 1 << 32)))
        yield [(since, members & window) for since, members in whole]


def _by_part(moved: list[tuple[int, FrozenBitMap]]) -> Iterator[tuple[int, Run]]:
    """What moves, the oldest first, made of each part's contacts."""
    if not any(members for _, members in moved):
        return
    newest_first = moved[::-1]
    found = [np.frombuffer(members.to_array(), dtype=np.uint32) for _, members in newest_first]
    since = np.repeat(
        np.array([one for one, _ in newest_first], dtype=np.int64), [len(one) for one in found]
    )
    numbers: Numbers = np.concatenate(found)
    if len(found) > 1:
        order = np.argsort(numbers, kind="stable")
        numbers = numbers[order]
        newest = np.concatenate(([True], numbers[1:] != numbers[:-1]))
        numbers, since = numbers[newest], since[order[newest]]
    parts = numbers >> SHIFT
    starts = [0, *(np.flatnonzero(np.diff(parts)) + 1).tolist(), len(numbers)]
    places = numbers.astype(np.uint16)
    for start, end in pairwise(starts):
        yield int(parts[start]), Run(places[start:end], since[start:end])
