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
from .thresholds import LEAST, MOST, Bools

Array: TypeAlias = Any  # a pyarrow.Array
Codes: TypeAlias = NDArray[Any]  # of whole numbers

_UNIT = 10**DECIMALS
_EXACT = Context(prec=64)
_ROOM = 2**62
_FEW_CUTS = 48  # constants that are compared with each value; more are searched
_PIECE = 16_384  # values, no more than the cache of a core holds


@dataclass(frozen=True)
class Encoded:
    """For each place of a column the number of its value."""

    codes: Codes
    values: list[Any]


@dataclass(frozen=True)
class Coded:
    """For each place of a column its code, and for each code the row of bits."""

    codes: Codes
    rows: Bytes


# ------------------------------------------------------------------ each value once


def encoded(array: Array) -> Encoded:
    """Each different value once, and None; lists as tuples."""
    if _is_list(array):
        return _encoded_lists(array)
    found = array if _is_encoded(array) else array.dictionary_encode()
    values = found.dictionary.to_pylist()
    if values[-1:] != [None]:  # where texts were looked up it is there already
        values.append(None)
    codes = plain_array(found.indices.fill_null(len(values) - 1))
    return Encoded(codes.astype(narrow(len(values)), copy=False), values)


def combined(columns: Sequence[Encoded]) -> Encoded:
    """Each different tuple of values once."""
    codes = columns[0].codes.astype(np.int64)
    known = len(columns[0].values)
    for column in columns[1:]:
        size = len(column.values)
        if known * size > _ROOM:
            codes, known = _renumbered(codes)
        codes = codes * size + column.codes
        known *= size
    codes, _ = _renumbered(codes)
    places = _first_places(codes)
    values = [[column.values[one] for one in column.codes[places].tolist()] for column in columns]
    return Encoded(codes.astype(narrow(len(places)), copy=False), list(zip(*values, strict=True)))


def _encoded_lists(array: Array) -> Encoded:
    """Member by member: lists that begin alike have one number, until they differ or end."""
    lengths = plain_array(array.value_lengths().fill_null(0)).astype(np.int64)
    members = encoded(array.flatten())  # without those of lists that are not there
    starts = np.cumsum(lengths) - lengths
    codes = there_in(array).astype(np.int64)  # 0 for none, 1 for an empty list
    known = 2
    longer = np.flatnonzero(lengths)
    for place in range(int(lengths.max(initial=0))):
        longer = longer[lengths[longer] > place]
        keys = codes[longer] * len(members.values) + members.codes[starts[longer] + place]
        keys, count = _renumbered(keys)
        codes[longer] = keys + known
        known += count
    codes, _ = _renumbered(codes)
    lists = array.take(_first_places(codes)).to_pylist()
    values = [None if one is None else tuple(one) for one in lists]
    return Encoded(codes.astype(narrow(len(values)), copy=False), values)


