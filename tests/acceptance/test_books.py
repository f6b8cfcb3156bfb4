"""The main job on real data: import, define, and the same exact counts behind every door."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from support import books
from support.running import SHARED, Server, carpel, carpel_json, serving

DATA = SHARED / "data"
pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the data sets lie beside the project")

PAIRS = int(os.environ.get("CARPEL_TEST_PAIRS", "100"))
WORKSPACES = {"hillstrom": books.HILLSTROM, "cdnow": books.CDNOW}
CASES = [(name, case) for name, cases in WORKSPACES.items() for case in cases]


@dataclass
class Shop:
    """Both data sets imported, their segments made, and a server on them."""

    server: Server
    data: Path
    keys: dict[str, str]
    project_keys: dict[str, str]
    books: dict[str, books.Book]
    reports: dict[str, list[Any]]

    def counts(self, name: str) -> dict[str, Any]:
        answer = self.server.get("/api/v1/segments?limit=1000", self.keys[name]).json()
        return {one["name"]: one for one in answer["data"]}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    data = tmp_path_factory.mktemp("shop") / "data"
    keys, reports = {}, {}
    for name in WORKSPACES:
        carpel("workspace", "create", name, "--data", data)
        reports[name] = [
            carpel_json("import", kind, DATA / f"{name}_{kind}.csv.gz", "-w", name, "--data", data)[
                0
            ]
            for kind in ("contacts", "events")
        ]
        made = carpel("key", "create", "--name", "test", "--permission", "*", "--quiet", "-w", name,
                      "--data", data)  # fmt: skip
        keys[name] = made.stdout.strip()
    with serving(data) as server:
        for name, cases in WORKSPACES.items():
            for case in cases:
                body = {"name": case.name, "sql": case.sql}
                assert server.post("/api/v1/segments", keys[name], body).status_code == 201
        listed = carpel_json("workspace", "list", "--data", data)
        yield Shop(
            server,
            data,
            keys,
            {one["name"]: one["project_key"] for one in listed},
            {name: books.read(DATA, name) for name in WORKSPACES},
            reports,
        )


def test_everything_in_the_files_is_taken(shop: Shop) -> None:
    for name, (contacts, events) in shop.reports.items():
        book = shop.books[name]
        assert contacts["created"] == len(book.contacts)
        assert events["created"] == len(book.events)
        assert contacts["rejected"] == events["rejected"] == 0


@pytest.mark.parametrize(("name", "case"), CASES, ids=[case.name for _, case in CASES])
def test_count_is_what_pandas_counts(shop: Shop, name: str, case: books.Case) -> None:
    expected = case.members(shop.books[name])
    count = shop.counts(name)[case.name]["count"]
    assert count["exact"]
    assert count["value"] == len(expected)
    assert 0 < len(expected) < len(shop.books[name].contacts)


@pytest.mark.parametrize(("name", "case"), CASES, ids=[case.name for _, case in CASES])
def test_members_are_those_pandas_finds(
    shop: Shop, name: str, case: books.Case, tmp_path: Path
) -> None:
    out = tmp_path / "members.ndjson"
    carpel("segment", "members", case.name, "--out", out, "-w", name, "--data", shop.data)
    lines = out.read_text().splitlines()
    assert {json.loads(line)["external_id"] for line in lines} == case.members(shop.books[name])
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize("name", WORKSPACES)
def test_every_door_shows_the_same(shop: Shop, name: str) -> None:
    key, native = shop.keys[name], shop.counts(name)
    braze = shop.server.get("/segments/list", key).json()
    assert [one["name"] for one in braze["segments"]] == list(native)
    assert [one["id"] for one in braze["segments"]] == [one["id"] for one in native.values()]
    batch = shop.server.get(
        "/2.11/segments/list?limit=100", key, **{"X-Batch-Project": shop.project_keys[name]}
    ).json()
    assert [one["display_name"] for one in batch["segments"]] == list(native)
    assert batch["count"] == len(native)
    sendgrid = shop.server.get("/v3/marketing/segments", key).json()
    counts = {one["name"]: one["contacts_count"] for one in sendgrid["results"]}
    assert counts == {title: one["count"]["value"] for title, one in native.items()}
    for one in native.values():
        detail = shop.server.get(f"/v3/marketing/segments/{one['id']}", key).json()
        assert detail["contacts_count"] == one["count"]["value"]
        assert len(detail["contacts_sample"]) == min(50, one["count"]["value"])
        braze_detail = shop.server.get(f"/segments/details?segment_id={one['id']}", key).json()
        assert braze_detail["description"] == one["description"]


@pytest.mark.parametrize("name", WORKSPACES)
def test_verify_finds_no_difference(shop: Shop, name: str) -> None:
    results = carpel_json("verify", "-w", name, "--data", shop.data)
    assert len(results) == len(WORKSPACES[name])
    assert all(one["count"] == one["recomputed"] > 0 for one in results)


@pytest.mark.parametrize("name", WORKSPACES)
def test_why_agrees_with_membership(shop: Shop, name: str) -> None:
    """Random pairs: the answer is the books', its tree adds up, and what decides does."""
    chance = random.Random(name)
    book = shop.books[name]
    everyone = sorted(set(book.contacts["external_id"]))
    members = {case.name: case.members(book) for case in WORKSPACES[name]}
    with httpx.Client(headers={"Authorization": f"Bearer {shop.keys[name]}"}) as client:
        for _ in range(PAIRS // len(WORKSPACES)):
            segment = chance.choice(sorted(members))
            inside = sorted(members[segment]) if chance.random() < 0.5 else everyone
            who = chance.choice(inside)
            url = f"{shop.server.url}/api/v1/segments/{quote(segment, safe='')}/members/{who}"
            told = client.get(url, timeout=60).json()
            assert told["member"] == (who in members[segment]) == adds_up(told["why"])
            assert adds_up(told["why"], turned=True) != told["member"]
            assert (told["since"] is not None) == told["member"]


def adds_up(why: Any, *, turned: bool = False) -> bool:
    """The truth of a tree by its clauses; `turned`: with those that decide being the other way."""
    parts = [adds_up(part, turned=turned) for part in why["parts"]]
    match why["kind"]:
        case "all":
            found = all(parts)
        case "any":
            found = any(parts)
        case "not":
            found = not parts[0]
        case _:
            return bool(why["true"]) != (turned and why["decides"])
    assert turned or found == why["true"]
    return found


def test_importing_again_changes_nothing(shop: Shop) -> None:
    before = {name: shop.counts(name) for name in WORKSPACES}
    for name in WORKSPACES:
        for kind in ("contacts", "events"):
            file = DATA / f"{name}_{kind}.csv.gz"
            (report,) = carpel_json("import", kind, file, "-w", name, "--data", shop.data)
            assert report["created"] == report["updated"] == report["rejected"] == 0
            assert report["unchanged"] == shop.reports[name][kind == "events"]["created"]
    for name in WORKSPACES:
        after = shop.counts(name)
        assert {title: one["count"]["value"] for title, one in after.items()} == {
            title: one["count"]["value"] for title, one in before[name].items()
        }
