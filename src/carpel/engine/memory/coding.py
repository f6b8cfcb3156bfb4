"""Whole columns answered at once: each value becomes a small code, each code a row of bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from carpel.kit.numbers import DECIMALS

from .bits import Bytes
from .cuts import Cuts
from .groups import Group
from .thresholds import LEAST, MOST

Array: TypeAlias = Any  # a pyarrow.Array
Codes: TypeAlias = NDArray[np.uint32]

_UNIT = 10**DECIMALS
_EXACT = Context(prec=64)


@dataclass(frozen=True)
class Coded:
    """For each place of a column its code, and for each code the row of bits."""

    codes: Codes
    rows: Bytes


def coded(group: Group, arrays: Sequence[Array], width: int, slots: Sequence[int]) -> Coded:
    """Answer a group's leaves (those of some slots) for whole columns, one array a column."""
    if len(arrays) > 1:
        return _by_value(group, zip(*(_stored(one) for one in arrays), strict=True), width, slots)
    (array,) = arrays
    if group.cuts is not None:
        whole = whole_numbers(array)
        scaled = _scaled(group.cuts)
        if whole is not None and scaled is not None:
            return _by_cuts(group, group.cuts.samples, scaled, whole, width, slots)
    if _is_list(array):
        return _by_value(group, _stored(array), width, slots)
    encoded = array.dictionary_encode()
    values = [*_stored(encoded.dictionary), None]
    places = encoded.indices.fill_null(len(values) - 1).to_numpy(zero_copy_only=False)
    return Coded(places.astype(np.uint32), group.rows_for(values, width, slots))


def _by_value(group: Group, values: Any, width: int, slots: Sequence[int]) -> Coded:
    known: dict[Any, int] = {}
    codes = np.asarray([known.setdefault(one, len(known)) for one in values], np.uint32)
    return Coded(codes, group.rows_for(list(known), width, slots))


# ------------------------------------------------------------- numbers and dates


def _scaled(cuts: Cuts) -> NDArray[np.int64] | None:
    """The constants in the units of the column; None when one is too large for 64 bits."""
    unit = _UNIT if cuts.is_number else 1
    scaled = [_EXACT.multiply(cut, unit) for cut in cuts.constants]
    if any(one != one.to_integral_value() or not LEAST < one <= MOST for one in scaled):
        return None
    return np.asarray([int(one) for one in scaled], np.int64)


def _by_cuts(
    group: Group,
    samples: Sequence[Any],
    constants: NDArray[np.int64],
    whole: tuple[NDArray[np.int64], NDArray[np.bool_]],
    width: int,
    slots: Sequence[int],
) -> Coded:
    values, there = whole
    after = np.searchsorted(constants, values, "right").astype(np.uint32)
    codes = after * 2
    if len(constants):
        codes -= constants[np.maximum(after, 1) - 1] == values
    codes[~there] = 2 * len(constants) + 1
    return Coded(codes, group.rows_for(samples, width, slots))


def whole_numbers(array: Array) -> tuple[NDArray[np.int64], NDArray[np.bool_]] | None:
    """A column of decimals in units of 10^-12, or of integers, and where there is a value.

    None when some number is too large for 64 bits, or the column is of another type.
    """
    import pyarrow as pa  # noqa: PLC0415  (takes a while to load)

    there = np.asarray(array.is_valid().to_numpy(zero_copy_only=False), np.bool_)
    if pa.types.is_integer(array.type):
        return np.asarray(array.fill_null(0).to_numpy(zero_copy_only=False), np.int64), there
    if not _is_decimal(array):
        return None
    words = np.frombuffer(array.buffers()[1], np.int64).reshape(-1, 2)
    words = words[array.offset : array.offset + len(array)]
    low, high = words[:, 0], words[:, 1]
    if not bool(((high == low >> 63) | ~there).all()):
        return None
    return np.where(there, low, 0), there


def _is_decimal(array: Array) -> bool:
    import pyarrow as pa  # noqa: PLC0415  (takes a while to load)

    return bool(pa.types.is_decimal(array.type))


def _is_list(array: Array) -> bool:
    import pyarrow as pa  # noqa: PLC0415  (takes a while to load)

    return bool(pa.types.is_list(array.type))


def _stored(array: Array) -> list[Any]:
    """As Python values; lists as tuples, so that they can be remembered."""
    values: list[Any] = array.to_pylist()
    if not _is_list(array):
        return values
    return [None if one is None else tuple(one) for one in values]
