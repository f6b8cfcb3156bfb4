"""Decimals as whole numbers of one power of ten, so that sums of them are exact and quick."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np

from carpel.kit.numbers import DECIMALS

from .thresholds import MOST, Ints

_FEW = 4096


class Scaled:
    """A column of decimals, `values · 10^-digits`; zero where there is none.

    int64 as long as everything fits, Python's own integers when something does not.
    """

    def __init__(self, values: Ints, digits: int) -> None:
        self.values = values
        self.digits = digits

    @cached_property
    def largest(self) -> int:
        """The greatest absolute value; few columns are ever asked for it."""
        return largest(self.values)

    @classmethod
    def empty(cls) -> Scaled:
        return cls(np.empty(0, np.int64), 0)

    @classmethod
    def of(cls, numbers: Sequence[Decimal | str | None]) -> Scaled:
        """Of decimals or their texts."""
        parts = [_written(one).partition(".") for one in numbers]
        digits = max((len(fraction) for _, _, fraction in parts), default=0)
        whole = [int(before + fraction.ljust(digits, "0")) for before, _, fraction in parts]
        return cls(_fitting(whole), digits)

    @classmethod
    def of_units(cls, units: Ints) -> Scaled:
        """Of whole numbers of 10^-12, by the fewest digits that keep them."""
        if units.dtype == object or not len(units):
            return cls(units, DECIMALS)
        # A few values say how many zeros there can be at most; then all have to agree.
        zeros = _zeros(units[:_FEW], DECIMALS)
        zeros = _zeros(units, zeros)
        return cls(units // 10**zeros if zeros else units, DECIMALS - zeros)

    def __len__(self) -> int:
        return len(self.values)

    def at(self, digits: int) -> Ints:
        """The values by another, larger power of ten."""
        if digits == self.digits:
            return self.values
        factor = 10 ** (digits - self.digits)
        if self.values.dtype != object and self.largest * factor <= MOST:
            return np.asarray(self.values * factor)
        return np.asarray(self.values.astype(object) * factor)

    def taken(self, places: Any) -> Scaled:
        """The values at some places."""
        return Scaled(self.values[places], self.digits)

    def summable(self) -> Ints:
        """The values in a form in which the sum of all of them cannot overflow."""
        if self.values.dtype != object and self.largest * len(self.values) <= MOST:
            return self.values
        return self.values.astype(object)


def joined(parts: Sequence[Scaled]) -> Scaled:
    """Columns one after the other."""
    digits = max((part.digits for part in parts), default=0)
    arrays = [part.at(digits) for part in parts] or [np.empty(0, np.int64)]
    if any(array.dtype == object for array in arrays):
        arrays = [array.astype(object) for array in arrays]
    return Scaled(np.concatenate(arrays), digits)


def _zeros(units: Ints, most: int) -> int:
    """With how many zeros all of them end, or `most`."""
    while most and (units % 10**most).any():
        most -= 1
    return most


def _written(number: Decimal | str | None) -> str:
    """A number as people write it; batches have it so, and reading it as a decimal takes long."""
    if number is None:
        return "0"
    if isinstance(number, str) and "E" not in number:
        return number
    return format(Decimal(number), "f")


def _fitting(values: list[int]) -> Ints:
    if all(-MOST <= value <= MOST for value in values):
        return np.asarray(values, dtype=np.int64)
    return np.asarray(values, dtype=object)


def largest(values: Ints) -> int:
    """The greatest absolute value; 0 of none."""
    if not len(values):
        return 0
    return max(abs(int(values.max())), abs(int(values.min())))
