"""Contacts who moved together: a few as ascending numbers, many as a bitmap.

Of millions of contacts a few are hardly ever in one stretch of a bitmap: each is a container of its
own there, to be made, copied and freed at every step.
"""

from __future__ import annotations

import numpy as np
from pyroaring import BitMap, FrozenBitMap

from carpel.engine.memory.bitmaps import bitmap_of
from carpel.engine.publication import Movers, Numbers

# In a file a bitmap begins with the cookie of its format, which is never nought; numbers begin so.
_NUMBERS = bytes(4)
_AS_NUMBERS = np.dtype("<u4")


def packed(some: Movers) -> bytes:
    """For the file."""
    if isinstance(some, np.ndarray):
        return _NUMBERS + some.astype(_AS_NUMBERS, copy=False).tobytes()
    bitmap = BitMap(some)
    bitmap.run_optimize()
    return bitmap.serialize()


def bitmap_in(body: bytes) -> BitMap:
    """Who was packed."""
    return bitmap_of(numbers_in(body)) if body.startswith(_NUMBERS) else BitMap.deserialize(body)


def numbers_in(body: bytes) -> Numbers:
    """Who was packed, ascending."""
    if body.startswith(_NUMBERS):
        return np.frombuffer(body, _AS_NUMBERS, offset=len(_NUMBERS))
    return numbers_of(BitMap.deserialize(body))


def numbers_of(bitmap: BitMap | FrozenBitMap) -> Numbers:
    """Its numbers, ascending."""
    return np.array(bitmap.to_array(), dtype=np.uint32)


def span(some: Movers) -> tuple[int, int]:
    """The lowest and the highest; there is somebody."""
    if isinstance(some, np.ndarray):
        return int(some[0]), int(some[-1])
    return some.min(), some.max()


def without(some: Movers, gone: BitMap) -> Movers:
    """Those who are not gone."""
    if isinstance(some, np.ndarray):
        there = [number not in gone for number in some.tolist()]
        return some if all(there) else some[np.array(there)]
    return some - gone


def weight(some: Movers) -> int:
    """About how many bytes of memory they take."""
    if isinstance(some, np.ndarray):
        return some.nbytes
    if not some:
        return 0
    # By 65,536 numbers, two bytes each or a bit for each there may be.
    count, spanned = len(some), some.max() - some.min() + 1
    return min(2 * count, spanned // 8 + 1) + 40 * min(count, (spanned >> 16) + 1)
