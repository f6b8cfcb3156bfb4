"""Numbers in order, each once.

numpy's `unique` and what is made from it go by hashes since version 2.3, which takes some twenty
times as long as sorting for the tens of thousands of numbers that a batch has.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_Number = TypeVar("_Number", bound=np.integer[Any])


def firsts(ascending: NDArray[_Number]) -> NDArray[np.bool_]:
    """Where each number comes first, of numbers that are in order already."""
    first = np.ones(len(ascending), np.bool_)
    np.not_equal(ascending[1:], ascending[:-1], out=first[1:])
    return first


def distinct(ascending: NDArray[_Number]) -> NDArray[_Number]:
    """Numbers that are in order already, each once."""
    return ascending[firsts(ascending)]


def together(*several: NDArray[_Number]) -> NDArray[_Number]:
    """All of these numbers in order, each once; of one at least."""
    return distinct(np.sort(np.concatenate(several)))
