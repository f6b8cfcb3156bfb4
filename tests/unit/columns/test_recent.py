"""Contacts that changed lately lie in a table of their own, and no reader can tell."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from carpel.storage.columns import Columns, ContactRows, Snapshot, WorkspaceBatch, store as store_
from carpel.storage.sql import Sql

WORKSPACE = 1
Rows = dict[int, dict[str, Any]]


def changed(people: Rows, chance: random.Random, step: int) -> WorkspaceBatch:
    """A batch, made with the people themselves: some come, some change, some go."""
    going = chance.sample(sorted(people), min(len(people), chance.choice([0, 0, 1, 3])))
    staying = [no for no in people if no not in going]
    replaced = chance.sample(staying, min(len(staying), chance.choice([0, 2, 5])))
    new = [10 * step + place for place in range(chance.choice([0, 0, 1, 4]))]  # never given again
    for no in going:
        del people[no]
    for no in sorted(replaced + new):
        people[no] = {"no": no, "id": f"{no:032x}", f"f10{step % 4}": f"{step}.{no}"}
    rows = [people[no] for no in sorted(replaced + new)]
    field = f"f10{step % 4}"
    contacts = ContactRows(
        {
            "no": ("integer", [row["no"] for row in rows]),
            "id": ("id", [row["id"] for row in rows]),
            field: ("text", [row[field] for row in rows]),
        }
    )
    erased = sorted(going) if chance.random() < 0.5 else []
    return WorkspaceBatch(WORKSPACE, sorted(replaced + going), contacts, erased=erased)


def seen(snapshot: Snapshot) -> Rows:
    """What a reader sees: number → values that are there."""
    names = snapshot.names(WORKSPACE)
    if names is None:
        return {}
    found = snapshot.rows(Sql(f"SELECT to_json(c) FROM {names.contacts} AS c", ()))
    rows = [json.loads(row) for (row,) in found]
    assert len({row["no"] for row in rows}) == len(rows)
    return {row["no"]: {name: row[name] for name in row if row[name] is not None} for row in rows}


def expected(people: Rows) -> Rows:
    return {no: {**row, "id": uuid(row["id"])} for no, row in people.items()}


def uuid(digits: str) -> str:
    return "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])


def opened(file: Path) -> Columns:
    return Columns(file, memory_mb=200, threads=1)


@pytest.mark.parametrize("seed", range(8))
def test_readers_see_the_people_of_their_moment(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    if seed % 2:
        monkeypatch.setattr(store_, "_MOST_STALE", 7)
    columns = opened(tmp_path / "columns")
    people: Rows = {}
    divided = 0
    for step in range(1, 40):
        with columns.snapshot() as before:
            then = expected(people)
            columns.apply(step, [changed(people, chance, step)])
            assert seen(before) == then
        divided += not columns.is_united
        with columns.snapshot() as now:
            assert seen(now) == expected(people)
            if chance.random() < 0.2:
                columns.tidy()
                assert columns.is_united
                assert seen(now) == expected(people)
        with columns.snapshot() as after:
            assert seen(after) == expected(people)
        if chance.random() < 0.1:
            columns.close()
            columns = opened(tmp_path / "columns")
            with columns.snapshot() as again:
                assert seen(again) == expected(people)
    assert divided > 5
    columns.close()


def test_beside_a_stream_some_are_put_back_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_, "_MOST_STALE", 100)
    monkeypatch.setattr(store_, "_PARTS", 4)
    columns, chance, left = opened(tmp_path / "columns"), random.Random(1), [0]
    people: Rows = {no: {"no": no, "id": f"{no:032x}"} for no in range(1, 1001)}
    columns.apply(1, [WorkspaceBatch(WORKSPACE, contacts=rows_of(people, [*people], "f100"))])
    for step in range(2, 30):
        some = sorted(chance.sample(sorted(people), 30))
        field = f"f10{step % 3}"
        for no in some[3:]:
            people[no][field] = f"{step}.{no}"
        for no in some[:3]:
            del people[no]
        with columns.snapshot() as before:
            then = seen(before)
            batch = WorkspaceBatch(WORKSPACE, some, rows_of(people, some[3:], field))
            columns.apply(step, [batch])
            assert seen(before) == then
        with columns.snapshot() as now:
            assert seen(now) == expected(people)
            left += now.rows(Sql(f"SELECT count(*) FROM w{WORKSPACE}.stale", ()))[0]
        if step == 20:
            columns.close()
            columns = opened(tmp_path / "columns")
    assert max(left) <= 100 + 30
    fell = [before - after for before, after in pairwise(left) if after < before]
    assert len(fell) > 4
    assert max(fell) < 60  # of more than a hundred
    columns.tidy()
    assert columns.is_united
    with columns.snapshot() as after_all:
        assert seen(after_all) == expected(people)
    columns.close()


def rows_of(people: Rows, numbers: list[int], field: str) -> ContactRows:
    """Whole rows of some, as far as they have anything."""
    names = sorted({field, *(name for row in people.values() for name in row)} - {"no", "id"})
    some = [people[no] for no in numbers]
    columns: dict[str, Any] = {name: ("text", [row.get(name) for row in some]) for name in names}
    ids = [row["id"] for row in some]
    return ContactRows({"no": ("integer", numbers), "id": ("id", ids), **columns})


def test_folding_goes_on_beside_readers_of_earlier_moments(tmp_path: Path) -> None:
    columns = opened(tmp_path / "columns")
    people: Rows = {}
    chance = random.Random(3)
    for step in range(1, 21):  # every column is there afterwards
        columns.apply(step, [changed(people, chance, step)])
    for step in range(21, 27):
        with columns.snapshot() as before:
            then = expected(people)
            columns.apply(step, [changed(people, chance, step)])
            columns.checkpoint()
            assert not Path(f"{tmp_path / 'columns'}.wal").exists()
            assert seen(before) == then
    columns.close()


def test_rows_that_do_not_count_go_when_they_are_many(tmp_path: Path) -> None:
    columns = opened(tmp_path / "columns")
    numbers = list(range(1, 1001))
    ids = [f"{no:032x}" for no in numbers]
    rows = ContactRows({"no": ("integer", numbers), "id": ("id", ids)})
    columns.apply(1, [WorkspaceBatch(WORKSPACE, contacts=rows)])
    columns.checkpoint()
    for seq, changed_now, on_disk in ((2, 100, 1100), (3, 50, 1000)):
        some = ContactRows(
            {"no": ("integer", numbers[:changed_now]), "id": ("id", ids[:changed_now])}
        )
        columns.apply(seq, [WorkspaceBatch(WORKSPACE, numbers[:changed_now], some)])
        columns.tidy()
        assert columns.is_united
        assert stored(columns) == on_disk
    columns.close()


def stored(columns: Columns) -> int:
    """How many rows of contacts are on disk, those that do not count among them."""
    with columns.snapshot() as snapshot:
        sizes = "SELECT estimated_size FROM duckdb_tables() WHERE table_name = 'contacts'"
        return int(snapshot.rows(Sql(sizes, ()))[0][0])


def test_erased_leave_the_large_table_at_once(tmp_path: Path) -> None:
    columns = opened(tmp_path / "columns")
    rows = ContactRows({"no": ("integer", [1, 2]), "id": ("id", [f"{no:032x}" for no in (1, 2)])})
    columns.apply(1, [WorkspaceBatch(WORKSPACE, contacts=rows)])
    columns.apply(2, [WorkspaceBatch(WORKSPACE, replaced=[2], erased=[2])])
    assert not columns.is_united
    with columns.snapshot() as snapshot:
        left = snapshot.rows(Sql(f"SELECT no FROM w{WORKSPACE}.contacts", ()))
    assert left == [(1,)]
    columns.close()
