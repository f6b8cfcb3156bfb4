"""The engine in memory: first build, changed contacts, new events, windows falling due.

    python bench/bench_engine.py [CONTACTS] [SEGMENTS]

CONTACTS (1,000,000) with 20 fields, five times as many events, SEGMENTS (1,000) of a mix as teams
have it; all made by a fixed seed. Compared with DuckDB counting the same segments one by one, in
the same run. After everything, every count is held against the recompute.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import engine_data as data
import numpy as np

from carpel.engine import plan as p
from carpel.engine.memory.world import World
from carpel.engine.printer import Printer
from carpel.engine.recompute import recompute
from carpel.kit.garbage import look_seldom
from carpel.storage.columns import Columns, ContactRows, Snapshot, WorkspaceBatch

Found = TypeVar("Found")

POOL = 5_000  # contacts whose values are known here, so that a change changes little
BATCHES = 100


def main() -> None:
    contacts = int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000
    look_seldom()  # as the server does
    plans = dict(enumerate(data.segments(count)))
    with tempfile.TemporaryDirectory() as folder:
        columns = data.opened(Path(folder))
        _, took = timed(lambda: data.fill(columns, contacts, 5 * contacts))
        print(
            f"{contacts:,} contacts, {5 * contacts:,} events, {count:,} segments; made in {took:.0f} s"
        )
        world = build(columns, plans)
        chance = random.Random(5)  # noqa: S311
        tell("1,000 changed contacts", change_contacts(world, columns, contacts, chance))
        times = add_events(world, columns, contacts, chance)
        tell("10,000 new events", times)
        print(f"  {10_000_000 / float(np.mean(times)):,.0f} events a second")
        now = fall_due(world)
        check(world, columns, plans, now)
        columns.close()


def build(columns: Columns, plans: dict[int, p.Plan]) -> World:
    """All segments at once, and one by one in DuckDB."""
    world = World()
    with columns.snapshot() as snapshot:
        _, ours = timed(lambda: world.define(plans, snapshot, 1, data.NOW))
        counts, theirs = timed(
            lambda: {n: count_in_duckdb(snapshot, one) for n, one in plans.items()}
        )
    assert all(counts[number] == len(world.members(number)) for number in plans)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(
        f"first build {ours:.1f} s; DuckDB one by one {theirs:.1f} s, {theirs / ours:.1f} times as long; "
        f"arrays {world.nbytes >> 20:,} MB, process at most {peak:,} MB; all counts equal"
    )
    return world


def count_in_duckdb(snapshot: Snapshot, plan: p.Plan) -> int:
    names = snapshot.names(1)
    assert names is not None
    sql = Printer(names, data.NOW, {}).members(plan)
    sql = type(sql)(f"SELECT count(*) FROM ({sql.text})", sql.values)
    ((found,),) = snapshot.rows(sql)
    return int(str(found))


def change_contacts(
    world: World, columns: Columns, contacts: int, chance: random.Random
) -> list[float]:
    """Batches of 1,000 contacts, three fields of each changed; the columns get them too.

    Returns milliseconds, as the next does.
    """
    pool = sorted(chance.sample(range(1, contacts + 1), POOL))
    rows = data.contact_rows(pool, chance)
    seq = columns.applied + 1
    first = WorkspaceBatch(1, replaced=pool, contacts=rows)
    columns.apply(seq, [first])
    world.apply(first, data.NOW)
    times = []
    for _ in range(BATCHES):
        batch = changed(rows, pool, chance)
        _, took = timed(lambda batch=batch: world.apply(batch, data.NOW))  # type: ignore[misc]
        times.append(took * 1000)
        seq += 1
        columns.apply(seq, [batch])
    return times


def changed(rows: ContactRows, pool: list[int], chance: random.Random) -> WorkspaceBatch:
    """A thousand of the pool with three fields of new values; `rows` follows."""
    places = sorted(chance.sample(range(POOL), 1000))
    numbers = [pool[place] for place in places]
    fresh = data.contact_rows(numbers, chance)
    names = chance.sample([*data.TEXTS, *data.NUMBERS, *data.DATES], 3)
    for name in names:
        kept = rows.columns[name][1]
        assert isinstance(kept, list)
        for there, place in enumerate(places):
            kept[place] = fresh.columns[name][1][there]
    picked = ContactRows(
        {name: (kind, [values[place] for place in places])
         for name, (kind, values) in rows.columns.items()}
    )  # fmt: skip
    return WorkspaceBatch(1, replaced=numbers, contacts=picked)


def add_events(world: World, columns: Columns, contacts: int, chance: random.Random) -> list[float]:
    """Batches of 10,000 events; every count is exact after each."""
    times = []
    seq = columns.applied
    for number in range(BATCHES // 2):
        rows = data.event_rows(10_000, contacts, 10**9 + number * 10_000, data.NOW, chance)
        batch = WorkspaceBatch(1, events=rows)
        _, took = timed(lambda batch=batch: world.apply(batch, data.NOW))  # type: ignore[misc]
        times.append(took * 1000)
        seq += 1
        columns.apply(seq, [batch])
    return times


def fall_due(world: World) -> int:
    """A minute goes by, second by second."""
    times, moved, now = [], 0, data.NOW
    for _ in range(60):
        now += 1_000_000
        flips, took = timed(lambda now=now: world.advance(now))  # type: ignore[misc]
        times.append(took * 1000)
        moved += sum(len(one.entered) + len(one.left) for one in flips.values())
    tell("one second of windows", times)
    print(f"  {moved:,} entered or left within the minute")
    return now


def check(world: World, columns: Columns, plans: dict[int, p.Plan], now: int) -> None:
    """Every segment, contact by contact, against the recompute."""
    with columns.snapshot() as snapshot:
        for number, plan in plans.items():
            found = recompute(plan, snapshot, 1, now).members
            kept = np.asarray(world.members(number).to_array(), np.uint32)
            assert np.array_equal(np.sort(found), kept), number
    print(f"{len(plans):,} of {len(plans):,} segments agree with the recompute, contact by contact")


def tell(what: str, times: list[float]) -> None:
    print(f"{what}: p50 {np.percentile(times, 50):.1f} ms, p99 {np.percentile(times, 99):.1f} ms")


def timed(work: Callable[[], Found]) -> tuple[Found, float]:
    begun = time.perf_counter()
    found = work()
    return found, time.perf_counter() - begun


if __name__ == "__main__":
    main()
