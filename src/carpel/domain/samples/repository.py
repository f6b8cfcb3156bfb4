"""Samples in the catalogue."""

from __future__ import annotations

import json

from carpel.storage.catalogue import Catalogue

from .model import Sample


class SampleRepository:
    """Reads and writes the tables `segment_sample` and `segment_refresh`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def list_all(self) -> list[Sample]:
        with self._catalogue.read() as connection:
            rows = connection.execute(
                "SELECT segment, taken_at, size, members, numbers, gap, next_at FROM segment_sample"
            ).fetchall()
        return [
            Sample(segment, at, size, members, tuple(json.loads(numbers)), gap, next_at)
            for segment, at, size, members, numbers, gap, next_at in rows
        ]

    def put(self, one: Sample) -> None:
        """Keep a sample, unless its segment has gone meanwhile."""
        with self._catalogue.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO segment_sample SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 "
                "WHERE EXISTS (SELECT 1 FROM segment WHERE no = ?1)",
                (
                    one.segment, one.taken_at, one.size, one.members, json.dumps(one.numbers),
                    one.gap, one.next_at,
                ),
            )  # fmt: skip

    def add_refresh(self, workspace: int, segment: int, at: int, zone: str) -> None:
        with self._catalogue.write() as connection:
            connection.execute(
                "INSERT INTO segment_refresh VALUES (?, ?, ?, ?)", (segment, workspace, at, zone)
            )

    def refreshes(self, workspace: int, since: int) -> list[tuple[int, int]]:
        """Segment and instant of a workspace's refreshes since an instant, the oldest first."""
        with self._catalogue.read() as connection:
            return connection.execute(
                "SELECT segment, at FROM segment_refresh WHERE workspace = ? AND at >= ? ORDER BY at",
                (workspace, since),
            ).fetchall()

    def last_refresh(self, workspace: int, segment: int) -> tuple[int, str] | None:
        """Instant and time zone of a segment's last refresh."""
        with self._catalogue.read() as connection:
            row = connection.execute(
                "SELECT at, zone FROM segment_refresh WHERE workspace = ? AND segment = ? "
                "ORDER BY at DESC LIMIT 1",
                (workspace, segment),
            ).fetchone()
            return (row[0], row[1]) if row else None
