"""Since when contacts are in a segment, as of now or of a place in the feed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyroaring import BitMap

from . import runs
from .model import SHIFT, Block, Stored, in_part
from .repository import FeedRepository


def since_when(
    tables: FeedRepository, stored: Stored, numbers: Sequence[int], through: int | None
) -> dict[int, int]:
    """Since when these contacts are in, as of a change's number or now; who was not in is left out.

    Left out are those, too, of whom it is no longer known: they have moved since, and neither what
    holds their entry is kept as it was then, nor the change. Of a place before the oldest change kept
    that can be all.
    """
    segment, found, left = stored.segment, dict[int, int](), BitMap(numbers)
    last = 1 << 62 if through is None else through
    if stored.folded <= last:
        _look(tables.blocks_of(segment, stored.folded, last), left, found)
        _look_in_runs(tables, segment, left, last, found)
        return found
    if last < tables.progress(stored.workspace)[1]:  # who moved since cannot be told
        return found
    # Runs may hold what came later; but who did not move since is in as then.
    moved = BitMap()
    for block in tables.blocks_of(segment, last, 1 << 62, left):
        moved |= block.members & left
    left -= moved
    _look_in_runs(tables, segment, left, stored.folded, found)
    if moved:
        parts = _parts(moved)
        known = min(tables.run_ends(segment, parts, last))
        _look(tables.blocks_of(segment, known, last, moved), moved, found)
        _look_in_runs(tables, segment, moved, last, found)
    return found


def _look(blocks: Iterable[Block], left: BitMap, found: dict[int, int]) -> None:
    """Go back through blocks for each contact's newest; those found are taken out of `left`."""
    for block in blocks:
        if not left:
            return
        here = block.members & left
        if here:
            left -= here
            if block.entered:
                found.update(dict.fromkeys(here, block.at))


def _look_in_runs(
    tables: FeedRepository, segment: int, left: BitMap, through: int, found: dict[int, int]
) -> None:
    """The same in runs that hold nothing after a number."""
    if not left:
        return
    for part, stored in tables.parts(segment, _parts(left)):
        places, start = in_part(left, part), part << SHIFT
        for end, body in stored:
            if not places:
                break
            if end <= through:
                times, here = runs.look(body, places)
                found.update((start + place, since) for place, since in times.items())
                places -= here


def _parts(numbers: BitMap) -> list[int]:
    return sorted({number >> SHIFT for number in numbers})
