"""The feed under `kill -9` of the server and of its readers: nothing missing, nothing twice."""

from __future__ import annotations

import random
import threading
from pathlib import Path
from typing import Any

import httpx

from support.running import Server, carpel, serving

PEOPLE = 200
SEGMENTS = {"low": "n < 50", "even": "half = 0", "some": "n > 20 AND half = 1"}
ROUNDS = 3


class Reader:
    """Follows the feed from a cursor that it keeps; may stop and go on at any change."""

    def __init__(self) -> None:
        self.cursor: str | None = None
        self.last = 0
        self.members: dict[str, set[str]] = {}

    def take(self, server: Server, key: str, wait: int = 0) -> int:
        query = {"limit": "100", "wait": str(wait)} | (
            {"cursor": self.cursor} if self.cursor else {}
        )
        answer = httpx.get(
            f"{server.url}/api/v1/changes",
            params=query,
            headers={"Authorization": f"Bearer {key}"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        page = answer.json()
        for one in page["data"]:
            assert one["seq"] == self.last + 1
            self.last = one["seq"]
            members = self.members.setdefault(one["segment"], set())
            assert (one["contact"] in members) == (one["change"] == "left")
            (members.add if one["change"] == "entered" else members.remove)(one["contact"])
        self.cursor = page["next_cursor"]
        return len(page["data"])


def write(server: Server, key: str, chance: random.Random, stop: threading.Event) -> None:
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
        while not stop.is_set():
            batch: list[Any] = [
                {
                    "external_id": f"p{chance.randrange(PEOPLE)}",
                    "fields": {"n": chance.randrange(100), "half": chance.randrange(2)},
                }
                for _ in range(20)
            ]
            try:
                client.post(f"{server.url}/api/v1/contacts", json=batch)
            except httpx.HTTPError:
                return  # the server was killed


def test_a_reader_rebuilds_every_segment_through_kills(tmp_path: Path) -> None:
    data = tmp_path / "data"
    chance = random.Random(7)
    for name in ("n", "half"):
        carpel("field", "create", name, "--type", "number", "--data", data)
    for name, sql in SEGMENTS.items():
        carpel("segment", "create", name, "--sql", sql, "--data", data)
    key = carpel("key", "create", "--name", "k", "-p", "*", "-q", "--data", data).stdout.strip()
    reader = Reader()
    for _ in range(ROUNDS):
        with serving(data) as server:
            stop = threading.Event()
            writer = threading.Thread(target=write, args=(server, key, chance, stop))
            writer.start()
            enough = reader.last + chance.randint(500, 1_500)
            while reader.last < enough:
                reader.take(server, key, wait=5)
            server.kill()
            writer.join()
    with serving(data) as server:
        for name in SEGMENTS:
            page = server.get(f"/api/v1/segments/{name}/members?limit=10000", key).json()
            segment = server.get(f"/api/v1/segments/{name}", key).json()["id"]
            while reader.take(server, key):
                pass
            assert reader.members[segment] == {one["id"] for one in page["data"]}