def _renumbered(codes: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """The same numbers where they were the same before, from 0 on; and how many there are."""
    import pyarrow as pa  # noqa: PLC0415  (takes a while to load)

    found = pa.array(codes).dictionary_encode()
    return plain_array(found.indices).astype(np.int64), len(found.dictionary)


def _first_places(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each code a place where it is."""
    places = np.empty(int(codes.max(initial=-1)) + 1, np.int64)
    places[codes] = np.arange(len(codes))
    return places


def narrow(largest: int) -> type[np.unsignedinteger[Any]]:
    """The smallest type that holds numbers up to this one."""
    return next(one for one in (np.uint8, np.uint16, np.uint32) if largest <= np.iinfo(one).max)


# ------------------------------------------------------------- numbers and dates


def scaled(cuts: Cuts) -> NDArray[np.int64] | None:
    """The constants in the units of the column; None when one is too large for 64 bits."""
    unit = _UNIT if cuts.is_number else 1
    found = [_EXACT.multiply(cut, unit) for cut in cuts.constants]
    if any(one != one.to_integral_value() or not LEAST < one <= MOST for one in found):
        return None
    return np.asarray([int(one) for one in found], np.int64)


def by_cuts(constants: NDArray[np.int64], whole: tuple[NDArray[np.int64], Bools]) -> Codes:
    """The codes that `Cuts` gives to whole numbers, `2 * len(constants) + 1` where there is none."""
    values, there = whole
    most = 2 * len(constants) + 1
    after = _passed(constants, values).astype(narrow(most))
    codes = after * after.dtype.type(2)
    if len(constants):
        codes -= constants[np.maximum(after, 1) - 1] == values
    codes[~there] = most
    return np.asarray(codes)


def _passed(constants: NDArray[np.int64], values: NDArray[np.int64]) -> Codes:
    """How many of the constants, which ascend, are not above each value."""
    if len(constants) > _FEW_CUTS:
        return np.searchsorted(constants, values, "right")
    found, column = np.empty(len(values), np.uint8), constants[:, None]
    for at in range(0, len(values), _PIECE):
        piece = slice(at, at + _PIECE)
        np.sum(values[piece] >= column, axis=0, dtype=np.uint8, out=found[piece])
    return found


def whole_numbers(array: Array) -> tuple[NDArray[np.int64], Bools] | None:
    """A column of decimals in units of 10^-12, or of integers, and where there is a value.

    None when some number is too large for 64 bits, or the column is of another type.
    """
    import pyarrow as pa  # noqa: PLC0415  (takes a while to load)

    there = there_in(array)
    if pa.types.is_integer(array.type):
        return np.asarray(plain_array(array.fill_null(0)), np.int64), there
    if not pa.types.is_decimal(array.type):
        return None
    if not len(array):
        return np.empty(0, np.int64), there
    words = np.frombuffer(array.buffers()[1], np.int64).reshape(-1, 2)
    words = words[array.offset : array.offset + len(array)]
    low, high = words[:, 0], words[:, 1]
    if not bool(((high == low >> 63) | ~there).all()):
        return None
    return (np.ascontiguousarray(low) if bool(there.all()) else np.where(there, low, 0)), there


# ------------------------------------------------------------------------- Arrow


def column_of(table: Any, name: str) -> Array:
    """A column of a table in one piece."""
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def extent_in(table: Any) -> range:
    """The numbers between the two in a table's only row (first, last), both included."""
    first, last = (int(plain_array(column_of(table, name))[0]) for name in ("first", "last"))
    return range(first, last + 1)


def plain_array(array: Array) -> NDArray[Any]:
    """An array without gaps, of whole numbers or of truths; where possible as it lies, not written to."""
    import pyarrow as pa  # noqa: PLC0415  (takes a while to load)

    if pa.types.is_boolean(array.type):
        return _bits(array.buffers()[1], array)
    # Arrow's own way brings in pandas, where there is one, and takes its time for it.
    sign = "i" if pa.types.is_signed_integer(array.type) else "u"
    kind = np.dtype(f"{sign}{array.type.bit_width // 8}")
    if not len(array):
        return np.empty(0, kind)
    values = np.frombuffer(array.buffers()[1], kind)
    return values[array.offset : array.offset + len(array)]


def there_in(array: Array) -> Bools:
    """Where there is a value."""
    if not array.null_count:
        return np.ones(len(array), np.bool_)
    return _bits(array.buffers()[0], array)


def _bits(buffer: Any, array: Array) -> Bools:
    if not len(array):
        return np.empty(0, np.bool_)
    beyond = array.offset + len(array)
    packed = np.frombuffer(buffer, np.uint8)
    bits = np.unpackbits(packed, count=beyond, bitorder="little")
    return bits[array.offset :].view(np.bool_)


def _is_encoded(array: Array) -> bool:
    import pyarrow as pa  # noqa: PLC0415  (takes a while to load)

    return bool(pa.types.is_dictionary(array.type))


def _is_list(array: Array) -> bool:
    import pyarrow as pa  # noqa: PLC0415  (takes a while to load)

    return bool(pa.types.is_list(array.type))
