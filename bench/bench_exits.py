"""Windows that close for 10,000 contacts within one second, seen from outside, by the real clock.

    python bench/bench_exits.py [CONTACTS] [MEMBERSHIPS]

A real server with CONTACTS (100,000). MEMBERSHIPS (10,000) of them have an event each, spread over one
second, and a segment holds those with such an event within the last 30 days. The events are dated so
that the window leaves them behind, one after another, soon after they are counted. Meanwhile one reader
looks at the list endpoint, and another follows `/changes`, both as fast as they can. Nobody may be gone
before their instant, and everybody has to be within one second of it.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from server import Caller, Server, run

SECOND = 1_000_000
WINDOW = timedelta(days=30)
# The events are taken in and counted before the first of them is due.
AHEAD = timedelta(seconds=20)
AT_ONCE = 10_000
LOOK_EVERY_S = 0.01
LATEST = SECOND


@dataclass
class Seen:
    """What was seen, by the machine's clock in microseconds; a look lasts from asking to answer."""

    counts: list[tuple[int, int, int]] = field(default_factory=list)  # asked, answered, count
    left: dict[str, tuple[int, int]] = field(default_factory=dict)  # contact → said, answered


def main() -> None:
    contacts = int(float(sys.argv[1])) if len(sys.argv) > 1 else 100_000
    many = int(float(sys.argv[2])) if len(sys.argv) > 2 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "data"
        key = run(place, "key", "create", "--name", "bench", "--permission", "*", "--quiet")
        with Server(place) as server:
            caller = Caller(server, key)
            ids = fill(caller, contacts, many)
            segment = caller.post("/segments", {"name": "Recent", "sql": RULES})["id"]
            due = happen(caller, segment, ids)
            tell(watch(server, key, segment, many, max(due.values())), due)


RULES = (
    "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'visit' "
    f"AND timestamp > NOW() - INTERVAL '{WINDOW.days}' DAY)"
)


def now_us() -> int:
    """The machine's clock, which is the server's as well."""
    return time.time_ns() // 1000


def fill(caller: Caller, contacts: int, many: int) -> dict[str, str]:
    """All contacts; returns the ids of those who will have events, by external_id."""
    for start in range(0, contacts, AT_ONCE):
        numbers = range(start, min(contacts, start + AT_ONCE))
        caller.post("/contacts", [{"external_id": f"c{number}"} for number in numbers], 202)
    caller.post("/contacts?wait=applied", {"external_id": "c0"}, 202)
    caller.post("/segments", {"name": "Everyone", "sql": "TRUE"})
    ids: dict[str, str] = {}
    cursor = ""
    while len(ids) < many:
        page = caller.get(f"/segments/Everyone/members?limit=10000{cursor}")
        ids |= {one["external_id"]: one["id"] for one in page["data"]}
        cursor = f"&cursor={page['next_cursor']}"
    return dict(list(ids.items())[:many])


def happen(caller: Caller, segment: str, ids: dict[str, str]) -> dict[str, int]:
    """An event for each, spread over a second; returns when each id is due, in microseconds."""
    first = datetime.now(UTC).replace(microsecond=0) + AHEAD
    due, events = {}, []
    for place, (external, contact) in enumerate(ids.items()):
        at = first + timedelta(microseconds=place * SECOND // len(ids))
        due[contact] = exact(at)
        events.append(
            {"external_id": external, "event": "visit", "time": (at - WINDOW).isoformat()}
        )
    for start in range(0, len(events), AT_ONCE):
        caller.post("/events?wait=applied", events[start : start + AT_ONCE], 202)
    counted = caller.get(f"/segments/{segment}")["count"]
    assert counted["value"] == len(ids), counted
    assert now_us() < min(due.values()), "the machine is too slow: the first were due too early"
    return due


def exact(at: datetime) -> int:
    """Microseconds since 1970, without a float between."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def watch(server: Server, key: str, segment: str, many: int, last: int) -> Seen:
    """Look at the count and follow the feed until everybody is gone, or five seconds late."""
    seen = Seen()
    end = last + 5 * SECOND
    readers = [
        threading.Thread(target=follow, args=(Caller(server, key), segment, many, end, seen)),
        threading.Thread(target=count, args=(Caller(server, key), segment, end, seen)),
    ]
    for one in readers:
        one.start()
    for one in readers:
        one.join()
    return seen


def follow(caller: Caller, segment: str, many: int, end: int, seen: Seen) -> None:
    cursor = caller.get(f"/changes?from=now&segment={segment}")["next_cursor"]
    while len(seen.left) < many and now_us() < end:
        page = caller.get(f"/changes?wait=1&limit=10000&segment={segment}&cursor={cursor}")
        answered = now_us()
        for one in page["data"]:
            assert (one["change"], one["cause"]) == ("left", "time"), one
            assert one["contact"] not in seen.left, "somebody left twice"
            at = exact(datetime.fromisoformat(one["at"]))
            seen.left[one["contact"]] = (at, answered)
        cursor = page["next_cursor"]


def count(caller: Caller, segment: str, end: int, seen: Seen) -> None:
    left = 1
    while left and now_us() < end:
        asked = now_us()
        page: dict[str, Any] = caller.get("/segments?name=Recent")
        left = next(one["count"]["value"] for one in page["data"] if one["id"] == segment)
        seen.counts.append((asked, now_us(), left))
        time.sleep(LOOK_EVERY_S)


def tell(seen: Seen, due: dict[str, int]) -> None:
    """Hold everything against the instants, and say how late it was."""
    instants = np.sort(np.fromiter(due.values(), np.int64))
    assert seen.left.keys() == due.keys(), f"{len(due) - len(seen.left):,} never left"
    said = np.array([seen.left[one][0] - at for one, at in due.items()])
    told = np.array([seen.left[one][1] - at for one, at in due.items()])
    assert said.min() >= 0, "somebody left before their instant"
    late = []
    for asked, answered, left in seen.counts:
        # Not fewer than those who are not due at the answer; whoever was due well before it was
        # asked has to be gone.
        assert left >= len(instants) - np.searchsorted(instants, answered, "right"), "too early"
        if left:
            late.append(asked - int(instants[len(instants) - left]))
    assert seen.counts[-1][2] == 0, "the count is not 0 in the end"
    print(
        f"{len(due):,} memberships due within a second: none gone before its instant\n"
        f"  by the feed's own time: p50 {ms(said, 50)}, worst {ms(said, 100)} after it\n"
        f"  in an answer of /changes: p50 {ms(told, 50)}, worst {ms(told, 100)} after it\n"
        f"  by the list endpoint ({len(seen.counts):,} looks): nobody was still counted more than "
        f"{max(0, *late) / 1000:.0f} ms after their instant"
    )
    worst = max(int(told.max()), *late)
    assert worst <= LATEST, "later than one second"


def ms(late: Any, percentile: int) -> str:
    return f"{np.percentile(late, percentile) / 1000:.0f} ms"


if __name__ == "__main__":
    main()
