"""Arrays by contact that grow where they lie."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from carpel.storage.mapped import lengthen, mapping_of, zeros

_Kind = TypeVar("_Kind", bound=np.generic)

# It grows by a part of its length at least: a small one in place, a larger one where it has to be copied.
_IN_PLACE, _COPIED = 64, 4


def filled(shape: tuple[int, ...], kind: DTypeLike, filler: int) -> NDArray[Any]:
    """A new array; with zeros it takes no memory before it is written to."""
    array = zeros(int(np.prod(shape)) * np.dtype(kind).itemsize).view(kind).reshape(shape)
    if filler:
        array.fill(filler)
    return array


class Growing(Generic[_Kind]):
    """A row for each contact; rows of contacts that nobody has put yet hold the filler.

    A copy of a table of gigabytes would stop everything for seconds and need its memory twice. The
    system lengthens it in milliseconds instead, as long as nothing else looks at it.
    """

    def __init__(self, array: NDArray[_Kind], filler: int = 0) -> None:
        self.array = array
        self._filler = filler

    def make_room(self, rows: int) -> None:
        """Rows for contacts numbered below this."""
        before = len(self.array)
        if rows <= before:
            return
        if not self._lengthened(_rounded(rows + rows // _IN_PLACE)):
            shape = (_rounded(rows + rows // _COPIED), *self.array.shape[1:])
            longer = filled(shape, self.array.dtype, self._filler)
            longer[:before] = self.array
            self.array = longer
        elif self._filler:
            self.array[before:] = self._filler

    def _lengthened(self, rows: int) -> bool:
        """Whether its own memory could be made longer."""
        memory, kind, shape = mapping_of(self.array), self.array.dtype, self.array.shape
        if memory is None:
            return False
        self.array = np.empty((0, *shape[1:]), kind)  # memory that is looked at stays as it is
        done = lengthen(memory, len(memory) // shape[0] * rows)
        self.array = np.frombuffer(memory, kind).reshape(-1, *shape[1:])
        return done


def _rounded(rows: int) -> int:
    return 64 * -(-rows // 64)
