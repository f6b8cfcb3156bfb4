"""A server that is behind with applying answers large bodies later, and refuses none for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from carpel.kit.clock import SECOND
from carpel.surfaces.native.pressure import await_room
from support.inside import House, house
from support.waiting import until

LARGE = [{"external_id": f"c{n}", "fields": {"text": "x" * 100}} for n in range(100)]
LONG_S = 60


def ends_within(it: House, seconds: float, most_s: float) -> bool:
    """Whether a large body is let in so soon, when it is to wait at most so long."""

    async def wait() -> None:
        room = await_room(it.service.ingest, it.service.clock, most_s)
        await asyncio.wait_for(room, seconds)

    try:
        asyncio.run(wait())
    except TimeoutError:
        return False
    return True


def test_large_bodies_wait_for_what_came_before_them(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        assert ends_within(it, LONG_S, 2 * LONG_S)
        with it.service.ingest.paused():
            it.client.post("/contacts", {"external_id": "first"})
            until(lambda: it.service.ingest.queued_since is None)  # applying has begun with it
            it.client.post("/contacts", {"external_id": "second"})
            assert ends_within(it, LONG_S, 2 * LONG_S)  # it has only come
            it.clock.advance(SECOND)
            assert not ends_within(it, 0.5, LONG_S)
            assert ends_within(it, LONG_S, 2 * LONG_S)  # as long as the second has waited
            it.clock.advance(SECOND)
            assert not ends_within(it, 1.5, LONG_S)
            assert ends_within(it, LONG_S, 0.1)  # not for ever
            assert it.client.post("/contacts", LARGE)["accepted"] == len(LARGE)
        assert ends_within(it, LONG_S, 2 * LONG_S)
        it.put({"external_id": "last"})
        it.segment("all", "TRUE")
        assert it.count("all")["value"] == len(LARGE) + 3


def test_only_large_bodies_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited = []

    async def noting(*_: object) -> None:
        waited.append(True)

    monkeypatch.setattr("carpel.surfaces.native.data.await_room", noting)
    with house(tmp_path / "data") as it:
        it.client.post("/contacts", LARGE[:10])
        assert not waited
        it.client.post("/contacts", LARGE)
        assert waited
