"""Bits by contact and bits by question: tables that grow, and the turn from one to the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
Places: TypeAlias = NDArray[np.int64]
Words: TypeAlias = NDArray[np.uint64]

_ROOM = 1.25
_BLOCK = 64  # squares that are gathered at once
_WORDS = 8192
_HALVES = (
    (np.uint64(7), np.uint64(0x00AA00AA00AA00AA)),
    (np.uint64(14), np.uint64(0x0000CCCC0000CCCC)),
    (np.uint64(28), np.uint64(0x00000000F0F0F0F0)),
)


class BitTable:
    """A row of bits for each contact, one bit for each slot. All bits begin as zero."""

    def __init__(self) -> None:
        self._cells: Bytes = np.zeros((64, 8), np.uint8)
        self._free: list[int] = []
        self._slots = 0

    @property
    def width(self) -> int:
        """Bytes in use in a row."""
        return max(1, -(-self._slots // 8))

    @property
    def slots(self) -> int:
        """One more than the highest slot ever given out."""
        return self._slots

    def take_slot(self) -> int:
        """A slot of its own; its bits are zero."""
        if self._free:
            return self._free.pop()
        self._slots += 1
        if self.width > self._cells.shape[1]:
            self._grow(self._cells.shape[0], 8 * -(-int(self.width * _ROOM) // 8))
        return self._slots - 1

    def give_back(self, slot: int) -> None:
        """Empty a slot and let it be taken again."""
        self._cells[:, slot >> 3] &= np.uint8(0xFF ^ (1 << (slot & 7)))
        self._free.append(slot)

    def take_bytes(self, count: int) -> list[int]:
        """So many places in a row, all eight slots of each; their bits are zero."""
        held = Counter(slot >> 3 for slot in self._free)
        found = [place for place, slots in held.items() if slots == 8][:count]  # noqa: PLR2004
        again = set(found)
        self._free = [slot for slot in self._free if slot >> 3 not in again]
        if missing := count - len(found):
            first = -(-self._slots // 8)
            self._free.extend(range(self._slots, 8 * first))
            self.reserve(8 * (first + missing) - self._slots)
            self._slots = 8 * (first + missing)
            found.extend(range(first, first + missing))
        return found

    def leave_free(self, slots: Iterable[int]) -> None:
        """Let slots that are empty be taken again."""
        self._free.extend(slots)

    def make_room(self, contacts: int) -> None:
        """Rows for contacts numbered below this."""
        if contacts > self._cells.shape[0]:
            self._grow(64 * -(-int(contacts * _ROOM) // 64), self._cells.shape[1])

    def rows(self, contacts: Places | slice) -> Bytes:
        """These contacts' rows (a copy for places, a view for a slice)."""
        return self._cells[contacts, : self.width]

    def words(self, contacts: slice) -> Words:
        """These contacts' rows as words of eight bytes, the last of them filled up; a view."""
        return self._cells[contacts].view(np.uint64)

    def put(self, contacts: Places | slice, rows: Bytes) -> None:
        """Replace rows."""
        self._cells[contacts, : rows.shape[1]] = rows

    def reserve(self, slots: int) -> None:
        """Make room for so many more slots at once."""
        width = 8 * -(-(self._slots + slots) // 64)
        if width > self._cells.shape[1]:
            self._grow(self._cells.shape[0], width)

    @property
    def nbytes(self) -> int:
        return self._cells.nbytes

    def _grow(self, contacts: int, width: int) -> None:
        # Zeros cost no memory before they are written to.
        cells = np.zeros((contacts, width), np.uint8)
        old = self._cells
        cells[: old.shape[0], : old.shape[1]] = old
        self._cells = cells


def as_words(rows: Bytes) -> Words:
    """Rows as words of eight bytes, filled up with zeros."""
    count, width = rows.shape
    filled = np.zeros((count, 8 * -(-width // 8)), np.uint8)
    filled[:, :width] = rows
    return filled.view(np.uint64)


def by_slot(rows: Bytes) -> Bytes:
    """From a row of bits for each contact to a row of bits for each slot.

    Args:
        rows: shape (contacts, width); contacts a multiple of 8. Bit `s & 7` of byte `s >> 3` of a
            row is slot s.

    Returns:
        Shape (8 · width, contacts / 8); bit `c & 7` of byte `c >> 3` of a row is contact c.
    """
    contacts, width = rows.shape
    eights = rows.reshape(contacts // 8, 8, width)
    # Eight contacts' bytes of one column are a square of 8 by 8 bits.
    squares = np.empty((width, contacts // 8, 8), np.uint8)
    for first in range(0, contacts // 8, _BLOCK):
        block = slice(first, first + _BLOCK)
        squares[:, block] = eights[block].transpose(2, 0, 1)
    _turn(squares.view(np.uint64).reshape(-1))
    return np.ascontiguousarray(squares.transpose(0, 2, 1)).reshape(width * 8, contacts // 8)


def _turn(squares: NDArray[np.uint64]) -> None:
    """Mirror each word, an 8 by 8 square of bits, at its diagonal."""
    spare = np.empty(min(_WORDS, len(squares)), np.uint64)
    for first in range(0, len(squares), _WORDS):  # as many as the cache of a core holds
        words = squares[first : first + _WORDS]
        swapped = spare[: len(words)]
        for shift, mask in _HALVES:
            np.right_shift(words, shift, out=swapped)
            swapped ^= words
            swapped &= mask
            words ^= swapped
            swapped <<= shift
            words ^= swapped


def to_eights(rows: Bytes) -> Bytes:
    """Rows of zeros added, so that there is a multiple of 8."""
    count = -(-len(rows) // 8) * 8
    if count == len(rows):
        return rows
    more = np.zeros((count, rows.shape[1]), np.uint8)
    more[: len(rows)] = rows
    return more
