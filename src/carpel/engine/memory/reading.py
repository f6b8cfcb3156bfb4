"""Values of new events, read from a batch as the columns would give them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from carpel.engine import plan as p
from carpel.storage.columns import EventRows, Kind
from carpel.storage.columns.tables import path_text

# A property read as text is the first of these that is there.
_TEXTS: tuple[Kind, ...] = ("text", "number", "boolean", "json")


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
