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
from carpel.domain.fields import Fields
from carpel.domain.workspaces import Workspaces
from carpel.kit.clock import SteppedClock
from carpel.storage.catalogue import Catalogue
from carpel.storage.columns import Columns, ContactRows, WorkspaceBatch
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

    here = packed.Columnar(fields).table(workspace.no, made)
    there = packed.Columnar(fields, beside).table(workspace.no, made)
    assert asked == [min(piece, COUNT - first) for first in range(0, COUNT, piece)]
    found = stored(tmp_path / "here", workspace.no, here)
    assert found == stored(tmp_path / "there", workspace.no, there)
    assert len(found) == COUNT
    filled = {name for row in found for name, value in row.items() if value is not None}
    parts = fields.parts_of(workspace.no)[whole.no]
    plain = [one for one in made_fields.values() if one.type != "object"]
    assert {one.column for one in (*plain, *parts)} <= filled
    catalogue.close()
