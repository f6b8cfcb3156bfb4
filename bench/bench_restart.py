"""Stops and starts of a real server, with the engine's snapshot and without.

    python bench/bench_restart.py [CONTACTS] [--segments N] [--keep DIR]

A directory with CONTACTS (1,000,000), five times as many events and 1,000 segments (served_data.py
says how it is made) is served, and stopped, several times:

1. without a snapshot, as after a crash: segments are worked out from the columns;
2. from the snapshot that the stop before wrote; then it is killed (kill -9), nothing having changed;
3. from the same snapshot again; then 1,000 contacts change, and it is stopped;
4. from the snapshot of that. Some segments are held against the recompute by `carpel verify`.

For each: when it listens, when all counts are exact, memory at most; and how long its stop took.
With --keep the directory (about 0.6 GB for each million contacts, and as much again while this runs)
stays in DIR, and each run has a copy of it.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import served_data
from server import Caller, Server, all_exact, run

VERIFIED = 5


def main() -> None:
    asked = served_data.asking().parse_args()
    with served_data.made_for(asked) as made:
        chosen = random.Random(3).sample(range(1, asked.segments + 1), VERIFIED)  # noqa: S311
        names = [f"Segment {number}" for number in chosen]

        def verify(_: Caller) -> None:
            print(run(made.data, "verify", *names), flush=True)

        counts = [
            around(made, "worked out"),
            around(made, "from the snapshot", killed=True),
            around(made, "from it, after kill -9", change),
            around(made, "from the next, after new data", verify),
        ]
        for earlier, later in pairwise(counts[:3]):
            moved = sum(earlier[key] != later[key] for key in earlier)
            print(f"{moved:,} of {len(earlier):,} counts are others now, by what time has done")


def around(
    made: served_data.Ready,
    name: str,
    meanwhile: Callable[[Caller], object] = lambda _: None,
    *,
    killed: bool = False,
) -> dict[str, Any]:
    """Start, wait until all is exact, stop; the counts."""
    before = disk(made)
    server = Server(made.data)
    caller = Caller(server, made.key)
    found = all_exact(caller)
    exact = time.perf_counter() - server.begun
    meanwhile(caller)
    caller.close()
    peak = server.peak_mb()
    stopping = time.perf_counter()
    if killed:
        server.process.kill()
    with server:
        pass
    stopped = time.perf_counter() - stopping
    print(
        f"{name}: listens after {server.took:.1f} s, all {len(found):,} counts exact after {exact:.1f} s; "
        f"memory at most {peak:,} MB; read {before:,} MB; {'killed' if killed else 'stopped'} in "
        f"{stopped:.1f} s, wrote {disk(made):,} MB",
        flush=True,
    )
    return {one["id"]: one["count"]["value"] for one in found}


def disk(made: served_data.Ready) -> int:
    """MB of the snapshot on disk."""
    file = made.snapshot
    return file.stat().st_blocks * 512 >> 20 if file.exists() else 0


def change(caller: Caller) -> None:
    """A thousand contacts change."""
    items = [{"external_id": f"u{n}", "fields": {"f1": f"v{n % 7}"}} for n in range(1, 1001)]
    caller.call("POST", "/contacts?wait=applied", json.dumps(items).encode(), 202)


if __name__ == "__main__":
    main()
