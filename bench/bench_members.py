"""Members paged while they change, and previews, over HTTP; every member accounted for.

`python bench/bench_members.py [CONTACTS [SECONDS]]`; 1,000,000 contacts and 10 s of previews when not
given. Contacts come in as one stream of NDJSON. While one reader pages through a segment of all of them,
10,000 at a time, others leave and come back; who stayed must be on exactly one page.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from server import peak_mb

from carpel.client import Client, requests

CARPEL = [sys.executable, "-m", "carpel"]
PAGE, MOVERS = 10_000, 1_000
CITIES = ("Rome", "Oslo", "Lyon", "Bern", "Kyiv")
PREVIEW = "city = 'Rome' AND age BETWEEN 20 AND 40 AND score > {}"


def main() -> None:
    """Fill, page, preview, tell."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        made = [*CARPEL, "key", "create", "--name", "b", "-p", "*", "-q", "--data", str(data)]
        key = subprocess.run(made, capture_output=True, text=True, check=True).stdout.strip()
        server = subprocess.Popen(
            [*CARPEL, "serve", "--data", str(data), "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            url = next(w for w in server.stdout.readline().split() if w.startswith("http://"))
            with Client(url, key) as client:
                fill(client, many)
                walk(client, Client(url, key), many)
                preview(client, seconds)
            print(f"server at most: {peak_mb(server.pid):,.0f} MB")
        finally:
            server.terminate()
            server.wait()


def fill(client: Client, many: int) -> None:
    """All contacts as one stream."""
    began = time.perf_counter()
    taken = client.stream_contacts(people(many), "applied")
    took = time.perf_counter() - began
    assert taken.created == many, taken
    print(f"{many:,} contacts in {took:.1f} s ({many / took:,.0f} a second), all counted")


def people(many: int) -> Iterator[dict[str, Any]]:
    for number in range(many):
        yield {
            "external_id": f"c{number}",
            "fields": {
                "age": number % 90, "city": CITIES[number % 5], "score": number * 7 % 1_000, "in": 1,
            },
        }  # fmt: skip


def walk(client: Client, mover: Client, many: int) -> None:
    """Page through everybody while some leave and come back."""
    began = time.perf_counter()
    client.create_segment(name="All", sql='"in" = 1')
    print(f"segment made in {time.perf_counter() - began:.2f} s")
    movers = [f"c{number}" for number in range(0, many, max(1, many // MOVERS))]
    over = threading.Event()
    moves = threading.Thread(target=move, args=(mover, movers, over))
    moves.start()
    seen: list[str] = []
    times: list[float] = []
    request = requests.members("All", PAGE)
    cursor = None
    while True:
        began = time.perf_counter()
        page = client.send(request, **({} if cursor is None else {"cursor": cursor}))
        times.append(time.perf_counter() - began)
        seen += [str(one.external_id) for one in page.data]
        cursor = page.next_cursor
        if cursor is None:
            break
    over.set()
    moves.join()
    stayed = {f"c{number}" for number in range(many)} - set(movers)
    assert len(seen) == len(set(seen)), "somebody was seen twice"
    assert stayed <= set(seen), "somebody who stayed was not seen"
    print(
        f"{len(times)} pages of {PAGE:,}: first {times[0] * 1000:.0f} ms, last "
        f"{times[-1] * 1000:.0f} ms, median {statistics.median(times) * 1000:.0f} ms, slowest "
        f"{max(times) * 1000:.0f} ms; {len(stayed):,} who stayed were each seen once"
    )


def move(client: Client, movers: list[str], over: threading.Event) -> None:
    """Let some leave and come back until it is over."""
    turn = 0
    with client:
        while not over.is_set():
            client.send_contacts([{"external_id": who, "fields": {"in": turn}} for who in movers])
            turn = 1 - turn
            over.wait(0.2)
        client.send_contacts(
            [{"external_id": who, "fields": {"in": 1}} for who in movers], "applied"
        )


def preview(client: Client, seconds: float) -> None:
    """Queries of three clauses that nobody has asked before."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or not times:
        began = time.perf_counter()
        client.preview(PREVIEW.format(len(times) * 13 % 1_000))
        times.append(time.perf_counter() - began)
    ordered = sorted(times)
    p99 = ordered[int(len(ordered) * 0.99)]
    print(
        f"{len(times)} previews of three clauses: p50 {statistics.median(times) * 1000:.0f} ms, "
        f"p99 {p99 * 1000:.0f} ms"
    )


if __name__ == "__main__":
    main()
