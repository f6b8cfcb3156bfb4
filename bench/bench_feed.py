"""The feed under load: 2,000 changes a second, readers and server killed, every member accounted for.

`python bench/bench_feed.py [SECONDS [CHANGES_A_SECOND]]`; two minutes and 2,000 when not given.
"""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx

CARPEL = [sys.executable, "-m", "carpel"]
PEOPLE, BUCKETS, BATCH = 20_000, 10, 100


def run(*arguments: str) -> str:
    done = subprocess.run([*CARPEL, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


class Server:
    """`carpel serve`, killed and begun again on the same port."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, 0
        self.begin()

    def begin(self) -> None:
        self.process = subprocess.Popen(
            [*CARPEL, "serve", "--data", str(self.data), "--port", str(self.port)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.url = next(word for word in line.split() if word.startswith("http://"))
        self.port = int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def write(server: Server, key: str, rate: int, end: float) -> int:
    """Move contacts from bucket to bucket, each move two changes; returns how many moves."""
    moves = 0
    start = time.monotonic()
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
        while time.monotonic() < end:
            who = [(moves + n) % PEOPLE for n in range(BATCH)]
            turn = (moves // PEOPLE + 1) % BUCKETS
            batch = [
                {"external_id": f"p{no}", "fields": {"bucket": (no + turn) % BUCKETS}} for no in who
            ]
            try:
                taken = client.post(f"{server.url}/api/v1/contacts", json=batch).status_code == 202
            except httpx.HTTPError:
                taken = False
            if taken:
                moves += BATCH
            else:
                time.sleep(0.05)
            ahead = start + moves * 2 / rate - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            elif ahead < -1:  # what a dead server missed is not made up for
                start -= ahead
    return moves


def consume(url: str, key: str, state: Path) -> None:
    """Follow the feed; cursor and members change in one transaction. Runs until it is killed."""
    store = sqlite3.connect(state, isolation_level=None)
    store.execute("PRAGMA journal_mode = WAL")
    store.execute("CREATE TABLE IF NOT EXISTS place (cursor TEXT, seq INTEGER)")
    store.execute(
        "CREATE TABLE IF NOT EXISTS member (segment TEXT, contact TEXT, "
        "PRIMARY KEY (segment, contact)) WITHOUT ROWID"
    )
    client = httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=30)
    while True:
        cursor, seq = store.execute("SELECT cursor, seq FROM place").fetchone() or (None, 0)
        query: dict[str, Any] = {"wait": 5, "limit": 2000} | ({"cursor": cursor} if cursor else {})
        try:
            answer = client.get(f"{url}/api/v1/changes", params=query)
        except httpx.HTTPError:
            time.sleep(0.1)
            continue
        if answer.status_code != 200:
            time.sleep(0.1)
            continue
        page = answer.json()
        store.execute("BEGIN")
        for one in page["data"]:
            assert one["seq"] == seq + 1, (one, seq)
            seq = one["seq"]
            place = (one["segment"], one["contact"])
            if one["change"] == "entered":
                store.execute("INSERT INTO member VALUES (?, ?)", place)
            else:
                done = store.execute("DELETE FROM member WHERE segment = ? AND contact = ?", place)
                assert done.rowcount == 1, one
        store.execute("DELETE FROM place")
        store.execute("INSERT INTO place VALUES (?, ?)", (page["next_cursor"], seq))
        store.execute("COMMIT")


def main(seconds: int, rate: int) -> None:  # noqa: PLR0915  (one story, from beginning to end)
    chance = random.Random(1)  # noqa: S311
    with tempfile.TemporaryDirectory() as folder:
        data, state = Path(folder) / "data", Path(folder) / "state.sqlite"
        run("field", "create", "bucket", "--type", "number", "--data", str(data))
        for bucket in range(BUCKETS):
            run(
                "segment",
                "create",
                f"b{bucket}",
                "--sql",
                f"bucket = {bucket}",
                "--data",
                str(data),
            )
        key = run("key", "create", "--name", "k", "-p", "*", "-q", "--data", str(data))
        server = Server(data)
        people = [
            {"external_id": f"p{n}", "fields": {"bucket": n % BUCKETS}} for n in range(PEOPLE)
        ]
        client = httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=120)
        client.post(f"{server.url}/api/v1/contacts?wait=applied", json=people)
        reader = [sys.executable, __file__, "consume", server.url, key, str(state)]
        consumer = subprocess.Popen(reader)
        moves: list[int] = []
        end = time.monotonic() + seconds
        writer = threading.Thread(target=lambda: moves.append(write(server, key, rate, end)))
        writer.start()
        kills = server_kills = 0
        kill_server_at = time.monotonic() + seconds / 3
        while time.monotonic() < end:
            time.sleep(chance.uniform(0.5, 6))
            consumer.send_signal(signal.SIGKILL)
            consumer.wait()
            kills += 1
            if time.monotonic() >= kill_server_at:
                server.kill()
                server.begin()
                server_kills += 1
                kill_server_at = time.monotonic() + seconds / 3
            consumer = subprocess.Popen(reader)
        writer.join()
        wrong, told = compare(client, server, state, consumer)
        print(
            f"{seconds} s: {moves[0]:,} moves taken in; {told - PEOPLE:,} changes told after the first "
            f"{PEOPLE:,} ({(told - PEOPLE) / seconds:,.0f} a second); {kills} kills of the reader, {server_kills} of the "
            f"server; {wrong} of {BUCKETS} segments differ"
        )
        server.kill()
        assert not wrong


def compare(
    client: httpx.Client, server: Server, state: Path, consumer: subprocess.Popen[bytes]
) -> tuple[int, int]:
    """How many segments' members differ from what the changes make of them; and the last change."""
    client.post(f"{server.url}/api/v1/contacts?wait=applied", json={"external_id": "last"})
    newest = client.get(f"{server.url}/api/v1/changes?from=now").json()["next_cursor"]
    store, told = sqlite3.connect(state, timeout=30), 0
    for _ in range(600):
        cursor, told = store.execute("SELECT cursor, seq FROM place").fetchone() or ("", 0)
        if cursor == newest:
            break
        assert consumer.poll() is None, "the reader found something wrong"
        time.sleep(0.1)
    wrong = 0
    for bucket in range(BUCKETS):
        segment = client.get(f"{server.url}/api/v1/segments/b{bucket}").json()["id"]
        page = client.get(f"{server.url}/api/v1/segments/b{bucket}/members?limit=10000").json()
        rebuilt = store.execute("SELECT contact FROM member WHERE segment = ?", (segment,))
        wrong += {one["id"] for one in page["data"]} != {row[0] for row in rebuilt}
    consumer.kill()
    consumer.wait()
    return wrong, told


if __name__ == "__main__":
    if sys.argv[1:2] == ["consume"]:
        consume(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    else:
        main(*(int(one) for one in (*sys.argv[1:], *("120", "2000")[len(sys.argv) - 1 :])))
