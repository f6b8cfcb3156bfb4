"""What one world has worked out, handed over to another that has the same contacts and data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from carpel.engine import plan as p

from .bitmaps import STRETCH
from .bits import BitTable
from .choosing import BySource
from .contacts import ContactSide
from .events import Stream
from .streams import EventLeaf, StreamKey

# So few slots are copied one by one, into whichever are free; more as whole bytes.
_FEW = 16


class Source(Protocol):
    """What answers leaves, each by its slot."""

    @property
    def slots(self) -> list[int]: ...

    def add(self, leaves: Mapping[int, Any], now: int) -> None: ...

    def remove(self, slot: int) -> None: ...


@dataclass(frozen=True)
class Sources:
    """Everything that answers a world's leaves."""

    contact_side: ContactSide
    streams: dict[StreamKey, Stream]


def copied(into: BitTable, out: BitTable, slots: Sequence[int], contacts: int) -> dict[int, int]:
    """Copy the bits of some slots of all contacts below a number into another table.

    Returns:
        Where each is there.
    """
    if len(slots) <= _FEW:
        return _copied_singly(into, out, slots, contacts)
    taken = sorted({slot >> 3 for slot in slots})
    fresh = dict(zip(taken, into.take_bytes(len(taken)), strict=True))
    masks = np.zeros(len(taken), np.uint8)
    for slot in slots:
        masks[taken.index(slot >> 3)] |= 1 << (slot & 7)
    places = list(fresh.values())
    for start in range(0, contacts, STRETCH):
        here = slice(start, min(contacts, start + STRETCH))
        into.rows(here)[:, places] = np.take(out.rows(here), taken, axis=1) & masks
    wanted = set(slots)
    for place, there in fresh.items():
        into.leave_free([8 * there + n for n in range(8) if 8 * place + n not in wanted])
    return {slot: 8 * fresh[slot >> 3] + (slot & 7) for slot in slots}


def _copied_singly(
    into: BitTable, out: BitTable, slots: Sequence[int], contacts: int
) -> dict[int, int]:
    places = {slot: into.take_slot() for slot in slots}
    whole = slice(0, contacts)
    for slot, place in places.items():
        bits = (out.rows(whole)[:, slot >> 3] >> np.uint8(slot & 7)) & np.uint8(1)
        column = into.rows(whole)[:, place >> 3]
        column |= bits << np.uint8(place & 7)
    return places


def relabelled(source: Source, leaves: Mapping[int, p.RowLeaf | Any], now: int) -> None:
    """Let a source answer these leaves, by slot, instead of those it has.

    What it watches for a leaf that it has already goes on being watched.
    """
    # Under slots that are nobody's.
    source.add({-1 - place: leaf for place, leaf in enumerate(leaves.values())}, now)
    for slot in source.slots:
        if slot >= 0:
            source.remove(slot)
    source.add(leaves, now)
    for place in range(len(leaves)):
        source.remove(-1 - place)


def take_over(fresh: BySource, mine: Sources, theirs: Sources, now: int) -> None:
    """Let leaves that another world's sources answered be answered here."""
    for slot, leaf in fresh.still.items():
        mine.contact_side.add(slot, leaf)
    for key, of_stream in fresh.streams.items():
        _take_stream(key, of_stream, mine, theirs.streams[key], now)
    for sources, of_column in fresh.timed.items():
        column = mine.contact_side.timed.get(sources)
        if column is None:
            column = theirs.contact_side.timed[sources]
            relabelled(column, of_column, now)
        mine.contact_side.add_timed(sources, of_column, column, now)


def _take_stream(
    key: StreamKey, leaves: Mapping[int, EventLeaf], mine: Sources, theirs: Stream, now: int
) -> None:
    known = mine.streams.get(key)
    columns = frozenset(one for leaf in leaves.values() for one in leaf.columns)
    if known is None or not columns <= known.columns:  # then theirs has all columns of both
        relabelled(theirs, {**(known.leaves if known else {}), **leaves}, now)
        mine.streams[key] = theirs
    else:
        known.add(leaves, now)
