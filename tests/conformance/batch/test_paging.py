"""Pages of a listing that changes, and cursors that are not what was given (contracts/batch.md §2.5)."""

from __future__ import annotations

import base64
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from conftest import Account
from support.batch import Project, refused

SEGMENTS = 500
CHANGES = 150
SAMPLE = "U0VHRU1FTlQtQ09ERUAyMDI2LTAxLTAxVDAwOjAwOjAwWg=="


class Crowd:
    """500 segments, of which some go while others come."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.project = Project(account)
        self.ids: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.made: set[str] = set()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.make, [f"C {number}" for number in range(SEGMENTS)]))
        self.first = set(self.ids)

    def make(self, name: str) -> str:
        made = self.account.native("/segments", {"name": name, "sql": "TRUE"})
        self.ids[made["code"]] = made["id"]
        code: str = made["code"]
        return code

    def change(self, paging: threading.Event) -> None:
        """Create, delete and edit until nobody pages any more."""
        chance = random.Random(2)
        client, key = self.account.server.client, {"Authorization": f"Bearer {self.account.key}"}
        base = f"{self.account.server.url}/api/v1/segments"
        for number in range(CHANGES):
            self.made.add(self.make(f"New {number}"))
            gone = chance.choice(sorted(self.first - self.deleted))
            self.deleted.add(gone)
            assert client.delete(f"{base}/{self.ids[gone]}", headers=key).status_code < 300
            kept = chance.choice(sorted(self.first - self.deleted))
            edited = client.patch(
                f"{base}/{self.ids[kept]}", headers=key, json={"name": f"Edited {number}"}
            )
            assert edited.status_code == 200
            if not paging.is_set():
                break

    def walk(self, limit: int) -> list[str]:
        """All codes, page by page."""
        codes: list[str] = []
        query: dict[str, str | int] = {"limit": limit}
        with httpx.Client(headers=self.project.headers) as client:
            while True:
                page = client.get(self.project.url("/segments/list"), params=query).json()
                assert len(page["segments"]) <= limit
                codes += [one["code"] for one in page["segments"]]
                if not page["has_more"]:
                    return codes
                query["from"] = page["next_from"]


def test_each_surviving_segment_is_seen_exactly_once(account: Account) -> None:
    crowd = Crowd(account)
    paging = threading.Event()
    paging.set()
    with ThreadPoolExecutor(4) as pool:
        changing = pool.submit(crowd.change, paging)
        walks = [pool.submit(crowd.walk, limit) for limit in (1, 10, 100)]
        seen = [walk.result() for walk in walks]
        paging.clear()
        changing.result()
    survivors = crowd.first - crowd.deleted
    assert crowd.deleted
    assert crowd.made
    for codes in seen:
        assert len(codes) == len(set(codes))
        assert survivors <= set(codes)
        assert set(codes) <= crowd.first | crowd.made | set(account_codes(account))
    assert crowd.walk(100) == crowd.walk(7)


def account_codes(account: Account) -> list[str]:
    return [one["code"] for one in account.segments.values()]


@pytest.fixture(scope="module")
def project(account: Account) -> Project:
    return Project(account)


def test_every_altered_cursor_is_a_400(project: Project) -> None:
    """Each character in turn, and each end cut off."""
    cursor = project.get("/segments/list", limit=2).json()["next_from"]
    assert project.get("/segments/list", **{"from": cursor}).status_code == 200
    chance = random.Random(3)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    altered = [
        cursor[:place] + chance.choice(letters.replace(cursor[place], "")) + cursor[place + 1 :]
        for place in range(len(cursor.rstrip("=")))
    ]
    cut = [cursor[:length] for length in range(len(cursor))]
    for wrong in [*altered, *cut, cursor + "A", "A" + cursor, cursor + cursor]:
        refused(project.get("/segments/list", **{"from": wrong}), 400, "MALFORMED_PARAMETER")


def test_cursors_of_others_are_a_400(project: Project, stranger: Account) -> None:
    stranger.native("/segments", {"name": "Second", "sql": "TRUE"})
    theirs = Project(stranger).get("/segments/list", limit=1).json()["next_from"]
    audiences = project.get("/audiences/list", limit=1).json()["next_from"]
    for foreign in (theirs, audiences, "676DEZREZ"):
        refused(project.get("/segments/list", **{"from": foreign}), 400, "MALFORMED_PARAMETER")
    assert Project(stranger).get("/segments/list", **{"from": theirs}).status_code == 200


def test_the_samples_cursor_is_a_place_in_time(project: Project) -> None:
    assert base64.b64decode(SAMPLE) == b"SEGEMENT-CODE@2026-01-01T00:00:00Z"
    everything = project.get("/segments/list", limit=100).json()
    assert project.get("/segments/list", limit=100, **{"from": SAMPLE}).json() == everything
    late = base64.b64encode(b"SEGEMENT-CODE@2999-01-01T00:00:00Z").decode()
    assert project.get("/segments/list", **{"from": late}).json()["segments"] == []


def test_a_cursor_holds_when_its_own_segment_is_edited_or_gone(stranger: Account) -> None:
    project, server = Project(stranger), stranger.server
    made = [stranger.native("/segments", {"name": f"Held {n}", "sql": "TRUE"}) for n in range(3)]
    query: dict[str, str | int] = {"limit": 1}
    while True:
        page = project.get("/segments/list", **query).json()
        query["from"] = page["next_from"]
        if page["segments"][0]["code"] == made[0]["code"]:
            break
    key = {"Authorization": f"Bearer {stranger.key}"}
    base = f"{server.url}/api/v1/segments/{made[0]['id']}"
    assert server.client.patch(base, headers=key, json={"code": "ANOTHER"}).status_code == 200
    assert project.get("/segments/list", **query).json()["segments"][0]["code"] == made[1]["code"]
    assert server.client.delete(base, headers=key).status_code < 300
    assert project.get("/segments/list", **query).json()["segments"][0]["code"] == made[1]["code"]
