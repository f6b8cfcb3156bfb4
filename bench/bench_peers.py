"""All segments counted by Carpel, DuckDB, Polars, ClickHouse and PostgreSQL: time and memory.

    python bench/bench_peers.py [CONTACTS] [SEGMENTS] [--keep DIR] [--only NAME,NAME]

The same data (CONTACTS, 1,000,000, and five times as many events) and the same segments (1,000) in
one run, each peer in a process of its own. What a peer works out beforehand about events counts;
loading the data into its own form is shown, and does not. Every count has to be ours. Carpel runs
first and last, so that a drift of the machine shows. PostgreSQL only runs up to a million contacts.

Polars and chdb are put into the checkout's .venv when they are missing.

With --keep the data (about 0.3 GB for each million contacts) stays in DIR for the next run.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import engine_data as data
from peers import with_postgresql
from peers.outcome import Outcome

HERE = Path(__file__).parent
PEERS = {
    "duckdb": "DuckDB, one by one",
    "polars": "Polars, one select",
    "clickhouse": "ClickHouse (chdb), one pass",
    "postgresql": "PostgreSQL 15, one by one",
}
MOST_IN_POSTGRESQL = 1_000_000


def main() -> None:
    asked = arguments()
    install({"polars", "chdb"})
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        begun = time.perf_counter()
        place = data.made(folder, asked.contacts)
        data.exported(place)
        print(
            f"{asked.contacts:,} contacts, {5 * asked.contacts:,} events, {asked.segments:,} "
            f"segments; data ready in {time.perf_counter() - begun:.0f} s",
            flush=True,
        )
        compare(place, asked)


def install(needed: set[str]) -> None:
    """Have the group `bench` in the checkout's environment; it goes when that is made anew."""
    if all(importlib.util.find_spec(name) for name in needed):
        return
    bootstrap = HERE.parent / "scripts" / "bootstrap.py"
    subprocess.run([sys.executable, str(bootstrap), "--group", "bench"], check=True)
    importlib.invalidate_caches()
    if not all(importlib.util.find_spec(name) for name in needed):
        sys.exit("run this with the checkout's own .venv/bin/python")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("contacts", type=lambda text: int(float(text)), nargs="?", default=10**6)
    parser.add_argument("segments", type=int, nargs="?", default=1000)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(PEERS))
    return parser.parse_args()


def compare(place: Path, asked: argparse.Namespace) -> None:
    """Each in turn; a peer that counts otherwise ends the benchmark."""
    ours = measure("carpel", "Carpel, first build", place, asked.segments, None)
    for name in asked.only:
        reason = why_not(asked.contacts) if name == "postgresql" else None
        if reason is not None:
            print(f"{PEERS[name]}: not run, {reason}")
            continue
        found = measure(name, PEERS[name], place, asked.segments, ours)
        assert found.counts == ours.counts, different(ours.counts, found.counts)
    again = measure("carpel", "Carpel, once more", place, asked.segments, ours)
    assert again.counts == ours.counts
    print(f"all {len(ours.counts):,} counts are the same everywhere")


def why_not(contacts: int) -> str | None:
    """Why PostgreSQL is left out; None when it is not."""
    if contacts > MOST_IN_POSTGRESQL:
        return f"it takes too long above {MOST_IN_POSTGRESQL:,} contacts"
    return with_postgresql.missing()


def measure(name: str, title: str, place: Path, segments: int, ours: Outcome | None) -> Outcome:
    """Run one, and say how it went."""
    command = [sys.executable, "-m", "peers.child", name, str(place), str(segments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=HERE, check=True)
    found = Outcome(**json.loads(done.stdout.splitlines()[-1]))
    parts = [f"{step} {took:.1f} s" for step, took in found.steps.items()]
    loading = [f"{step} {took:.1f} s" for step, took in found.loading.items()]
    ratio = f", {found.seconds / ours.seconds:.1f} times ours" if ours is not None else ""
    detail = f" ({', '.join(parts)})" if len(parts) > 1 else ""
    not_counted = f"; not counted: {', '.join(loading)}" if loading else ""
    note = f"; {found.note}" if found.note else ""
    print(
        f"{title}: {found.seconds:.1f} s{detail}{ratio}; {found.processors_s:.1f} s of processors; memory at most {found.peak_mb:,} MB{not_counted}{note}",
        flush=True,
    )
    return found


def different(ours: list[int], theirs: list[int]) -> str:
    wrong = [
        f"segment {number}: {one:,} here, {other:,} there"
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True))
        if one != other
    ]
    return f"{len(wrong):,} counts differ: {'; '.join(wrong[:5])}"


if __name__ == "__main__":
    main()
