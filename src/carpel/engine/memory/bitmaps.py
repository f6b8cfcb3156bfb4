"""Roaring bitmaps put together from packed bits, without looking at each member.

The format is the portable one of the RoaringFormatSpec: a header with a key, a size and an offset
for every 65,536 numbers, then their containers: packed bits, or sorted numbers where few are set.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pyroaring import BitMap

from .bits import Bytes

STRETCH = 65_536  # the numbers of one container
_COOKIE = 12_346
_FEW = 4096


def container(bits: Bytes) -> tuple[int, bytes]:
    """How many are set in the packed bits of a stretch, and their container."""
    count = int(np.bitwise_count(bits).sum())
    if count > _FEW:
        whole = np.zeros(STRETCH // 8, np.uint8)
        whole[: len(bits)] = bits
        return count, whole.tobytes()
    filled = np.flatnonzero(bits)
    ones = np.flatnonzero(np.unpackbits(bits[filled], bitorder="little"))
    return count, (filled[ones >> 3] * 8 + (ones & 7)).astype("<u2").tobytes()


def bitmap(containers: Sequence[tuple[int, int, bytes]]) -> BitMap:
    """A bitmap of stretches, ascending: number of the stretch, how many are set, container."""
    filled = [one for one in containers if one[1]]
    head = np.asarray([_COOKIE, len(filled)], "<u4").tobytes()
    keys = np.asarray([(key, count - 1) for key, count, _ in filled], "<u2").tobytes()
    start = len(head) + 8 * len(filled)
    lengths = [len(content) for _, _, content in filled]
    offsets = (start + np.cumsum([0, *lengths[:-1]])).astype("<u4")[: len(filled)].tobytes()
    body = b"".join(content for _, _, content in filled)
    made: BitMap = BitMap.deserialize(head + keys + offsets + body)
    return made
