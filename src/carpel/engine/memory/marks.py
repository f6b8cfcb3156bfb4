"""Which of a stream's events fit some filters: a bit of each event for each filter."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from .bits import Bytes
from .streams import ColumnKey, Row
from .thresholds import Bools


def places_of(columns: Collection[ColumnKey]) -> dict[Row, int]:
    """The filters among a stream's columns, and which bit each has."""
    filters = sorted((key[0] for key in columns if key[1] == "flag"), key=str)
    return {where: place for place, where in enumerate(filters)}


def values_of(columns: Collection[ColumnKey]) -> list[ColumnKey]:
    """The other columns, which are kept as such."""
    return [key for key in columns if key[1] != "flag"]


def marked(truths: Sequence[Bools], events: int) -> Bytes:
    """A row of bits for each event, from a row of truths for each filter in its order."""
    if not truths:
        return np.empty((events, 0), np.uint8)
    return np.packbits(np.stack(truths, axis=1), axis=1, bitorder="little")


def fitting(marks: Bytes, places: Mapping[Row, int], where: Row) -> Bools:
    """Which events fit a filter."""
    return having(marks, places[where])


def having(marks: Bytes, place: int) -> Bools:
    """Which events have a bit."""
    return np.asarray((marks[:, place >> 3] & np.uint8(1 << (place & 7))) != 0, np.bool_)
