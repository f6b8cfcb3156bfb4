"""Batches taken over together leave the same columns as one after the other."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from carpel.domain.events import packed
from carpel.domain.events.model import EventRow
from carpel.storage.columns import (
    Columns,
    ContactRows,
    Kind,
    Unmerged,
    WorkspaceBatch,
    in_few,
)
from carpel.storage.sql import Sql

FIELDS = ("f101", "f102", "f103")


def batches(chance: random.Random) -> list[Unmerged]:
    """Contacts that come, change, go and meet, and their events, in two workspaces."""
    known: dict[int, set[int]] = {1: set(), 2: set()}
    highest, event = 0, 0
    made = []
    for _ in range(chance.randint(2, 12)):
        workspace = chance.choice([1, 1, 2])
        there = known[workspace]
        new = set(range(highest + 1, highest + chance.randint(1, 4)))
        highest += len(new)
        going = set(chance.sample(sorted(there), min(len(there), chance.choice([0, 0, 1, 2]))))
        staying = sorted(there - going)
        changed = set(chance.sample(staying, min(len(staying), 3)))
        batch = WorkspaceBatch(workspace, replaced=sorted(changed | going))
        numbers = sorted(new | changed)
        if going and chance.random() < 0.5:
            batch.erased = sorted(going)
        elif going and staying and chance.random() < 0.5:
            batch.moved = [(gone, staying[0]) for gone in sorted(going)]
        there -= going
        there |= new
        count = chance.randint(0, 4) if there else 0
        packed = [events(sorted(there), count, event, chance)] if count else []
        event += count
        made.append(Unmerged(batch, rows(numbers, chance), packed))
    return made


def rows(numbers: list[int], chance: random.Random) -> dict[int, bytes]:
    names = chance.sample(FIELDS, 2)
    return {
        number: json.dumps({name: f"v{chance.randrange(100)}" for name in names}).encode()
        for number in numbers
    }


def with_columns(part: Unmerged) -> WorkspaceBatch:
    read = [json.loads(row) for row in part.rows.values()]
    columns: dict[str, tuple[Kind, list[Any]]] = {
        "no": ("integer", list(part.rows)),
        "id": ("id", [f"{number:032x}" for number in part.rows]),
    }
    columns |= {name: ("text", [row.get(name) for row in read]) for name in FIELDS}
    contacts = ContactRows(columns) if read else ContactRows()
    return replace(part.batch, contacts=contacts, events=packed.unpacked(part.events))


def events(contacts: list[int], count: int, first: int, chance: random.Random) -> bytes:
    return packed.packed([
        EventRow(
            first + place + 1, chance.choice(contacts), chance.choice("ab"), None,
            chance.randrange(10**15), None, [('["amount"]', "number", "1.5")] if place % 2 else [],
        ) for place in range(count)
    ])  # fmt: skip


def stored(file: Path, steps: list[list[WorkspaceBatch]]) -> dict[str, list[Any]]:
    columns = Columns(file, memory_mb=200, threads=1)
    for seq, step in enumerate(steps, 1):
        columns.apply(seq, step)
    found = {}
    with columns.snapshot() as snapshot:
        for workspace in (1, 2):
            names = snapshot.names(workspace)
            if names is None:
                continue
            for what, table in {"contacts": names.contacts, "events": names.events}.items():
                text = f"SELECT to_json(t) FROM {table} AS t ORDER BY no"
                found[f"{workspace} {what}"] = snapshot.rows(Sql(text, ()))
    columns.close()
    return found


@pytest.mark.parametrize("seed", range(12))
def test_together_as_one_by_one(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    made = batches(chance)
    one_by_one = stored(tmp_path / "one", [[with_columns(part)] for part in made])
    together = stored(tmp_path / "few", [[with_columns(part) for part in in_few(made)]])
    assert {name: without_order(found) for name, found in together.items()} == {
        name: without_order(found) for name, found in one_by_one.items()
    }


def without_order(found: list[Any]) -> list[Any]:
    """Columns may have been made in another order."""
    return [json.loads(row) for (row,) in found]
