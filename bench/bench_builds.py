"""Batches while new segments are built: how long each waits, and what the swap costs.

    python bench/bench_builds.py [CONTACTS] [LIVE] [NEW]

CONTACTS (300,000) with 20 fields and five times as many events, made by a fixed seed; LIVE (800) segments
in memory, then NEW (200) defined at once, while batches of 1,000 changed contacts go on coming. Ends with
200 counts held against the recompute.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

import engine_data as data
from bench_engine import POOL, changed
from bench_publishing import check

from carpel.engine.live import Engine
from carpel.engine.plan import Plan
from carpel.engine.tracked import Touched
from carpel.kit.clock import SystemClock
from carpel.storage.columns import Columns, WorkspaceBatch


def main() -> None:
    given = [int(float(one)) for one in sys.argv[1:]]
    contacts, live, new = given + [300_000, 800, 200][len(given) :]
    plans = dict(enumerate(data.segments(live + new)))
    with tempfile.TemporaryDirectory() as folder:
        columns = data.opened(Path(folder))
        data.fill(columns, contacts, 5 * contacts)
        engine = Engine(columns, SystemClock(), lambda _: None, data.NothingWaits(), 8 << 30)
        engine.start()
        print(
            f"{contacts:,} contacts, first build of {live}: {define(engine, plans, 0, live):.1f} s"
        )
        chance = random.Random(5)  # noqa: S311
        pool = sorted(chance.sample(range(1, contacts + 1), POOL))
        rows = data.contact_rows(pool, chance)
        apply(engine, columns, WorkspaceBatch(1, replaced=pool, contacts=rows))
        alone = [apply(engine, columns, changed(rows, pool, chance)) for _ in range(20)]
        for number in range(live, live + new):
            engine.define(number, 1, 1, plans[number])
        begun = time.perf_counter()
        beside = []
        while engine.building(live + new - 1) is not None:
            beside.append(apply(engine, columns, changed(rows, pool, chance)))
        took = time.perf_counter() - begun
        print(
            f"batches alone: p50 {statistics.median(alone):.0f} ms, worst {max(alone):.0f} ms; "
            f"{len(beside)} of them during the {took:.1f} s of a build of {new}: "
            f"p50 {statistics.median(beside):.0f} ms, worst {max(beside):.0f} ms (the swap included)"
        )
        engine.settle(plans)
        check(engine, columns, plans)
        engine.close()
        columns.close()


def define(engine: Engine, plans: dict[int, Plan], first: int, beyond: int) -> float:
    """Seconds until some segments are counted."""
    begun = time.perf_counter()
    for number in range(first, beyond):
        engine.define(number, 1, 1, plans[number])
    engine.settle(range(first, beyond))
    return time.perf_counter() - begun


def apply(engine: Engine, columns: Columns, batch: WorkspaceBatch) -> float:
    """Milliseconds from columns that have the batch to live counts that do."""
    seq = columns.applied + 1
    columns.apply(seq, [batch])
    begun = time.perf_counter()
    engine.touch(seq, [Touched(1, columns=frozenset(batch.contacts.columns))], [batch])
    engine.stored(seq)
    engine.settle([0], seq)
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    main()
