"""Numbers beyond what is kept, and beyond what decimals can be, are refused where they stand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.population import TOKEN, FreeClock, running

BODIES = [
    ("/segments/preview", '{"document": {"op": ">", "left": {"field": "email"}, "right": NUMBER}}'),
    (
        "/segments/validate",
        '{"document": {"op": "in", "left": {"field": "email"}, "values": [NUMBER]}}',
    ),
    ("/contacts", '{"external_id": "a", "fields": {"x": NUMBER}}'),
    (
        "/events",
        '{"external_id": "a", "event": "x", "time": "2026-01-01T00:00:00Z", "properties": {"x": NUMBER}}',
    ),
]


@pytest.mark.parametrize("number", ["1e18", "1e567018915", "-1e9999999999999999999999"])
@pytest.mark.parametrize(("path", "body"), BODIES)
def test_a_number_too_large(path: str, body: str, number: str, tmp_path: Path) -> None:
    with running(tmp_path, FreeClock()) as (_, transport):
        asked = httpx.Request(
            "POST",
            f"http://carpel/api/v1{path}",
            content=body.replace("NUMBER", number).encode(),
            headers={"authorization": f"Bearer {TOKEN}", "content-type": "application/json"},
        )
        answer = transport.handle_request(asked)
        told: dict[str, Any] = json.loads(answer.read())
    if path == "/segments/validate":
        assert (answer.status_code, told["valid"]) == (200, False)
    else:
        assert answer.status_code == 400
    assert "10^18" in str(told)
