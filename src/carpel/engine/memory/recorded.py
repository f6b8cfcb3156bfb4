"""The events of some types by contact, for the streams that are made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p

from .answers import Day, Source, seen_in
from .bits import Places
from .coding import Encoded
from .events import Stream
from .filters import truth_of
from .happenings import Tier
from .numbers import Scaled
from .recording import Column, Recording
from .streams import NUMBER, ColumnKey, Row
from .turning import days_where


class Recorded:
    """All events of some types, by contact, with the columns that it has been given."""

    def __init__(self, recording: Recording, types: tuple[str, ...] | None) -> None:
        self._places = recording.places(types)
        self._contacts = recording.contacts[self._places]
        self._times = recording.times[self._places]
        self._columns: dict[p.Seen, Column] = {}
        self._numbers: NDArray[np.int64] | None = None

    def give(self, seen: p.Seen, column: Column) -> None:
        """What is seen of all events of the recording."""
        self._columns[seen] = column.taken(self._places)

    def give_numbers(self, numbers: NDArray[np.int64]) -> None:
        """In which order all events of the recording came in."""
        self._numbers = numbers[self._places]

    def tier(self, stream: Stream) -> Tier:
        """The events of a stream."""
        fit = self._fitting(stream.key.where)
        events = Tier(self._contacts, self._times, {}, {})
        for key in stream.columns:
            self._column(stream, key, events)
        return events if fit is None else events.taken(fit)

    def _fitting(self, where: Row) -> Places | None:
        """The places of the events that fit the filter; None for all."""
        if isinstance(where, p.Everyone):
            return None
        fit = truth_of(where, len(self._contacts), self._coded)
        return None if bool(fit.all()) else np.flatnonzero(fit)

    def _column(self, stream: Stream, key: ColumnKey, events: Tier) -> None:
        """A column as the stream keeps it, and where there is a value."""
        seen, use = key
        if use == "flag":
            events.there[key] = truth_of(seen, len(self._contacts), self._coded)
        elif key == NUMBER:
            events.values[key] = self._numbered()
        elif use == "turn":
            events.values[key] = stream.turn_codes(key, [self._book_column(one) for one in seen])
        elif use != "code" and (whole := self._columns[seen].whole) is not None:
            numbers, events.there[key] = whole
            events.values[key] = Scaled.of_units(numbers) if use == "number" else numbers
        else:
            found = self._coded(seen)
            stored = Encoded(found.codes, [_as_stored(value) for value in found.values])
            events.values[key], events.there[key] = stream.encoded(key, stored)

    def _book_column(self, source: Source) -> Any:
        """A column as codebooks take it."""
        if not isinstance(source, Day):
            found = self._coded(source)
            return [found.values[code] for code in found.codes.tolist()]
        whole = self._columns[seen_in(source)].whole
        return np.full(len(self._contacts), -1) if whole is None else days_where(*whole)

    def _coded(self, seen: p.Seen) -> Encoded:
        found = self._columns[seen].coded
        if found is None:
            raise LookupError(f"{seen} was not read as codes")
        return found

    def _numbered(self) -> NDArray[np.int64]:
        if self._numbers is None:
            raise LookupError("the events' numbers were not read")
        return self._numbers


def _as_stored(value: Any) -> Any:
    """A decimal as the text that batches bring."""
    from carpel.kit.numbers import plain  # noqa: PLC0415

    return plain(value) if hasattr(value, "as_tuple") else value
