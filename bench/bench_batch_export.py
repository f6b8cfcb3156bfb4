"""An export of 64,000 profiles of a segment through Batch's door, over real HTTP.

Uses Hillstrom's contacts when they lie beside the project, else generated ones of the same size. Each
round asks for an export, polls it, fetches every part as clients do, and checks every profile against
the file. Printed: the time from the request to SUCCESS, the time to fetch, parts, and the server's
peak memory.
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
ROUNDS = 5
CONTACTS = 64_000
# As clients do, only quicker: the time of an export is known to so much.
POLL_S = 0.02
PART_LIMIT = 100_000_000
ENVIRONMENT = {**os.environ, "CARPEL_RATE_LIMITS": "off"}


def main() -> None:
    """Print each round and the medians."""
    with tempfile.TemporaryDirectory() as folder:
        contacts = _contacts(Path(folder))
        rows = {row["external_id"]: row for row in _rows(contacts)}
        data = str(Path(folder) / "data")
        _carpel("import", "contacts", str(contacts), "--data", data)
        names = [name for name in next(iter(rows.values())) if name not in ("external_id", "email")]
        names = [name for name in names if name != "created_at"]
        print(f"{contacts.name}: {len(rows):,} contacts, {len(names) + 1} attributes of each")
        with _serving(data) as (client, peak):
            rounds = [_round(client, rows, names) for _ in range(ROUNDS)]
        written, fetched = zip(*rounds, strict=True)
        print(
            f"median: written in {statistics.median(written):.2f} s, fetched and checked in "
            f"{statistics.median(fetched):.2f} s; the server's peak {peak[0]} MB"
        )


def _round(client: httpx.Client, rows: dict[str, Any], names: list[str]) -> tuple[float, float]:
    start = time.perf_counter()
    request = {
        "export_type": "ATTRIBUTES", "identifiers": ["custom_id"],
        "attributes": ["$email_address", *names], "filter": {"segment": "EVERYONE"},
    }  # fmt: skip
    answer = client.post("/2.11/profiles/export", json=request)
    assert answer.status_code == 202, answer.text
    while True:
        shown = client.get("/2.11/exports/view", params={"id": answer.json()["id"]}).json()
        if shown["status"] not in ("CREATED", "PENDING", "RUNNING"):
            break
        time.sleep(POLL_S)
    written = time.perf_counter() - start
    assert shown["status"] == "SUCCESS", shown
    start = time.perf_counter()
    missing = dict(rows)
    for place, file in enumerate(shown["files"], start=1):
        fetched = httpx.get(file["url"], timeout=60)
        assert (file["part"], file["size"]) == (place, len(fetched.content))
        assert file["size"] <= PART_LIMIT
        for line in fetched.content.splitlines():
            profile = json.loads(line, parse_float=str, parse_int=str)
            row = missing.pop(profile["identifiers"]["custom_id"])  # each exactly once
            _check(profile["attributes"], row, names)
    assert not missing, f"{len(missing):,} profiles are missing"
    took = time.perf_counter() - start
    size = sum(file["size"] for file in shown["files"])
    print(
        f"  {len(rows):,} profiles in {len(shown['files'])} parts, {size / 1e6:.1f} MB: "
        f"written in {written:.2f} s, fetched and checked in {took:.2f} s"
    )
    return written, took


def _check(found: dict[str, Any], row: dict[str, str], names: list[str]) -> None:
    """Every value is the file's, digit for digit but for trailing zeros."""
    assert found["$email_address"] == row["email"].lower()
    for name in names:
        wanted = row[name]
        if "." in wanted:
            wanted = wanted.rstrip("0").rstrip(".")
        assert found.get(name, "") == wanted, (name, found, row)


@contextmanager
def _serving(data: str) -> Iterator[tuple[httpx.Client, list[int]]]:
    """A server with a segment of everyone; its peak memory is in the list when it has ended."""
    (workspace,) = json.loads(_carpel("workspace", "list", "--data", data, "--json"))
    key = _carpel(
        "key", "create", "--name", "bench", "--permission", "*", "--quiet", "--data", data
    )
    command = [sys.executable, "-m", "carpel", "serve", "--data", data, "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)
    assert server.stdout is not None
    url = next(word for word in server.stdout.readline().split() if word.startswith("http://"))
    headers = {
        "Authorization": f"Bearer {key.strip()}",
        "X-Batch-Project": workspace["project_key"],
    }
    peak: list[int] = []
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        client.post("/api/v1/segments", json={"name": "Everyone", "sql": "TRUE"}).raise_for_status()
        yield client, peak
    server.terminate()
    _, status, usage = os.wait4(server.pid, 0)
    server.returncode = status
    server.stdout.close()
    peak.append(usage.ru_maxrss // 1024)


def _carpel(*arguments: str) -> str:
    command = [sys.executable, "-m", "carpel", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file, "rt", newline="") as stream:
        yield from csv.DictReader(stream)


def _contacts(folder: Path) -> Path:
    found = SHARED / "hillstrom_contacts.csv.gz"
    if found.exists():
        return found
    chance = random.Random(1)  # noqa: S311
    file = folder / "contacts.csv.gz"
    with gzip.open(file, "wt", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["external_id", "email", "recency", "history", "area", "newbie", "channel",
                         "segment", "spend", "first_name", "last_name", "city"])  # fmt: skip
        for n in range(CONTACTS):
            writer.writerow([f"h{n}", f"h{n}@example.com", chance.randrange(12), f"{chance.uniform(29, 3000):.2f}",
                             chance.choice(["Rural", "Urban"]), n % 2, chance.choice(["Web", "Phone"]),
                             "Mens E-Mail", f"{chance.uniform(0, 500):.2f}", f"First{n}", f"Last{n}",
                             chance.choice(["Paris", "Lyon", "Nantes"])])  # fmt: skip
    return file


if __name__ == "__main__":
    main()
