"""What is stored of contacts, read once by column: for leaves that are new."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p
from carpel.engine.printer import Printer
from carpel.engine.reads import operands
from carpel.storage.columns import Names, Snapshot

from .bits import Places
from .coding import Coded, coded, column_of, narrow, plain_array, whole_numbers
from .due import Times
from .events import Stream
from .groups import Group
from .recorded import Recorded
from .threads import in_threads
from .thresholds import MISSING


class Loader:
    """Reads one workspace in one snapshot of the columns. Any number of threads may use it."""

    def __init__(self, snapshot: Snapshot, names: Names) -> None:
        self._snapshot = snapshot
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

    def events(self, types: Sequence[str] | None, seen: Sequence[p.Seen]) -> Recorded:
        """All events of some types (None: of all), with what is seen of them."""
        with self._reading:
            table = self._snapshot.arrow(self._printer().events(types, seen))
        return Recorded(table, seen)

    def _contacts(self, seen: Sequence[p.Column]) -> Any:
        with self._reading:
            return self._snapshot.arrow(self._printer().column(seen))

    def _printer(self) -> Printer:
        return Printer(self._names, 0, {})


def _columns(group: Group, slots: Sequence[int]) -> list[p.Column]:
    if group.columns == ("lists",):
        return [p.Column("lists", "text-list")]
    found: dict[str, p.Column] = {}
    for slot in slots:
        for one in operands(group.leaves[slot]):
            if isinstance(one.seen, p.Column):
                found.setdefault(one.seen.name, one.seen)
    return [found[name] for name in group.columns]


def _numbers(table: Any) -> NDArray[Any]:
    return plain_array(column_of(table, "no"))


def load_streams(streams: Sequence[Stream], loader: Loader) -> None:
    """Fill new streams with all their events; those of the same types are read together."""
    by_types: dict[tuple[str, ...] | None, list[Stream]] = {}
    for stream in streams:
        by_types.setdefault(stream.key.types, []).append(stream)

    def load(types: tuple[str, ...] | None) -> None:
        of_types = by_types[types]
        seen = dict.fromkeys(one for stream in of_types for one in stream.seen)
        recorded = loader.events(types, list(seen))
        for stream in of_types:
            stream.load(recorded.tier(stream))

    for _ in in_threads(load, by_types):
        pass
