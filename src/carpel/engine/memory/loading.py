"""What is stored of contacts, read once by column: for leaves that are new."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p
from carpel.engine.printer import Printer
from carpel.storage.columns import Names, Snapshot
from carpel.storage.sql import Sql

from .answers import Day, Source, seen_in
from .bits import Places
from .coding import Coded, coded, column_of, encoded, narrow, plain_array, whole_numbers
from .due import Times
from .events import Stream
from .groups import Group, columns_seen
from .pace import Pace
from .recorded import Recorded
from .recording import Recording
from .threads import in_threads
from .thresholds import MISSING
from .timed import DateColumn, Timed, TimedKey, TurningColumn
from .turning import days_where


class Loader:
    """Reads one workspace in one snapshot of the columns. Any number of threads may use it."""

    def __init__(self, snapshot: Snapshot, names: Names, pace: Pace) -> None:
        self._snapshot = snapshot
        self._pace = pace
        self._names = names
        self._reading = threading.Lock()  # a snapshot reads one thing at a time, with all cores

    def contacts(self) -> Places:
        """The numbers of all contacts."""
        return _numbers(self._contacts([]))

    def group(self, group: Group, slots: Sequence[int], width: int, contacts: int) -> Coded:
        """For each number below `contacts` the code of its values; of no contact: the last."""
        seen = _columns(group, slots)
        table = self._contacts(seen)
        arrays = [column_of(table, f"v{place}") for place in range(len(seen))]
        found = coded(group, arrays, width, slots)
        nobody = len(found.rows)
        codes = np.full(contacts, nobody, narrow(nobody))
        codes[_numbers(table)] = found.codes
        return Coded(codes, np.concatenate((found.rows, np.zeros((1, width), np.uint8))))

    def dates(self, column: p.Column, contacts: int) -> Times:
        """A column of dates by contact number, for numbers below `contacts`."""
        table = self._contacts([column])
        values = np.full(contacts, MISSING, np.int64)
        found = whole_numbers(column_of(table, "v0"))
        if found is not None:
            times, there = found
            values[_numbers(table)] = np.where(there, times, MISSING)
        return values

    def coded(self, sources: Sequence[Source]) -> tuple[Places, list[Any]]:
        """Contacts, and of each source a column as codebooks take it."""
        seen = [one for one in map(seen_in, sources) if isinstance(one, p.Column)]
        table = self._contacts(seen)
        arrays = [column_of(table, f"v{place}") for place in range(len(seen))]
        return _numbers(table), list(map(_book_column, sources, arrays))

    def events(self, types: Sequence[str] | None) -> Recording:
        """All events of some types (None: of all)."""
        return Recording(self._fetch, types)

    def _contacts(self, seen: Sequence[p.Column]) -> Any:
        return self._fetch(lambda printer: printer.column(seen))

    def _fetch(self, printed: Callable[[Printer], Sql], types: Sequence[str] | None = None) -> Any:
        sql = printed(Printer(self._names, 0, {}))
        with self._reading:
            self._pace.read()
            return self._snapshot.arrow(sql, types)


def opened(key: TimedKey, loader: Loader | None, contacts: int) -> Timed:
    """What leaves look at that time alone can change, with everybody's values."""
    if any(isinstance(source, Day) for source in key):
        turning = TurningColumn(key, contacts)
        if loader is not None:
            turning.load(*loader.coded(key))
        return turning
    (column,) = key
    if not isinstance(column, p.Column):
        raise TypeError("no column of contacts")
    empty = np.empty(0, np.int64)
    return DateColumn(column, empty if loader is None else loader.dates(column, contacts))


def _book_column(source: Source, array: Any) -> Any:
    """An Arrow column as codebooks take it."""
    if isinstance(source, Day):
        whole = whole_numbers(array)
        return np.full(len(array), -1) if whole is None else days_where(*whole)
    found = encoded(array)
    return [found.values[code] for code in found.codes.tolist()]


def _columns(group: Group, slots: Sequence[int]) -> list[p.Column]:
    if group.columns == ("lists",):
        return [p.Column("lists", "text-list")]
    found: dict[str, p.Column] = {}
    for slot in slots:
        for one in columns_seen(group.leaves[slot]):
            found.setdefault(one.name, one)
    return [found[name] for name in group.columns]


def _numbers(table: Any) -> NDArray[Any]:
    return plain_array(column_of(table, "no"))


def load_streams(streams: Sequence[Stream], loader: Loader) -> None:
    """Fill new streams with all their events; each column is read once for all of them."""
    if not streams:
        return
    by_types: dict[tuple[str, ...] | None, list[Stream]] = {}
    for stream in streams:
        by_types.setdefault(stream.key.types, []).append(stream)
    recorded = _recorded(by_types, loader)

    def load(types: tuple[str, ...] | None) -> None:
        for stream in by_types[types]:
            stream.load(recorded[types].tier(stream))

    for _ in in_threads(load, by_types):
        pass


def _recorded(
    by_types: Mapping[tuple[str, ...] | None, Sequence[Stream]], loader: Loader
) -> dict[tuple[str, ...] | None, Recorded]:
    """What is stored for streams of the same types, with all their columns."""
    everything = {name for types in by_types for name in types or ()}
    recording = loader.events(None if None in by_types else sorted(everything))
    recorded = dict(zip(by_types, in_threads(partial(Recorded, recording), by_types), strict=True))
    forms = {types: _forms(alike) for types, alike in by_types.items()}
    for seen in dict.fromkeys(one for found in forms.values() for one in found):
        asked = [types for types, found in forms.items() if seen in found]
        if seen == "no":
            numbers = recording.numbers()
            for types in asked:
                recorded[types].give_numbers(numbers)
            continue
        wanted = {form for types in asked for form in forms[types][seen]}
        column = recording.column(seen, whole="whole" in wanted, coded="coded" in wanted)
        for _ in in_threads(lambda types: recorded[types].give(seen, column), asked):  # noqa: B023
            pass
    return recorded


def _forms(streams: Sequence[Stream]) -> dict[Any, set[str]]:
    """What has to be read for streams, and in which forms."""
    found: dict[Any, set[str]] = {}
    for stream in streams:
        for seen, form in stream.read:
            found.setdefault(seen, set()).add(form)
    return found
