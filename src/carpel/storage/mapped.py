"""Large arrays in memory of their own, which the system can lengthen without a copy."""

from __future__ import annotations

import contextlib
import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LARGE = 1 << 22  # bytes; below, a copy is as quick as a mapping
_PRIVATE = getattr(mmap, "MAP_PRIVATE", 0) | getattr(mmap, "MAP_ANONYMOUS", 0)


def zeros(size: int) -> NDArray[np.uint8]:
    """So many bytes, all zero; they take no memory before they are written to."""
    if size < _LARGE or not _PRIVATE:
        return np.zeros(size, np.uint8)
    memory = mmap.mmap(-1, size, flags=_PRIVATE)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with contextlib.suppress(OSError):  # a kernel without large pages
            memory.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(memory, np.uint8)


def mapping_of(array: NDArray[Any]) -> mmap.mmap | None:
    """The memory of `zeros` that an array takes up from the first byte to the last."""
    base: Any = array
    while isinstance(base, np.ndarray | memoryview):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return base if isinstance(base, mmap.mmap) and len(base) == array.nbytes else None


def lengthen(memory: mmap.mmap, size: int) -> bool:
    """Add zeros at the end; False when arrays still look at it, or the system cannot do it."""
    try:
        memory.resize(size)
    except (BufferError, OSError, SystemError):
        return False
    return True
