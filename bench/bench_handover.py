"""Changes handed over to the columns, and DuckDB's log folded into its file, as under steady load.

    python bench/bench_handover.py [CONTACTS]

A table of CONTACTS (500,000) with 20 fields. Rounds of ten hand-overs, 12,500 changed contacts and 25,000 events
each, as 5,000 and 10,000 a second bring in two and a half seconds, and a fold of DuckDB's log after each round. Beside it,
round by round, the same in another file as DuckDB does it by default: what is folded is compressed, and tables that lost
rows are put together each time. At the end both hold what a list kept beside them says.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from machine import Speed

from carpel.storage.columns import Columns, ContactRows, EventRows, Kind, WorkspaceBatch, recent
from carpel.storage.sql import Sql

CHANGED, EVENTS, HAND_OVERS, ROUNDS = 12_500, 25_000, 10, 3
TEXTS, NUMBERS, DATES = 9, 7, 4
START = 1_700_000_000_000_000
ALL_AT_ONCE = 50_000


def main() -> None:
    contacts = int(float(sys.argv[1])) if len(sys.argv) > 1 else 500_000
    speed = Speed()
    with tempfile.TemporaryDirectory() as folder:
        ours = Side(Path(folder) / "ours")
        ours.fill(contacts)
        recent.PLAIN = ""  # tables and columns are made while it is filled
        theirs = Side(Path(folder) / "theirs")
        theirs.fill(contacts)
        theirs.vacuum()
        for number in range(ROUNDS):
            speed.look()
            found = [side.round(number) for side in (ours, theirs)]
            ratio = sum(found[1]) / sum(found[0])
            told = [f"{over * 1000:,.0f} + {fold * 1000:,.0f} ms" for over, fold in found]
            print(
                f"{(number + 1) * HAND_OVERS * CHANGED:,} changed: processor for {HAND_OVERS} hand-overs "
                f"+ fold {told[0]}, by default {told[1]}: {ratio:.1f} times",
                flush=True,
            )
        for side in (ours, theirs):
            side.check()
        print(f"both hold what they should; {speed}")


class Side:
    """One file, and what has to be in it."""

    def __init__(self, file: Path) -> None:
        self._columns = Columns(file, memory_mb=2_000, threads=2)
        self._seq = 0
        self._expected: dict[int, str] = {}
        self._events = 0

    def fill(self, contacts: int) -> None:
        chance = random.Random(1)  # noqa: S311
        for first in range(1, contacts + 1, ALL_AT_ONCE):
            numbers = list(range(first, min(first + ALL_AT_ONCE, contacts + 1)))
            self._apply([], numbers, chance, 0)
        self._columns.checkpoint()

    def vacuum(self) -> None:
        """From now on at each fold, as DuckDB does it by default."""
        self._columns._writer.execute("RESET max_vacuum_tasks")  # noqa: SLF001

    def round(self, number: int) -> tuple[float, float]:
        """Seconds of processor for the hand-overs, and for the fold."""
        chance = random.Random(number + 2)  # noqa: S311
        everybody = range(1, len(self._expected) + 1)
        over = 0.0
        for _ in range(HAND_OVERS):
            some = sorted(chance.sample(everybody, CHANGED))
            over += self._apply(some, some, chance, EVENTS)
        return over, taken(self._columns.checkpoint)

    def check(self) -> None:
        with self._columns.snapshot() as snapshot:
            names = snapshot.names(1)
            assert names is not None
            found = snapshot.rows(Sql(f"SELECT no, f101 FROM {names.contacts}", ()))
            events = snapshot.rows(Sql(f"SELECT count(*) FROM {names.events}", ()))
        assert len(found) == len(self._expected)
        assert dict(found) == self._expected
        assert events == [(self._events,)]
        self._columns.close()

    def _apply(
        self, replaced: list[int], numbers: list[int], chance: random.Random, events: int
    ) -> float:
        """Hand over; returns seconds of processor."""
        self._seq += 1
        rows = contact_rows(numbers, chance)
        self._expected.update(zip(numbers, rows.columns["f101"][1], strict=True))
        batch = WorkspaceBatch(1, replaced, rows)
        if events:
            batch.events = event_rows(self._events, events, len(self._expected), chance)
            self._events += events
        return taken(lambda: self._columns.apply(self._seq, [batch]))


def taken(work: Callable[[], Any]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def contact_rows(numbers: list[int], chance: random.Random) -> ContactRows:
    count = len(numbers)
    columns: dict[str, tuple[Kind, list[Any]]] = {
        "no": ("integer", numbers), "id": ("id", [f"{no:032x}" for no in numbers]),
    }  # fmt: skip
    for place in range(TEXTS):
        values = [f"v{chance.randrange(10 ** (1 + place % 4))}" for _ in range(count)]
        columns[f"f{101 + place}"] = ("text", values)
    for place in range(NUMBERS):
        amounts = [f"{chance.randrange(1000)}.{chance.randrange(10, 99)}" for _ in range(count)]
        columns[f"f{201 + place}"] = ("number", amounts)
    for place in range(DATES):
        dates = [START + 1_000_000 * chance.randrange(10_000_000) for _ in range(count)]
        columns[f"f{301 + place}"] = ("date", dates)
    return ContactRows(columns)


def event_rows(before: int, count: int, contacts: int, chance: random.Random) -> EventRows:
    whose = [1 + chance.randrange(contacts) for _ in range(count)]
    return EventRows(
        {
            "no": ("integer", list(range(before, before + count))),
            "contact": ("integer", whose),
            "type": ("text", [f"type {chance.randrange(10)}" for _ in range(count)]),
            "source": ("text", [None] * count),
            "happened_at": ("date", [START + 1_000 * (before + place) for place in range(count)]),
            "event_id": ("text", [None] * count),
        },
        {
            ('["amount"]', "number"): {
                place: f"{chance.randrange(200)}.{chance.randrange(10, 99)}"
                for place in range(count)
            }
        },
    )


if __name__ == "__main__":
    main()
