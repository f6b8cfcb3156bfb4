"""Events, as the outbox keeps them, made an Arrow table in a process beside the server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import msgspec

from carpel.domain.contacts.packed import streamed, together
from carpel.kit.turns import INTERPRETER
from carpel.storage.columns import EventRows, Kind

from .model import EventRow

_PIECE = 1_000  # events; some milliseconds

_encode = msgspec.msgpack.Encoder().encode
_events = msgspec.msgpack.Decoder(list[EventRow]).decode
_one_by_one = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode


class Packed(msgspec.Struct, array_like=True, tag="events"):
    """What is asked of a process beside."""

    events: list[EventRow]


class _Asked(msgspec.Struct, array_like=True, tag="events"):
    """The same as it is sent."""

    events: list[msgspec.Raw]


def packed(events: Sequence[EventRow]) -> bytes:
    """Events as the outbox keeps them."""
    return _encode(events)


def unpacked(bodies: Sequence[bytes]) -> EventRows:
    """All that were packed, by column."""
    found: list[EventRow] = []
    for body in bodies:
        INTERPRETER.give_way()
        found += _events(body)
    return by_column(found)


def requests(bodies: Sequence[bytes]) -> Iterator[bytes]:
    """What to ask, a piece at a time."""
    for body in bodies:
        events = _one_by_one(body)
        for first in range(0, len(events), _PIECE):
            yield _encode(_Asked(events[first : first + _PIECE]))


def answer(asked: Packed) -> bytes:
    """In a process beside: the events as a stream of Arrow's."""
    return streamed(by_column(asked.events).arrow())


def found_in(answers: Sequence[bytes]) -> EventRows:
    """What it answers, all together."""
    _, whole = together(answers)
    return EventRows.made(whole)


def by_column(events: Sequence[EventRow]) -> EventRows:
    """Events by column."""
    if not events:
        return EventRows()
    properties: dict[tuple[str, Kind], dict[int, Any]] = {}
    for place, event in enumerate(events):
        for path, kind, value in event.properties:
            properties.setdefault((path, cast("Kind", kind)), {})[place] = value
    return EventRows(
        {
            "no": ("integer", [event.no for event in events]),
            "contact": ("integer", [event.contact for event in events]),
            "type": ("text", [event.name for event in events]),
            "source": ("text", [event.source for event in events]),
            "happened_at": ("date", [event.at for event in events]),
            "event_id": ("text", [event.event_id for event in events]),
        },
        properties,
    )
