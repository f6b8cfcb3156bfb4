"""How segments' sizes went."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from carpel.domain.refusals import Invalid
from carpel.kit.clock import MINUTE
from carpel.storage.feed import FeedStore

from .calendars import midnight, stretches
from .model import Interval, Stretch
from .repository import HistoryRepository

MOST_STRETCHES = 10_000


class History:
    """Reads what the feed has written down of sizes. All of it is durable. Thread-safe."""

    def __init__(self, store: FeedStore) -> None:
        self._store = store

    def size_at(self, segment: int, instant: int) -> int | None:
        """The size at an instant; None before the segment was first computed.

        To the microsecond while single changes are kept, to the minute before.
        """
        with self._store.looking() as connection:
            return _size_at(HistoryRepository(connection), segment, instant)

    def sizes(self, segment: int, since: int) -> list[tuple[int, int]]:
        """Instants and sizes since an instant, minute by minute, led by the last one before it."""
        with self._store.looking() as connection:
            tables = HistoryRepository(connection)
            led_by = tables.before(segment, since)
            found = tables.between(segment, since // MINUTE * MINUTE, 1 << 62)
        return [(one.at, one.size) for one in ([led_by] if led_by else []) + found]

    def series(
        self, segment: int, span: tuple[int, int], interval: Interval, zone: ZoneInfo
    ) -> list[Stretch]:
        """Size, entered and left by the hour, day, week or month of a zone, over a span of time.

        Raises:
            Invalid: that would be too many.
        """
        found: list[Stretch] = []
        with self._store.looking() as connection:
            tables = HistoryRepository(connection)
            first = tables.first(segment)
            size = None
            for begin, finish in stretches(*span, interval, zone):
                if len(found) == MOST_STRETCHES:
                    raise Invalid(
                        "too_many", f"a series has at most {MOST_STRETCHES:,} intervals", "interval"
                    )
                if not found:
                    before = tables.before(segment, begin)
                    size = before.size if before is not None else None
                minutes = (
                    tables.between(segment, begin, finish)
                    if first is not None and finish > first.at
                    else []
                )
                size = minutes[-1].size if minutes else size
                entered = sum(one.entered for one in minutes)
                found.append(Stretch(begin, finish, size, entered, sum(m.left for m in minutes)))
        return found

    def daily_sizes(
        self, segment: int, last_day: date, days: int, zone: ZoneInfo
    ) -> list[tuple[date, int | None]]:
        """Days and the size at the end of each, the oldest first; None before the segment was.

        Args:
            segment: which, by number.
            last_day: the last of the days; if it is not over, its size is the newest.
            days: how many.
            zone: where the days begin and end.
        """
        found: list[tuple[date, int | None]] = []
        with self._store.looking() as connection:
            tables = HistoryRepository(connection)
            for back in range(days - 1, -1, -1):
                day = last_day - timedelta(days=back)
                ending = tables.before(segment, midnight(day + timedelta(days=1), zone))
                found.append((day, ending.size if ending is not None else None))
        return found


def _size_at(tables: HistoryRepository, segment: int, instant: int) -> int | None:
    before = tables.before(segment, instant)
    if before is None:
        first = tables.first(segment)
        if first is None or first.at // MINUTE > instant // MINUTE:
            return None
    return (before.size if before is not None else 0) + tables.net_within(segment, instant)
