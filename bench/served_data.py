"""A data directory with many contacts, events and segments, made without taking each in by HTTP.

A real server makes fields, lists, segments and a key in an empty directory. Then the stores are
written at once, as they would be after all of it had come in: the columns by DuckDB, the rows,
identifiers and lists of contacts from the columns. A real server opens it a first time, works the
segments out and writes the feed of that. From then on it is a directory like any other.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import engine_data as data
import msgspec
import segment_texts
from server import Caller, Server, all_exact, run

from carpel.domain.contacts.model import IdentifierKind, Row
from carpel.kit.clock import SystemClock
from carpel.storage.columns import Columns

_SHIFT = 32
_AT_ONCE = 250_000
_KINDS = {
    **dict.fromkeys(data.TEXTS, "text"), **dict.fromkeys(data.NUMBERS, "number"),
    **dict.fromkeys(data.DATES, "date"), **dict.fromkeys(data.BOOLEANS, "boolean"),
}  # fmt: skip


@dataclass(frozen=True)
class Ready:
    """A directory, and a key to all of it."""

    data: Path
    key: str
    contacts: int

    @property
    def snapshot(self) -> Path:
        """Where the engine's memory lies while no server runs."""
        return self.data / "engine.snapshot"


def asking() -> argparse.ArgumentParser:
    """What a benchmark on such a directory is told: CONTACTS, --segments and --keep."""
    parser = argparse.ArgumentParser()
    parser.add_argument("contacts", type=float, nargs="?", default=1e6)
    parser.add_argument("--segments", type=int, default=1000)
    parser.add_argument("--keep", type=Path)
    return parser


@contextmanager
def made_for(asked: argparse.Namespace) -> Iterator[Ready]:
    """The directory that was asked for, without a snapshot; gone afterwards. One that is kept is copied.

    What a run adds to a directory would be there in the next one: after a hundred runs a copy that
    was not one had 136 million events instead of 50, and it took twice as long to start.
    """
    if asked.keep is not None:
        asked.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=asked.keep) as temporary:
        made = ready(asked.keep or Path(temporary), int(asked.contacts), asked.segments)
        if asked.keep is not None:
            made = replace(made, data=shutil.copytree(made.data, Path(temporary, "data")))
        os.sync()  # what is still to be written would hold up what is measured
        yield made


def ready(folder: Path, contacts: int, segments: int) -> Ready:
    """The directory in `folder`, made when it is not there yet."""
    # Another name than once: those named "served" hold what runs have added, and a snapshot.
    place = folder / f"filled-{contacts}-{segments}"
    if not place.exists():
        begun = time.perf_counter()
        draft = Path(tempfile.mkdtemp(dir=folder))
        try:
            _make(draft, contacts, segments)
            draft.rename(place)  # only what is whole has the name
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
        took = time.perf_counter() - begun
        print(f"directory made in {took:.0f} s, {size >> 20:,} MB on disk", flush=True)
    return Ready(place / "data", (place / "key").read_text(), contacts)


def _make(place: Path, contacts: int, segments: int) -> None:
    directory = place / "data"
    key = run(directory, "key", "create", "--name", "bench", "--permission", "*", "--quiet")
    (place / "key").write_text(key)
    with Server(directory) as server:
        _define(Caller(server, key), segments)
    with sqlite3.connect(directory / "catalogue.sqlite") as catalogue:
        found = catalogue.execute("SELECT name, no FROM field ORDER BY no").fetchall()
    catalogue.close()
    numbers = {name: no for name, no in found if name in _KINDS}
    _fill_columns(directory, contacts, numbers)
    _fill_people(directory, contacts, numbers)
    with Server(directory) as server:
        all_exact(Caller(server, key))
    Ready(directory, key, contacts).snapshot.unlink()


def _define(caller: Caller, segments: int) -> None:
    """Fields, lists and segments; one contact and one event, so that all columns are there."""
    for name, kind in _KINDS.items():
        caller.post("/fields", {"name": name, "type": kind})
    for number in range(1, data.LISTS + 1):
        caller.post("/lists", {"name": f"list{number}"})
    values = {"text": "v0", "number": 1, "date": "2026-01-01T00:00:00Z", "boolean": True}
    first = {
        "external_id": "u0", "email": "u0@d0.example", "lists": ["list1"],
        "fields": {name: values[kind] for name, kind in _KINDS.items()},
    }  # fmt: skip
    caller.post("/contacts?wait=applied", first, 202)
    event = {"external_id": "u0", "event": "open", "properties": {"amount": 1, "category": "c"}}
    caller.post("/events?wait=applied", event, 202)
    for number, plan in enumerate(data.segments(segments), start=1):
        caller.post("/segments", {"name": f"Segment {number}", "sql": segment_texts.text(plan)})


