"""Changes that depend on what is there count once each: among callers, and when the log is replayed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

from support.running import Server, carpel_json, serving

ROUNDS, CALLERS = 25, 4


def track(server: Server, key: str, item: dict[str, Any]) -> None:
    answer = server.post("/users/track", key, {"attributes": [{"external_id": "one", **item}]})
    assert answer.status_code == 201, answer.text


def test_simultaneous_changes_all_count_and_survive_a_kill(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as server:
        key = carpel_json("key", "create", "--name", "k", "-p", "*", "--data", data)["key"]
        track(server, key, {"tags_of": ["start"], "things": [{"id": "start"}]})

        def call(caller: int) -> None:
            for number in range(ROUNDS):
                name = f"{caller}-{number}"
                track(server, key, {"sum": {"inc": 0.1}, "tags_of": {"$add": [name]},
                                    "things": {"$add": [{"id": name, "n": number}]}})  # fmt: skip
                if number % 5 == 4:
                    which = {"$identifier_key": "id", "$identifier_value": name}
                    more = {**which, "$new_object": {"seen": True}}
                    track(server, key, {"tags_of": {"$remove": [name]},
                                        "things": {"$update": [more]}})  # fmt: skip

        with ThreadPoolExecutor(CALLERS) as pool:
            list(pool.map(call, range(CALLERS)))
        server.kill()
    with serving(data) as server:
        found = server.get("/api/v1/contacts/one", key).json()["fields"]
        count = server.post("/api/v1/segments/preview", key, {"sql": "sum = 10"}).json()["count"]
    assert Decimal(str(found["sum"])) == ROUNDS * CALLERS * Decimal("0.1")
    assert count["value"] == 1
    names = {f"{caller}-{number}" for caller in range(CALLERS) for number in range(ROUNDS)}
    gone = {name for name in names if int(name.partition("-")[2]) % 5 == 4}
    assert sorted(found["tags_of"]) == sorted(names - gone | {"start"})
    assert {thing["id"] for thing in found["things"]} == names | {"start"}
    assert len(found["things"]) == len(names) + 1
    assert {thing["id"] for thing in found["things"] if thing.get("seen")} == gone
