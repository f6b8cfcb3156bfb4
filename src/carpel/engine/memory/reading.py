"""Values of new events, read from a batch as the columns would give them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p
from carpel.storage.columns import EventRows, Kind
from carpel.storage.columns.tables import path_text

from .bits import Places
from .coding import Encoded
from .filters import truth_of
from .happenings import Column, order_of
from .numbers import Scaled
from .streams import ColumnKey, Row, StreamKey
from .thresholds import Bools

_TYPE = p.EventColumn("type", "text")
_TRUTHS = {True: "true", False: "false"}
# A property read as text is the first of these that is there.
_TEXTS: tuple[Kind, ...] = ("text", "number", "boolean", "json")


class EventBatch:
    """New events by contact, with what many streams ask of them worked out once."""

    def __init__(self, events: EventRows) -> None:
        self._events = events
        self._coded: dict[p.Seen, Encoded] = {}
        contacts = np.asarray(events.columns["contact"][1], np.int32)
        self._order = order_of(contacts)
        self.contacts = self._by_contact(contacts)
        self.numbers = self._by_contact(np.asarray(events.columns["no"][1], np.int64))
        self.times = self._by_contact(np.asarray(events.columns["happened_at"][1], np.int64))
        types = self.coded(_TYPE)
        self._types = types.codes
        self._names = {name: number for number, name in enumerate(types.values)}
        self._places: dict[tuple[str, ...] | None, Places] = {}
        self._truths: dict[Row, Bools] = {}
        self._columns: dict[ColumnKey, tuple[Column, Bools]] = {}

    def _by_contact(self, values: NDArray[Any]) -> NDArray[Any]:
        return values if self._order is None else values[self._order]

    def fitting(self, key: StreamKey) -> Places:
        """The places of the events that are in a stream."""
        places = self._places.get(key.types)
        if places is None:
            places = self._places[key.types] = self._of_types(key.types)
        if isinstance(key.where, p.Everyone):
            return places
        return np.asarray(places[self.truth(key.where)[places]])

    def _of_types(self, types: tuple[str, ...] | None) -> Places:
        if types is None:
            return np.arange(len(self.contacts))
        wanted = np.zeros(len(self._names), np.bool_)
        wanted[[self._names[name] for name in types if name in self._names]] = True
        return np.flatnonzero(wanted[self._types])

    def truth(self, where: Row) -> Bools:
        """Which events fit a filter."""
        if where not in self._truths:
            self._truths[where] = truth_of(where, len(self.contacts), self.coded)
        return self._truths[where]

    def coded(self, seen: p.Seen) -> Encoded:
        """The stored value of each event."""
        if seen not in self._coded:
            stored = event_values(self._events, seen)
            values = list(dict.fromkeys([*stored, None]))
            code_of = {value: code for code, value in enumerate(values)}
            codes = np.fromiter(map(code_of.__getitem__, stored), np.int64, len(stored))
            self._coded[seen] = Encoded(self._by_contact(codes), values)
        return self._coded[seen]

    def column(self, key: ColumnKey) -> tuple[Column, Bools]:
        """Numbers or dates of all events, and where there is one."""
        if key not in self._columns:
            self._columns[key] = plain(self.coded(key[0]), key)
        return self._columns[key]


def plain(found: Encoded, key: ColumnKey) -> tuple[Column, Bools]:
    """Stored numbers or dates as a column keeps them, and where there is one."""
    there = np.asarray([value is not None for value in found.values], np.bool_)[found.codes]
    if key[1] == "number":
        return Scaled.of(found.values).taken(found.codes), there
    return np.asarray([value or 0 for value in found.values], np.int64)[found.codes], there


def event_values(events: EventRows, seen: p.Seen) -> Sequence[Any]:
    """The stored value of each event of a batch; None for none."""
    if isinstance(seen, p.EventColumn):
        return events.columns[seen.name][1]
    if not isinstance(seen, p.Property):
        raise TypeError("no value of an event")
    path = path_text(seen.path)
    values: list[Any] = [None] * len(events)
    if seen.kind in ("number", "date", "boolean"):
        for place, value in events.properties.get((path, seen.kind), {}).items():
            values[place] = value
        return values
    for kind in reversed(_TEXTS):  # the first that is there stays
        text = _TRUTHS.__getitem__ if kind == "boolean" else str
        for place, value in events.properties.get((path, kind), {}).items():
            values[place] = text(value)
    return values
