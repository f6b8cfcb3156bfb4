"""Contacts' values that time alone can change the answers to: dates seen from moving points, and days
counted to anniversaries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p
from carpel.kit.instants import LATEST
from carpel.storage.columns import Kind

from .answers import Day, Source, seen_in
from .bits import Bytes
from .due import Contacts, Times, Watches, nobody
from .growing import Growing, filled
from .points import dates_fit, points_of
from .sorting import together
from .thresholds import MISSING, Bools
from .turning import Codebook, Turning, day_column
from .within import Span, within

_NO_CODE = 2**32 - 1

RowColumns = Mapping[str, tuple[Kind, Sequence[Any]]]


# What leaves look at; with a `Day` in it, days are counted from it.
TimedKey: TypeAlias = tuple[Source, ...]


class DateColumn:
    """A column of dates by contact, and the leaves that compare it with moving points."""

    def __init__(self, column: p.Column, values: Times) -> None:
        self._name = column.name
        self._dates = Growing(values, MISSING)
        self._leaves: dict[int, p.Test] = {}
        self._watches = Watches(self)

    @property
    def _values(self) -> Times:
        return self._dates.array

    @property
    def slots(self) -> list[int]:
        return list(self._leaves)

    @property
    def due(self) -> int:
        """When a moving point is to be looked at next."""
        return self._watches.due

    @property
    def ahead(self) -> int:
        """How many dates are kept that points are about to pass."""
        return self._watches.ahead

    @property
    def nbytes(self) -> int:
        return self._values.nbytes

    def add(self, leaves: Mapping[int, p.RowLeaf], now: int) -> None:
        tests = {slot: leaf.test for slot, leaf in leaves.items() if isinstance(leaf, p.ValueTest)}
        self._leaves.update(tests)
        self._watches.want([point for test in tests.values() for point in points_of(test)], now)

    def remove(self, slot: int) -> None:
        del self._leaves[slot]
        self._watches.keep({point for test in self._leaves.values() for point in points_of(test)})

    def put(self, contacts: Contacts, columns: RowColumns | None, now: int) -> None:
        """New values of some contacts; None where they are gone."""
        dates = values_of({} if columns is None else columns, self._name, len(contacts))
        times = np.asarray([MISSING if one is None else one for one in dates], np.int64)
        if not len(contacts):
            return
        self._dates.make_room(int(contacts.max()) + 1)
        # Who has the date already is known where it matters; most changes are of something else.
        new = (times != MISSING) & (times != self._values[contacts])
        self._values[contacts] = times
        self._watches.add(times[new], contacts[new], now)

    def between(self, spans: Sequence[Span]) -> list[tuple[Times, Contacts]]:
        """For each span all dates in it, with their contacts."""
        dated = [(max(first, MISSING + 1), last) for first, last in spans]
        return [(self._values[found], found) for found in within(self._values, dated)]

    def bits(
        self,
        contacts: Contacts | slice,
        rows: Bytes,
        now: int,
        slots: Iterable[int] | None = None,
    ) -> None:
        """Set the slots of its leaves (or some) in the contacts' rows, where they are zero."""
        times = self._values[contacts]
        there = times != MISSING
        together: dict[int, NDArray[np.uint8]] = {}  # by byte: rows lie far apart
        for slot in self._leaves if slots is None else slots:
            true = there & dates_fit(times, self._leaves[slot], now)
            bits = true.view(np.uint8) << np.uint8(slot & 7)
            together[slot >> 3] = together[slot >> 3] | bits if slot >> 3 in together else bits
        for place, bits in together.items():
            rows[: len(bits), place] |= bits

    def forget_all_but(self, there: Bools) -> None:
        """Forget everything of contacts that are not there."""
        self._watches.forget_all_but(there)

    def advance(self, now: int) -> Contacts:
        """Whom a moving point has passed."""
        return self._watches.advance(now)


class TurningColumn:
    """Values by contact as codes, and the leaves that count days to anniversaries from them."""

    def __init__(self, sources: tuple[Source, ...], contacts: int) -> None:
        self._book = Codebook(sources)
        self._known = Growing(filled((contacts,), np.uint32, _NO_CODE), _NO_CODE)
        self._leaves: dict[int, Turning] = {}

    def load(self, contacts: Contacts, columns: Sequence[Any]) -> None:
        """The values of all contacts, as `Codebook.codes` takes them."""
        self._codes[contacts] = self._book.codes(columns)

    @property
    def _codes(self) -> NDArray[np.uint32]:
        return self._known.array

    @property
    def sources(self) -> tuple[Source, ...]:
        return self._book.sources

    @property
    def slots(self) -> list[int]:
        return list(self._leaves)

    @property
    def due(self) -> int:
        """The next midnight."""
        return min((one.due for one in self._leaves.values()), default=LATEST)

    @property
    def ahead(self) -> int:
        """None: midnights are not kept by contact."""
        return 0

    @property
    def nbytes(self) -> int:
        return self._codes.nbytes

    def add(self, leaves: Mapping[int, p.RowLeaf], now: int) -> None:
        for slot, leaf in leaves.items():
            self._leaves[slot] = Turning(leaf, self._book)
            self._leaves[slot].truths(now)

    def remove(self, slot: int) -> None:
        del self._leaves[slot]

    def put(self, contacts: Contacts, columns: RowColumns | None, now: int) -> None:
        """New values of some contacts; None where they are gone."""
        del now
        if not len(contacts):
            return
        self._known.make_room(int(contacts.max()) + 1)
        if columns is None:
            self._codes[contacts] = _NO_CODE
            return
        found: list[Any] = []
        for source in self._book.sources:
            seen = seen_in(source)
            values = (
                values_of(columns, seen.name, len(contacts)) if isinstance(seen, p.Column) else ()
            )
            found.append(day_column(values) if isinstance(source, Day) else values)
        self._codes[contacts] = self._book.codes(found)

    def bits(
        self,
        contacts: Contacts | slice,
        rows: Bytes,
        now: int,
        slots: Iterable[int] | None = None,
    ) -> None:
        """Set the slots of its leaves (or some) in the contacts' rows, where they are zero."""
        codes = self._codes[contacts]
        for slot in self._leaves if slots is None else slots:
            true = _looked_up(self._leaves[slot].truths(now), codes)
            rows[: len(true), slot >> 3] |= true.astype(np.uint8) << np.uint8(slot & 7)

    def forget_all_but(self, there: Bools) -> None:
        """Forget everything of contacts that are not there."""
        del there  # they have no code any more
        self._book.forget_all_but(np.unique(self._codes).astype(np.int64))

    def advance(self, now: int) -> Contacts:
        """Whose answer a midnight has changed."""
        found = [nobody()]
        for turning in self._leaves.values():
            if turning.due <= now:
                changed = _looked_up(turning.turn(now), self._codes)
                found.append(np.flatnonzero(changed))
        return together(*found)


Timed: TypeAlias = DateColumn | TurningColumn


def _looked_up(truths: Bools, codes: NDArray[np.uint32]) -> Bools:
    """The truth of each code; false where there is no code."""
    return np.append(truths, False)[np.minimum(codes, len(truths))]


def values_of(columns: RowColumns, name: str, contacts: int) -> Sequence[Any]:
    """A column of new rows; None for each where no row has a value."""
    found = columns.get(name)
    return found[1] if found is not None else [None] * contacts
