"""Counts while data comes in: never wrong, and never waiting for nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.inside import house

EVENTS = "contact_id IN (SELECT contact_id FROM event_data WHERE event_type = 'e')"


def test_counting_beside_a_hand_over_comes_to_an_end(tmp_path: Path) -> None:
    """Without a background thread, data that is touched in the middle of a count is counted too."""
    with house(tmp_path / "data", background=False) as it:
        for number in range(40):
            it.client.post(
                "/events",
                [{"external_id": f"u{number}-{n}", "event": "e"} for n in range(200)],
                wait="stored",
            )
            made = it.segment(f"s{number}", EVENTS)
            assert made["count"]["value"] % 200 == 0
            assert made["count"]["exact"]
        it.client.post("/contacts", {"external_id": "last"}, wait="applied")
        assert it.count("s0")["value"] == 40 * 200


@pytest.mark.parametrize(
    ("sql", "change"),
    [
        ("age > 5", {"fields": {"age": 9}}),
        ("city IS NULL", {"fields": {"city": None}}),
        ("array_contains(list_ids, 'L')", {"lists": ["L"]}),
        ("email LIKE '%@example.net'", {"email": "a@example.net"}),
        ("array_contains(email_domains, 'example.net')", {"email": "a@example.net"}),
        ("array_contains(email_domains, 'example.net')",
         {"fields": {"alternate_emails": ["x@example.net"]}}),
        ("updated_at >= '2026-06-01T12:00:00.000001Z'", {"fields": {"age": 4}}),
        ("created_at < '2020-01-01'", {"fields": {"created_at": "2019-01-01"}}),
        ("age * 2 > score", {"fields": {"score": 1}}),
        ("age % 7 = 0", {"fields": {"age": 14}}),
    ],
)  # fmt: skip
def test_a_change_of_one_field_moves_the_count(tmp_path: Path, sql: str, change: object) -> None:
    """No contact comes or goes: only the field that the segment reads is different."""
    with house(tmp_path / "data") as it:
        it.client.post("/lists", {"name": "L"})
        it.put({"external_id": "a", "fields": {"age": 1, "city": "Rome", "score": 100}},
               {"external_id": "b", "fields": {"age": 1, "city": "Rome", "score": 100}})  # fmt: skip
        it.segment("s", sql)
        assert it.count("s")["value"] == 0
        it.clock.advance(1)
        assert isinstance(change, dict)
        it.put({"external_id": "a", **change})
        assert it.count("s")["value"] == 1
        assert it.members("s") == {"a"}


def test_an_event_moves_the_counts_that_read_its_type(tmp_path: Path) -> None:
    with house(tmp_path / "data") as it:
        it.put({"external_id": "a"}, {"external_id": "b"})
        it.segment("named", EVENTS)
        it.segment(
            "any", "contact_id IN (SELECT contact_id FROM event_data WHERE properties.v > 1)"
        )
        it.segment("none", "contact_id NOT IN (SELECT contact_id FROM event_data)")
        counts = [it.count(name)["value"] for name in ("named", "any", "none")]
        assert counts == [0, 0, 2]
        it.happen({"external_id": "a", "event": "other", "properties": {"v": 2}})
        counts = [it.count(name)["value"] for name in ("named", "any", "none")]
        assert counts == [0, 1, 1]
        it.happen({"external_id": "b", "event": "e"})
        counts = [it.count(name)["value"] for name in ("named", "any", "none")]
        assert counts == [1, 1, 0]
