"""Sizes that a directory of an early format kept elsewhere are history like any other."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from carpel.kit.clock import DAY, MINUTE
from support.inside import house, instant


def test_sizes_of_an_early_format_are_taken_over(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with house(data) as it:
        it.put(*({"external_id": f"c{n}"} for n in range(5)))
        it.segment("all", "TRUE")
        it.service.feed.flush()
    start = instant("2026-05-28T09:00:00Z")
    sizes = [(start, 10), (start + 30 * MINUTE, 16), (start + DAY, 4), (start + DAY + MINUTE, 5)]
    with closing(sqlite3.connect(data / "catalogue.sqlite")) as catalogue, catalogue:
        (number,) = catalogue.execute("SELECT no FROM segment").fetchone()
        rows = [(number, at // MINUTE, at, size, 1) for at, size in sizes]
        catalogue.executemany("INSERT INTO segment_size VALUES (?, ?, ?, ?, ?)", rows)
    with closing(sqlite3.connect(data / "feed.sqlite")) as feed, feed:
        feed.execute("DELETE FROM size")  # it was not kept there
    for _ in range(2):  # taken over once
        with house(data, "2026-05-30T12:00:00Z") as it:
            found = it.client.get("/segments/all/series", **{"from": "2026-05-27T00:00:00Z"})[
                "data"
            ]
            assert [
                (one["start"][:10], one["size"], one["entered"], one["left"]) for one in found
            ] == [
                ("2026-05-27", None, 0, 0),
                ("2026-05-28", 16, 16, 0),
                ("2026-05-29", 5, 1, 12),
                ("2026-05-30", 5, 0, 0),
            ]
            hours = it.client.get(
                "/segments/all/series", interval="hour",
                **{"from": "2026-05-28T08:00:00Z", "to": "2026-05-28T10:00:00Z"},
            )["data"]  # fmt: skip
            assert [one["size"] for one in hours] == [None, 16]
    with closing(sqlite3.connect(data / "catalogue.sqlite")) as catalogue:
        assert catalogue.execute("SELECT count(*) FROM segment_size").fetchone() == (0,)
