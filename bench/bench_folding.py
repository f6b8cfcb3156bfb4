"""Folding and pruning of the feed: what a change costs after it is written, by a segment's size.

    python bench/bench_folding.py [MEMBERS [SEGMENTS]]

One segment of MEMBERS (1,000,000), half of whom came in at once, through publications of few moves each,
folded; then SEGMENTS (1,000) over 100,000 contacts, with moves by the hour, pruned when they are 90 days old.
Drives the domain's feed on real files; seconds, rows and bytes are those of its writer. Members, entry times
and changes are held against arrays.
"""

from __future__ import annotations

import random
import resource
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
from beside import repeated
from pyroaring import FrozenBitMap

from carpel.domain.feed import Feed
from carpel.engine.publication import Moves, Publication, Standing
from carpel.kit.clock import DAY, HOUR, SECOND, SteppedClock
from carpel.storage.feed import FeedStore
from carpel.storage.people import People, PeopleView

START = 1_800_000_000_000_000
KEPT = 90 * DAY
NEVER = -1
MOVES = 20
PEOPLE = 100_000
SAMPLES = 20


class Stage:
    """A feed on files of its own, and a clock that stands still."""

    def __init__(self, folder: Path) -> None:
        self.clock = SteppedClock(START)
        self.people = People(folder / "people.sqlite")
        self.view = PeopleView(folder / "people.sqlite")
        self.file = folder / "feed.sqlite"
        self.reopen()
        self.published: dict[int, Standing] = {}
        self.applied = 0

    def reopen(self) -> None:
        """A process's beginning."""
        self.store = FeedStore(self.file)
        self.feed = Feed(self.store, self.view, self.clock, KEPT)

    def publish(self, segment: int, entered: FrozenBitMap, left: FrozenBitMap) -> None:
        before = self.published.get(segment)
        if before is None:
            before = Standing(0, 1, self.clock.now(), self.clock.now(), 0, exact=True)
        self.applied += 1
        size, now = before.count + len(entered) - len(left), self.clock.now()
        after = Standing(size, 1, now, now, self.applied, exact=True)
        self.published[segment] = after
        self.feed.record(Publication(segment, 1, before, after, "contact", Moves(entered, left)))

    def ask(self, sql: str) -> int:
        connection = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)
        try:
            return int(connection.execute(sql).fetchone()[0] or 0)
        finally:
            connection.close()

    def fold(self) -> None:
        """Let the writer be quiet until nothing is left to fold."""
        self.feed.flush()
        self.clock.advance(2 * SECOND)
        waiting = (
            "SELECT count(*) FROM (SELECT 1 FROM block JOIN segment ON no = segment AND first > folded "
            "GROUP BY segment HAVING count(*) >= 500)"
        )
        while self.ask(waiting):
            time.sleep(0.01)

    def prune(self, before: int) -> None:
        """Wait until the changes before an instant are gone."""
        while self.ask(f"SELECT count(*) FROM block WHERE at < {before}"):
            time.sleep(0.01)

    def close(self) -> None:
        self.feed.close()
        self.view.close()
        self.people.close()


class Costs:
    """Seconds, the writer's rows, and the bytes that this process wrote, since it was made."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._began, self._cpu = time.perf_counter(), time.process_time()
        self._rows, self._bytes = stage.store.connection.total_changes, written()

    def told(self, moves: int) -> str:
        seconds, cpu = time.perf_counter() - self._began, time.process_time() - self._cpu
        rows = self._stage.store.connection.total_changes - self._rows
        size = written() - self._bytes
        return (
            f"{seconds:.2f} s ({cpu:.2f} s of a processor), {rows:,} rows, {size / 1e6:,.1f} MB; "
            f"each of {moves:,} moves {seconds / moves * 1e6:,.0f} µs, {rows / moves:.2f} rows, "
            f"{size / moves:,.0f} bytes"
        )


class Model:
    """Since when each contact is in a segment."""

    def __init__(self, contacts: int) -> None:
        self.since: npt.NDArray[np.int64] = np.full(contacts, NEVER, dtype=np.int64)

    def move(self, touched: npt.NDArray[np.int64], at: int) -> tuple[FrozenBitMap, FrozenBitMap]:
        """Those who are in leave, the others enter."""
        inside = self.since[touched] != NEVER
        left, entered = touched[inside], touched[~inside]
        self.since[left], self.since[entered] = NEVER, at
        return FrozenBitMap(entered), FrozenBitMap(left)

    def wrong(self, feed: Feed, segment: int, chance: random.Random) -> int:
        """How many answers differ: members, size, and the times of two pages."""
        known = feed.stored(segment)
        members = np.flatnonzero(self.since != NEVER)
        differ = int(known is None or known[0].size != len(members))
        differ += known is None or list(known[1]) != members.tolist()
        for _ in range(2):
            start = chance.randrange(max(1, len(members) - 10_000))
            page = members[start : start + 10_000].tolist()
            page += [chance.randrange(len(self.since)) for _ in range(100)]
            expected = {no: int(self.since[no]) for no in page if self.since[no] != NEVER}
            differ += feed.entered_at(segment, page) != expected
        return differ


class Stalls:
    """How long a publication takes until it is durable, one after the other, beside what is measured."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.worst = 0.0

    def look(self) -> None:
        """Publish once."""
        nobody = FrozenBitMap()
        began, same = time.perf_counter(), self._stage.published[1]
        self._stage.feed.record(Publication(1, 1, same, same, "contact", Moves(nobody, nobody)))
        self._stage.feed.flush()
        self.worst = max(self.worst, time.perf_counter() - began)


