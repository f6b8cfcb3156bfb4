"""How the time of a change grows with the number of segments, and with that of contacts.

    python bench/bench_growth.py [CONTACTS…] [--segments N,N,N] [--keep DIR]

Batches of 1,000 changed contacts and of 10,000 new events, from the batch in hand to exact counts and
bitmaps: at 100, 1,000 and 5,000 segments over the first number of CONTACTS (1,000,000), and at 1,000
segments over each of the others, as in `bench_growth.py 1e6 1e7`. Each case has a process of its own and ends with a
sample of its segments held against the recompute, contact by contact.

With --keep the data (about 0.2 GB for each million contacts, and as much again while a case runs)
stays in DIR for the next run; bench_peers.py uses the same.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import bench_engine as engine
import engine_data as data
import numpy as np

from carpel.engine.memory.world import World
from carpel.kit.garbage import look_seldom

HERE = Path(__file__).parent
USUAL = 1000
CHECKED = 40
WHAT = {"contacts": "1,000 changed contacts", "events": "10,000 new events"}

Case = dict[str, Any]


def main() -> None:
    if sys.argv[1:2] == ["case"]:
        measure(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("contacts", type=float, nargs="*", default=[1e6])
    parser.add_argument("--segments", default="100,1000,5000")
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        first, *others = map(int, asked.contacts)
        by_segments = [run(folder, first, int(count)) for count in asked.segments.split(",")]
        usual = next((one for one in by_segments if one["segments"] == USUAL), None)
        by_contacts = [usual or run(folder, first, USUAL)] if others else []
        by_contacts += [run(folder, contacts, USUAL) for contacts in others]
    compare("segments", by_segments)
    compare("population", by_contacts)


def run(folder: Path, contacts: int, segments: int) -> Case:
    """One case in a process of its own."""
    place = data.made(folder, contacts)
    command = [sys.executable, __file__, "case", str(place), str(contacts), str(segments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    case: Case = json.loads(done.stdout.splitlines()[-1])
    print(f"{contacts:,} contacts, {segments:,} segments ({case['leaves']:,} distinct conditions):")
    for name, title in WHAT.items():
        p50, p99 = case[name]
        print(f"  {title}: p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    print(
        f"  first build {case['build']:.0f} s; process at most {case['peak']:,} MB; {case['checked']} "
        f"segments agree with the recompute",
        flush=True,
    )
    return case


def measure(place: Path, contacts: int, segments: int) -> None:
    """Prints what `run` reads."""
    look_seldom()  # as the server does
    plans = dict(enumerate(data.segments(segments)))
    chance = random.Random(5)  # noqa: S311
    with tempfile.TemporaryDirectory(dir=place.parent) as temporary:
        columns = data.copied(place, Path(temporary))
        world = World()
        begun = time.perf_counter()
        with columns.snapshot() as snapshot:
            world.define(plans, snapshot, 1, data.NOW)
        case: Case = {"segments": segments, "contacts_loaded": contacts}
        case["build"] = time.perf_counter() - begun
        case["leaves"] = data.distinct_leaves(plans.values())
        case["contacts"] = quantiles(engine.change_contacts(world, columns, contacts, chance))
        case["events"] = quantiles(engine.add_events(world, columns, contacts, chance))
        some = sorted(chance.sample(sorted(plans), min(CHECKED, segments)))
        engine.check(world, columns, {number: plans[number] for number in some}, data.NOW)
        case["checked"] = len(some)
        case["peak"] = data.peak_mb()
        columns.close()
    print(json.dumps(case))


def quantiles(times: list[float]) -> tuple[float, float]:
    """Median and 99th percentile."""
    return float(np.percentile(times, 50)), float(np.percentile(times, 99))


def compare(what: str, cases: list[Case]) -> None:
    """Each against the one before, and the last against the first."""
    if len(cases) < 2:
        return
    numbers = [one["segments" if what == "segments" else "contacts_loaded"] for one in cases]
    print(f"growth with {what}, {' → '.join(f'{number:,}' for number in numbers)}:")
    for name, title in WHAT.items():
        halves = [one[name][0] for one in cases]
        ends = [one[name][1] for one in cases]
        print(
            f"  {title}: p50 {' → '.join(f'{one:.1f}' for one in halves)} ms, "
            f"{halves[-1] / halves[0]:.2f} times; p99 {ends[-1] / ends[0]:.2f} times"
        )


if __name__ == "__main__":
    main()
