"""Several batches as one: a table is looked through once for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .batch import WorkspaceBatch


@dataclass
class Unmerged:
    """A batch whose contacts' new rows, by number, and events are still as the people store keeps them."""

    batch: WorkspaceBatch  # without either
    rows: dict[int, bytes]
    events: Sequence[bytes] = ()  # some packed together in each


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
    )
    return Unmerged(whole, _last_rows(parts), [body for part in parts for body in part.events])


def _last_rows(parts: Sequence[Unmerged]) -> dict[int, bytes]:
    """Of each contact the row that is there after all of them."""
    last: dict[int, bytes] = {}
    for part in parts:
        for number in part.batch.replaced:
            last.pop(number, None)
        last |= part.rows
    return last
