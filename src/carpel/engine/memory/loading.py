"""What is stored of contacts and events, read once for leaves that are new."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p
from carpel.engine.column_printer import ColumnPrinter, Seen
from carpel.storage.columns import Names, Snapshot
from carpel.storage.sql import Sql

from .answers import Day, Source, seen_in
from .bits import Places
from .coding import (
    Coded,
    Encoded,
    column_of,
    combined,
    encoded,
    extent_in,
    plain_array,
    scaled,
    whole_numbers,
)
from .contacts import ContactSide
from .due import Times
from .events import Stream
from .gathering import Dates, Gathered, Population, Standing, Values
from .groups import Group, columns_seen
from .pace import Pace
from .recorded import Recorded
from .recording import ROWS, Form, Types, recorded
from .texts import Texts
from .threads import in_threads
from .timed import DateColumn, Timed, TimedKey, TurningColumn
from .turning import days_where


@dataclass(frozen=True)
class Wanted:
    """What is read of contacts."""

    population: bool  # who is there
    groups: Mapping[Group, Sequence[int]]  # for some of their slots
    dates: Collection[p.Column]


@dataclass
class Loaded:
    """What has been read of contacts, by their numbers."""

    population: NDArray[np.uint8] | None = None  # a flag for each
    groups: list[tuple[Coded, Sequence[int]]] = field(default_factory=list)
    dates: dict[p.Column, Times] = field(default_factory=dict)


class Loader:
    """Reads one workspace in one snapshot of the columns. Any number of threads may use it."""

    def __init__(self, snapshot: Snapshot, names: Names, pace: Pace) -> None:
        self._snapshot = snapshot
        self._pace = pace
        self._names = names
        self._reading = threading.Lock()  # a snapshot reads one thing at a time
        self._numbers = extent_in(self._fetch(ColumnPrinter.contacts_extent))
        self.contacts = self._numbers.stop  # numbers are below this

    @property
    def readings(self) -> int:
        """In how many pieces contacts are read."""
        return -(-len(self._numbers) // ROWS)

    def load(self, wanted: Wanted, width: int, contacts: int) -> Loaded:
        """Read columns of contacts, each once, for numbers below `contacts`; rows have `width` bytes."""
        population = Population(contacts) if wanted.population else None
        dates = {column: Dates(contacts) for column in wanted.dates}
        standing = {group: _standing(group, contacts) for group in wanted.groups}
        gathered: dict[p.Column, list[Gathered]] = {one: [put] for one, put in dates.items()}
        for group, put in standing.items():
            if put is not None:
                gathered.setdefault(_columns(group)[0], []).append(put)
        values = {
            column: Values(contacts)
            for group, stands in standing.items() if stands is None for column in _columns(group)
        }  # fmt: skip
        for column, each in values.items():
            gathered.setdefault(column, []).append(each)
        self._gather(gathered, population)
        failed = [group for group, put in standing.items() if put is not None and not put.fits]
        more = {_columns(group)[0]: Values(contacts) for group in failed}
        if more:
            self._gather({column: [each] for column, each in more.items()}, None)
            values |= more

        def code(group: Group) -> tuple[Coded, Sequence[int]]:
            slots, stands = wanted.groups[group], standing[group]
            if stands is not None and stands.fits:
                return _coded_by_cuts(group, stands, width, slots), slots
            found = [values[column].encoded() for column in _columns(group)]
            return _coded_by_values(group, found, width, slots), slots

        return Loaded(
            None if population is None else population.flags,
            list(in_threads(code, wanted.groups)),
            {column: put.values for column, put in dates.items()},
        )

    def coded(self, sources: Sequence[Source]) -> tuple[Places, list[Any]]:
        """Contacts, and of each source a column as codebooks take it."""
        seen = [one for one in map(seen_in, sources) if isinstance(one, p.Column)]
        table = self._fetch(lambda printer: printer.contacts(seen, self._numbers, {}))
        arrays = [column_of(table, f"v{place}") for place in range(len(seen))]
        return _numbers(table), list(map(_book_column, sources, arrays))

    def events(self, streams: Sequence[Stream]) -> None:
        """Fill new streams with all their events; each column is read once for all of them."""
        if not streams:
            return
        by_types: dict[Types, list[Stream]] = {}
        for stream in streams:
            by_types.setdefault(stream.key.types, []).append(stream)
        found = recorded(self._fetch, {types: _asked(alike) for types, alike in by_types.items()})

        def load(types: Types) -> None:
            events = Recorded(found.pop(types))
            for stream in by_types[types]:
                stream.load(events.tier(stream))

        for _ in in_threads(load, by_types):
            pass

    def _gather(
        self, gathered: Mapping[p.Column, Sequence[Gathered]], population: Population | None
    ) -> None:
        seen, texts = list(gathered), Texts()
        if not seen and population is None:
            return

        def read(start: int) -> None:
            numbers = range(start, start + ROWS)
            table, arrays = texts.columns(
                seen,
                lambda asked: self._fetch(lambda printer: printer.contacts(seen, numbers, asked)),
            )
            contacts = _as_slice(_numbers(table))
            if population is not None:
                population.put(contacts)
            for column, array in zip(seen, arrays, strict=True):
                for one in gathered[column]:
                    one.put(contacts, array)

        for _ in in_threads(read, self._numbers[::ROWS]):
            pass

    def _fetch(self, printed: Callable[[ColumnPrinter], Sql]) -> Any:
        sql = printed(ColumnPrinter(self._names))
        with self._reading:
            self._pace.read()
            return self._snapshot.arrow(sql)


def open_timed(
    side: ContactSide,
    wanted: Mapping[TimedKey, Mapping[int, p.RowLeaf]],
    dates: Mapping[p.Column, Times],
    loader: Loader | None,
    now: int,
) -> list[tuple[Timed, Sequence[int]]]:
    """Let columns whose answers time changes take up leaves, new ones with everybody's values."""
    found: list[tuple[Timed, Sequence[int]]] = []
    for key, taken in wanted.items():
        column = side.timed.get(key) or _opened(key, loader, dates)
        side.add_timed(key, taken, column, now)
        found.append((column, list(taken)))
    return found


