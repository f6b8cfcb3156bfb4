"""`POST /users/export/segment` and `/export/segment/cancel` (contracts/braze.md §3.4, §4.1)."""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from carpel.kit.clock import HOUR
from support.braze import BrazeHouse, braze_house

USERS = 1_100


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrazeHouse]:
    with braze_house(Path(tmp_path_factory.mktemp("exports")) / "data") as opened:
        opened.put(*({"external_id": f"x{n}", "email": f"x{n}@example.com", "fields": {"n": n}}
                     for n in range(USERS)))  # fmt: skip
        opened.segment("Even", "n % 2 = 0")
        yield opened


def begin(inside: BrazeHouse, segment: str = "Even", **more: Any) -> Any:
    segment_id = inside.client.get(f"/segments/{segment}")["id"]
    return inside.braze.post("/users/export/segment", json={"segment_id": segment_id, **more})


def finished(inside: BrazeHouse) -> None:
    workspace = inside.service.workspaces.read("default").no
    for job in inside.service.jobs.list_of(workspace):
        assert inside.service.jobs.wait(job.id, 60)


def test_a_segment_is_exported_as_recorded(inside: BrazeHouse) -> None:
    answer = begin(
        inside, fields_to_export=["external_id", "email"], custom_attributes_to_export=["n"]
    )
    assert answer.status_code == 201
    assert list(answer.json()) == ["object_prefix", "url", "message"]
    assert re.fullmatch(r"[0-9a-f-]{36}-\d{10}", answer.json()["object_prefix"])
    assert answer.json()["url"].endswith(".zip")
    finished(inside)
    fetched = inside.braze.get(answer.json()["url"])
    assert fetched.status_code == 200
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as archive:
        lines = [line for name in archive.namelist() for line in archive.read(name).splitlines()]
    users = [json.loads(line) for line in lines]
    assert sorted(users, key=lambda user: user["custom_attributes"]["n"]) == [
        {"external_id": f"x{n}", "email": f"x{n}@example.com", "custom_attributes": {"n": n}}
        for n in range(0, USERS, 2)
    ]


def test_links_expire(inside: BrazeHouse) -> None:
    url = begin(inside).json()["url"]
    finished(inside)
    assert inside.braze.get(url).status_code == 200
    inside.clock.advance(4 * HOUR)
    assert inside.braze.get(url).status_code == 403


def test_one_export_of_a_segment_at_a_time(inside: BrazeHouse) -> None:
    inside.segment("Odd", "n % 2 = 1")
    with inside.service.ingest.paused():
        waiting = inside.client.post("/contacts", {"external_id": "late", "fields": {"n": 1}})
        assert waiting["accepted"] == 1
        first = begin(inside, "Odd")  # it waits for what was acknowledged before it
        assert inside.braze.get(first.json()["url"]).status_code == 404
        second = begin(inside, "Odd")
        assert second.status_code == 429
        assert list(second.json()) == ["message"]
    finished(inside)
    assert inside.braze.get(first.json()["url"]).status_code == 200
    assert begin(inside, "Odd").status_code == 201
    finished(inside)


def test_running_exports_can_be_cancelled(inside: BrazeHouse) -> None:
    segment = inside.segment("Cancelled", "n > 5")
    with inside.service.ingest.paused():
        inside.client.post("/contacts", {"external_id": "later", "fields": {"n": 7}})
        url = begin(inside, "Cancelled").json()["url"]
        answer = inside.braze.post("/export/segment/cancel", json={"segment_id": segment["id"]})
        assert (answer.status_code, answer.json()) == (201, {"message": "success"})
    finished(inside)
    assert inside.braze.get(url).status_code == 404
    unknown = inside.braze.post("/export/segment/cancel", json={"segment_id": "x"})
    assert unknown.status_code == 400


def test_the_callback_is_told(inside: BrazeHouse) -> None:
    told: list[Any] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        @override
        def log_message(self, format: str, *args: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/done"
        answer = begin(inside, callback_endpoint=url, fields_to_export=["email"])
        finished(inside)
    finally:
        server.shutdown()
        server.server_close()
    assert told == [{"success": True, "url": answer.json()["url"]}]


@pytest.mark.parametrize("more", [{"segment_id": "x"}, {"segment_id": None}, {"output_format": "gzip"},
                                  {"fields_to_export": "email"}, {"callback_endpoint": "ftp://x"},
                                  {"custom_attributes_to_export": ["a"] * 501}])  # fmt: skip
def test_what_makes_no_sense_is_a_400(inside: BrazeHouse, more: Any) -> None:
    assert begin(inside, **more).status_code == 400
