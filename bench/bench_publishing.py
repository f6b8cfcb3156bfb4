"""From a batch in the columns to counts and feed: what the engine adds to the world in memory.

    python bench/bench_publishing.py [CONTACTS] [SEGMENTS…]

CONTACTS (100,000) with 20 fields and five times as many events, made by a fixed seed; for each number of
SEGMENTS (1,000 and 5,000) batches of 1,000 changed contacts through the engine and into a real feed.
Ends with 200 segments' counts held against the recompute.
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

from carpel.domain.feed import Feed
from carpel.engine.live import Engine
from carpel.engine.plan import Plan
from carpel.engine.recompute import recompute
from carpel.engine.tracked import Touched
from carpel.kit.clock import SteppedClock
from carpel.storage.columns import Columns, WorkspaceBatch
from carpel.storage.feed import FeedStore
from carpel.storage.people import People, PeopleView

BATCHES = 60
CHECKED = 200


def main() -> None:
    contacts = int(float(sys.argv[1])) if len(sys.argv) > 1 else 100_000
    for count in [int(one) for one in sys.argv[2:]] or [1_000, 5_000]:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), contacts, count)


def measure(folder: Path, contacts: int, count: int) -> None:
    columns = data.opened(folder)
    data.fill(columns, contacts, 5 * contacts)
    clock = SteppedClock(data.NOW)
    People(folder / "people.sqlite").close()
    view = PeopleView(folder / "people.sqlite")
    feed = Feed(FeedStore(folder / "feed.sqlite"), view, clock, None)
    feed.start(range(count))
    engine = Engine(columns, clock, feed.record, data.NothingWaits(), 4 << 30)
    plans = dict(enumerate(data.segments(count)))
    for number, plan in plans.items():
        engine.define(number, 1, 1, plan)
    begun = time.perf_counter()
    engine.refresh()
    print(
        f"{contacts:,} contacts, {count:,} segments: built in {time.perf_counter() - begun:.1f} s"
    )
    feed.flush()
    chance = random.Random(5)  # noqa: S311
    pool = sorted(chance.sample(range(1, contacts + 1), POOL))
    rows = data.contact_rows(pool, chance)
    apply(engine, columns, WorkspaceBatch(1, replaced=pool, contacts=rows))
    times = []
    for _ in range(BATCHES):
        feed.flush()
        times.append(apply(engine, columns, changed(rows, pool, chance)))
    feed.flush()
    moved = feed.newest(1)
    print(
        f"  1,000 changed contacts to counts and feed, processor time: p50 {statistics.median(times):.1f} ms, "
        f"worst {max(times):.1f} ms; {moved:,} changes told"
    )
    check(engine, columns, plans)
    feed.close()
    view.close()
    columns.close()


def check(engine: Engine, columns: Columns, plans: dict[int, Plan]) -> None:
    """Some of the counts against the recompute."""
    with columns.snapshot() as snapshot:
        for number in random.Random(3).sample(sorted(plans), CHECKED):  # noqa: S311
            counted = engine.count(number)
            assert counted is not None
            found = recompute(plans[number], snapshot, 1, counted.at)
            assert counted.value == len(found.members)


def apply(engine: Engine, columns: Columns, batch: WorkspaceBatch) -> float:
    """Milliseconds of processor from columns that have the batch to counts that do."""
    seq = columns.applied + 1
    columns.apply(seq, [batch])
    touched = Touched(1, columns=frozenset(batch.contacts.columns))
    begun = time.thread_time()  # of this thread alone: the feed's writer is at work beside it
    engine.touch(seq, [touched], [batch])
    engine.stored(seq)
    engine.refresh()
    return (time.thread_time() - begun) * 1000


if __name__ == "__main__":
    main()
