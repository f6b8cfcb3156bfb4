"""Whole columns answered at once: each value becomes a small code, each code a row of bits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p
from carpel.kit.numbers import DECIMALS

from .bits import Bytes
from .groups import Group

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
    leaves = [group.leaves[slot] for slot in slots]
    if len(arrays) > 1:
        return _by_value(group, zip(*(_stored(one) for one in arrays), strict=True), width, slots)
    (array,) = arrays
    cuts = _cuts(leaves)
    if cuts is not None:
        whole = whole_numbers(array)
        if whole is not None:
            return _by_cuts(group, whole, cuts, _is_decimal(array), width, slots)
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


def _cuts(leaves: Sequence[Any]) -> list[Decimal] | None:
    """The constants at which some answer changes; None when answers do not follow from them."""
    cuts: set[Decimal] = set()
    for leaf in leaves:
        if not isinstance(leaf, p.ValueTest) or leaf.operand.steps:
            return None
        match leaf.test:
            case p.Compare(constant=constant):
                found = [constant]
            case p.OneOf(constants=constants):
                found = list(constants)
            case p.Missing():
                found = []
            case _:
                return None
        for one in found:
            if isinstance(one, bool) or not isinstance(one, Decimal | p.Instant):
                return None
            cuts.add(one if isinstance(one, Decimal) else Decimal(one.at))
    return sorted(cuts)


def _by_cuts(
    group: Group,
    whole: tuple[NDArray[np.int64], NDArray[np.bool_]],
    cuts: list[Decimal],
    is_decimal: bool,  # noqa: FBT001
    width: int,
    slots: Sequence[int],
) -> Coded:
    """Code 2i: between cut i-1 and cut i; code 2i+1: at cut i; the last code: nothing there."""
    values, there = whole
    unit = _UNIT if is_decimal else 1
    scaled = [int((cut * unit).to_integral_value(context=_EXACT)) for cut in cuts]
    lasting = np.asarray([max(-(2**63) + 1, min(2**63 - 1, one)) for one in scaled], np.int64)
    after = np.searchsorted(lasting, values, "right").astype(np.uint32)
    codes = after * 2
    if len(lasting):
        codes -= lasting[np.maximum(after, 1) - 1] == values
    codes[~there] = 2 * len(cuts) + 1
    samples = [_stored_number(one, is_decimal) for one in _samples(cuts, is_decimal)]
    return Coded(codes, group.rows_for([*samples, None], width, slots))


def _samples(cuts: list[Decimal], is_decimal: bool) -> list[Decimal]:  # noqa: FBT001
    """One value for each code but the last."""
    if not cuts:
        return [Decimal(0)]
    found = [cuts[0] - 1]
    for place, cut in enumerate(cuts):
        found.append(cut)
        beyond = cuts[place + 1] if place + 1 < len(cuts) else cut + 2
        between = (cut + beyond) / 2
        # Whole numbers with nothing between them never have the code; any value will do.
        found.append(between if is_decimal else between.__floor__() + Decimal(0))
    return found


def _stored_number(value: Decimal, is_decimal: bool) -> Any:  # noqa: FBT001
    return value if is_decimal else int(value)


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
