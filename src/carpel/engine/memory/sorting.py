"""Numbers in order, each once.

numpy's `unique` and what is made from it go by hashes since version 2.3, which takes some twenty
times as long as sorting for the tens of thousands of numbers that a batch has.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_Number = TypeVar("_Number", bound=np.integer[Any])


def distinct(ascending: NDArray[_Number]) -> NDArray[_Number]:
    """Numbers that are in order already, each once."""
    if not len(ascending):
        return ascending
    first = np.empty(len(ascending), np.bool_)
    first[0] = True
    np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
    return ascending[first]


def together(*several: NDArray[_Number]) -> NDArray[_Number]:
    """All of these numbers in order, each once; of one at least."""
    return distinct(np.sort(np.concatenate(several)))
