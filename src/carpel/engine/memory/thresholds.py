"""Whole numbers in arrays, compared exactly with constants that need not be whole or small."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p

Bools: TypeAlias = NDArray[np.bool_]
Ints: TypeAlias = NDArray[Any]  # int64, or objects where numbers are larger

LEAST, MOST = -(2**63), 2**63 - 1
MISSING = LEAST  # an instant that is not there

_COMPARE = {
    "=": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


def compare(values: Ints, operator: p.Operator, constant: int | Fraction) -> Bools:
    """Each value against the constant."""
    whole = constant.__floor__()
    if whole != constant:
        if operator in ("=", "!="):
            return np.full(len(values), operator == "!=")
        operator = "<=" if operator in ("<", "<=") else ">"
    if values.dtype != object and not LEAST <= whole <= MOST:
        return np.full(len(values), p.HOLDS[operator](0, whole))
    return np.asarray(_COMPARE[operator](values, whole), dtype=np.bool_)


def one_of(values: Ints, constants: list[int | Fraction], *, negated: bool) -> Bools:
    """Whether each value is among the constants."""
    found = np.zeros(len(values), np.bool_)
    for constant in constants:
        found |= compare(values, "=", constant)
    return found ^ negated
