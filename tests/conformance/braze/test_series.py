"""`GET /segments/data_series` (contracts/braze.md §3.3), against sizes the test knows by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from carpel.kit.clock import DAY, HOUR
from support.braze import BrazeHouse, braze_house

TODAY = date(2026, 6, 11)
# How many joined on each of the ten days from 1 June on, which is the size at its end.
SIZES = {date(2026, 6, 1) + timedelta(days=n): size for n, size in
         enumerate([3, 3, 5, 4, 4, 4, 9, 9, 9, 10])}  # fmt: skip


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrazeHouse]:
    """A segment `Team` whose size went as SIZES say; now it is noon on 11 June, with 12 in it."""
    with braze_house(Path(tmp_path_factory.mktemp("series")) / "data") as opened:
        opened.client.post("/fields", {"name": "team", "type": "number"})
        opened.segment("Team", "team = 1")
        opened.count("Team")
        for size in [*SIZES.values(), 12]:
            opened.track(attributes=[
                {"external_id": f"s{n}", "team": 1 if n < size else None} for n in range(12)
            ])  # fmt: skip
            opened.put({"external_id": "sync"})
            assert opened.count("Team")["value"] == size
            if size != 12:
                opened.clock.advance(DAY)
        yield opened


def series(inside: BrazeHouse, segment: str = "Team", **query: Any) -> Any:
    segment_id = inside.client.get(f"/segments/{segment}")["id"]
    answer = inside.braze.get("/segments/data_series", params={"segment_id": segment_id, **query})
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["data", "message"]
    return answer.json()["data"]


def expected(last: date, days: int) -> list[dict[str, Any]]:
    sizes = {**SIZES, TODAY: 12}
    listed = [last - timedelta(days=back) for back in range(days - 1, -1, -1)]
    return [{"time": day.isoformat(), "size": sizes.get(day, 0)} for day in listed]


def test_sizes_are_exact_day_by_day(inside: BrazeHouse) -> None:
    assert series(inside, length=11) == expected(TODAY, 11)
    assert series(inside, length=1) == expected(TODAY, 1)
    assert series(inside, length=100) == expected(TODAY, 100)  # zero before the segment was


@pytest.mark.parametrize(("ending_at", "last"), [
    ("2026-06-08", date(2026, 6, 7)),  # recorded: a bare date ends the day before
    ("2026-06-08T00:00:00Z", date(2026, 6, 7)),
    ("2026-06-08T00:00:01Z", date(2026, 6, 8)),
    ("2026-06-08T23:59:59-5:00", date(2026, 6, 8)),  # every page's own example
    ("2026-06-08T23:59:59-05:00", date(2026, 6, 8)),
    ("2026-06-08T23:59:59+00:00", date(2026, 6, 8)),
    ("2026-06-08T23:59:59 00:00", date(2026, 6, 8)),  # a + that was not encoded
    ("2026-06-08T12:00:00.123Z", date(2026, 6, 8)),
    ("2026-06-08 12:00:00", date(2026, 6, 8)),
    ("", TODAY),
    ("2027-01-01", TODAY),  # days that are to come have no size (ours)
])  # fmt: skip
def test_ending_at_is_read_in_every_form(inside: BrazeHouse, ending_at: str, last: date) -> None:
    assert series(inside, length=6, ending_at=ending_at) == expected(last, 6)


def test_archived_segments_answer_too(inside: BrazeHouse) -> None:
    inside.segment("Old", "team = 1")
    inside.count("Old")
    inside.client.post("/segments/Old/archive", {})
    assert series(inside, "Old", length=1) == expected(TODAY, 1)


@pytest.mark.parametrize("query", [
    {}, {"length": ""}, {"length": "0"}, {"length": "101"}, {"length": "-1"}, {"length": "1.5"},
    {"length": "x"}, {"length": "5", "ending_at": "yesterday"},
    {"length": "5", "ending_at": "2026-13-01"}, {"length": "5", "ending_at": "0001-01-01"},
])  # fmt: skip
def test_what_makes_no_sense_is_a_400(inside: BrazeHouse, query: dict[str, str]) -> None:
    """Status and text inferred (braze.md §3.3)."""
    segment_id = inside.client.get("/segments/Team")["id"]
    answer = inside.braze.get("/segments/data_series", params={"segment_id": segment_id, **query})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(("length must be", "ending_at must be"))
    nobody = inside.braze.get("/segments/data_series", params={"segment_id": "x", "length": 1})
    assert nobody.json() == {"message": "segment_id must be a string of the segment api identifier"}


def test_the_day_turns_at_midnight_utc(inside: BrazeHouse) -> None:
    inside.clock.advance(13 * HOUR)
    assert series(inside, length=2) == [
        {"time": "2026-06-11", "size": 12},
        {"time": "2026-06-12", "size": 12},
    ]
