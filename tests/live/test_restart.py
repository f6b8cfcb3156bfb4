"""After a restart, until segments are worked out again, what was published last is told as such."""

from __future__ import annotations

from pathlib import Path

from carpel.domain.segments import Count
from carpel.kit.clock import DAY
from support.inside import House, house, instant


def test_the_last_counts_serve_while_segments_are_worked_out(tmp_path: Path) -> None:
    with house(tmp_path / "data") as home:
        home.put(*({"external_id": f"p{n}", "fields": {"age": n}} for n in range(60)))
        home.segment("Old", "age >= 40")
        then = home.clock.now()
        home.clock.advance(DAY)
        home.put({"external_id": "young", "fields": {"age": 3}})
        assert home.count("OLD")["exact"]

    with house(tmp_path / "data", "2026-06-03T12:00:00Z", background=False) as home:
        count = _count(home)
        assert (count.value, count.exact, count.at) == (20, False, then)
        assert count.definition_version == 1
        assert home.members("OLD") == {f"p{n}" for n in range(40, 60)}  # as of then, from the feed
        home.service.engine.refresh()
        count = _count(home)
        assert (count.value, count.exact, count.at) == (20, True, instant("2026-06-03T12:00:00Z"))


def _count(home: House) -> Count:
    workspace = home.service.workspaces.read("default")
    return home.service.segments.count(home.service.segments.read(workspace, "OLD"))
