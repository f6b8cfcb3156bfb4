"""Members of (nearly) everybody paged while they change, and previews, on a large directory.

    python bench/bench_pages.py [CONTACTS] [--segments N] [--keep DIR]

The directory is that of bench_http_lag.py: CONTACTS (1,000,000), five times as many events, 1,000
segments. One reader pages through a segment of all contacts, 10,000 at a time, while 1,000 of them
leave and come back five times a second; whoever stayed has to be on exactly one page. Then 50
previews of queries of three clauses, each with constants of its own.
"""

from __future__ import annotations

import json
import random
import threading
import time

import msgspec
import numpy as np
import served_data
from server import Caller, Server, all_exact

PAGE = 10_000
MOVERS = 1_000
MOVE_EVERY_S = 0.2
PREVIEWS = 50
# Every contact has this date, within the last years; movers go far back and come again.
FIELD, OUT, IN = "f15", "1990-01-01T00:00:00Z", "2020-01-01T00:00:00Z"
RULES = f"{FIELD} > '2000-01-01'"


class Member(msgspec.Struct):
    """All that is looked at of a member."""

    external_id: str


class Page(msgspec.Struct):
    """A page of members."""

    data: list[Member]
    next_cursor: str | None
    total: int


def main() -> None:
    asked = served_data.asking().parse_args()
    with served_data.made_for(asked) as made, Server(made.data) as server:
        caller = Caller(server, made.key)
        all_exact(caller)
        begun = time.perf_counter()
        wanted = {"name": f"All of {time.time_ns()}", "sql": RULES}
        segment = caller.post("/segments", wanted)["id"]
        print(
            f"{made.contacts:,} contacts: a segment of all made in {time.perf_counter() - begun:.2f} s"
        )
        walk(caller, Caller(server, made.key), segment, made.contacts)
        preview(caller)
        print(f"server's memory at most {server.peak_mb():,} MB")


def walk(caller: Caller, mover: Caller, segment: str, contacts: int) -> None:
    """All pages, while some leave and come back; everybody accounted for."""
    movers = range(1, contacts + 1, max(1, contacts // MOVERS))
    over, batches = threading.Event(), [0]
    moving = threading.Thread(target=move, args=(mover, movers, over, batches))
    moving.start()
    seen = np.zeros(contacts + 1, np.uint8)
    times: list[float] = []
    cursor = ""
    try:
        while True:
            begun = time.perf_counter()
            path = f"/segments/{segment}/members?limit={PAGE}{cursor}"
            body = caller.call("GET", path, None, 200)
            times.append((time.perf_counter() - begun) * 1000)
            page = msgspec.json.decode(body, type=Page)
            numbers = np.fromiter((int(one.external_id[1:]) for one in page.data), np.int64)
            assert len(np.unique(numbers)) == len(numbers), "somebody is twice on a page"
            seen[numbers] += 1
            if page.next_cursor is None:
                break
            cursor = f"&cursor={page.next_cursor}"
    finally:
        over.set()
        moving.join()
    assert seen.max() == 1, "somebody was seen twice"
    stayed = np.ones(contacts + 1, bool)
    stayed[[0, *movers]] = False
    assert seen[stayed].all(), f"{np.count_nonzero(seen[stayed] == 0):,} who stayed were not seen"
    print(
        f"{len(times):,} pages of {PAGE:,} while {batches[0]:,} batches of {MOVERS:,} moved: first "
        f"{times[0]:.0f} ms, last {times[-1]:.0f} ms, median {np.median(times):.0f} ms, slowest "
        f"{max(times):.0f} ms; {np.count_nonzero(stayed):,} who stayed were each seen once",
        flush=True,
    )


def move(mover: Caller, movers: range, over: threading.Event, batches: list[int]) -> None:
    """Out and in again, until it is over; at the end everybody is in."""
    bodies = [
        json.dumps([{"external_id": f"u{one}", "fields": {FIELD: at}} for one in movers]).encode()
        for at in (OUT, IN)
    ]
    while not over.is_set():
        mover.call("POST", "/contacts", bodies[batches[0] % 2], 202)
        batches[0] += 1
        over.wait(MOVE_EVERY_S)
    mover.call("POST", "/contacts?wait=applied", bodies[1], 202)


def preview(caller: Caller) -> None:
    """Queries that nobody has asked before."""
    chance = random.Random(13)  # noqa: S311
    times = []
    for _ in range(PREVIEWS):
        days = chance.randrange(20, 200)
        sql = (
            f"f5 = 'v{chance.randrange(12)}' AND f10 > {chance.randrange(500_000) / 100} AND "
            "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'purchase' "
            f"AND timestamp > NOW() - INTERVAL '{days}' DAY)"
        )
        begun = time.perf_counter()
        found = caller.post("/segments/preview", {"sql": sql}, 200)
        times.append((time.perf_counter() - begun) * 1000)
        assert found["count"]["exact"]
        assert len(found["clauses"]) == 3
    print(
        f"{PREVIEWS} previews of three clauses: p50 {np.percentile(times, 50):.0f} ms, "
        f"p99 {np.percentile(times, 99):.0f} ms"
    )


if __name__ == "__main__":
    main()
