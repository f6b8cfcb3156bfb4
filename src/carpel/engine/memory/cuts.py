"""Numbers and dates by where they stand among the constants they are compared with.

All values between two neighbouring constants get the same answers, so one sample stands for them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p

Codes: TypeAlias = NDArray[np.int64]

_NAN = float("nan")
_MOST_TIES = 4096


class Cuts:
    """Sorted constants. Code 2i is between constants i-1 and i, 2i+1 at constant i; the last: none."""

    def __init__(self, constants: Sequence[Decimal], *, is_number: bool) -> None:
        self.constants = list(constants)
        self.is_number = is_number
        self.samples: list[Any] = [*_samples(self.constants, is_number=is_number), None]
        self._ties: dict[Any, int] = {}  # the same few values stand at constants again and again
        # Rounding keeps order: values that differ as floats stand so exactly.
        self._floats = np.asarray([float(one) for one in constants], np.float64)

    def codes(self, values: Sequence[Any]) -> tuple[Codes, list[Any]]:
        """For each stored value a place in the list of samples given with it."""
        floats = _as_floats(values)
        places = np.searchsorted(self._floats, floats)
        codes = 2 * places
        codes[np.isnan(floats)] = len(self.samples) - 1
        if len(self._floats):
            near = np.flatnonzero(self._floats.take(places, mode="clip") == floats)
            codes[near] = [self._exactly(values[place]) for place in near.tolist()]
        return codes, self.samples

    def _exactly(self, stored: Any) -> int:
        code = self._ties.get(stored)
        if code is None:
            value = Decimal(stored)
            below = bisect_left(self.constants, value)
            there = below < len(self.constants) and self.constants[below] == value
            if len(self._ties) >= _MOST_TIES:
                self._ties.clear()
            code = self._ties[stored] = 2 * below + there
        return code


def _as_floats(values: Sequence[Any]) -> NDArray[np.float64]:
    """The values, NaN where there is none."""
    try:
        return np.fromiter(map(float, values), np.float64, len(values))
    except TypeError:
        return np.asarray([_NAN if one is None else float(one) for one in values], np.float64)


def cuts_of(leaves: Sequence[Any]) -> Cuts | None:
    """The constants at which some answer changes; None when answers do not follow from order."""
    found: set[Decimal] = set()
    kinds = set()
    for leaf in leaves:
        constants = _constants(leaf)
        if constants is None:
            return None
        kinds.add(leaf.operand.seen.kind)
        found.update(constants)
    if kinds not in ({"number"}, {"date"}):
        return None
    return Cuts(sorted(found), is_number=kinds == {"number"})


def _constants(leaf: Any) -> list[Decimal] | None:
    if not isinstance(leaf, p.ValueTest) or leaf.operand.steps:
        return None
    match leaf.test:
        case p.Compare(constant=constant):
            found: list[Any] = [constant]
        case p.OneOf(constants=constants):
            found = list(constants)
        case p.Missing():
            found = []
        case _:
            return None
    if not all(isinstance(one, Decimal | p.Instant) for one in found):
        return None
    return [one if isinstance(one, Decimal) else Decimal(one.at) for one in found]


def _samples(constants: list[Decimal], *, is_number: bool) -> list[Any]:
    """One value for each code but the last."""
    if not constants:
        return [Decimal(0) if is_number else 0]
    found = [constants[0] - 1]
    for place, constant in enumerate(constants):
        found.append(constant)
        beyond = constants[place + 1] if place + 1 < len(constants) else constant + 2
        between = (constant + beyond) / 2
        # Whole numbers with nothing between them never have the code; any value will do.
        found.append(between if is_number else between.__floor__() + Decimal(0))
    return [one if is_number else int(one) for one in found]
