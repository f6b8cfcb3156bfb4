"""What the feed is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
from pyroaring import BitMap, FrozenBitMap

from carpel.domain.refusals import Refusal
from carpel.engine.publication import Cause, Movers

SHIFT = 16
PART = 1 << SHIFT


def in_part(numbers: BitMap, part: int) -> BitMap:
    """The places within a part of those of some contacts that are in it."""
    start = part << SHIFT
    return (numbers & BitMap(range(start, start + PART))).shift(-start)


class TooOld(Refusal):
    """The changes after a place in the feed are no longer kept."""


# A block as far as it matters to who is in: first change, count, instant, whether they entered, whether
# they were erased, lowest and highest contact, and the bitmap of all when they were more than two.
Brief = tuple[int, int, int, int, int, int, int, bytes | None]


@dataclass(frozen=True)
class Block:
    """Contacts that entered or left a segment together.

    The change with number first + n is that of the n-th contact; places of contacts erased since
    are in `holes`.
    """

    workspace: int
    first: int
    count: int
    segment: int
    at: int
    version: int
    entered: bool
    cause: Cause
    members: FrozenBitMap
    holes: FrozenBitMap | None = None
    erased: bool = False  # that these contacts, who are erased, have left: no run has them any more

    @property
    def last(self) -> int:
        """The number of its last change."""
        return self.first + self.count - 1

    def after(self, seq: int, limit: int) -> list[tuple[int, int]]:
        """Number and contact of its first changes after a number, at most so many."""
        if self.holes is None:
            start = max(0, seq + 1 - self.first)
            numbers = self.members[start : start + limit]
            return [(self.first + start + n, contact) for n, contact in enumerate(numbers)]
        places = self._places()
        start = places.rank(seq - self.first) if seq >= self.first else 0
        some = zip(places[start : start + limit], self.members[start : start + limit], strict=True)
        return [(self.first + place, contact) for place, contact in some]

    def without(self, numbers: BitMap) -> Block:
        """The same with these contacts forgotten; the others keep their numbers."""
        gone = self.members & numbers
        places = self._places()
        holes = BitMap(self.holes or ())
        for contact in gone:
            holes.add(places[self.members.rank(contact) - 1])
        return replace(self, members=FrozenBitMap(self.members - gone), holes=FrozenBitMap(holes))

    def _places(self) -> BitMap:
        """The places of the contacts that are still known, in order."""
        return BitMap(range(self.count)) - BitMap(self.holes or ())


class NewBlock(msgspec.Struct, gc=False):
    """A block to be written; what it has is what a `Block` has."""

    workspace: int
    first: int
    segment: int
    at: int
    version: int
    entered: bool
    cause: Cause
    members: Movers
    erased: bool


@dataclass(frozen=True)
class Change:
    """One contact entered or left one segment. `contact` is a UUID's 16 bytes."""

    seq: int
    at: int
    segment: int
    contact: bytes
    entered: bool
    cause: Cause
    version: int  # of the segment's rules


@dataclass(frozen=True)
class Changes:
    """Some changes in order. Those after `last` come next; `more` says whether there are any yet."""

    changes: list[Change]
    last: int
    more: bool


class Stored(msgspec.Struct, frozen=True, gc=False):
    """What was last published of a segment, as it is on disk."""

    segment: int
    workspace: int
    version: int
    at: int
    applied: int
    size: int
    folded: int
