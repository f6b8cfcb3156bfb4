"""The events of some types by contact, for the streams that are made of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from carpel.engine import plan as p
from carpel.engine.column_printer import Seen

from .answers import Day, Source, seen_in
from .bits import Places
from .coding import Encoded
from .events import Stream
from .filters import truth_of
from .happenings import Tier
from .marks import marked, values_of
from .numbers import Scaled
from .recording import Events
from .streams import NUMBER, ColumnKey, Row
from .thresholds import Bools, Ints
from .turning import days_where


class Recorded:
    """All events of some types, by contact, and the streams that are made of them."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._scaled: dict[Seen, Scaled] = {}

    def tier(self, stream: Stream) -> Tier:
        """The events of a stream."""
        fit = self._fitting(stream.key.where)
        contacts = self._events.contacts
        truths = [truth_of(where, len(contacts), self._coded) for where in stream.marks]
        events = Tier(contacts, self._events.times, marked(truths, len(contacts)), {}, {})
        for key in values_of(stream.columns):
            self._column(stream, key, events)
        return events if fit is None else events.taken(fit)

    def _fitting(self, where: Row) -> Places | None:
        """The places of the events that fit the filter; None for all."""
        if isinstance(where, p.Everyone):
            return None
        fit = truth_of(where, len(self._events.contacts), self._coded)
        return None if bool(fit.all()) else np.flatnonzero(fit)

    def _column(self, stream: Stream, key: ColumnKey, events: Tier) -> None:
        """A column as the stream keeps it, and where there is a value."""
        seen, use = key
        if key == NUMBER:
            events.values[key] = self._whole("no")[0]
        elif use == "turn":
            events.values[key] = stream.turn_codes(key, [self._book_column(one) for one in seen])
        elif use != "code" and self._events.columns[seen].whole is not None:
            numbers, events.there[key] = self._whole(seen)
            events.values[key] = self._numbers(seen) if use == "number" else numbers
        else:
            found = self._coded(seen)
            stored = Encoded(found.codes, [_as_stored(value) for value in found.values])
            events.values[key], events.there[key] = stream.encoded(key, stored)

    def _numbers(self, seen: Seen) -> Scaled:
        if seen not in self._scaled:
            self._scaled[seen] = Scaled.of_units(self._whole(seen)[0])
        return self._scaled[seen]

    def _whole(self, seen: Seen) -> tuple[Ints, Bools]:
        found = self._events.columns[seen].whole
        if found is None:
            raise LookupError(f"{seen} was not read as whole numbers")
        return found

    def _book_column(self, source: Source) -> Any:
        """A column as codebooks take it."""
        if not isinstance(source, Day):
            found = self._coded(source)
            return [found.values[code] for code in found.codes.tolist()]
        whole = self._events.columns[seen_in(source)].whole
        return np.full(len(self._events.contacts), -1) if whole is None else days_where(*whole)

    def _coded(self, seen: p.Seen) -> Encoded:
        found = self._events.columns[seen].coded
        if found is None:
            raise LookupError(f"{seen} was not read as codes")
        return found


def _as_stored(value: Any) -> Any:
    """A decimal as the text that batches bring."""
    from carpel.kit.numbers import plain  # noqa: PLC0415

    return plain(value) if hasattr(value, "as_tuple") else value
