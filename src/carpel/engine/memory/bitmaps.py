"""Roaring bitmaps put together from packed bits, without looking at each member.

The format is the portable one of the RoaringFormatSpec: a header with a key, a size and an offset
for every 65,536 numbers, then their containers: packed bits, or sorted numbers where few are set.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap, FrozenBitMap

from .bits import Bytes

STRETCH = 65_536  # the numbers of one container
_COOKIE = 12_346
_FEW = 4096
_SCANT = 1024  # so many numbers are put in one by one

Container: TypeAlias = tuple[int, bytes]  # how many are set, and the bytes


def containers(rows: Bytes) -> list[Container]:
    """For each row of packed bits, whole words, one bit a number of the stretch, its container."""
    counts = np.bitwise_count(rows.view(np.uint64)).sum(axis=1, dtype=np.int64)
    found = [(0, b"")] * len(rows)
    rest = bytes(STRETCH // 8 - rows.shape[1])
    for row in np.flatnonzero(counts > _FEW).tolist():
        found[row] = (int(counts[row]), rows[row].tobytes() + rest)
    few = np.flatnonzero((counts > 0) & (counts <= _FEW))
    numbers = _numbers(rows[few])
    ends = np.cumsum(counts[few])
    for row, end in zip(few.tolist(), ends.tolist(), strict=True):
        count = int(counts[row])
        found[row] = (count, numbers[end - count : end].tobytes())
    return found


def _numbers(rows: Bytes) -> NDArray[np.uint16]:
    """What is set, row after row."""
    flat = rows.reshape(-1)
    filled = np.flatnonzero(flat != 0)  # of truths, these are found several times quicker
    ones = np.flatnonzero(np.unpackbits(flat[filled], bitorder="little").view(np.bool_))
    bytes_of_row = (filled % rows.shape[1]).astype(np.uint16)
    return np.asarray((bytes_of_row[ones >> 3] << 3) + (ones & 7), "<u2")


def bitmap(stretches: Sequence[tuple[int, Container]]) -> BitMap:
    """A bitmap of stretches, ascending: the number of each, and its container."""
    filled = [(key, *one) for key, one in stretches if one[0]]
    head = np.asarray([_COOKIE, len(filled)], "<u4").tobytes()
    keys = np.asarray([(key, count - 1) for key, count, _ in filled], "<u2").tobytes()
    start = len(head) + 8 * len(filled)
    lengths = [len(content) for _, _, content in filled]
    offsets = (start + np.cumsum([0, *lengths[:-1]])).astype("<u4")[: len(filled)].tobytes()
    contents = (content for _, _, content in filled)
    made: BitMap = BitMap.deserialize(b"".join((head, keys, offsets, *contents)))
    return made


def bitmap_of(numbers: NDArray[np.uint32]) -> BitMap:
    """A bitmap of ascending numbers, each there once."""
    if len(numbers) <= _SCANT:
        return BitMap(array("I", numbers.tobytes()))
    keys = np.arange(numbers[0] >> 16, (numbers[-1] >> 16) + 1, dtype=np.uint32)
    edges = np.append(numbers.searchsorted(keys << 16), len(numbers))
    counts = np.diff(edges)
    if counts.max() > _FEW:
        return BitMap(array("I", numbers.tobytes()))
    filled = np.flatnonzero(counts)
    head = np.empty((len(filled), 2), "<u2")
    head[:, 0], head[:, 1] = keys[filled], counts[filled] - 1
    offsets = (8 + 8 * len(filled) + 2 * edges[filled]).astype("<u4")
    start = np.asarray([_COOKIE, len(filled)], "<u4")
    parts = (start, head, offsets, numbers.astype("<u2"))  # of each number its last 16 bits
    made: BitMap = BitMap.deserialize(b"".join(part.tobytes() for part in parts))
    return made


def frozen_of(numbers: NDArray[np.uint32]) -> FrozenBitMap:
    """Of any numbers, and nobody can change it."""
    # What is no `array` would be taken in one by one, at several times the cost.
    return FrozenBitMap(array("I", numbers.tobytes()))


def few_or_frozen(numbers: NDArray[np.uint32]) -> NDArray[np.uint32] | FrozenBitMap:
    """A few numbers as they are, many as a bitmap; nobody is to change either."""
    return numbers if len(numbers) <= _FEW else frozen_of(numbers)
