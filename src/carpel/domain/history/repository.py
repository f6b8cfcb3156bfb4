"""Sizes of segments in the feed's file, which change with the feed in one transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from carpel.kit.clock import MINUTE
from carpel.storage.sqlite import insert


@dataclass(frozen=True)
class Size:
    """A segment at the end of a minute: its size, and who came and went within the minute."""

    at: int
    size: int
    entered: int
    left: int
    version: int


class Sizes:
    """Publications, those of one segment in one minute as one."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], tuple[int, int, int, int, int]] = {}

    def add(self, segment: int, at: int, size: int, entered: int, left: int, version: int) -> None:
        """Remember a publication."""
        place = (segment, at // MINUTE)
        before = self._found.get(place)
        if before is not None:
            entered, left = entered + before[2], left + before[3]
        self._found[place] = (at, size, entered, left, version)

    def rows(self) -> list[tuple[int, ...]]:
        """Segment, minute, instant, size, entered, left, version."""
        return [(*place, *values) for place, values in self._found.items()]


class HistoryRepository:
    """Reads and writes the table `size` on one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add_all(self, sizes: Sizes) -> None:
        """Remember publications; those of one minute become one."""
        insert(
            self._connection,
            "INSERT INTO size VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (segment, minute) DO UPDATE SET at = excluded.at, size = excluded.size, "
            "entered = entered + excluded.entered, left = left + excluded.left, "
            "version = excluded.version",
            sizes.rows(),
        )

    def forget(self, segment: int) -> None:
        self._connection.execute("DELETE FROM size WHERE segment = ?", (segment,))

    def between(self, segment: int, start: int, end: int) -> list[Size]:
        """The minutes that begin at or after one instant and before another, in order."""
        rows = self._connection.execute(
            "SELECT at, size, entered, left, version FROM size "
            "WHERE segment = ? AND minute >= ? AND minute < ? ORDER BY minute",
            (segment, -(-start // MINUTE), -(-end // MINUTE)),
        )
        return [Size(*row) for row in rows]

    def before(self, segment: int, instant: int) -> Size | None:
        """The last minute that begins before the one of an instant."""
        row = self._connection.execute(
            "SELECT at, size, entered, left, version FROM size WHERE segment = ? AND minute < ? "
            "ORDER BY minute DESC LIMIT 1",
            (segment, instant // MINUTE),
        ).fetchone()
        return Size(*row) if row else None

    def first(self, segment: int) -> Size | None:
        """The first minute of all."""
        row = self._connection.execute(
            "SELECT at, size, entered, left, version FROM size WHERE segment = ? "
            "ORDER BY minute LIMIT 1",
            (segment,),
        ).fetchone()
        return Size(*row) if row else None

    def net_within(self, segment: int, instant: int) -> int:
        """How many more are in than at the beginning of the instant's minute.

        Known while the changes of that minute are kept.
        """
        row = self._connection.execute(
            "SELECT coalesce(sum(CASE entered WHEN 1 THEN count ELSE -count END), 0) FROM block "
            "WHERE segment = ? AND at >= ? AND at <= ?",
            (segment, instant // MINUTE * MINUTE, instant),
        ).fetchone()
        return int(row[0])
