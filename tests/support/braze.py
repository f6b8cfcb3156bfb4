"""Braze's door within the test's process, on a clock that the test steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from carpel.app.front import Front
from carpel.app.service import Service
from carpel.client import Client, InsideTransport
from carpel.kit.clock import SteppedClock
from carpel.settings import Settings
from support.inside import TOKEN, House, instant


class BrazeHouse(House):
    """A house with a client of Braze's door; its key may do everything."""

    braze: httpx.Client

    def key_for(self, *permissions: str) -> dict[str, str]:
        """The header of a new key."""
        workspace = self.service.workspaces.read("default")
        _, secret = self.service.keys.create(workspace, "test", permissions)
        return {"Authorization": f"Bearer {secret}"}

    def track(self, **arrays: Any) -> Any:
        """A request to `/users/track` that must succeed whole."""
        answer = self.braze.post("/users/track", json=arrays)
        assert answer.status_code == 201, answer.text
        assert "errors" not in answer.json(), answer.text
        return answer.json()


@contextmanager
def braze_house(
    data: Path, start: str = "2026-06-01T12:00:00Z", *, rate_limits: bool = False
) -> Iterator[BrazeHouse]:
    """The product on a directory; its clock stands at `start`."""
    clock = SteppedClock(instant(start))
    settings = Settings(data=data, rate_limits=rate_limits)
    service = Service.open(settings, clock)
    front = Front(service, settings, TOKEN)
    try:
        workspace = service.workspaces.read("default")
        _, secret = service.keys.create(workspace, "test", ["*"])
        native = Client(
            "http://carpel", TOKEN, workspace="default", transport=InsideTransport(front)
        )
        braze = httpx.Client(
            transport=InsideTransport(front), base_url="http://carpel",
            headers={"Authorization": f"Bearer {secret}"},
        )  # fmt: skip
        with native, braze:
            opened = BrazeHouse(service, native, clock)
            opened.braze = braze
            yield opened
    finally:
        service.close()
