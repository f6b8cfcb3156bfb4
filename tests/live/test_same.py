"""Segments that ask the same have their members worked out once, and each goes its own way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.inside import House, house

ONE, TWO = "age >= 20 AND plan = 'pro'", "plan = 'pro' AND age >= 20"


def test_each_is_counted_told_of_edited_and_dropped_by_itself(tmp_path: Path) -> None:
    with house(tmp_path / "data") as home:
        home.put(*map(_person, range(60)))
        home.segment("One", ONE)
        home.segment("Two", TWO)
        _are(home, ONE=range(20, 60), TWO=range(20, 60))
        home.put(_person(60), {"external_id": "p59", "fields": {"age": 3}})
        both = {*range(20, 59), 60}
        _are(home, ONE=both, TWO=both)

        home.client.patch("/segments/ONE", {"sql": "age >= 50 AND plan = 'pro'"})
        home.put(_person(61))
        _are(home, ONE={*range(50, 59), 60, 61}, TWO={*both, 61})
        home.client.patch("/segments/ONE", {"sql": TWO})  # the same again, and the first goes
        _are(home, ONE={*both, 61}, TWO={*both, 61})
        home.client.delete("/segments/TWO")
        home.put(_person(62))
        _are(home, ONE={*both, 61, 62})
    with house(tmp_path / "data") as home:
        home.segment("Again", ONE)
        home.put(_person(63))
        _are(home, ONE={*both, 61, 62, 63}, AGAIN={*both, 61, 62, 63})


def _person(number: int) -> dict[str, Any]:
    return {"external_id": f"p{number}", "fields": {"age": number, "plan": "pro"}}


def _are(home: House, **wanted: Any) -> None:
    """Counts, members and all that the feed told agree."""
    home.service.feed.flush()
    changes = home.client.get("/changes", limit=1000)["data"]
    for name, numbers in wanted.items():
        assert home.members(name) == {f"p{number}" for number in numbers}, name
        found = home.client.get(f"/segments/{name}")
        assert (found["count"]["value"], found["count"]["exact"]) == (len(numbers), True), name
        told: set[str] = set()
        for one in changes:
            if one["segment"] == found["id"]:
                assert (one["contact"] in told) == (one["change"] == "left"), one
                (told.add if one["change"] == "entered" else told.remove)(one["contact"])
        assert told == {one["id"] for one in home.client.everything(f"/segments/{name}/members")}
