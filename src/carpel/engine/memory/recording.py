"""Events as they are stored, read once, some rows at a time, and put in order by contact."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from carpel.engine.column_printer import ColumnPrinter, Kinds, Seen
from carpel.storage.sql import Sql

from .bits import Places
from .coding import (
    Array,
    Encoded,
    column_of,
    encoded,
    extent_in,
    narrow,
    plain_array,
    whole_numbers,
)
from .happenings import PLACE, contact_keys
from .texts import Texts
from .threads import in_threads
from .thresholds import Bools, Ints

ROWS = 500_000  # numbers of which what is stored is read at once

Printed: TypeAlias = Callable[[ColumnPrinter], Sql]
Fetch: TypeAlias = Callable[[Printed], Any]  # what is printed, as an Arrow table
Form: TypeAlias = Literal["whole", "coded"]  # numbers, or each different value once
Types: TypeAlias = tuple[str, ...] | None  # None for all
Asked: TypeAlias = Mapping[Seen, set[Form]]


@dataclass(frozen=True)
class Column:
    """What is seen of events: as whole numbers with where there are any, or as codes, or both."""

    whole: tuple[Ints, Bools] | None
    coded: Encoded | None

    def taken(self, places: Places) -> Column:
        """The values at some places."""
        whole, coded = self.whole, self.coded
        return Column(
            whole and (whole[0].take(places), whole[1].take(places)),
            coded and Encoded(coded.codes.take(places), coded.values),
        )


@dataclass
class Events:
    """Events of some types with what is seen of them."""

    contacts: NDArray[np.int32]
    times: NDArray[np.int64]
    columns: dict[Seen, Column]


class TooLarge(Exception):
    """A number does not fit in 64 bits."""

    def __init__(self, seen: Seen) -> None:
        super().__init__(str(seen))
        self.seen = seen


def recorded(fetch: Fetch, asked: Mapping[Types, Asked]) -> dict[Types, Events]:
    """The events of some types, by contact, with what is asked of them.

    Numbers too large for 64 bits come as codes, in whichever form they were wanted.
    """
    forms = {types: {seen: set(of) for seen, of in found.items()} for types, found in asked.items()}
    while True:
        try:
            return _Reading(fetch, forms).all()
        except TooLarge as error:  # hardly ever; everything is read once more
            for found in forms.values():
                if error.seen in found:
                    found[error.seen] = {"coded"}


@dataclass
class Known:
    """The values of a column met so far, each with its code."""

    codes: dict[Any, int] = field(default_factory=dict)
    locked: threading.Lock = field(default_factory=threading.Lock)

    def coded(self, array: Array) -> NDArray[Any]:
        """Codes of values; new ones get the next. Any thread may ask."""
        found = encoded(array)
        with self.locked:
            codes = [self.codes.setdefault(value, len(self.codes)) for value in found.values]
            kind = narrow(len(self.codes))
        return np.asarray(codes, kind).take(found.codes)


class _Reading:
    """One pass over the events."""

    def __init__(self, fetch: Fetch, asked: Mapping[Types, Asked]) -> None:
        self._fetch = fetch
        self._asked = asked
        together: dict[Seen, set[Form]] = {}
        for found in asked.values():
            for seen, forms in found.items():
                together.setdefault(seen, set()).update(forms)
        self._forms = together
        self._known = {seen: Known() for seen, forms in together.items() if "coded" in forms}
        self._types = sorted({name for types in asked for name in types or ()})
        self._texts = Texts()

    def all(self) -> dict[Types, Events]:
        starts = extent_in(self._fetch(ColumnPrinter.events_extent))[::ROWS]
        parts: dict[Types, list[Events]] = {types: [] for types in self._asked}
        for found in in_threads(self._read, starts):
            for types, one in found.items():
                parts[types].append(one)
        done = in_threads(lambda types: self._joined(types, parts.pop(types)), self._asked)
        return dict(zip(self._asked, done, strict=True))

    def _read(self, start: int) -> dict[Types, Events]:
        """Some rows."""
        numbers, seen = range(start, start + ROWS), list(self._forms)
        kinds = Kinds(self._types, with_others=None in self._asked)
        table, arrays = self._texts.columns(
            seen,
            lambda texts: self._fetch(lambda printer: printer.events(seen, numbers, texts, kinds)),
        )
        whole = Events(
            plain_array(column_of(table, "contact")).astype(np.int32, copy=False),
            plain_array(column_of(table, "at")),
            {one: self._column(one, array) for one, array in zip(seen, arrays, strict=True)},
        )
        if not self._types:
            return {types: self._part(whole, None, types) for types in self._asked}
        places = column_of(table, "kind").fill_null(0)
        kind = plain_array(places).astype(narrow(len(self._types)))
        return {types: self._part(whole, self._places(kind, types), types) for types in self._asked}

    def _places(self, kind: NDArray[Any], types: Types) -> Places | None:
        """Where events are of some types; None for all."""
        if types is None:
            return None
        wanted = np.zeros(len(self._types) + 1, np.bool_)
        wanted[[self._types.index(name) + 1 for name in types]] = True
        codes = np.flatnonzero(wanted)
        fit = kind == codes[0] if len(codes) == 1 else wanted.take(kind)
        return np.flatnonzero(fit)

    def _part(self, events: Events, places: Places | None, types: Types) -> Events:
        columns = {seen: events.columns[seen] for seen in self._asked[types]}
        if places is None:
            return Events(events.contacts, events.times, columns)
        return Events(
            events.contacts.take(places),
            events.times.take(places),
            {seen: column.taken(places) for seen, column in columns.items()},
        )

    def _column(self, seen: Seen, array: Array) -> Column:
        forms = self._forms[seen]
        whole = whole_numbers(array) if "whole" in forms else None
        if "whole" in forms and whole is None:
            raise TooLarge(seen)
        coded = Encoded(self._known[seen].coded(array), []) if "coded" in forms else None
        return Column(whole, coded)

    def _joined(self, types: Types, parts: list[Events]) -> Events:
        """All parts in one, by contact."""
        contacts = _together([part.contacts for part in parts], np.int32)
        order = contact_keys(contacts)
        np.right_shift(order, 32, out=contacts, casting="unsafe")
        order &= PLACE
        times = _together([part.times for part in parts], np.int64).take(order)
        columns = {
            seen: self._in_order(seen, [part.columns[seen] for part in parts], order)
            for seen in self._asked[types]
        }
        return Events(contacts, times, columns)

    def _in_order(self, seen: Seen, parts: Sequence[Column], order: Places) -> Column:
        whole, coded = None, None
        if "whole" in self._forms[seen]:
            found = [part.whole for part in parts if part.whole is not None]
            numbers = _together([one for one, _ in found], np.int64).take(order)
            whole = numbers, _together([there for _, there in found], np.bool_).take(order)
        if "coded" in self._forms[seen]:
            codes = _together([one.coded.codes for one in parts if one.coded], np.uint8)
            coded = Encoded(codes.take(order), list(self._known[seen].codes))
        return Column(whole, coded)


def _together(parts: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, kind)
