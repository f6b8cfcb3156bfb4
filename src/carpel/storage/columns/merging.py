"""Several batches as one: a table is looked through once for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from carpel.kit.turns import INTERPRETER

from .batch import EventRows, Kind, WorkspaceBatch


@dataclass
class Unmerged:
    """A batch whose contacts' new rows are still as the people store keeps them, by number."""

    batch: WorkspaceBatch
    rows: dict[int, bytes]


def in_few(parts: Iterable[Unmerged]) -> list[Unmerged]:
    """Batches that do the same when applied in order; where events move or go stays apart."""
    found: list[Unmerged] = []
    open_: dict[int, list[Unmerged]] = {}
    for part in parts:
        batch = part.batch
        alike = open_.setdefault(batch.workspace, [])
        if batch.moved or batch.erased:
            found.extend(_merged(some) for some in open_.values() if some)
            found.append(part)
            open_.clear()
        else:
            alike.append(part)
    return [*found, *(_merged(some) for some in open_.values() if some)]


def _merged(parts: Sequence[Unmerged]) -> Unmerged:
    """Batches of one workspace, in which no events move or go, as one."""
    if len(parts) == 1:
        return parts[0]
    batches = [part.batch for part in parts]
    whole = WorkspaceBatch(
        batches[0].workspace,
        replaced=sorted({number for batch in batches for number in batch.replaced}),
        events=_all_events([batch.events for batch in batches if len(batch.events)]),
    )
    return Unmerged(whole, _last_rows(parts))


def _last_rows(parts: Sequence[Unmerged]) -> dict[int, bytes]:
    """Of each contact the row that is there after all of them."""
    last: dict[int, bytes] = {}
    for part in parts:
        for number in part.batch.replaced:
            last.pop(number, None)
        last |= part.rows
    return last


def _all_events(parts: Sequence[EventRows]) -> EventRows:
    """All events, one part after the other."""
    if not parts:
        return EventRows()
    columns = {}
    for name, (kind, _) in parts[0].columns.items():
        INTERPRETER.give_way()
        columns[name] = (kind, [value for part in parts for value in part.columns[name][1]])
    properties: dict[tuple[str, Kind], dict[int, Any]] = {}
    before = 0
    for part in parts:
        INTERPRETER.give_way()
        for key, values in part.properties.items():
            found = properties.setdefault(key, {})
            found.update({before + place: value for place, value in values.items()})
        before += len(part)
    return EventRows(columns, properties)
