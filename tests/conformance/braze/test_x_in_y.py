"""Rules over what came through this door: X in Y days, counted in UTC calendar days (braze.md §7.3).

The documented example: at 01:00 UTC on 17 April, the last 3 days are those from 00:00 UTC on 14 April.
"""

from __future__ import annotations

from pathlib import Path

from carpel.kit.clock import HOUR, SECOND
from support.braze import BrazeHouse, braze_house

MORE_THAN_2_IN_3_DAYS = (
    "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'watched'"
    " AND timestamp >= START_OF('day', -3, 'UTC') GROUP BY contact_id HAVING COUNT(*) > 2)"
)
BOUGHT_3_PIECES_IN_3_DAYS = (
    "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'purchase'"
    " AND timestamp >= START_OF('day', -3, 'UTC') GROUP BY contact_id"
    " HAVING SUM(properties.quantity) >= 3)"
)


def members(inside: BrazeHouse, name: str) -> set[str]:
    inside.put({"external_id": "sync"})
    return inside.members(name)


def test_days_are_calendar_days_in_utc(tmp_path: Path) -> None:
    def watched(who: str, *times: str) -> list[dict[str, str]]:
        return [{"external_id": who, "name": "watched", "time": time} for time in times]

    with braze_house(tmp_path / "data", "2026-04-17T01:00:00Z") as inside:
        inside.segment("X", MORE_THAN_2_IN_3_DAYS)
        inside.track(
            events=[
                *watched("first instant", "2026-04-14T00:00:00Z", "2026-04-15", "2026-04-16"),
                *watched("too early", "2026-04-13T23:59:59.999Z", "2026-04-15", "2026-04-16"),
                *watched("too few", "2026-04-16T10:00:00Z", "2026-04-16T11:00:00Z"),
                *watched("today counts", "2026-04-17", "2026-04-17T00:30:00Z", "2026-04-17T02:00:00+02:00"),
            ]
        )  # fmt: skip
        assert members(inside, "X") == {"first instant", "today counts"}
        inside.clock.advance(23 * HOUR - SECOND)  # a second before midnight
        assert members(inside, "X") == {"first instant", "today counts"}
        inside.clock.advance(SECOND)
        assert members(inside, "X") == {"today counts"}


def test_purchases_count_by_their_pieces(tmp_path: Path) -> None:
    def bought(who: str, quantity: int, time: str) -> dict[str, object]:
        return {"external_id": who, "product_id": "p", "currency": "USD", "price": 1.5,
                "quantity": quantity, "time": time}  # fmt: skip

    with braze_house(tmp_path / "data", "2026-04-17T01:00:00Z") as inside:
        inside.client.post("/events", [{"external_id": "x", "event": "purchase",
                                        "properties": {"quantity": 1}}])  # fmt: skip
        inside.segment("Buyers", BOUGHT_3_PIECES_IN_3_DAYS)
        inside.track(
            purchases=[
                bought("one", 3, "2026-04-16"),
                bought("two", 1, "2026-04-14"),
                bought("two", 2, "2026-04-15"),
                bought("late", 3, "2026-04-13T23:59:59Z"),
            ]
        )
        assert members(inside, "Buyers") == {"one", "two"}
