"""Who is in a segment."""

from __future__ import annotations

import numpy as np
from pyroaring import BitMap

from .due import Contacts
from .flips import Flips

_MOST_MOVES = 4096


class Members:
    """A bitmap of contacts, and the moves since, which are put into it together.

    A move touches memory in a place of its own; many of one bitmap are done at a fraction of that.
    """

    def __init__(self, members: BitMap | None = None) -> None:
        self._members = BitMap() if members is None else members
        self._moves: list[Contacts] = []  # of whoever is there an odd number of times, out or in
        self._moved = 0
        self.count = len(self._members)

    def move(self, flips: Flips) -> None:
        """Take in who entered and who left."""
        for contacts in (flips.entered, flips.left):
            if len(contacts):
                self._moves.append(contacts)
        self.count += len(flips.entered) - len(flips.left)
        self._moved += len(flips.entered) + len(flips.left)
        if self._moved > _MOST_MOVES:
            self._catch_up()

    @property
    def bitmap(self) -> BitMap:
        """All of them; not to be changed, and not to be kept over moves."""
        self._catch_up()
        return self._members

    def _catch_up(self) -> None:
        if self._moves:
            contacts, times = np.unique(np.concatenate(self._moves), return_counts=True)
            self._members ^= BitMap(contacts[times % 2 == 1].astype(np.uint32))
            self._moves, self._moved = [], 0
