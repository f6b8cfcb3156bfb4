"""Many blocks of a segment at once, as arrays: nearly all have a contact or two, and are many thousands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import numpy as np
from pyroaring import BitMap

from carpel.engine.memory.bitmaps import bitmap_of
from carpel.engine.memory.sorting import firsts

from . import runs
from .model import SHIFT, Brief, Stored
from .movers import bitmap_in, numbers_in
from .repository import FeedRepository
from .runs import LEFT, Instants, Numbers

# A block with more contacts is taken for itself, as a bitmap.
_LARGE = 1_000


def latest(blocks: Sequence[Brief]) -> tuple[Numbers, Instants]:
    """All contacts that blocks in order moved, ascending; since when each is in by the last, or `LEFT`."""
    if not blocks:
        return np.empty(0, np.uint32), np.empty(0, np.int64)
    _, _, at, entered, erased, lowest, highest, members = zip(*blocks, strict=True)
    since = np.where(np.array(entered, dtype=np.bool_), np.array(at, dtype=np.int64), LEFT)
    ends = np.array((lowest, highest), dtype=np.int64)
    known = (ends[0] <= ends[1]) & ~np.array(erased, dtype=np.bool_)  # others have nobody any more
    many = {n: numbers_in(body) for n, body in enumerate(members) if body is not None and known[n]}
    known[list(many)] = False
    few = np.flatnonzero(known)
    numbers: Numbers = np.concatenate((*ends[:, few].astype(np.uint32), *many.values()))
    sizes = [len(one) for one in many.values()]
    places = np.concatenate((few, few, np.repeat(np.array(list(many), dtype=np.intp), sizes)))
    order = np.lexsort((-places, numbers))  # of each contact the last block first
    numbers, places = numbers[order], places[order]
    newest = firsts(numbers)
    return numbers[newest], since[places[newest]]


def members(tables: FeedRepository, stored: Stored) -> BitMap:
    """Who is in a segment by its runs and the blocks after them."""
    found = BitMap()
    for part, bodies in tables.parts(stored.segment):
        inside = runs.members(body for _, body in bodies)
        found |= inside.shift(part << SHIFT)
    briefs = tables.briefs(stored.segment, stored.folded)
    for large, blocks in groupby(briefs, key=lambda one: one[1] > _LARGE):
        for entered, left in _each(blocks) if large else _together(blocks):
            found |= entered
            found -= left
    return found


def _each(blocks: Iterable[Brief]) -> Iterator[tuple[BitMap, BitMap]]:
    """Who entered and who left by each of some large blocks."""
    for _, _, _, entered, _, _, _, body in blocks:
        moved = BitMap() if body is None else bitmap_in(body)
        yield (moved, BitMap()) if entered else (BitMap(), moved)


def _together(blocks: Iterable[Brief]) -> Iterator[tuple[BitMap, BitMap]]:
    """Who entered and who left by all of some blocks."""
    numbers, since = latest(list(blocks))
    yield bitmap_of(numbers[since != LEFT]), bitmap_of(numbers[since == LEFT])
