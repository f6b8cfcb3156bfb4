"""Import of 64,000 contacts and 52,666 events from an empty directory, against DuckDB's own reader.

Uses Hillstrom's files when they lie beside the project, else generated ones of the same size. Each
round runs both in turn; the ratio is taken round by round. The answers are checked.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
ROUNDS = 5
CONTACTS, EVENTS = 64_000, 52_666
PEER = """
import duckdb, sys
db = duckdb.connect(sys.argv[3])
for table, file in (("contacts", sys.argv[1]), ("events", sys.argv[2])):
    db.execute(f"CREATE TABLE {table} AS SELECT * FROM read_csv(?)", [file])
    print(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
"""


def main() -> None:
    """Print each round and the medians."""
    with tempfile.TemporaryDirectory() as folder:
        contacts, events = _files(Path(folder))
        print(f"contacts: {contacts.name}, events: {events.name}, {os.cpu_count()} processors")
        rounds = [_round(Path(folder) / str(n), contacts, events) for n in range(ROUNDS)]
    ours = statistics.median(mine for mine, _, _ in rounds)
    ratio = statistics.median(mine / peer for mine, peer, _ in rounds)
    memory = max(peak for _, _, peak in rounds)
    print(
        f"median {ours:.2f} s for both imports, {ratio:.1f} times DuckDB's reader, peak {memory} MB"
    )


def _round(folder: Path, contacts: Path, events: Path) -> tuple[float, float, int]:
    folder.mkdir()
    start = time.perf_counter()
    peak = max(
        _import("contacts", contacts, folder / "data", CONTACTS),
        _import("events", events, folder / "data", EVENTS),
    )
    mine = time.perf_counter() - start
    start = time.perf_counter()
    command = [sys.executable, "-c", PEER, str(contacts), str(events), str(folder / "peer")]
    counted = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    peer = time.perf_counter() - start
    assert counted == [str(CONTACTS), str(EVENTS)], counted
    print(f"  carpel {mine:.2f} s, DuckDB {peer:.2f} s, peak {peak} MB")
    return mine, peer, peak


def _import(kind: str, file: Path, data: Path, expected: int) -> int:
    """Run one import; returns its peak memory in MB."""
    command = [sys.executable, "-m", "carpel", "import", kind, str(file), "--data", str(data)]
    running = subprocess.Popen(
        [*command, "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert running.stdout is not None
    (report,) = json.loads(running.stdout.read())
    _, status, usage = os.wait4(running.pid, 0)
    running.returncode = status
    assert status == 0
    assert (report["created"], report["rejected"]) == (expected, 0), report
    return usage.ru_maxrss // 1024


def _files(folder: Path) -> tuple[Path, Path]:
    found = SHARED / "hillstrom_contacts.csv.gz", SHARED / "hillstrom_events.csv.gz"
    if all(file.exists() for file in found):
        return found
    chance = random.Random(1)  # noqa: S311
    contacts, events = folder / "contacts.csv.gz", folder / "events.csv.gz"
    with gzip.open(contacts, "wt", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["external_id", "email", "recency", "history", "area", "newbie", "channel"])
        for n in range(CONTACTS):
            writer.writerow([f"h{n}", f"h{n}@example.com", chance.randrange(12), f"{chance.uniform(29, 3000):.2f}",
                             chance.choice(["Rural", "Urban"]), n % 2, chance.choice(["Web", "Phone"])])  # fmt: skip
    with gzip.open(events, "wt", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["external_id", "event", "time", "campaign", "value"])
        for n in range(EVENTS):
            writer.writerow([f"h{chance.randrange(CONTACTS)}", chance.choice(["email_sent", "visit"]),
                             f"2008-03-{1 + n % 28:02d}T09:00:00Z", "Mens E-Mail", ""])  # fmt: skip
    return contacts, events


if __name__ == "__main__":
    main()
