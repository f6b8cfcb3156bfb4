"""Batch's rate limits, on a clock that is stepped (contracts/batch.md §2.4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from carpel.app.front import Front
from carpel.app.service import Service
from carpel.client import InsideTransport
from carpel.domain.segments import Definition
from carpel.kit.clock import MINUTE, SECOND, SteppedClock
from carpel.settings import Settings
from support.batch import refused
from support.inside import instant


@dataclass
class Limited:
    """A project whose callers are held to the limits."""

    client: httpx.Client
    clock: SteppedClock

    def updates(self, number: int, path: str = "/profiles/update", names: int | None = None) -> int:
        body = [{"identifiers": {"custom_id": f"p{n % (names or number)}"}} for n in range(number)]
        return self.client.post(f"/2.11{path}", json=body).status_code

    def export(self, **more: Any) -> httpx.Response:
        body = {"export_type": "ATTRIBUTES", "identifiers": ["custom_id"], **more}
        return self.client.post("/2.11/profiles/export", json=body)


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Limited]:
    clock = SteppedClock(instant("2026-06-01T12:00:00Z"))
    settings = Settings(data=tmp_path / "data", rate_limits=True)
    service = Service.open(settings, clock, background=False)
    try:
        (workspace,) = service.workspaces.list_all()
        _, secret = service.keys.create(workspace, "k", ["batch"])
        service.segments.create(workspace, Definition(name="Everyone", sql="TRUE"))
        headers = {"Authorization": f"Bearer {secret}", "X-Batch-Project": workspace.project_key}
        transport = InsideTransport(Front(service, settings, "token"))
        with httpx.Client(base_url="http://carpel", headers=headers, transport=transport) as client:
            yield Limited(client, clock)
    finally:
        service.close()


def test_one_request_a_second_for_each_route(limited: Limited) -> None:
    assert limited.client.get("/2.11/segments/list").status_code == 200
    message = refused(limited.client.get("/2.4/segments/list"), 429, "TOO_MANY_REQUESTS")
    assert "5 seconds" in message
    assert limited.client.get("/2.11/audiences/list").status_code == 200
    limited.clock.advance(SECOND)
    assert limited.client.get("/2.11/segments/list").status_code == 200


def test_updates_are_counted_by_custom_ids(limited: Limited) -> None:
    assert [limited.updates(200) for _ in range(6)] == [202] * 5 + [429]
    limited.clock.advance(SECOND)
    assert [limited.updates(200), limited.updates(101), limited.updates(100)] == [202, 429, 202]
    limited.clock.advance(SECOND // 10)
    assert limited.updates(200, names=30) == 202  # thirty different ones, whatever they carry


def test_mass_updates_have_a_limit_of_their_own_and_no_burst(limited: Limited) -> None:
    mass = "/profiles/mass-update"
    assert [limited.updates(5_000, mass) for _ in range(3)] == [202, 202, 429]
    assert limited.updates(200) == 202
    limited.clock.advance(SECOND)
    assert limited.updates(10_000, mass) == 202


def test_a_segment_is_exported_ten_times_then_every_twelve_minutes(limited: Limited) -> None:
    chosen = {"filter": {"segment": "EVERYONE"}}
    assert [limited.export(**chosen).status_code for _ in range(11)] == [202] * 10 + [429]
    assert [limited.export().status_code, limited.export().status_code] == [202, 429]
    limited.clock.advance(12 * MINUTE)
    assert [limited.export(**chosen).status_code for _ in range(2)] == [202, 429]


def test_an_export_not_begun_is_pending(limited: Limited) -> None:
    made = limited.export().json()["id"]
    shown = limited.client.get("/2.11/exports/view", params={"id": made}).json()
    assert shown == {
        "id": made, "request_date": "2026-06-01T12:00:00Z", "scope": "PROFILE_ATTRIBUTES",
        "status": "PENDING", "files": [],
        "request": {"export_type": "ATTRIBUTES", "identifiers": ["custom_id"]},
    }  # fmt: skip


def test_what_is_refused_takes_nothing_from_the_limit_of_updates(limited: Limited) -> None:
    assert limited.client.post("/2.11/profiles/update", json={}).status_code == 400
    assert [limited.updates(200) for _ in range(5)] == [202] * 5
