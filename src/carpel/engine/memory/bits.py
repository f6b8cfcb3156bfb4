"""Bits by contact and bits by question: tables that grow, and the turn from one to the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .growing import Growing, filled

Bytes: TypeAlias = NDArray[np.uint8]
Places: TypeAlias = NDArray[np.int64]
Words: TypeAlias = NDArray[np.uint64]

_ROOM = 1.25
_TURNED = 65_536  # words, as many as the cache of a core holds
_BYTES = 131_072  # the same where each becomes several times as large
_HALVES = tuple(
    (half, np.uint64(half), np.uint64(mask))
    for half, mask in (
        (32, 0x00000000FFFFFFFF),
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    )
)


class BitTable:
    """A row of bits for each contact, one bit for each slot. All bits begin as zero."""

    def __init__(self) -> None:
        self._table = Growing(np.zeros((64, 8), np.uint8))
        self._free: list[int] = []
        self._slots = 0

    @property
    def _cells(self) -> Bytes:
        return self._table.array

    @property
    def width(self) -> int:
        """Bytes in use in a row: whole words of 64 bits."""
        return 8 * max(1, -(-self._slots // 64))

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
            self._widen(8 * -(-int(self.width * _ROOM) // 8))
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
        self._table.make_room(contacts)

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
            self._widen(width)

    @property
    def nbytes(self) -> int:
        return self._cells.nbytes

    def _widen(self, width: int) -> None:
        old = self._cells
        cells = filled((old.shape[0], width), np.uint8, 0)
        cells[:, : old.shape[1]] = old
        self._table = Growing(cells)


def as_words(rows: Bytes) -> Words:
    """Rows as words of eight bytes, filled up with zeros."""
    count, width = rows.shape
    whole = np.zeros((count, 8 * -(-width // 8)), np.uint8)
    whole[:, :width] = rows
    return whole.view(np.uint64)


def by_slot(rows: Bytes) -> Bytes:
    """From a row of bits for each contact to a row of bits for each slot.

    Args:
        rows: shape (contacts, width). Bit `s & 7` of byte `s >> 3` of a row is slot s.

    Returns:
        Shape (8 · width, contacts / 8), with zeros up to a whole number of words; bit `c & 7` of
        byte `c >> 3` of a row is contact c.
    """
    contacts, width = rows.shape
    blocks, words = -(-contacts // 64), -(-width // 8)
    turned = np.empty((words, 64, blocks), np.uint64)
    together = min(blocks, max(1, _TURNED // (64 * words)))
    wide = np.zeros((64 * together, 8 * words), np.uint8)
    room, spare = np.empty((2, 64 * words * together), np.uint64)
    for first in range(0, blocks, together):
        count = min(together, blocks - first)
        part = rows[64 * first : 64 * (first + count)]
        wide[len(part) :] = 0
        wide[: len(part), :width] = part
        # 64 contacts' words of one column are a square of 64 by 64 bits.
        squares = room[: 64 * words * count].reshape(64, words, count)
        squares[:] = wide[: 64 * count].view(np.uint64).reshape(count, 64, words).transpose(1, 2, 0)
        _turn(squares.reshape(64, -1), spare)
        turned[:, :, first : first + count] = squares.transpose(1, 0, 2)
    return turned.view(np.uint8).reshape(64 * words, 8 * blocks)[: 8 * width]


def _turn(squares: Words, spare: Words) -> None:
    """Mirror squares of bits at their diagonals; shape (64, squares), each square a column."""
    for half, shift, mask in _HALVES:
        pairs = squares.reshape(32 // half, 2, -1)
        low, high = pairs[:, 0], pairs[:, 1]
        moved = spare[: low.size].reshape(low.shape)
        np.right_shift(low, shift, out=moved)
        moved ^= high
        moved &= mask
        high ^= moved
        moved <<= shift
        low ^= moved


def ones(rows: Bytes) -> tuple[Places, Places]:
    """The places of the bits that are set, row after row, and how many there are in each row.

    Args:
        rows: of whole words.
    """
    width = rows.shape[1]
    counts = np.bitwise_count(rows.view(np.uint64)).sum(axis=1, dtype=np.int64)
    found = []
    together = max(1, _BYTES // max(1, width))
    for first in range(0, len(rows), together):
        flat = rows[first : first + together].reshape(-1)
        some = np.flatnonzero(flat != 0)  # of truths, these are found several times quicker
        bits = np.flatnonzero(np.unpackbits(flat[some], bitorder="little").view(np.bool_))
        some -= some // width * width
        some <<= 3
        places = some[bits >> 3]
        places += bits & 7
        found.append(places)
    return np.concatenate(found) if found else np.empty(0, np.int64), counts
