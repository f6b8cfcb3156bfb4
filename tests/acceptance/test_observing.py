"""What an operator sees: metrics, log lines with request ids, traces."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from typing_extensions import override

from support.running import Server, carpel, environment, serving


def values(text: str) -> dict[tuple[str, str], float]:
    """Sample name and workspace → value."""
    return {
        (sample.name, sample.labels.get("workspace", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_are_a_workspaces_own_unless_open(tmp_path: Path) -> None:
    data = tmp_path / "data"
    carpel("workspace", "create", "other", "--data", data)
    carpel("segment", "create", "all", "--sql", "TRUE", "--data", data)
    key = carpel("key", "create", "--name", "k", "-p", "*", "-q", "--data", data).stdout.strip()
    with serving(data) as server:
        people = [{"external_id": f"p{n}"} for n in range(7)]
        assert server.post("/api/v1/contacts?wait=applied", key, people).status_code == 202
        assert httpx.get(f"{server.url}/metrics").status_code == 401
        answer = server.get("/metrics", key)
        found = values(answer.text)
        assert found["carpel_contacts", "default"] == found["carpel_members", "default"] == 7
        assert found["carpel_changes_total", "default"] == 7
        assert found["carpel_segments", "default"] == 1
        assert found["carpel_applied_lag_seconds", ""] == found["carpel_log_waiting_bytes", ""] == 0
        kinds = 'carpel_ingested_total{kind="contacts",workspace="default"} 7.0'
        assert kinds in answer.text
        assert 'carpel_ingest_per_second{kind="contacts",workspace="default"} 0.11' in answer.text
        assert found["process_resident_memory_bytes", ""] > 1e6
        assert 'door="native",method="POST",route="/api/v1/contacts",status="202"' in answer.text
        assert not [name for name, workspace in found if workspace == "other"]
    with serving(data, {"CARPEL_METRICS_OPEN": "on"}) as server:
        found = values(httpx.get(f"{server.url}/metrics").text)
        assert found["carpel_contacts", "other"] == 0


def test_contacts_are_counted_through_meetings_and_deletions(tmp_path: Path) -> None:
    data = tmp_path / "data"
    carpel("segment", "create", "all", "--sql", "TRUE", "--data", data)
    key = carpel("key", "create", "--name", "k", "-p", "*", "-q", "--data", data).stdout.strip()

    def counted(server: Server) -> float:
        found = values(server.get("/metrics", key).text)
        assert found["carpel_contacts", "default"] == found["carpel_members", "default"]
        return found["carpel_contacts", "default"]

    with serving(data) as server:
        people = [{"external_id": f"p{n}"} for n in range(7)]
        for items in (people, [{"email": "a@x.example"}]):
            server.post("/api/v1/contacts?wait=applied", key, items)
        assert counted(server) == 8
        both = [{"external_id": "p0", "email": "a@x.example"}]
        server.post("/api/v1/contacts?wait=applied", key, both)
        assert counted(server) == 7
        held = {"Authorization": f"Bearer {key}"}
        gone = httpx.delete(f"{server.url}/api/v1/contacts/p1?wait=applied", headers=held)
        assert gone.is_success, gone.text
        assert counted(server) == 6
    with sqlite3.connect(data / "people.sqlite") as store:  # as before the counts were kept
        store.execute("DELETE FROM counter WHERE name LIKE 'there:%'")
        store.execute("PRAGMA user_version = 14")
    store.close()
    with serving(data) as server:
        assert counted(server) == 6
        server.post("/api/v1/contacts?wait=applied", key, [{"external_id": "p1"}])
        assert counted(server) == 7


def test_log_lines_are_json_with_the_requests_id(tmp_path: Path) -> None:
    variables = {"CARPEL_LOG_FORMAT": "json", "CARPEL_LOG_LEVEL": "info"}
    with subprocess.Popen(
        [sys.executable, "-m", "carpel", "serve", "--data", tmp_path / "data", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(variables),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        url = next(one for one in process.stdout.readline().split() if one.startswith("http://"))
        answer = httpx.get(f"{url}/api/v1/segments?secret=1", headers={"X-Request-Id": "mine-1"})
        assert answer.headers["x-request-id"] == "mine-1"
        process.terminate()
        _, errors = process.communicate(timeout=30)
    lines = [json.loads(line) for line in errors.splitlines()]
    (line,) = [one for one in lines if one.get("request_id") == "mine-1"]
    assert (line["path"], line["status"], line["door"]) == ("/api/v1/segments", 401, "native")
    assert "secret" not in errors


def test_traces_go_where_they_are_wanted(tmp_path: Path) -> None:
    taken: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            taken.append((self.path, body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        @override
        def log_message(self, *_: object) -> None:
            """Be quiet."""

    collector = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=collector.serve_forever)
    thread.start()
    try:
        endpoint = f"http://127.0.0.1:{collector.server_address[1]}"
        with serving(tmp_path / "data", {"CARPEL_OTEL_ENDPOINT": endpoint}) as server:
            httpx.get(f"{server.url}/healthz")
            httpx.get(f"{server.url}/api/v1/segments/any")
            assert server.stop() == 0
    finally:
        collector.shutdown()
        thread.join()
        collector.server_close()
    assert {path for path, _ in taken} == {"/v1/traces"}
    assert any(b"GET operating" in body for _, body in taken)
    assert any(b"GET /api/v1/segments/{segment}" in body for _, body in taken)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_people_store_stays_in_memory_and_is_seen_to_be_used(tmp_path: Path) -> None:
    data = tmp_path / "data"
    key = carpel("key", "create", "--name", "k", "-p", "*", "-q", "--data", data).stdout.strip()
    with serving(data) as server:
        people = [{"external_id": f"p{n}", "email": f"p{n}@example.com"} for n in range(3000)]
        assert server.post("/api/v1/contacts?wait=applied", key, people).status_code == 202
    with serving(data) as server:
        size = (data / "people.sqlite").stat().st_size
        deadline = time.monotonic() + 30
        while (found := in_memory(server.process.pid, "people.sqlite")) != size:
            assert time.monotonic() < deadline, (found, size)


def in_memory(process: int, name: str) -> int:
    """How many bytes of a file a process has mapped and in memory."""
    found, inside = 0, False
    for line in Path(f"/proc/{process}/smaps").read_text().splitlines():
        first, *rest = line.split()
        if not first.endswith(":"):
            inside = bool(rest) and rest[-1].endswith(name)
        elif inside and first == "Rss:":
            found += int(rest[0]) * 1024
    return found
