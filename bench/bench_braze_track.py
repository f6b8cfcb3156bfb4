"""1,000 users a second through Braze's `/users/track` in batches of 75, two segments staying exact.

A real server, real HTTP on four connections. What was sent is counted independently; every few
seconds, as soon as the last batch is acknowledged, the counts must become exactly that.

    python bench/bench_braze_track.py [seconds]
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

USERS_A_SECOND = 1_000
BATCH = 75
EVENTS_A_BATCH = 25
POPULATION = 50_000
CONNECTIONS = 4
CHECK_EVERY_S = 5
CITIES = ("Rome", "Oslo", "Lima", "Pune", "Bonn")
SEGMENTS = {
    "by attributes": "score >= 50 AND visits > 2 AND bench_city = 'Rome'",
    "by events": "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'bench_seen'"
    " AND properties.level >= 5 GROUP BY contact_id HAVING COUNT(*) >= 2)",
}


class Books:
    """What the users must be, by what was sent."""

    def __init__(self) -> None:
        self.users: dict[int, dict[str, Any]] = {}

    def take(self, user: int, score: int, city: str) -> None:
        known = self.users.setdefault(user, {"visits": 0, "seen": 0})
        known |= {"score": score, "city": city, "visits": known["visits"] + 1}

    def see(self, user: int, level: int) -> None:
        self.users[user]["seen"] += level >= 5

    def counts(self) -> dict[str, int]:
        everyone = self.users.values()
        return {
            "by attributes": sum(
                one["score"] >= 50 and one["visits"] > 2 and one["city"] == "Rome"
                for one in everyone
            ),
            "by events": sum(one["seen"] >= 2 for one in everyone),
        }


class Sender:
    """One connection with users of its own, so that the order of their changes is known."""

    def __init__(self, url: str, key: str, number: int) -> None:
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"})
        self.thread = ThreadPoolExecutor(1)
        self.users = range(number, POPULATION, CONNECTIONS)
        self.chances = random.Random(number)  # noqa: S311  (the same users every time)

    def batch(self, books: Books) -> Future[float]:
        attributes, events = [], []
        for place, user in enumerate(self.chances.sample(self.users, BATCH)):
            score, city = self.chances.randrange(100), self.chances.choice(CITIES)
            books.take(user, score, city)
            who = {"external_id": f"b{user}"}
            attributes.append({**who, "score": score, "bench_city": city, "visits": {"inc": 1}})
            if place < EVENTS_A_BATCH:
                level = self.chances.randrange(10)
                books.see(user, level)
                events.append({**who, "name": "bench_seen", "time": "2026-01-01T00:00:00Z",
                               "properties": {"level": level}})  # fmt: skip
        return self.thread.submit(self._post, {"attributes": attributes, "events": events})

    def _post(self, body: Any) -> float:
        began = time.perf_counter()
        answer = self.http.post("/users/track", json=body, timeout=30)
        assert answer.status_code == 201, answer.text
        assert answer.json() == {
            "attributes_processed": BATCH, "events_processed": EVENTS_A_BATCH, "message": "success",
        }  # fmt: skip
        return time.perf_counter() - began


def main() -> None:
    """Print the figures; end with an error when a count is wrong."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder) / "data") as url:
        key = _carpel("key", "create", "--name", "bench", "-p", "*", "--data", f"{folder}/data")
        senders = [Sender(url, key["key"], number) for number in range(CONNECTIONS)]
        books = Books()
        waits = [senders[0].batch(books).result()]  # makes the fields
        http = senders[0].http
        for name, sql in SEGMENTS.items():
            made = http.post("/api/v1/segments", json={"name": name, "sql": sql})
            assert made.status_code == 201, made.text
        lags = _drive(senders, books, waits, seconds)
        for sender in senders:
            sender.http.close()
            sender.thread.shutdown()
    waits.sort()
    print(
        f"{os.cpu_count()} processors; counts were right {len(lags)} times of {len(lags)}, the"
        f" newest after {statistics.median(lags):.2f} s (median), {max(lags):.2f} s (longest);"
        f" a batch took {waits[len(waits) // 2] * 1000:.0f} ms (median),"
        f" {waits[len(waits) * 99 // 100] * 1000:.0f} ms (99th of 100)"
    )


def _drive(senders: list[Sender], books: Books, waits: list[float], seconds: float) -> list[float]:
    """Send at the pace for so long; returns how long counts took to be exact after the last batch."""
    began = time.perf_counter()
    pending: list[Future[float]] = []
    lags: list[float] = []
    sent = 0
    check_at = float(CHECK_EVERY_S)
    while (now := time.perf_counter() - began) < seconds or not lags:
        due = sent * BATCH / USERS_A_SECOND
        if now < due:
            time.sleep(due - now)
        pending.append(senders[sent % CONNECTIONS].batch(books))
        sent += 1
        if now >= check_at or now + 0.1 >= seconds:
            waits += [one.result() for one in pending]
            pending.clear()
            lags.append(_check(senders[0].http, books.counts()))
            check_at += CHECK_EVERY_S
    waits += [one.result() for one in pending]
    took = time.perf_counter() - began
    lags.append(_check(senders[0].http, books.counts()))
    users, events = sent * BATCH, sent * EVENTS_A_BATCH
    print(
        f"{users:,} users and {events:,} events in {took:.1f} s: {users / took:,.0f} users a second,"
        f" {len(books.users):,} different ones; at the end {books.counts()}"
    )
    return lags


def _check(http: httpx.Client, wanted: dict[str, int]) -> float:
    """Wait until both counts are exact as of now, and compare."""
    began, asked_at = time.perf_counter(), time.time()
    for name, expected in wanted.items():
        while True:
            count = http.get(f"/api/v1/segments/{name}").json()["count"]
            if count["exact"] and _seconds(count["at"]) >= asked_at:
                break
            time.sleep(0.005)
        assert count["value"] == expected, f"{name}: {count['value']}, not {expected}"
    return time.perf_counter() - began


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


@contextmanager
def _server(data: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "carpel", "serve", "--data", str(data), "--port", "0"]
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "CARPEL_RATE_LIMITS": "off"}
    )
    assert running.stdout is not None
    try:
        line = running.stdout.readline()
        yield next(word for word in line.split() if word.startswith("http://"))
    finally:
        running.terminate()
        running.wait(timeout=60)


def _carpel(*arguments: str) -> Any:
    command = [sys.executable, "-m", "carpel", *arguments, "--json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    main()
