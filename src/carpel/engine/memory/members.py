"""Who is in a segment."""

from __future__ import annotations

import itertools

import numpy as np
from pyroaring import BitMap

from .bitmaps import bitmap_of

# So many moves wait at most; of each bitmap another number, or many would be due at once.
_MOST_MOVES = 12_288
_turns = itertools.count()
_STEP, _STEPS = 509, 4096


class Members:
    """A bitmap of contacts, and the moves since, which are put into it together.

    A move touches memory in a place of its own; many of one bitmap are done at a fraction of that.
    """

    def __init__(self, members: BitMap | None = None) -> None:
        self._members = BitMap() if members is None else members
        # Whoever is there an odd number of times is out now and was in, or the other way round.
        self._moves: list[bytes] = []
        self._waiting = 0
        self._most = 4 * (_MOST_MOVES - next(_turns) * _STEP % _STEPS)
        self.count = len(self._members)

    def move(self, moves: bytes, gained: int) -> None:
        """Take in whoever entered or left, as numbers of four bytes, and how many more are in."""
        self._moves.append(moves)
        self._waiting += len(moves)
        self.count += gained
        if self._waiting > self._most:
            self._catch_up()

    @property
    def bitmap(self) -> BitMap:
        """All of them; not to be changed, and not to be kept over moves."""
        self._catch_up()
        return self._members

    def _catch_up(self) -> None:
        if not self._moves:
            return
        contacts = np.sort(np.frombuffer(b"".join(self._moves), np.uint32))
        again = contacts[1:] == contacts[:-1]
        if again.any():
            firsts = np.flatnonzero(np.r_[True, ~again])
            times = np.diff(firsts, append=len(contacts))
            contacts = contacts[firsts[times & 1 == 1]]
        self._members ^= bitmap_of(contacts)
        self._moves, self._waiting = [], 0
