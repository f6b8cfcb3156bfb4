"""Time alone moves people: in and out on the very instant, and never before."""

from __future__ import annotations

from pathlib import Path

import pytest

from carpel.kit.clock import DAY, HOUR, SECOND
from support.inside import House, house, instant

RECENT = (
    "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'open' "
    "AND timestamp >= NOW() - INTERVAL '30' DAY)"
)


def opened(at: str) -> dict[str, object]:
    return {"external_id": "a", "event": "open", "time": at}


def test_a_contact_leaves_when_the_window_closes(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        it.segment("recent", RECENT)
        it.happen(opened("2026-05-10T08:00:00Z"))
        closes = instant("2026-05-10T08:00:00Z") + 30 * DAY
        it.clock.advance(closes - it.clock.now())
        assert it.count("recent") == {
            "value": 1, "at": "2026-06-09T08:00:00Z", "exact": True, "definition_version": 1,
        }  # fmt: skip
        it.clock.advance(1)
        assert it.count("recent")["value"] == 0
        assert it.count("recent")["exact"]


def test_a_lapsed_contact_enters_on_the_instant(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        it.segment("lapsed", RECENT.replace("contact_id IN", "contact_id NOT IN", 1))
        it.happen(opened("2026-06-01T11:59:59Z"))
        it.clock.advance(30 * DAY - SECOND)
        assert it.count("lapsed")["value"] == 0
        it.clock.advance(1)
        assert it.count("lapsed")["value"] == 1


@pytest.mark.parametrize(
    ("sql", "steps"),
    [
        ("renewal < NOW()", [(0, 0), (HOUR, 0), (1, 1)]),
        ("renewal <= NOW()", [(0, 0), (HOUR - 1, 0), (1, 1)]),
        ("renewal > NOW()", [(0, 1), (HOUR - 1, 1), (1, 0)]),
        ("renewal >= NOW()", [(0, 1), (HOUR, 1), (1, 0)]),
        ("renewal BETWEEN NOW() AND NOW() + INTERVAL '30' MINUTE",
         [(0, 0), (HOUR // 2, 1), (HOUR // 2, 1), (1, 0)]),
        ("renewal = NOW()", [(0, 0), (HOUR, 1), (1, 0)]),
    ],
)  # fmt: skip
def test_a_date_of_a_field_passes(tmp_path: Path, sql: str, steps: list[tuple[int, int]]) -> None:
    with house(tmp_path / "data") as it:
        it.put({"external_id": "a", "fields": {"renewal": "2026-06-01T13:00:00Z"}})
        it.segment("due", sql)
        for step, expected in steps:
            it.clock.advance(step)
            assert it.count("due")["value"] == expected, step


def test_months_end_where_the_calendar_says(tmp_path: Path) -> None:
    """One month before March 30th is February 28th: so are those before the 29th and 31st."""
    with house(tmp_path / "data", "2026-03-28T00:00:00Z") as it:
        it.put({"external_id": "a", "fields": {"joined": "2026-02-28T00:00:00Z"}})
        it.segment("month", "joined >= NOW() - INTERVAL '1' MONTH")
        assert it.count("month")["value"] == 1
        it.clock.advance(1)
        assert it.count("month")["value"] == 0
        it.put({"external_id": "a", "fields": {"joined": "2026-02-28T12:00:00Z"}})
        it.clock.advance(12 * HOUR - 1)
        assert it.count("month")["value"] == 1
        it.clock.advance(1)
        assert it.count("month")["value"] == 0


def test_the_second_newest_purchase_decides_at_least_two(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        it.segment(
            "two",
            "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'purchase' "
            "AND timestamp > NOW() - INTERVAL '7' DAY GROUP BY contact_id HAVING COUNT(*) >= 2)",
        )
        times = ("2026-05-27T00:00:00Z", "2026-05-28T00:00:00Z", "2026-05-29T00:00:00Z")
        it.happen(*({"external_id": "a", "event": "purchase", "time": time} for time in times))
        leaves = instant("2026-05-28T00:00:00Z") + 7 * DAY
        it.clock.advance(leaves - it.clock.now() - 1)
        assert it.count("two")["value"] == 1
        it.clock.advance(1)
        assert it.count("two")["value"] == 0


def test_a_late_event_counts_from_its_own_time(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        it.segment("recent", RECENT)
        it.happen(opened("2026-04-01T00:00:00Z"))
        assert it.count("recent")["value"] == 0
        it.happen(opened("2026-05-31T00:00:00Z"))
        assert it.count("recent")["value"] == 1


def test_explaining_says_when_time_alone_will_change_it(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        it.put({"external_id": "a", "fields": {"vip": True}})
        it.segment("recent", f"{RECENT} AND vip")
        it.happen(opened("2026-05-10T08:00:00Z"), opened("2026-05-20T08:00:00Z"))
        found = it.client.get("/segments/recent/members/a")
        assert found["member"]
        assert found["next_change_at"] == "2026-06-19T08:00:00.000001Z"
        events, vip = found["why"]["parts"]
        assert events["true"]
        assert events["seen"] == {"events": 2}
        assert vip["seen"] == {"vip": True}
        it.put({"external_id": "a", "fields": {"vip": False}})
        found = it.client.get("/segments/recent/members/a")
        assert not found["member"]
        assert found["next_change_at"] is None
        assert [part["true"] for part in found["why"]["parts"]] == [True, False]


def test_counts_without_a_background_thread_are_exact_when_asked(tmp_path: Path) -> None:
    with house(tmp_path / "data", background=False) as it:
        it.segment("recent", RECENT)
        it.happen(opened("2026-05-10T08:00:00Z"))
        assert it.count("recent")["value"] == 1
        it.clock.advance(30 * DAY)
        assert it.count("recent") == {
            "value": 0, "at": "2026-07-01T12:00:00Z", "exact": True, "definition_version": 1,
        }  # fmt: skip


def sizes(it: House) -> list[int]:
    found: list[int] = it.client.get("/segments/recent", include="trend")["trend"]
    return found


def test_sizes_are_remembered_as_they_change(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        it.segment("recent", RECENT)
        it.clock.advance(HOUR)
        it.happen(opened("2026-05-10T08:00:00Z"))
        it.clock.advance(10 * DAY)
        assert it.count("recent")["value"] == 0
        assert sizes(it) == [0, 1, 0]
    with house(tmp_path / "data", "2026-06-12T12:00:00Z") as it:
        assert sizes(it) == [0, 1, 0]