def _opened(key: TimedKey, loader: Loader | None, dates: Mapping[p.Column, Times]) -> Timed:
    if counts_from_days(key):
        turning = TurningColumn(key, 0 if loader is None else loader.contacts)
        if loader is not None:
            turning.load(*loader.coded(key))
        return turning
    column = date_column(key)
    return DateColumn(column, dates[column] if column in dates else np.empty(0, np.int64))


def counts_from_days(key: TimedKey) -> bool:
    """Whether days to anniversaries are counted from it."""
    return any(isinstance(source, Day) for source in key)


def date_column(key: TimedKey) -> p.Column:
    """The column of dates that leaves look at where no days are counted."""
    (column,) = key
    if not isinstance(column, p.Column):
        raise TypeError("no column of contacts")
    return column


def _book_column(source: Source, array: Any) -> Any:
    """An Arrow column as codebooks take it."""
    if isinstance(source, Day):
        whole = whole_numbers(array)
        return np.full(len(array), -1) if whole is None else days_where(*whole)
    found = encoded(array)
    return [found.values[code] for code in found.codes.tolist()]


def _standing(group: Group, contacts: int) -> Standing | None:
    """How its column is kept where answers follow from order alone."""
    constants = scaled(group.cuts) if group.cuts is not None and len(group.columns) == 1 else None
    return None if constants is None else Standing(constants, contacts)


def _coded_by_cuts(group: Group, found: Standing, width: int, slots: Sequence[int]) -> Coded:
    if group.cuts is None:
        raise LookupError("answers do not follow from order")
    rows = group.rows_for(group.cuts.samples, width, slots)
    return Coded(found.codes, np.concatenate((rows, np.zeros((1, width), np.uint8))))


def _coded_by_values(
    group: Group, columns: Sequence[Encoded], width: int, slots: Sequence[int]
) -> Coded:
    found = columns[0] if len(columns) == 1 else combined(columns)
    rows = group.rows_for(found.values, width, slots)
    nobody = np.flatnonzero(columns[0].codes == 0)[:1]
    rows[found.codes[nobody]] = 0
    return Coded(found.codes, rows)


def _columns(group: Group) -> list[p.Column]:
    if group.columns == ("lists",):
        return [p.Column("lists", "text-list")]
    found: dict[str, p.Column] = {}
    for leaf in group.leaves.values():
        for one in columns_seen(leaf):
            found.setdefault(one.name, one)
    return [found[name] for name in group.columns]


def _numbers(table: Any) -> NDArray[Any]:
    return plain_array(column_of(table, "no"))


def _as_slice(numbers: NDArray[Any]) -> NDArray[Any] | slice:
    """Neighbours in their order as a slice."""
    if len(numbers) and bool((numbers[1:] - numbers[:-1] == 1).all()):
        return slice(int(numbers[0]), int(numbers[-1]) + 1)
    return numbers


def _asked(streams: Sequence[Stream]) -> dict[Seen, set[Form]]:
    """What has to be read for streams, and in which forms."""
    found: dict[Seen, set[Form]] = {}
    for stream in streams:
        for seen, form in stream.read:
            found.setdefault(seen, set()).add(form)
    return found
