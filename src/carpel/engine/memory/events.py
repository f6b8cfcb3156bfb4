"""All streams of a workspace, and the leaves over each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from carpel.engine import plan as p
from carpel.kit.instants import LATEST

from .aggregates import Owners
from .answers import Day, seen_in, sources_of
from .asked import Asked
from .bits import Bytes, Places
from .coding import Encoded
from .dictionaries import Dictionary
from .due import Contacts, Times, Watches, nobody
from .happenings import Column, Happenings, Tier
from .marks import fitting, marked, places_of, values_of
from .numbers import Scaled
from .points import Point
from .reading import EventBatch, plain
from .recording import Form
from .samples import Sample
from .sorting import distinct, together
from .streams import ColumnKey, EventLeaf, Row, StreamKey
from .thresholds import Bools
from .turning import Codebook, Turning, day_column
from .within import Span


@dataclass(frozen=True)
class _Dates:
    """A column of dates of a stream's events, to be looked through; None for their times."""

    happenings: Happenings
    key: ColumnKey | None

    def between(self, spans: Sequence[Span]) -> list[tuple[Times, Contacts]]:
        return self.happenings.between(spans, self.key)


class Stream:
    """The events of one filter, with the leaves over them."""

    def __init__(self, key: StreamKey, columns: frozenset[ColumnKey]) -> None:
        self.key = key
        self.columns = columns
        self.leaves: dict[int, EventLeaf] = {}
        self._dictionaries = {column: Dictionary() for column in columns if column[1] == "code"}
        self._books = {column: Codebook(column[0]) for column in columns if column[1] == "turn"}
        self._turnings: dict[p.RowLeaf, Turning] = {}
        self.marks = places_of(columns)
        self._happenings = Happenings(Tier.empty(columns))
        self._watches: dict[ColumnKey | None, Watches] = {}
        self._asked: dict[tuple[int, ...] | None, Asked] = {}

    @property
    def read(self) -> set[tuple[p.Seen | Literal["no"], Form]]:
        """What has to be read of stored events, for the filter and for the columns, and how."""
        found: set[tuple[Any, Form]] = {(one, "coded") for one in sources_of(self.key.where)}
        for key, use in self.columns:
            if use == "flag":
                found.update((one, "coded") for one in sources_of(key))
            elif use == "turn":
                found.update((one, "whole" if isinstance(one, Day) else "coded") for one in key)
            else:
                found.add((key, "coded" if use == "code" else "whole"))
        return {(seen_in(one), form) for one, form in found}

    def load(self, events: Tier) -> None:
        """All events there are, before any leaf is added."""
        self._happenings = Happenings(events)

    def add(self, leaves: Mapping[int, EventLeaf], now: int) -> None:
        """Take up leaves, by slot."""
        self.leaves.update(leaves)
        self._asked.clear()
        points: dict[ColumnKey | None, list[Point]] = {}
        for leaf in leaves.values():
            for key, point in leaf.points:
                points.setdefault(key, []).append(point)
            for one in leaf.turns:
                if one not in self._turnings:
                    self._turnings[one] = Turning(one, self._books[sources_of(one), "turn"])
                    self._turnings[one].truths(now)
        for key, wanted in points.items():
            if key not in self._watches:
                self._watches[key] = Watches(_Dates(self._happenings, key))
            self._watches[key].want(wanted, now)

    def remove(self, slot: int) -> None:
        """Forget a leaf."""
        del self.leaves[slot]
        self._asked.clear()
        points = {found for leaf in self.leaves.values() for found in leaf.points}
        for key, watches in self._watches.items():
            watches.keep({point for other, point in points if other == key})
        turns = {one for leaf in self.leaves.values() for one in leaf.turns}
        self._turnings = {one: turning for one, turning in self._turnings.items() if one in turns}

    @property
    def slots(self) -> list[int]:
        """Those of its leaves."""
        return list(self.leaves)

    @property
    def due(self) -> int:
        """When something moves or turns next."""
        timed: list[Watches | Turning] = [*self._watches.values(), *self._turnings.values()]
        return min((one.due for one in timed), default=LATEST)

    @property
    def ahead(self) -> int:
        """How many of its events' dates are kept that points are about to pass."""
        return sum(watches.ahead for watches in self._watches.values())

    @property
    def nbytes(self) -> int:
        return self._happenings.nbytes

    # ----------------------------------------------------------------- changes

    def take(self, events: EventBatch, now: int) -> Contacts:
        """New events; returns whose they are, of those that fit."""
        places = events.fitting(self.key)
        if not len(places):
            return nobody()
        marks = marked([events.truth(where)[places] for where in self.marks], len(places))
        tier = Tier(events.contacts[places], events.times[places], marks, {}, {})
        for key in values_of(self.columns):
            self._read(events, key, places, tier)
        self._happenings.add(tier)
        self._watch(tier, now)
        return distinct(tier.contacts).astype(np.int64)

    def _read(self, events: EventBatch, key: ColumnKey, places: Places, tier: Tier) -> None:
        """One column of new events."""
        if key[1] == "order":
            tier.values[key] = events.numbers[places]
        elif key[1] == "turn":
            found: list[Any] = []
            for source in key[0]:
                stored = events.coded(seen_in(source))
                values = [stored.values[code] for code in stored.codes[places].tolist()]
                found.append(day_column(values) if isinstance(source, Day) else values)
            tier.values[key] = self.turn_codes(key, found)
        elif key[1] == "code":
            coded = events.coded(key[0])
            there = Encoded(coded.codes[places], coded.values)
            tier.values[key], tier.there[key] = self.encoded(key, there)
        else:
            column, fits = events.column(key)
            tier.there[key] = fits[places]
            tier.values[key] = (
                column.taken(places) if isinstance(column, Scaled) else column[places]
            )

    def encoded(self, key: ColumnKey, found: Encoded) -> tuple[Column, Bools]:
        """Stored values as the column keeps them, and where there is one."""
        if key[1] in ("number", "date"):
            return plain(found, key)
        there = np.asarray([value is not None for value in found.values], np.bool_)[found.codes]
        return self._dictionaries[key].codes(found.values)[found.codes], there

    def turn_codes(self, key: ColumnKey, columns: Sequence[Any]) -> Any:
        """Codes of what days are counted from, from columns as `Codebook.codes` takes them."""
        return self._books[key].codes(columns)

    def _watch(self, events: Tier, now: int) -> None:
        """Let the moving points know of dates that have come in."""
        contacts = events.contacts.astype(np.int64)
        for key, watches in self._watches.items():
            there = slice(None) if key is None else events.there[key]
            watches.add(events.dates(key)[there], contacts[there], now)

    def move(self, gone: int, kept: int, now: int) -> bool:
        """Give one contact's events to another; whether there were any."""
        moved = self._happenings.move(gone, kept)
        if moved:
            self._watch(self._happenings.of(np.asarray([kept], np.int64))[1], now)
        return moved

    def erase(self, gone: Contacts) -> None:
        """Forget these contacts' events."""
        self._happenings.erase(gone)

    def forget_all_but(self, there: Bools) -> None:
        """Forget everything of contacts that are not there, their values included."""
        self._happenings.forget_all_but(there)
        for watches in self._watches.values():
            watches.forget_all_but(there)
        for books in (self._dictionaries, self._books):
            for key, book in books.items():
                book.forget_all_but(self._happenings.used(key))

    def advance(self, now: int) -> Contacts:
        """Whose events a moving point or a midnight has passed."""
        found = [watches.advance(now) for watches in self._watches.values()]
        for leaf, turning in self._turnings.items():
            if turning.due <= now:
                key: ColumnKey = (sources_of(leaf), "turn")
                found.append(self._happenings.having(key, turning.turn(now)))
        return together(nobody(), *found)

    def fitting(self, where: Row, events: Tier) -> Bools:
        """Which events fit a filter that is kept as a flag."""
        return fitting(events.marks, self.marks, where)

    def dictionary(self, key: ColumnKey) -> Dictionary:
        """The values behind a column's codes."""
        return self._dictionaries[key]

    def turned(self, leaf: p.RowLeaf, codes: Owners, now: int) -> Bools:
        """The answer of a leaf that counts days, for codes of its column."""
        return np.asarray(self._turnings[leaf].truths(now)[codes])

    # ------------------------------------------------------------------ answers

    def answers(self, contacts: Contacts, now: int) -> tuple[Asked, Bytes]:
        """What all its leaves ask, and for each contact the answers in the bytes that it names."""
        asked = self._asked_of(None)
        owners, events = self._happenings.of(contacts)
        return asked, self._answered(Sample(owners, events, self, now), asked, len(contacts))

    def stretch_bits(
        self, first: int, beyond: int, rows: Bytes, now: int, slots: Sequence[int]
    ) -> None:
        """Set some slots in rows where they are zero, one for each contact numbered from first to
        below `beyond`.
        """
        asked = self._asked_of(tuple(slots))
        events = self._happenings.stretch(first, beyond)
        sample = Sample(events.contacts.astype(np.int64) - first, events, self, now)
        rows[: beyond - first, asked.bytes] |= self._answered(sample, asked, beyond - first)

    def _answered(self, sample: Sample, asked: Asked, contacts: int) -> Bytes:
        found = np.empty((contacts, len(asked.without)), np.uint8)
        found[:] = asked.without
        found[sample.places] = sample.answers(asked)
        return found

    def _asked_of(self, slots: tuple[int, ...] | None) -> Asked:
        """What some leaves ask, or all for None."""
        asked = self._asked.get(slots)
        if asked is None:
            chosen = self.leaves if slots is None else {slot: self.leaves[slot] for slot in slots}
            asked = self._asked[slots] = Asked(chosen, self.marks)
        return asked
