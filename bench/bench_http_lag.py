"""From HTTP 202 to the count on the list endpoint, under steady load; and a cold start.

    python bench/bench_http_lag.py [CONTACTS] [SECONDS] [--segments N] [--keep DIR]
        [--contacts-a-second N] [--events-a-second N]

A real server on a directory with CONTACTS (1,000,000), five times as many events and 1,000 segments
(served_data.py says how it is made). First the cold start, without a snapshot: from the start of the process
until every count is exact. Then for SECONDS (60) 5,000 contacts, with three new values each, and 10,000 events a
second come in through the own API, in batches of 500 and of 1,000, each kind on CONNECTIONS, so that
the rate holds though an answer may take longer than to the next batch. Each batch ends with one contact
that enters a segment of its kind; so this segment's count, on the list endpoint, tells which batches
it holds. The lag of a batch is the time from its 202 until an answer has its count. At the end some of
the segments are held against the recompute by `carpel verify`.

With --keep the directory (about 0.6 GB for each million contacts, and as much again while this runs)
stays in DIR, and each run has a copy of it.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import engine_data as data
import numpy as np
import served_data
from beside import repeated
from machine import Speed
from server import Caller, Server, all_exact, run

BATCH = {"contacts": 500, "events": 1000}
LOOK_EVERY_S = 0.025  # a look costs the server a millisecond; what it sees is that much later
CONNECTIONS = 3  # for each kind
SPEED_EVERY_S = 0.25
VERIFIED = 20
TAG = "marks"
# After so long without a new count the rest of the batches is lost.
PATIENCE_S = 120
SETTLING_S = 5


@dataclass(frozen=True, order=True)
class Taken:
    """A batch that was taken in, in the order in which batches are counted."""

    seq: int
    sent: float
    at: float


@dataclass
class Kind:
    """Batches of contacts or of events: when each was taken in, and when it was counted."""

    name: str
    bodies: list[bytes]
    every_s: float
    segment: str = ""
    before: int = 0  # the segment's count at the beginning
    taken: list[Taken] = field(default_factory=list)
    counted: list[float] = field(default_factory=list)


def main() -> None:
    parser = served_data.asking()
    parser.add_argument("seconds", type=float, nargs="?", default=60)
    parser.add_argument("--contacts-a-second", type=float, default=5_000)
    parser.add_argument("--events-a-second", type=float, default=10_000)
    asked = parser.parse_args()
    with served_data.made_for(asked) as made, Server(made.data) as server:
        caller = Caller(server, made.key)
        cold_start(server, caller, made)
        kinds = prepare(caller, asked, made.contacts)
        all_exact(caller)  # the segments that tell are built by now
        load(server, made.key, kinds)
        check(made, asked.segments)


def cold_start(server: Server, caller: Caller, made: served_data.Ready) -> None:
    found = all_exact(caller)
    took = time.perf_counter() - server.begun
    print(
        f"{made.contacts:,} contacts, {5 * made.contacts:,} events: listens after {server.took:.1f} s, "
        f"all {len(found):,} counts exact {took:.1f} s after the start of the process; "
        f"memory at most {server.peak_mb():,} MB",
        flush=True,
    )


def prepare(caller: Caller, asked: argparse.Namespace, contacts: int) -> list[Kind]:
    """The segments that tell, and all bodies, written before the clock runs."""
    run_no = str(time.time_ns())
    chance = random.Random(7)  # noqa: S311
    rates = {"contacts": asked.contacts_a_second, "events": asked.events_a_second}
    makers = {"contacts": contact_batch, "events": event_batch}
    rules = {
        "contacts": f"mark = '{run_no}'",
        "events": "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = "
        f"'mark {run_no}')",
    }
    for one in caller.get(f"/segments?tag={TAG}&limit=1000")["data"]:  # of an earlier run
        caller.call("DELETE", f"/segments/{one['id']}", None, 204)
    known = {one["name"] for one in caller.get("/fields")["data"]}
    if "mark" not in known:
        caller.post("/fields", {"name": "mark", "type": "text"})
    kinds = []
    for name, rate in rates.items():
        every = BATCH[name] / rate
        count = max(1, int(asked.seconds / every))
        bodies = [
            makers[name](chance, contacts, f"{run_no}-{number}", run_no) for number in range(count)
        ]
        caller.close()  # who was silent for so long is not listened to any more
        wanted = {"name": f"{name} of {run_no}", "sql": rules[name], "tags": [TAG, run_no]}
        made = caller.post("/segments", wanted)
        kinds.append(Kind(name, bodies, every, made["id"], made["count"]["value"]))
    return kinds


def contact_batch(chance: random.Random, contacts: int, mark: str, run_no: str) -> bytes:
    """Three new values for each of some contacts, and a new contact that is marked."""
    items: list[dict[str, Any]] = []
    names = [*data.TEXTS, *data.NUMBERS]
    for _ in range(BATCH["contacts"] - 1):
        chosen = chance.sample(names, 3)
        values = {name: value_of(chance, name) for name in chosen}
        items.append({"external_id": f"u{chance.randrange(contacts) + 1}", "fields": values})
    items.append({"external_id": f"c{mark}", "fields": {"mark": run_no}})
    return json.dumps(items).encode()


def value_of(chance: random.Random, name: str) -> Any:
    if name in data.TEXTS:
        return f"v{chance.randrange(data.TEXTS[name])}"
    size = data.NUMBERS[name]
    return chance.randrange(size) / (100 if size > 1000 else 1)


def event_batch(chance: random.Random, contacts: int, mark: str, run_no: str) -> bytes:
    """Events that happen as they are sent, the last one marked."""
    kinds = chance.choices(data.TYPES, data.SHARES, k=BATCH["events"] - 1)
    items: list[dict[str, Any]] = [
        {
            "external_id": f"u{chance.randrange(contacts) + 1}", "event": kind,
            "properties": {
                "amount": chance.randrange(20_000) / 100, "category": f"c{chance.randrange(20)}",
            },
        }
        for kind in kinds
    ]  # fmt: skip
    items.append({"external_id": f"e{mark}", "event": f"mark {run_no}"})
    return json.dumps(items).encode()


def load(server: Server, key: str, kinds: list[Kind]) -> None:
    """Send and look at the same time; say what came of it."""
    over = threading.Event()
    failures: list[BaseException] = []
    begun, used = time.perf_counter(), server.cpu_s()
    speed = Speed()
    with repeated(speed.look, SPEED_EVERY_S):
        looking = started(failures, partial(look, Caller(server, key), kinds, over))
        sending = [
            started(failures, partial(send, Caller(server, key), one, begun, first))
            for one in kinds
            for first in range(CONNECTIONS)
        ]
        for one in sending:
            one.join()
        took, used = time.perf_counter() - begun, server.cpu_s() - used
        over.set()
        looking.join()
    assert not failures, failures
    for kind in kinds:
        taken = np.array([one.at for one in sorted(kind.taken)])
        lags = (np.array(kind.counted) - taken) * 1000
        settled = lags[taken > begun + SETTLING_S]
        answers = np.array([one.at - one.sent for one in kind.taken]) * 1000
        print(
            f"{len(lags) * BATCH[kind.name] / took:,.0f} {kind.name} a second in batches of "
            f"{BATCH[kind.name]:,}: from 202 to the count p50 {np.percentile(lags, 50):.0f} ms, "
            f"p99 {np.percentile(lags, 99):.0f} ms, worst {lags.max():.0f} ms "
            f"({taken[lags.argmax()] - begun:.0f} s after the first), "
            f"p99 after the first {SETTLING_S} s {np.percentile(settled if len(settled) else lags, 99):.0f} ms; "
            f"from sending to 202 "
            f"p50 {np.percentile(answers, 50):.0f} ms, p99 {np.percentile(answers, 99):.0f} ms"
        )
    print(
        f"in {took:.0f} s the server used {used:.0f} s of processors ({100 * used / took:.0f}% of one); "
        f"memory at most {server.peak_mb():,} MB, {server.cached_mb():,} MB of it mapped files; {speed}",
        flush=True,
    )


def started(failures: list[BaseException], work: Callable[[], None]) -> threading.Thread:
    """A thread whose failure ends up in the list."""

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    return thread


def send(caller: Caller, kind: Kind, begun: float, first: int) -> None:
    """Every so many batches from the first on, each at its instant, or at once when late."""
    for number, body in list(enumerate(kind.bodies))[first::CONNECTIONS]:
        wait = begun + number * kind.every_s - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        sent = time.perf_counter()
        seq = json.loads(caller.call("POST", f"/{kind.name}", body, 202))["seq"]
        kind.taken.append(Taken(seq, sent, time.perf_counter()))
    caller.close()


def look(caller: Caller, kinds: list[Kind], over: threading.Event) -> None:
    """Read the list endpoint until it has counted all batches."""
    newest = time.perf_counter()
    by_id = {kind.segment: kind for kind in kinds}
    while True:
        page = caller.get(f"/segments?tag={TAG}&limit=1000")
        now = time.perf_counter()
        for one in page["data"]:
            kind = by_id.get(one["id"])
            if kind is not None:
                more = one["count"]["value"] - kind.before - len(kind.counted)
                kind.counted.extend([now] * more)
                newest = now if more else newest
        if over.is_set() and all(len(kind.counted) >= len(kind.bodies) for kind in kinds):
            break
        assert not over.is_set() or now < newest + PATIENCE_S, "some batches were never counted"
        time.sleep(LOOK_EVERY_S)
    caller.close()


def check(made: served_data.Ready, segments: int) -> None:
    """Some segments against the recompute."""
    some = random.Random(3).sample(range(1, segments + 1), min(VERIFIED, segments))  # noqa: S311
    try:
        run(made.data, "verify", *(f"Segment {number}" for number in some))
    except subprocess.CalledProcessError as error:
        raise AssertionError(error.stdout) from None
    print(f"{len(some)} of {segments:,} segments agree with the recompute, contact by contact")


if __name__ == "__main__":
    main()
