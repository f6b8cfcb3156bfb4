"""Events as they are stored, read once by column, for the streams that are made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p

from .answers import Day, Source, seen_in
from .bits import Places
from .coding import Array, Encoded, column_of, encoded, plain_array, whole_numbers
from .events import Stream
from .filters import truth_of
from .happenings import Tier, order_of
from .numbers import Scaled
from .streams import ColumnKey, Row
from .thresholds import Bools, Ints
from .turning import days_where


class Recorded:
    """All events of some types, by contact."""

    def __init__(self, table: Any, seen: Sequence[p.Seen]) -> None:
        """Args: table: contact, at, perhaps no, and v0, v1, … for what is seen."""
        self._arrays: dict[p.Seen, Array] = {
            one: column_of(table, f"v{place}") for place, one in enumerate(seen)
        }
        contacts = plain_array(column_of(table, "contact")).astype(np.int32, copy=False)
        self._order: Places | None = order_of(contacts)
        self._contacts = self._placed(contacts)
        self._times = self._placed(plain_array(column_of(table, "at")))
        self._table = table
        self._whole: dict[p.Seen, tuple[Ints, Bools] | None] = {}
        self._codes: dict[p.Seen, Encoded] = {}

    def tier(self, stream: Stream) -> Tier:
        """The events of a stream."""
        fit = self._fitting(stream.key.where)
        events = Tier(self._contacts, self._times, {}, {})
        for key in stream.columns:
            self._column(stream, key, events)
        return events if fit is None else events.taken(fit)

    # ------------------------------------------------------------------ which events

    def _fitting(self, where: Row) -> Places | None:
        """The places of the events that fit the filter; None for all."""
        if isinstance(where, p.Everyone):
            return None
        fit = self._truth(where)
        return None if bool(fit.all()) else np.flatnonzero(fit)

    def _truth(self, where: Row) -> Bools:
        return truth_of(where, len(self._contacts), self._coded)

    # ------------------------------------------------------------------- their values

    def _column(self, stream: Stream, key: ColumnKey, events: Tier) -> None:
        """A column as the stream keeps it, and where there is a value."""
        seen, use = key
        if use == "flag":
            events.there[key] = self._truth(seen)
        elif use == "order":
            events.values[key] = self._placed(plain_array(column_of(self._table, "no")))
        elif use == "turn":
            columns = [book_column(one, self._arrays[seen_in(one)]) for one in seen]
            events.values[key] = self._placed(stream.turn_codes(key, columns))
        elif use != "code" and (whole := self._numbers(seen)) is not None:
            numbers, events.there[key] = whole
            events.values[key] = Scaled.of_units(numbers) if use == "number" else numbers
        else:
            found = self._coded(seen)
            stored = Encoded(found.codes, [_as_stored(value) for value in found.values])
            events.values[key], events.there[key] = stream.encoded(key, stored)

    def _numbers(self, seen: p.Seen) -> tuple[Ints, Bools] | None:
        if seen not in self._whole:
            whole = whole_numbers(self._arrays[seen])
            if whole is not None:
                whole = (self._placed(whole[0]), self._placed(whole[1]))
            self._whole[seen] = whole
        return self._whole[seen]

    def _coded(self, seen: p.Seen) -> Encoded:
        if seen not in self._codes:
            found = encoded(self._arrays[seen])
            self._codes[seen] = Encoded(self._placed(found.codes), found.values)
        return self._codes[seen]

    def _placed(self, values: NDArray[Any]) -> NDArray[Any]:
        return values if self._order is None else np.take(values, self._order)


def book_column(source: Source, array: Array) -> Any:
    """An Arrow column as codebooks take it."""
    if isinstance(source, Day):
        whole = whole_numbers(array)
        return np.full(len(array), -1) if whole is None else days_where(*whole)
    found = encoded(array)
    return [found.values[code] for code in found.codes.tolist()]


def _as_stored(value: Any) -> Any:
    """A decimal as the text that batches bring."""
    from carpel.kit.numbers import plain  # noqa: PLC0415

    return plain(value) if hasattr(value, "as_tuple") else value
