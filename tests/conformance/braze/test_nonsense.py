"""Whatever a body says, the door answers in its own words and goes on."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from support.braze import braze_house

KEYS = [
    "external_id", "email", "phone", "user_alias", "braze_id", "name", "time", "properties", "price",
    "product_id", "currency", "quantity", "foo", "obj", "_merge_objects", "_update_existing_only",
    "alias_name", "alias_label", "$add", "$remove", "$update", "inc", "add", "$identifier_key",
    "$identifier_value", "$new_object", "$time", "dob", "created_at", "updated_at", "list_ids", "city",
    "a.b", "", "x" * 120, "segment_id", "fields_to_export", "external_ids", "user_aliases",
    "email_addresses", "prioritization", "attributes", "custom_attributes_to_export", "longitude",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, 0, -1, 7, 10**18, 10**40, 0.1, 1e300, "", "Rome", "2026-01-01", "99999-01-01",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "NaN", "1e400", "u1", "a@b.co", "\x00",
    "x" * 300, "12/31/2020", "Thu Foo 02 09:30:00 2019", "2026-02-30",
]  # fmt: skip
PATHS = ("/users/track", "/users/delete", "/users/export/ids", "/users/export/segment",
         "/export/segment/cancel")  # fmt: skip


def drawn(chances: random.Random, depth: int = 0) -> Any:
    kind = chances.random()
    if depth > 4 or kind < 0.5:
        return chances.choice(VALUES)
    if kind < 0.75:
        return [drawn(chances, depth + 1) for _ in range(chances.randrange(4))]
    return {chances.choice(KEYS): drawn(chances, depth + 1) for _ in range(chances.randrange(6))}


def item(chances: random.Random) -> Any:
    more = {chances.choice(KEYS): drawn(chances, 1) for _ in range(chances.randrange(6))}
    sound = {"name": "n", "time": "2026-01-01", "product_id": "p", "currency": "USD", "price": 1}
    return {**sound, **more, "external_id": chances.choice(["u1", "u2", 4])}


def test_no_body_is_too_strange(tmp_path: Path) -> None:
    chances = random.Random(3)
    with braze_house(tmp_path / "data") as inside:
        for _ in range(200):
            path = chances.choice(PATHS)
            body = {name: drawn(chances) for name in chances.sample(KEYS, 3)}
            if chances.random() < 0.5:
                path, arrays = "/users/track", ("attributes", "events", "purchases")
                body = {name: [item(chances) for _ in range(3)] for name in arrays}
            answer = inside.braze.post(path, content=json.dumps(body))
            assert answer.status_code in (201, 400), (path, body)
            assert isinstance(answer.json()["message"], str)
        assert inside.service.ingest.failure is None
        inside.put({"external_id": "fine"})
