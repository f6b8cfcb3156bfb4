"""What is stored, read once by column: for leaves that are new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from carpel.engine import plan as p
from carpel.engine.printer import Printer
from carpel.engine.reads import leaves, operands
from carpel.storage.columns import Names, Snapshot

from .bits import Bytes, Places
from .coding import Coded, coded, whole_numbers
from .due import Times
from .events import Stream
from .groups import Group, answer_of_row
from .happenings import Tier
from .numbers import Scaled
from .thresholds import MISSING


class Loader:
    """Reads one workspace in one snapshot of the columns."""

    def __init__(self, snapshot: Snapshot, names: Names) -> None:
        self._snapshot = snapshot
        self._printer = Printer(names, 0, {})

    def contacts(self) -> Places:
        """The numbers of all contacts."""
        table = self._snapshot.arrow(self._printer.column([]))
        return np.asarray(_array(table, "no").to_numpy(zero_copy_only=False), np.int64)

    def group(self, group: Group, slots: Sequence[int], width: int) -> tuple[Places, Coded]:
        """Contacts, and for each the answers of a group's leaves."""
        seen = _columns(group, slots)
        table = self._snapshot.arrow(self._printer.column(seen))
        arrays = [_array(table, f"v{place}") for place in range(len(seen))]
        return _numbers(table), coded(group, arrays, width, slots)

    def dates(self, column: p.Column, contacts: int) -> Times:
        """A column of dates by contact number, for numbers below `contacts`."""
        table = self._snapshot.arrow(self._printer.column([column]))
        values = np.full(contacts, MISSING, np.int64)
        found = whole_numbers(_array(table, "v0"))
        if found is not None:
            times, there = found
            values[_numbers(table)] = np.where(there, times, MISSING)
        return values

    def stream(self, stream: Stream) -> Tier:
        """All events of a stream."""
        where = stream.key.where
        seen = tuple(dict.fromkeys(
            [*(one.seen for leaf in leaves(where) for one in operands(leaf)),
             *(seen for seen, _ in stream.columns)]
        ))  # fmt: skip
        table = self._snapshot.arrow(self._printer.events(stream.key.types, seen))
        arrays = {one: _array(table, f"v{place}") for place, one in enumerate(seen)}
        fit = _fitting(where, arrays, len(table))
        contacts = np.asarray(_array(table, "contact").to_numpy(zero_copy_only=False), np.int32)
        times = np.asarray(_array(table, "at").to_numpy(zero_copy_only=False), np.int64)
        values: dict[Any, Any] = {}
        there: dict[Any, NDArray[np.bool_]] = {}
        for key in stream.columns:
            values[key], there[key] = _encoded(stream, key, arrays[key[0]])
        events = Tier(contacts, times, values, there)
        return events if fit is None else events.taken(fit)


def _columns(group: Group, slots: Sequence[int]) -> list[p.Column]:
    if group.columns == ("lists",):
        return [p.Column("lists", "text-list")]
    found: dict[str, p.Column] = {}
    for slot in slots:
        for one in operands(group.leaves[slot]):
            if isinstance(one.seen, p.Column):
                found.setdefault(one.seen.name, one.seen)
    return [found[name] for name in group.columns]


def _fitting(
    where: p.Tree[p.RowLeaf], arrays: dict[p.Seen, Any], events: int
) -> NDArray[np.bool_] | None:
    """Which events fit the filter; None for all."""
    if isinstance(where, p.NoOne):
        return np.zeros(events, np.bool_)
    parts = where.parts if isinstance(where, p.All) else (where,)
    fit: NDArray[np.bool_] | None = None
    for part in parts:
        seen = tuple(dict.fromkeys(one.seen for leaf in leaves(part) for one in operands(leaf)))
        if not seen:
            if isinstance(part, p.NoOne):
                return np.zeros(events, np.bool_)
            continue
        truth = _truth(part, seen, arrays)
        fit = truth if fit is None else fit & truth
    return None if fit is None or bool(fit.all()) else fit


def _truth(
    part: p.Tree[p.RowLeaf], seen: tuple[p.Seen, ...], arrays: dict[p.Seen, Any]
) -> NDArray[np.bool_]:
    """One part of a filter, answered once for each different value."""
    fits = answer_of_row(part, seen)
    if len(seen) == 1:
        encoded = arrays[seen[0]].dictionary_encode()
        values = [*encoded.dictionary.to_pylist(), None]
        places = encoded.indices.fill_null(len(values) - 1).to_numpy(zero_copy_only=False)
        truths = np.asarray([fits((value,)) for value in values], np.bool_)
        return np.asarray(truths[places])
    known: dict[Any, bool] = {}
    found = []
    for row in zip(*(arrays[one].to_pylist() for one in seen), strict=True):
        truth = known.get(row)
        if truth is None:
            truth = known[row] = fits(row)
        found.append(truth)
    return np.asarray(found, np.bool_)


def _encoded(stream: Stream, key: Any, array: Any) -> tuple[Any, NDArray[np.bool_]]:
    """A column as the stream keeps it, and where there is a value."""
    if key[1] != "code":
        found = whole_numbers(array)
        if found is not None:
            numbers, there = found
            return (Scaled.of_units(numbers) if key[1] == "number" else numbers), there
    there = np.asarray(array.is_valid().to_numpy(zero_copy_only=False), np.bool_)
    if key[1] == "code":
        encoded = array.dictionary_encode()
        codes = stream.encoded(key, _as_stored(encoded.dictionary.to_pylist()))
        places = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False)
        return (codes[places] if len(codes) else np.zeros(len(array), np.int64)), there
    return stream.encoded(key, array.to_pylist()), there


def _as_stored(values: list[Any]) -> list[Any]:
    """Decimals as the texts that batches bring."""
    from carpel.kit.numbers import plain  # noqa: PLC0415

    return [plain(one) if hasattr(one, "as_tuple") else one for one in values]


def _numbers(table: Any) -> Places:
    return np.asarray(_array(table, "no").to_numpy(zero_copy_only=False), np.int64)


def _array(table: Any, name: str) -> Any:
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


__all__ = ["Bytes", "Loader"]
