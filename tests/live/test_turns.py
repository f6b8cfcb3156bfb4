"""What time, order of coming in and the calendar do to single leaves, at the very instant."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.inside import House, house, instant

PURCHASES = "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'buy' "


def step_to(home: House, at: str, microseconds: int = 0) -> None:
    home.clock.advance(instant(at) + microseconds - home.clock.now())


@pytest.mark.parametrize(
    ("sql", "turn"),
    [
        # Midnight of Paris, in summer, is 22:00 in UTC.
        ("signup >= START_OF('day', 'Europe/Paris')", "2026-06-01T22:00:00Z"),
        ("signup >= START_OF('month', 'UTC')", "2026-07-01T00:00:00Z"),
        ("DAYS_TO_ANNIVERSARY(signup, 'Europe/Paris') = 0", "2026-06-01T22:00:00Z"),
        (f"{PURCHASES} AND timestamp >= START_OF('day', 'Europe/Paris'))", "2026-06-01T22:00:00Z"),
        (f"{PURCHASES} AND (properties.on >= START_OF('day', 'UTC') OR properties.x = 1))",
         "2026-06-02T00:00:00Z"),
        (f"{PURCHASES} AND (properties.on > NOW() - INTERVAL '1' HOUR OR properties.x = 1))",
         "2026-06-01T13:00:00Z"),
    ],
)  # fmt: skip
def test_who_leaves_leaves_at_the_instant(tmp_path: Path, sql: str, turn: str) -> None:
    at = "2026-06-01T12:00:00Z"
    with house(tmp_path / "data", at, background=False) as home:
        home.client.post("/fields", {"name": "signup", "type": "date"})
        home.put({"external_id": "ann", "fields": {"signup": at}}, {"external_id": "bob"})
        home.happen({"external_id": "ann", "event": "buy", "time": at, "properties": {"on": at}})
        home.segment("S", sql)
        assert home.members("S") == {"ann"}
        step_to(home, turn, -1)
        assert home.members("S") == {"ann"}
        step_to(home, turn)
        assert home.members("S") == set()


def test_of_events_at_one_instant_the_one_that_came_in_first_is_first(tmp_path: Path) -> None:
    at = "2026-06-01T11:00:00Z"
    with house(tmp_path / "data", background=False) as home:
        for name in ("a", "b"):
            sql = f"{PURCHASES} GROUP BY contact_id HAVING FIRST(properties.sku) = '{name}')"
            home.segment(f"First{name}", sql)
            home.segment(f"Last{name}", sql.replace("FIRST(", "LAST("))
        for sku in ("a", "b"):
            home.happen(
                {"external_id": "ann", "event": "buy", "time": at, "properties": {"sku": sku}}
            )
        assert home.members("FIRSTA") == home.members("LASTB") == {"ann"}
        assert home.members("FIRSTB") == home.members("LASTA") == set()


def test_a_sequence_needs_later_events_and_takes_late_ones(tmp_path: Path) -> None:
    with house(tmp_path / "data", background=False) as home:
        rules = "event_type = 'open' FOLLOWED BY event_type = 'buy' WITHIN INTERVAL '1' HOUR"
        home.segment("S", f"contact_id IN (SELECT contact_id FROM event_data WHERE {rules})")
        home.happen({"external_id": "ann", "event": "buy", "time": "2026-06-01T11:00:00Z"})
        home.happen({"external_id": "ann", "event": "open", "time": "2026-06-01T11:00:00Z"})
        for event in ("open", "buy"):
            home.happen({"external_id": "bob", "event": event, "time": "2026-06-01T11:00:00Z"})
        assert home.members("S") == set()
        home.happen({"external_id": "ann", "event": "open", "time": "2026-06-01T09:59:59Z"})
        assert home.members("S") == set()
        home.happen({"external_id": "ann", "event": "open", "time": "2026-06-01T10:00:00Z"})
        assert home.members("S") == {"ann"}
