"""First builds read what is stored some rows at a time: whatever lies in them, answers are exact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from carpel.app.front import Front
from carpel.app.service import Service
from carpel.client import Client, InsideTransport
from carpel.engine.memory import loading, recording
from carpel.kit.clock import SteppedClock
from carpel.settings import Settings
from support.inside import TOKEN, instant

PEOPLE = 700  # more different values than one byte can tell apart
LARGE = 10_000_000_000  # does not fit into 64 bits, in units of 10^-12

EVENTS = "contact_id IN (SELECT contact_id FROM event_data WHERE"
RULES = [
    "code <> 'c3'",
    "code IN ('c1', 'c299', 'c650')",
    "code IS NULL",
    f"spent >= {LARGE}",
    "spent < 300",
    "age >= 40 AND age < 41.5",
    "age IS NULL",
    "tier = plan",
    "wave IN ('w1', 'w6')",
    "wave IS NULL",
    "born < '2026-05-20T00:00:00Z'",
    "born >= NOW() - INTERVAL '20' DAY",
    f"{EVENTS} event_type = 'bought')",
    f"NOT {EVENTS} event_type = 'seen')",
    f"{EVENTS} event_type = 'bought' GROUP BY contact_id HAVING SUM(properties.amount) > {LARGE})",
    f"{EVENTS} event_type = 'seen' GROUP BY contact_id HAVING SUM(properties.points) >= 12.5)",
    f"{EVENTS} properties.shop = 'b')",
]


def person(number: int) -> dict[str, Any]:
    """Somebody; every field is missing of some."""
    fields = {
        "code": f"c{number}" if number % 7 else None,
        "spent": number * LARGE if number % 50 == 0 else number + 0.25,
        "age": number % 90 if number % 5 else None,
        "tier": "abc"[number % 3],
        "plan": "abc"[number % 2] if number % 11 else None,
        "wave": f"w{number // 100}" if number % 100 > 9 else None,  # later ones have other values
        "born": f"2026-05-{number % 28 + 1:02}T10:00:00Z" if number % 4 else None,
    }
    return {"external_id": f"p{number}", "fields": fields}


def event(number: int) -> dict[str, Any]:
    """What somebody did."""
    amount = LARGE if number % 100 == 0 else number
    return {
        "external_id": f"p{number * 17 % PEOPLE}",
        "event": "bought" if number % 3 else "seen",
        "time": f"2026-05-{number % 28 + 1:02}T10:00:00Z",
        "properties": {"amount": amount, "points": number / 4, "shop": "abc"[number % 3]},
    }


@pytest.mark.parametrize("rows", [64, recording.ROWS])
def test_a_first_build_finds_what_the_recompute_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    for module in (loading, recording):
        monkeypatch.setattr(module, "ROWS", rows)
    settings = Settings(data=tmp_path / "data")
    service = Service.open(settings, SteppedClock(instant("2026-06-01T12:00:00Z")))
    transport = InsideTransport(Front(service, settings, TOKEN))
    try:
        with Client("http://carpel", TOKEN, workspace="default", transport=transport) as client:
            client.post("/contacts", [person(number) for number in range(PEOPLE)], wait="applied")
            client.post("/events", [event(number) for number in range(1500)], wait="applied")
            for number in range(100, 120):  # numbers without a contact, and rows that are gone
                client.delete(f"/contacts/p{number}", wait="applied")
            client.post("/contacts", [person(number) for number in range(60)], wait="applied")
            for number, rule in enumerate(RULES):
                client.post("/segments", {"name": f"S{number}", "sql": rule})
            workspace = service.workspaces.read("default")
            for segment in service.segments.list_of(workspace):
                kept, found = service.engine.audit(segment.no)
                assert service.engine.is_in_memory(segment.no)
                assert found, segment.name
                assert kept == found, segment.name
    finally:
        service.close()