def _fill_columns(directory: Path, contacts: int, numbers: dict[str, int]) -> None:
    columns = Columns(directory / "columns.duckdb", memory_mb=3000, threads=2)
    names = {name: f"f{no}" for name, no in numbers.items()}
    data.fill(columns, contacts, 5 * contacts, now=SystemClock().now(), names=names)
    columns.close()


def _fill_people(directory: Path, contacts: int, numbers: dict[str, int]) -> None:
    """Everything in the order of its B-tree, which is much quicker than any other."""
    people = sqlite3.connect(directory / "people.sqlite", isolation_level=None)
    columns = duckdb.connect(str(directory / "columns.duckdb"), read_only=True)
    columns.execute("SET memory_limit = '3000MB'")
    # Should it fail, the directory is thrown away: no log that is as large as the store itself.
    people.execute("PRAGMA journal_mode = DELETE")
    people.execute("PRAGMA journal_mode = OFF")
    people.execute("PRAGMA synchronous = OFF")
    people.execute("BEGIN")
    for table in ("contact", "identifier", "list_member"):
        people.execute(f"DELETE FROM {table}")
    people.executemany("INSERT INTO contact VALUES (?, ?, ?)", _rows(columns, contacts, numbers))
    for kind in (IdentifierKind.EXTERNAL_ID, IdentifierKind.EMAIL):
        name = kind.name.lower()
        found = _fetched(columns, f"SELECT {name}, no FROM w1.contacts ORDER BY {name}")
        people.executemany(f"INSERT INTO identifier VALUES (1, {kind.value}, ?, ?)", found)
    found = _fetched(
        columns,
        "SELECT list, no FROM (SELECT unnest(lists) AS list, no FROM w1.contacts) ORDER BY ALL",
    )
    people.executemany("INSERT INTO list_member VALUES (1, ?, ?)", found)
    counters = {"contacts:1": contacts, "there:1": contacts, "events": 5 * contacts}
    people.executemany("INSERT OR REPLACE INTO counter VALUES (?, ?)", counters.items())
    people.execute("COMMIT")
    people.close()
    columns.close()


def _rows(
    columns: duckdb.DuckDBPyConnection, contacts: int, numbers: dict[str, int]
) -> Iterator[tuple[int, bytes, bytes]]:
    """Key, id and row of each contact, as the product itself encodes them."""
    encode = msgspec.msgpack.Encoder().encode
    fields = ", ".join(_as_stored(f"f{no}", _KINDS[name]) for name, no in numbers.items())
    numbers_in_order = list(numbers.values())
    asked = (
        "SELECT no, CAST(id AS VARCHAR), epoch_us(created_at), epoch_us(updated_at), external_id, "
        f"email, lists, {fields} FROM w1.contacts WHERE no BETWEEN "
    )
    # Some at a time: all of them in order would take more memory than the database may have.
    ranges = range(1, contacts + 1, _AT_ONCE)
    found = (
        row
        for first in ranges
        for row in _fetched(columns, f"{asked}{first} AND {first + _AT_ONCE - 1} ORDER BY no")
    )
    for no, uuid, created, updated, external, email, lists, *values in found:
        raw = bytes.fromhex(uuid.replace("-", ""))
        identifiers = {int(IdentifierKind.EXTERNAL_ID): external, int(IdentifierKind.EMAIL): email}
        row = Row(
            raw,
            created,
            updated,
            identifiers,
            dict(zip(numbers_in_order, values, strict=True)),
            lists,
        )
        yield 1 << _SHIFT | no, raw, encode(row)


def _as_stored(column: str, kind: str) -> str:
    """A column's value as a contact's row has it."""
    if kind == "number":
        return f"rtrim(rtrim(CAST({column} AS VARCHAR), '0'), '.')"
    return f"epoch_us({column})" if kind == "date" else column


def _fetched(columns: duckdb.DuckDBPyConnection, text: str) -> Iterator[tuple[Any, ...]]:
    """All rows of an answer, some at a time."""
    answer = columns.execute(text)
    while rows := answer.fetchmany(_AT_ONCE):
        yield from rows
