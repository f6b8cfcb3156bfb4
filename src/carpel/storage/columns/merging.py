"""Several batches as one: a table is looked through once for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    last: dict[int, tuple[ContactRows, int]] = {}
    for batch in batches:
        for number in batch.replaced:
            last.pop(number, None)
        numbers = batch.contacts.columns["no"][1] if len(batch.contacts) else ()
        last.update({number: (batch.contacts, place) for place, number in enumerate(numbers)})
    if not last:
        return ContactRows()
    kinds: dict[str, Kind] = {
        name: kind for batch in batches for name, (kind, _) in batch.contacts.columns.items()
    }
    return ContactRows(
        {name: (kind, [_value(name, *row) for row in last.values()])
         for name, kind in kinds.items()}
    )  # fmt: skip


def _value(name: str, rows: ContactRows, place: int) -> Any:
    column = rows.columns.get(name)
    return None if column is None else column[1][place]


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
