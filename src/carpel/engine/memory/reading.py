"""Values of new events, read from a batch as the columns would give them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from carpel.engine import plan as p
from carpel.storage.columns import EventRows, Kind
from carpel.storage.columns.tables import path_text

from .bits import Places

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
        self._values: dict[p.Seen, list[Any]] = {}

    def of_types(self, types: tuple[str, ...] | None) -> Places:
        """The places of events of some types; of all for None."""
        if types is None:
            return np.arange(len(self.contacts))
        wanted = [self._names[name] for name in types if name in self._names]
        return np.flatnonzero(np.isin(self._types, wanted)) if wanted else np.empty(0, np.int64)

    def column(self, seen: p.Seen) -> list[Any]:
        """The stored value of each event; None for none."""
        if seen not in self._values:
            read = event_values(self._events, seen)
            self._values[seen] = [read(place) for place in range(len(self.contacts))]
        return self._values[seen]


def event_values(events: EventRows, seen: p.Seen) -> Callable[[int], Any]:
    """A function from the place of an event in the batch to its stored value; None for none."""
    if isinstance(seen, p.EventColumn):
        column = events.columns[seen.name][1]
        return lambda place: column[place]
    if not isinstance(seen, p.Property):
        raise TypeError("no value of an event")
    path = path_text(seen.path)
    if seen.kind in ("number", "date", "boolean"):
        values = events.properties.get((path, seen.kind), {})
        return values.get
    kinds = [(kind, events.properties[path, kind]) for kind in _TEXTS
             if (path, kind) in events.properties]  # fmt: skip

    def text(place: int) -> str | None:
        for kind, values in kinds:
            if place in values:
                return _as_text(values[place], kind)
        return None

    return text


def _as_text(value: Any, kind: Kind) -> str:
    if kind == "boolean":
        return "true" if value else "false"
    return str(value)
