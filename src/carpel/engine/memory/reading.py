"""Values of new events, read from a batch as the columns would give them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from carpel.engine import plan as p
from carpel.storage.columns import EventRows, Kind
from carpel.storage.columns.tables import path_text

from .coding import Encoded
from .filters import truth_of
from .streams import Row
from .thresholds import Bools

# A property read as text is the first of these that is there.
_TEXTS: tuple[Kind, ...] = ("text", "number", "boolean", "json")


class EventBatch:
    """New events, with what many streams ask of them worked out once."""

    def __init__(self, events: EventRows) -> None:
        self._events = events
        self.contacts = np.asarray(events.columns["contact"][1], np.int32)
        self.numbers = np.asarray(events.columns["no"][1], np.int64)
        self.times = np.asarray(events.columns["happened_at"][1], np.int64)
        names, self._types = np.unique(events.columns["type"][1], return_inverse=True)
        self._names = {str(name): number for number, name in enumerate(names)}
        self._coded: dict[p.Seen, Encoded] = {}
        self._truths: dict[Row, Bools] = {}

    def of_types(self, types: tuple[str, ...] | None) -> Bools:
        """Which events are of some types; all for None."""
        if types is None:
            return np.ones(len(self.contacts), np.bool_)
        return np.isin(self._types, [self._names.get(name, -1) for name in types])

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
            self._coded[seen] = Encoded(codes, values)
        return self._coded[seen]


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
        for place, value in events.properties.get((path, kind), {}).items():
            values[place] = _as_text(value, kind)
    return values


def _as_text(value: Any, kind: Kind) -> str:
    if kind == "boolean":
        return "true" if value else "false"
    return str(value)
