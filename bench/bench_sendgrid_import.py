"""SendGrid's door taking contacts in: one upsert of 30,000, and 1,000,000 through `imports`.

Times run from the request to the finished job, and for the upsert also to the 202, which means
durable. Memory is the server's peak resident size. Answers are checked: counts, a custom field, a
segment. Arguments: how many rows to import (1,000,000).
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from server import peak_mb

UPSERTED = 30_000
ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
ALL = "SELECT contact_id, updated_at FROM contact_data"


def main() -> None:
    """Print both measurements."""
    environment = {**os.environ, "CARPEL_RATE_LIMITS": "off"}
    with tempfile.TemporaryDirectory() as folder:
        data = str(Path(folder) / "data")
        command = [sys.executable, "-m", "carpel"]
        made = subprocess.run(
            [*command, "key", "create", "--name", "bench", "-p", "*", "--quiet", "--data", data],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        server = subprocess.Popen(
            [*command, "serve", "--data", data, "--port", "0"],
            stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        assert server.stdout is not None
        try:
            url = next(w for w in server.stdout.readline().split() if w.startswith("http"))
            headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
            with httpx.Client(base_url=url, headers=headers, timeout=600) as client:
                _measure(client, server.pid, Path(folder))
        finally:
            server.terminate()
            server.wait()


def _measure(client: httpx.Client, pid: int, folder: Path) -> None:
    field = _ask(client, "POST", "/field_definitions", {"name": "spent", "field_type": "Number"})
    segment = _ask(
        client,
        "POST",
        "/segments/2.0",
        {"name": "Spenders", "query_dsl": f"{ALL} WHERE spent >= 500"},
    )
    people = [
        {"email": f"u{n}@upserted.example.com", "first_name": f"N{n}",
         "custom_fields": {field["id"]: n % 1000}}
        for n in range(UPSERTED)
    ]  # fmt: skip
    body = json.dumps({"contacts": people}).encode()
    start = time.perf_counter()
    job = client.put("/v3/marketing/contacts", content=body).json()["job_id"]
    durable = time.perf_counter() - start
    found = _job(client, job)
    done = time.perf_counter() - start
    assert found["results"] == {"requested_count": UPSERTED, "created_count": UPSERTED}, found
    print(
        f"upsert of {UPSERTED:,} in one call ({len(body) / 1e6:.1f} MB): 202 after {durable:.2f} s, "
        f"applied after {done:.2f} s, peak {peak_mb(pid)} MB"
    )
    content = _file(folder)
    mappings = ["_rf2_T", "_rf0_T", "_rf1_T", "_rf6_T", field["id"], "_rf25_T"]
    request = {"file_type": "csv", "field_mappings": mappings}
    start = time.perf_counter()
    link = _ask(client, "PUT", "/contacts/imports", request)
    with content.open("rb") as stream:
        sent = httpx.put(link["upload_uri"], content=stream, timeout=600)
    assert sent.status_code == 200, sent.text
    uploaded = time.perf_counter() - start
    found = _job(client, link["job_id"])
    done = time.perf_counter() - start
    assert found["results"] == {"requested_count": ROWS, "created_count": ROWS}, found
    counted = _ask(client, "GET", "/contacts/count")["contact_count"]
    assert counted == ROWS + UPSERTED, counted
    expected = sum(n % 1000 >= 500 for n in range(ROWS)) + UPSERTED // 2
    members = _ask(client, "GET", f"/segments/2.0/{segment['id']}?contacts_sample=false")
    assert members["contacts_count"] == expected, (members["contacts_count"], expected)
    size = content.stat().st_size / 1e6
    print(
        f"import of {ROWS:,} ({size:.0f} MB gzip): uploaded after {uploaded:.2f} s, job completed "
        f"after {done:.1f} s ({ROWS / done:,.0f} contacts/s), peak {peak_mb(pid)} MB"
    )


def _file(folder: Path) -> Path:
    place = folder / "contacts.csv.gz"
    with gzip.open(place, "wt", compresslevel=1) as text:
        text.write("email,first_name,last_name,city,spent,external_id\n")
        for n in range(ROWS):
            text.write(f"c{n}@example.com,First{n % 5000},Last{n % 7000},City{n % 300},"
                       f"{n % 1000}.5,ext-{n}\n")  # fmt: skip
    return place


def _ask(client: httpx.Client, method: str, path: str, body: Any = None) -> Any:
    answer = client.request(method, f"/v3/marketing{path}", json=body)
    assert answer.status_code < 300, answer.text
    return answer.json()


def _job(client: httpx.Client, job: str) -> Any:
    while True:
        found = _ask(client, "GET", f"/contacts/imports/{job}")
        if found["status"] != "pending":
            return found
        time.sleep(0.05)


if __name__ == "__main__":
    main()