def written() -> int:
    with Path("/proc/self/io").open() as file:
        return next(int(line.split()[1]) for line in file if line.startswith("wchar"))


def one_segment(folder: Path, members: int) -> int:
    """A large segment, through many folds; returns how many answers were wrong."""
    stage, chance = Stage(folder), random.Random(1)  # noqa: S311
    rng = np.random.default_rng(1)
    stage.feed.start([1])
    model = Model(2 * members)
    stage.publish(1, *model.move(np.arange(0, 2 * members, 2), stage.clock.now()))
    stage.feed.flush()
    print(f"one segment of {members:,}, publications of {MOVES} moves", flush=True)
    everything = Costs(stage)
    for burst, publications in enumerate((5_000, 1_000, 1_000, 1_000)):
        moves = publications * MOVES
        costs = Costs(stage)
        for _ in range(publications):
            stage.clock.advance(1)
            touched = np.unique(rng.integers(0, 2 * members, MOVES))
            stage.publish(1, *model.move(touched, stage.clock.now()))
        stage.feed.flush()
        print(f"  {publications:,} written: {costs.told(moves)}", flush=True)
        costs = Costs(stage)
        stage.fold()
        print(f"  folded, time {burst + 1}: {costs.told(moves)}", flush=True)
    print(f"  all of it: {everything.told(8_000 * MOVES)}")
    stage.feed.close()
    stage.reopen()
    wrong = model.wrong(stage.feed, 1, chance)
    began = time.perf_counter()
    page = np.flatnonzero(model.since != NEVER)[:1000].tolist()
    for _ in range(10):
        stage.feed.entered_at(1, page)
    print(f"  entry times of 1,000 members: {(time.perf_counter() - began) * 100:.1f} ms")
    stage.close()
    print(f"  file {stage.file.stat().st_size / 1e6:,.1f} MB; answers wrong: {wrong}")
    return wrong


def many_segments(folder: Path, segments: int) -> int:
    """Many segments that move by the hour, pruned by the hour; returns how many answers were wrong."""
    stage, chance = Stage(folder), random.Random(2)  # noqa: S311
    rng = np.random.default_rng(2)
    numbers = range(1, segments + 1)
    stage.feed.start(numbers)
    models = {one: Model(PEOPLE) for one in numbers}
    for one, model in models.items():
        stage.publish(one, *model.move(np.arange(one % 2, PEOPLE, 2), stage.clock.now()))
    print(
        f"{segments:,} segments of {PEOPLE // 2:,}, 10 publications of {MOVES} moves each an hour"
    )
    for _ in range(4):
        publications(stage, models, rng)
        stage.clock.advance(HOUR - 10)
    stage.fold()
    stage.clock.advance(KEPT - 4 * HOUR)
    moves = segments * (PEOPLE // 2 + 10 * MOVES)
    for name in ("first fill and an hour", "the next hour", "and the next"):
        stalls = Stalls(stage)
        with repeated(stalls.look, 0.02):
            costs = Costs(stage)
            stage.clock.advance(HOUR)
            stage.prune(stage.clock.now() - KEPT)
            stage.feed.flush()
        print(f"  {name} pruned: {costs.told(moves)}", flush=True)
        print(f"    a flush beside it took {stalls.worst * 1000:,.0f} ms at worst")
        moves = segments * 10 * MOVES
        publications(stage, models, rng)
    wrong = sum(
        models[one].wrong(stage.feed, one, chance)
        for one in chance.sample(numbers, min(SAMPLES, segments))
    )
    stage.close()
    print(f"  file {stage.file.stat().st_size / 1e6:,.1f} MB; answers wrong: {wrong}")
    return wrong


def publications(stage: Stage, models: dict[int, Model], rng: np.random.Generator) -> None:
    """Ten publications of each segment, within some microseconds."""
    for _ in range(10):
        stage.clock.advance(1)
        for one, model in models.items():
            touched = np.unique(rng.integers(0, PEOPLE, MOVES))
            stage.publish(one, *model.move(touched, stage.clock.now()))
    stage.feed.flush()


def main(members: int, segments: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wrong = one_segment(Path(folder), members)
    if segments:
        with tempfile.TemporaryDirectory() as folder:
            wrong += many_segments(Path(folder), segments)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory of the process at most: {peak:,.0f} MB, the model's arrays in it")
    assert not wrong


if __name__ == "__main__":
    given = [int(float(one)) for one in sys.argv[1:]]
    main(*(given + [1_000_000, 1_000][len(given) :]))
