"""Events as they are stored, read a column at a time, and no column longer kept than needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p
from carpel.engine.printer import Printer
from carpel.storage.sql import Sql

from .bits import Places
from .coding import Array, Encoded, column_of, encoded, narrow, plain_array, whole_numbers
from .happenings import order_of
from .threads import in_threads
from .thresholds import Bools, Ints

_ROWS = 1 << 23  # that are read at once

Printed: TypeAlias = Callable[[Printer], Sql]
# What is printed, and the types that it wants, as an Arrow table.
Fetch: TypeAlias = Callable[[Printed, Sequence[str] | None], Any]


@dataclass(frozen=True)
class Column:
    """What is seen of events: as whole numbers with where there are any, or as codes, or both."""

    whole: tuple[Ints, Bools] | None
    coded: Encoded | None

    def taken(self, places: Places | slice) -> Column:
        """The values at some places."""
        whole, coded = self.whole, self.coded
        return Column(
            whole and (whole[0][places], whole[1][places]),
            coded and Encoded(coded.codes[places], coded.values),
        )


class Recording:
    """All events of some types, by contact."""

    def __init__(self, fetch: Fetch, types: Sequence[str] | None) -> None:
        """Args: types: None for all."""
        self._fetch = fetch
        self._types = types
        self._locked = threading.Lock()
        last = plain_array(column_of(fetch(Printer.last_event, None), "place"))
        self._rows = int(last[0]) + 1
        contacts = np.empty(self._rows, np.int32)
        times = np.empty(self._rows, np.int64)
        kinds = np.zeros(self._rows, np.uint32)  # 0 in a row without an event
        self._names: dict[Any, int] = {None: 0}

        def put(places: Places, table: Any) -> None:
            contacts[places] = plain_array(column_of(table, "contact"))
            times[places] = plain_array(column_of(table, "at"))
            found = encoded(column_of(table, "type"))
            kinds[places] = known_codes(self._names, found.values, self._locked)[found.codes]

        self._each(None, put)
        there = np.flatnonzero(kinds != 0)
        order = order_of(contacts[there])
        self._order = there if order is None else there[order]
        self.contacts = np.take(contacts, self._order)
        self.times = np.take(times, self._order)
        self._kinds = np.take(kinds.astype(narrow(len(self._names))), self._order)

    def places(self, types: Sequence[str] | None) -> Places | slice:
        """Where the events of some types are."""
        if types is None:
            return slice(None)
        codes = [self._names[name] for name in types if name in self._names]
        fit = self._kinds == codes[0] if len(codes) == 1 else np.isin(self._kinds, codes)
        return np.flatnonzero(fit)

    def numbers(self) -> NDArray[np.int64]:
        """In which order they came in."""
        found = np.empty(self._rows, np.int64)

        def put(places: Places, table: Any) -> None:
            found[places] = plain_array(column_of(table, "v0"))

        self._each("no", put)
        return np.take(found, self._order)

    def column(self, seen: p.Seen, *, whole: bool, coded: bool) -> Column:
        """One column, in the forms wanted; as codes also where numbers are too large."""
        reader = _Reader(self._rows, whole=whole, coded=coded)
        self._each(seen, reader.put)
        if whole and reader.numbers is None and reader.codes is None:
            return self.column(seen, whole=False, coded=True)
        return reader.column().taken(self._order)

    def _each(
        self, seen: p.Seen | Literal["no"] | None, put: Callable[[Places, Any], None]
    ) -> None:
        """Have all rows put away, some at a time; None for contacts, times and types."""

        def read(start: int) -> None:
            rows = range(start, start + _ROWS)
            table = self._fetch(
                lambda printer: printer.events(seen, rows, of_wanted=self._types is not None),
                self._types,
            )
            put(plain_array(column_of(table, "place")), table)

        for _ in in_threads(read, range(0, self._rows, _ROWS)):
            pass


class _Reader:
    """A column put together from parts."""

    def __init__(self, rows: int, *, whole: bool, coded: bool) -> None:
        self.numbers = np.empty(rows, np.int64) if whole else None
        self._there = np.zeros(rows, np.bool_)
        self.codes = np.zeros(rows, np.uint32) if coded else None
        self._known: dict[Any, int] = {}
        self._locked = threading.Lock()

    def put(self, places: Places, table: Any) -> None:
        """Take in some rows."""
        array: Array = column_of(table, "v0")
        if self.numbers is not None:
            found = whole_numbers(array)
            if found is None:
                self.numbers = None
            else:
                self.numbers[places], self._there[places] = found
        if self.codes is not None:
            part = encoded(array)
            self.codes[places] = known_codes(self._known, part.values, self._locked)[part.codes]

    def column(self) -> Column:
        """All of it."""
        return Column(
            None if self.numbers is None else (self.numbers, self._there),
            None if self.codes is None else self._encoded(self.codes),
        )

    def _encoded(self, codes: NDArray[np.uint32]) -> Encoded:
        return Encoded(codes.astype(narrow(len(self._known))), list(self._known))


def known_codes(
    known: dict[Any, int], values: Sequence[Any], locked: threading.Lock
) -> NDArray[np.uint32]:
    """The numbers of values; new ones get the next."""
    with locked:
        return np.asarray([known.setdefault(value, len(known)) for value in values], np.uint32)
