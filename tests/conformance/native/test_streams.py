"""The feed by long polling and as server-sent events; members as NDJSON."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from conftest import Account


def settled(account: Account) -> str:
    """A cursor after all that has happened so far."""
    account.native("/contacts?wait=applied", {"external_id": "nobody"})
    account.native("/segments/Streamed/members")  # answers when the feed holds them too
    cursor: str = account.native("/changes?from=now")["next_cursor"]
    return cursor


def move(account: Account, who: str, age: int) -> None:
    account.native("/contacts", {"external_id": who, "fields": {"age": age}})


def later(account: Account, who: str, age: int) -> threading.Timer:
    timer = threading.Timer(0.2, move, (account, who, age))
    timer.start()
    return timer


@pytest.fixture
def segment(account: Account) -> Iterator[str]:
    made = account.native("/segments", {"name": "Streamed", "sql": "age > 1000"})
    yield made["id"]
    headers = {"Authorization": f"Bearer {account.key}"}
    url = f"{account.server.url}/api/v1/segments/{made['id']}"
    assert httpx.delete(url, headers=headers).status_code == 204


def test_a_waiting_reader_is_told_at_once(account: Account, segment: str) -> None:
    cursor = settled(account)
    timer = later(account, "s1", 2000)
    page = account.native(f"/changes?cursor={cursor}&wait=60&segment={segment}")
    timer.join()
    assert [(one["change"], one["cause"]) for one in page["data"]] == [("entered", "contact")]
    again = account.native(f"/changes?cursor={page['next_cursor']}&segment={segment}")
    assert again["data"] == []


def events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    found: dict[str, str] = {}
    for line in lines:
        if not line and "data" in found:
            yield {"id": found["id"], "event": found["event"], "data": json.loads(found["data"])}
            found = {}
        elif line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            found[name] = value


def test_changes_are_streamed_and_taken_up_again(account: Account, segment: str) -> None:
    headers = {"Authorization": f"Bearer {account.key}", "Accept": "text/event-stream"}
    cursor = settled(account)
    url = f"{account.server.url}/api/v1/changes?segment={segment}&cursor={cursor}"
    move(account, "s2", 2001)
    with httpx.stream("GET", url, headers=headers, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = events(answer.iter_lines())
        first = next(told)
        assert (first["event"], first["data"]["change"]) == ("change", "entered")
        timer = later(account, "s2", 1)
        second = next(told)
        timer.join()
    assert second["data"]["change"] == "left"
    again = {**headers, "Last-Event-ID": first["id"]}
    with httpx.stream("GET", url, headers=again, timeout=60) as answer:
        assert next(events(answer.iter_lines())) == second


def test_changes_come_line_by_line(account: Account, segment: str) -> None:
    headers = {"Authorization": f"Bearer {account.key}", "Accept": "application/x-ndjson"}
    cursor = settled(account)
    url = f"{account.server.url}/api/v1/changes?segment={segment}&cursor={cursor}"
    people = [{"external_id": f"m{n}", "fields": {"age": 3000}} for n in range(1_500)]
    account.native("/contacts?wait=applied", people)
    account.native("/segments/Streamed/members")
    lines = [json.loads(line) for line in httpx.get(url, headers=headers).iter_lines()]
    assert len(lines) == 1_500
    assert [one["seq"] for one in lines] == sorted({one["seq"] for one in lines})
    paged = account.native(f"/changes?segment={segment}&cursor={lines[1_399]['cursor']}")
    assert paged["data"] == [
        {name: one[name] for name in one if name != "cursor"} for one in lines[1_400:]
    ]
    timer = later(account, "m0", 1)
    last = f"{account.server.url}/api/v1/changes?segment={segment}&cursor={lines[-1]['cursor']}"
    (line,) = httpx.get(f"{last}&wait=1", headers=headers).iter_lines()
    timer.join()
    assert json.loads(line)["change"] == "left"


def test_members_come_line_by_line(account: Account) -> None:
    headers = {"Authorization": f"Bearer {account.key}", "Accept": "application/x-ndjson"}
    url = f"{account.server.url}/api/v1/segments/Romans/members"
    answer = httpx.get(url, headers=headers)
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert {one["external_id"] for one in lines} == {f"u{n}" for n in range(1, 60, 2)}
    assert all(one["entered_at"] for one in lines)
