"""Requests repeated with an Idempotency-Key after `kill -9`: each is done once, whatever the moment."""

from __future__ import annotations

import contextlib
import json
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from carpel.surfaces.wire.lines import MOST_LINES
from support.running import Server, carpel, serving

ROUNDS = 2
MANY = 2 * MOST_LINES


def post(server: Server, key: str, path: str, body: Any, repeat: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": repeat}
    if isinstance(body, dict):
        return httpx.post(f"{server.url}/api/v1{path}", json=body, headers=headers, timeout=60)
    headers["Content-Type"] = "application/x-ndjson"
    return httpx.post(f"{server.url}/api/v1{path}", content=body, headers=headers, timeout=60)


def new_key(data: Path) -> str:
    made = carpel("key", "create", "--name", "t", "-p", "*", "--quiet", "--data", data)
    return made.stdout.strip()


def with_events(server: Server, key: str, name: str, each: str) -> int:
    sql = (
        f"contact_id IN (SELECT contact_id FROM event_data WHERE event_type = '{name}' "
        f"GROUP BY contact_id HAVING COUNT(*) {each})"
    )
    found = server.post("/api/v1/segments/preview", key, {"sql": sql}).json()
    value: int = found["count"]["value"]
    return value


def test_requests_cut_off_by_a_kill_are_done_once(tmp_path: Path) -> None:
    """Events have no id of their own: whatever is done twice is counted twice."""
    data = tmp_path / "data"
    key = new_key(data)
    chance = random.Random(11)
    sent = 0
    for turn in range(ROUNDS + 1):
        with serving(data) as server:
            if sent:  # the last one's answer was never seen
                for _ in range(2):
                    assert post(server, key, "/events", hit(sent), f"hit-{sent}").status_code == 202
                server.post("/api/v1/contacts?wait=applied", key, {"external_id": "last"})
                assert with_events(server, key, "hit", "= 1") == sent
                assert with_events(server, key, "hit", "> 1") == 0
            if turn < ROUNDS:
                timer = threading.Timer(chance.uniform(0.2, 0.4), server.kill)
                timer.start()
                with contextlib.suppress(httpx.HTTPError):
                    while True:
                        sent += 1
                        answer = post(server, key, "/events", hit(sent), f"hit-{sent}")
                        assert answer.status_code == 202
                timer.join()


def hit(number: int) -> dict[str, Any]:
    return {"external_id": f"k{number}", "event": "hit", "time": "2026-01-01"}


def test_a_long_body_cut_off_by_a_kill_goes_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    key = new_key(data)
    with serving(data) as server:

        def until_killed() -> Iterator[bytes]:
            for number, line in enumerate(lines(), 1):
                yield line
                if number > MOST_LINES + 10:
                    while with_events(server, key, "seen", "= 1") < MOST_LINES:
                        server.post("/api/v1/contacts?wait=applied", key, {"external_id": "x"})
                    server.kill()

        try:
            post(server, key, "/events?on_error=skip", until_killed(), "whole")
        except httpx.HTTPError:
            pass
        else:
            raise AssertionError("the server was killed")
    with serving(data) as server:
        assert with_events(server, key, "seen", "= 1") == MOST_LINES
        answer = post(server, key, "/events?on_error=skip", lines(), "whole")
        assert (answer.status_code, answer.json()["accepted"]) == (202, MANY)
        server.post("/api/v1/contacts?wait=applied", key, {"external_id": "last"})
        assert with_events(server, key, "seen", "= 1") == MANY


def lines() -> Iterator[bytes]:
    for number in range(MANY):
        one = {"external_id": f"s{number}", "event": "seen", "time": "2026-01-01"}
        yield json.dumps(one).encode() + b"\n"
