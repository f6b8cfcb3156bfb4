"""What random timelines found, as the smallest cases."""

from __future__ import annotations

from pathlib import Path

from support.inside import house


def test_a_batch_whose_first_contact_has_no_list_stays_in_memory(tmp_path: Path) -> None:
    with house(tmp_path / "data", background=False) as home:
        home.put({"external_id": "first", "fields": {"tags": ["b"]}})
        home.segment("Tagged", "array_contains(tags, 'a')")
        home.put({"external_id": "bare"}, {"external_id": "x", "fields": {"tags": ["a", "c"]}})
        assert home.members("TAGGED") == {"x"}
        (segment,) = home.service.segments.list_of(home.service.workspaces.read("default"))
        assert home.service.engine.is_in_memory(segment.no)
