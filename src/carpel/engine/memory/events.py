"""All streams of a workspace, and the leaves over each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from carpel.engine import plan as p
from carpel.engine.reads import leaves, operands

from .aggregates import Sample
from .bits import Bytes, Places
from .due import Contacts, Watches, nobody
from .groups import answer_of_row
from .happenings import Happenings, Tier
from .numbers import Scaled
from .reading import EventBatch
from .streams import ColumnKey, StreamKey, StreamLeaf

_MOST_REMEMBERED = 65_536


class Stream:
    """The events of one filter, with the leaves over them."""

    def __init__(self, key: StreamKey, columns: frozenset[ColumnKey]) -> None:
        self.key = key
        self.columns = columns
        self.leaves: dict[int, StreamLeaf] = {}
        self.codes: dict[ColumnKey, dict[Any, int]] = {
            column: {} for column in columns if column[1] == "code"
        }
        self._happenings = Happenings(Tier.empty({key: key[1] == "number" for key in columns}))
        self._watches = Watches(self._happenings)
        self._fits = row_filter(key.where)

    @property
    def seen(self) -> list[p.Seen]:
        """What has to be read of each event, for the filter and for its columns."""
        filtered = [one.seen for leaf in leaves(self.key.where) for one in operands(leaf)]
        return list(dict.fromkeys([*filtered, *(seen for seen, _ in self.columns)]))

    def load(self, events: Tier) -> None:
        """All events there are, before any leaf is added."""
        self._happenings = Happenings(events)
        self._watches = Watches(self._happenings)

    def add(self, slot: int, leaf: StreamLeaf, now: int) -> None:
        """Take up a leaf."""
        self.leaves[slot] = leaf
        self._watches.want(leaf.points, now)

    def remove(self, slot: int) -> None:
        """Forget a leaf."""
        del self.leaves[slot]
        self._watches.keep({point for leaf in self.leaves.values() for point in leaf.points})

    @property
    def slots(self) -> list[int]:
        """Those of its leaves."""
        return list(self.leaves)

    @property
    def due(self) -> int:
        """When a moving point is to be looked at next."""
        return self._watches.due

    @property
    def nbytes(self) -> int:
        return self._happenings.nbytes

    # ----------------------------------------------------------------- changes

    def take(self, events: EventBatch, now: int) -> Contacts:
        """New events; returns whose they are, of those that fit."""
        places = self._fits(events, events.of_types(self.key.types))
        if not len(places):
            return nobody()
        columns = {key: self._column(events, key, places) for key in self.columns}
        tier = Tier(
            events.contacts[places],
            events.times[places],
            {key: values for key, (values, _) in columns.items()},
            {key: there for key, (_, there) in columns.items()},
        )
        self._happenings.add(tier)
        contacts = tier.contacts.astype(np.int64)
        self._watches.add(tier.times, contacts, now)
        return np.unique(contacts)

    def _column(self, events: EventBatch, key: ColumnKey, places: Places) -> Any:
        column = events.column(key[0])
        values = [column[place] for place in places.tolist()]
        there = np.asarray([value is not None for value in values], np.bool_)
        return self.encoded(key, values), there

    def encoded(self, key: ColumnKey, values: Sequence[Any]) -> Any:
        """Stored values as the column keeps them."""
        match key[1]:
            case "number":
                return Scaled.of(values)
            case "date":
                return np.asarray([value or 0 for value in values], np.int64)
            case "code":
                codes = self.codes[key]
                return np.asarray([codes.setdefault(one, len(codes)) for one in values], np.int64)

    def move(self, gone: int, kept: int, now: int) -> bool:
        """Give one contact's events to another; whether there were any."""
        moved = self._happenings.move(gone, kept)
        if moved:
            _, events = self._happenings.of(np.asarray([kept], np.int64))
            self._watches.add(events.times, events.contacts.astype(np.int64), now)
        return moved

    def erase(self, gone: Contacts) -> None:
        """Forget these contacts' events."""
        self._happenings.erase(gone)

    def advance(self, now: int) -> Contacts:
        """Whose events a moving point has passed."""
        return self._watches.advance(now)

    # ------------------------------------------------------------------ answers

    def bits(self, contacts: Contacts, rows: Bytes, now: int) -> None:
        """Set the slots of its leaves in rows where they are zero, one for each contact."""
        owners, events = self._happenings.of(contacts)
        self._set(Sample(owners, events, now), rows, len(contacts))

    def stretch_bits(
        self, first: int, beyond: int, rows: Bytes, now: int, slots: Sequence[int]
    ) -> None:
        """The same for all contacts numbered from first to below `beyond`, for some slots."""
        events = self._happenings.stretch(first, beyond)
        owners = events.contacts.astype(np.int64) - first
        self._set(Sample(owners, events, now), rows, beyond - first, slots)

    def _set(
        self, sample: Sample, rows: Bytes, contacts: int, slots: Sequence[int] | None = None
    ) -> None:
        for slot in self.leaves if slots is None else slots:
            leaf = self.leaves[slot]
            bit = np.uint8(1 << (slot & 7))
            truth = sample.answer(leaf)
            column = rows[:contacts, slot >> 3]
            if leaf.negated:
                column |= bit  # true without events
                column[sample.places[~truth]] &= ~bit
            else:
                column[sample.places[truth]] |= bit


def row_filter(where: p.Tree[p.RowLeaf]) -> Callable[[EventBatch, Places], Places]:
    """Those of the events at some places of a batch that fit."""
    distinct = tuple(dict.fromkeys(one.seen for leaf in leaves(where) for one in operands(leaf)))
    if not distinct:
        fits_all = answer_of_row(where, ())(())
        return lambda _, places: places if fits_all else places[:0]
    fits = _remembering(answer_of_row(where, distinct))

    def chosen(events: EventBatch, places: Places) -> Places:
        columns = [events.column(seen) for seen in distinct]
        truths = [fits(tuple(column[place] for column in columns)) for place in places.tolist()]
        return places[np.asarray(truths, np.bool_)]

    return chosen


def _remembering(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """The same, with answers remembered: most values come again and again."""
    known: dict[Any, bool] = {}

    def remembered(values: Any) -> bool:
        found = known.get(values)
        if found is None:
            if len(known) >= _MOST_REMEMBERED:
                known.clear()
            found = known[values] = fits(values)
        return found

    return remembered
