"""What does not fit into the memory it may have is recounted: exact all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from carpel.app.front import Front
from carpel.app.service import Service
from carpel.client import Client, InsideTransport
from carpel.kit.clock import SteppedClock
from carpel.settings import Settings
from support.inside import TOKEN, instant


@pytest.mark.parametrize(("memory_mb", "is_live"), [(0, False), (64, True)])
def test_counts_are_exact_with_and_without_memory(
    tmp_path: Path,
    memory_mb: int,
    is_live: bool,  # noqa: FBT001
) -> None:
    settings = Settings(data=tmp_path / "data", engine_memory_mb=memory_mb)
    service = Service.open(settings, SteppedClock(instant("2026-06-01T12:00:00Z")))
    transport = InsideTransport(Front(service, settings, TOKEN))
    try:
        with Client("http://carpel", TOKEN, workspace="default", transport=transport) as client:
            people = [
                {"external_id": f"p{n}", "fields": {"age": n, "city": f"c{n}"}} for n in range(90)
            ]
            client.post("/contacts", people[:60], wait="applied")
            made = client.post(
                "/segments", {"name": "Old", "sql": "age >= 40 AND city <> 'none of them'"}
            )
            client.post("/contacts", people[60:], wait="applied")
            assert client.get("/segments/OLD")["count"]["value"] == 50
            workspace = service.workspaces.read("default")
            (segment,) = service.segments.list_of(workspace)
            assert segment.id == made["id"]
            assert service.engine.is_in_memory(segment.no) == is_live
            kept, found = service.engine.audit(segment.no)
            assert len(kept) == 50
            assert kept == found
    finally:
        service.close()
