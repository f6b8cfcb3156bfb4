"""Columns made in a process beside are those that are made here, whatever rows have and lack."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from carpel.domain.contacts import packed
from carpel.domain.contacts.model import Row
from carpel.domain.events import packed as packed_events
from carpel.domain.events.model import EventRow
from carpel.domain.fields import Fields
from carpel.domain.ingest.columnar import Columnar
from carpel.domain.workspaces import Workspaces
from carpel.kit.clock import SteppedClock
from carpel.storage.catalogue import Catalogue
from carpel.storage.columns import Columns, ContactRows, EventRows, WorkspaceBatch, tables
from carpel.storage.sql import Sql

KINDS = ("text", "number", "date", "boolean", "text-list", "object")
COUNT = 806


def rows(numbers: dict[str, int], chance: random.Random) -> dict[int, bytes]:
    """Every tenth has next to nothing, and so have the last; the others have a part of all there is."""
    values: dict[str, Any] = {
        "text": lambda: chance.choice(["", "é ”x”", "v" * 50]),
        "number": lambda: chance.choice(["0", "-1.5", "99999999999999999999999999.999999999999"]),
        "date": lambda: chance.randrange(-(10**15), 10**15),
        "boolean": lambda: chance.random() < 0.5,
        "text-list": lambda: chance.sample(["a", "b", "c d"], 2),
        "object": lambda: json.dumps({"city": chance.choice(["Bern", 3]), "deep": {"n": 1.5}}),
    }
    made = {}
    for no in range(1, COUNT + 1):
        has = [] if no % 10 == 0 or no > 790 else [one for one in KINDS if chance.random() < 0.5]
        identifiers = {kind: f"{kind}-{no}@x.org" for kind in (1, 2, 3, 4) if has and no % kind}
        fields = {numbers[kind]: values[kind]() for kind in has}
        lists = chance.sample(range(1, 9), 2) if has else []
        row = Row(no.to_bytes(16, "big"), no, no + 1, identifiers, fields, lists)
        made[no] = msgspec.msgpack.encode(row)
    return made


def stored(file: Path, workspace: int, contacts: ContactRows) -> list[dict[str, Any]]:
    columns = Columns(file, memory_mb=200, threads=1)
    columns.apply(1, [WorkspaceBatch(workspace, contacts=contacts)])
    with columns.snapshot() as snapshot:
        names = snapshot.names(workspace)
        assert names is not None
        text = f"SELECT to_json(t) FROM {names.contacts} AS t ORDER BY no"
        found = [json.loads(row) for (row,) in snapshot.rows(Sql(text, ()))]
    columns.close()
    return found


@pytest.mark.parametrize("piece", [5_000, 300, 7])
def test_beside_as_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(packed, "_PIECE", piece)
    catalogue, clock = Catalogue(tmp_path / "catalogue.sqlite"), SteppedClock(10**15)
    workspace, fields = Workspaces(catalogue, clock).create("one"), Fields(catalogue, clock)
    made_fields = {kind: fields.create(workspace, kind.replace("-", "_"), kind) for kind in KINDS}
    whole = made_fields["object"]
    fields.ensure_parts(workspace, whole, {("city",): "text", ("deep", "n"): "number"})
    made = rows({kind: one.no for kind, one in made_fields.items()}, random.Random(3))
    asked: list[int] = []

    def beside(request: bytes) -> bytes:
        job = msgspec.msgpack.decode(request, type=packed.Packed)
        asked.append(len(job.rows))
        return packed.answer(job, fields)

    here = Columnar(fields).table(workspace.no, made)
    there = Columnar(fields, beside).table(workspace.no, made)
    assert asked == [min(piece, COUNT - first) for first in range(0, COUNT, piece)]
    found = stored(tmp_path / "here", workspace.no, here)
    assert found == stored(tmp_path / "there", workspace.no, there)
    assert len(found) == COUNT
    filled = {name for row in found for name, value in row.items() if value is not None}
    parts = fields.parts_of(workspace.no)[whole.no]
    plain = [one for one in made_fields.values() if one.type != "object"]
    assert {one.column for one in (*plain, *parts)} <= filled
    catalogue.close()


def happened(first: int, count: int, chance: random.Random) -> list[EventRow]:
    """Events with every kind of property, a name that comes as two kinds, and some with none."""
    properties: list[tuple[str, str, Any]] = [
        ('["amount"]', "number", "12.5"),
        ('["amount"]', "text", "12 or so"),
        ('["a b"]', "text", "é ”x”"),
        ('["when"]', "date", -5),
        ('["tags"]', "text-list", ["a", "b c"]),
        ('["deep","er"]', "boolean", True),
    ]
    return [
        EventRow(
            no, chance.randrange(9), chance.choice("ab"), chance.choice([None, "s"]),
            chance.randrange(-(10**15), 10**15), chance.choice([None, f"e{no}"]),
            chance.sample(properties, chance.randrange(4)) if no % 700 else [],
        )
        for no in range(first, first + count)
    ]  # fmt: skip


def stored_events(file: Path, columnar: Columnar, bodies: list[bytes]) -> list[dict[str, Any]]:
    """What is in the columns, by the catalogue of columns and not by their numbers."""
    columns = Columns(file, memory_mb=200, threads=1)
    made = columnar.events(bodies, lambda some: columns.have_room(1, some))
    columns.apply(1, [WorkspaceBatch(1, events=made)])
    with columns.snapshot() as snapshot:
        names = snapshot.names(1)
        assert names is not None
        named = {
            column: f"{path} {kind}"
            for path, kinds in names.property_columns.items()
            for kind, column in kinds.items()
        }
        text = f"SELECT to_json(t) FROM {names.events} AS t ORDER BY no"
        rows = [json.loads(row) for (row,) in snapshot.rows(Sql(text, ()))]
    columns.close()
    return [{named.get(name, name): value for name, value in row.items()} for row in rows]


@pytest.mark.parametrize("piece", [5_000, 300, 7])
@pytest.mark.parametrize("most", [1_000, 4])
def test_events_beside_as_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int, most: int
) -> None:
    """However many properties have columns of their own."""
    monkeypatch.setattr(packed_events, "_PIECE", piece)
    monkeypatch.setattr(tables, "MOST_PROPERTY_COLUMNS", most)
    chance, asked = random.Random(5), 0
    parts = [happened(1, 500, chance), happened(501, 1, chance), happened(502, 150, chance)]
    bodies = [packed_events.packed(part) for part in parts]

    def beside(request: bytes) -> bytes:
        nonlocal asked
        job = msgspec.msgpack.decode(request, type=packed_events.Packed)
        asked += len(job.events)
        return packed_events.answer(job)

    catalogue = Catalogue(tmp_path / "catalogue.sqlite")
    fields = Fields(catalogue, SteppedClock(10**15))
    here = stored_events(tmp_path / "here", Columnar(fields), bodies)
    there = stored_events(tmp_path / "there", Columnar(fields, beside), bodies)
    catalogue.close()
    assert asked == len(here) == 651
    assert here == there
    filled = {name for row in here for name, value in row.items() if value is not None}
    assert len(filled & {name for name in filled if name.startswith("[")}) == min(6, most)
    assert ("more" in filled) == (most < 6)


def test_a_column_of_events_that_only_some_pieces_have(tmp_path: Path) -> None:
    lone = EventRow(1, 1, "a", None, 0, None, [('["x"]', "text", "only here")])
    plain = [EventRow(no, 1, "a", None, 0, None, []) for no in range(2, 1_500)]
    answers = [packed_events.answer(packed_events.Packed(some)) for some in ([lone], plain)]
    found: EventRows = packed_events.found_in(answers)
    columns = Columns(tmp_path / "columns", memory_mb=200, threads=1)
    columns.apply(1, [WorkspaceBatch(1, events=found)])
    with columns.snapshot() as snapshot:
        text = "SELECT no, p1 FROM w1.events WHERE p1 IS NOT NULL"
        assert snapshot.rows(Sql(text, ())) == [(1, "only here")]
    columns.close()
