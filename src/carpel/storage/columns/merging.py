"""Several batches as one: a table is looked through once for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress
from typing import Any

from .batch import ContactRows, EventRows, Kind, WorkspaceBatch


def in_few(batches: Iterable[WorkspaceBatch]) -> list[WorkspaceBatch]:
    """Batches that do the same when applied in order; where events move or go stays apart."""
    found: list[WorkspaceBatch] = []
    open_: dict[int, list[WorkspaceBatch]] = {}
    for batch in batches:
        alike = open_.setdefault(batch.workspace, [])
        if batch.moved or batch.erased:
            found.extend(merged(part) for part in open_.values() if part)
            found.append(batch)
            open_.clear()
        else:
            alike.append(batch)
    return [*found, *(merged(part) for part in open_.values() if part)]


def merged(batches: Sequence[WorkspaceBatch]) -> WorkspaceBatch:
    """Batches of one workspace, in which no events move or go, as one."""
    if len(batches) == 1:
        return batches[0]
    return WorkspaceBatch(
        batches[0].workspace,
        replaced=sorted({number for batch in batches for number in batch.replaced}),
        contacts=_last_rows(batches),
        events=_all_events([batch.events for batch in batches if len(batch.events)]),
    )


def _last_rows(batches: Sequence[WorkspaceBatch]) -> ContactRows:
    """Of each contact the row that is there after all of them."""
    filled = [batch.contacts for batch in batches if len(batch.contacts)]
    stays = _stays(batches)
    if not any(stays):
        return ContactRows()
    names = {name: kind for rows in filled for name, (kind, _) in rows.columns.items()}
    columns = {name: (kind, _all_of(name, filled)) for name, kind in names.items()}
    if all(stays):
        return ContactRows(columns)
    return ContactRows(
        {name: (kind, list(compress(values, stays))) for name, (kind, values) in columns.items()}
    )


def _all_of(name: str, parts: Sequence[ContactRows]) -> list[Any]:
    """A column of all parts, one after the other."""
    found: list[Any] = []
    for rows in parts:
        column = rows.columns.get(name)
        found += [None] * len(rows) if column is None else column[1]
    return found


def _stays(batches: Sequence[WorkspaceBatch]) -> list[bool]:
    """Of each row of all batches whether no later batch replaces it."""
    found: list[bool] = []
    later: set[int] = set()
    for batch in reversed(batches):
        numbers = batch.contacts.columns["no"][1] if len(batch.contacts) else ()
        found += [number not in later for number in reversed(numbers)]
        later.update(numbers, batch.replaced)
    return found[::-1]


def _all_events(parts: Sequence[EventRows]) -> EventRows:
    """All events, one part after the other."""
    if not parts:
        return EventRows()
    columns = {
        name: (kind, [value for part in parts for value in part.columns[name][1]])
        for name, (kind, _) in parts[0].columns.items()
    }
    properties: dict[tuple[str, Kind], dict[int, Any]] = {}
    before = 0
    for part in parts:
        for key, values in part.properties.items():
            found = properties.setdefault(key, {})
            found.update({before + place: value for place, value in values.items()})
        before += len(part)
    return EventRows(columns, properties)
