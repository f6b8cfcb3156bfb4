"""The whole product within the test's process, on a clock that the test steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from carpel.app.front import Front
from carpel.app.service import Service
from carpel.client import Client, InsideTransport
from carpel.kit.clock import SteppedClock
from carpel.kit.instants import parse_instant
from carpel.settings import Settings

TOKEN = "the-local-token"


def instant(text: str) -> int:
    """The instant of an ISO text."""
    found = parse_instant(text)
    assert found is not None
    return found


class House:
    """A service with a client of its API."""

    def __init__(self, service: Service, client: Client, clock: SteppedClock) -> None:
        self.service = service
        self.client = client
        self.clock = clock

    def put(self, *contacts: Mapping[str, Any]) -> Any:
        return self.client.post("/contacts", list(contacts), wait="applied")

    def happen(self, *events: Mapping[str, Any]) -> Any:
        return self.client.post("/events", list(events), wait="applied")

    def segment(self, name: str, sql: str, **more: Any) -> Any:
        return self.client.post("/segments", {"name": name, "sql": sql, **more})

    def count(self, name: str) -> Any:
        """The count object of a segment, as the API shows it."""
        return self.client.get(f"/segments/{name}")["count"]

    def members(self, name: str) -> set[str]:
        """External ids of the members."""
        return {one["external_id"] for one in self.client.everything(f"/segments/{name}/members")}


@contextmanager
def house(
    data: Path, start: str = "2026-06-01T12:00:00Z", *, background: bool = True, **more: Any
) -> Iterator[House]:
    """The product on a directory; its clock stands at `start`. More settings by name."""
    clock = SteppedClock(instant(start))
    settings = Settings(data=data, rate_limits=False, **more)
    service = Service.open(settings, clock, background=background)
    transport = InsideTransport(Front(service, settings, TOKEN))
    try:
        with Client("http://carpel", TOKEN, workspace="default", transport=transport) as client:
            yield House(service, client, clock)
    finally:
        service.close()
