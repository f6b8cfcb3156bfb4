"""Counts while data comes in: never wrong, and never waiting for nobody."""

from __future__ import annotations

from pathlib import Path

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
