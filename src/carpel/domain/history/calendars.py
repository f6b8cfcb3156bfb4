"""Hours, days, weeks and months of a time zone, as instants."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from carpel.domain.refusals import Invalid
from carpel.kit.clock import HOUR
from carpel.kit.instants import to_datetime

from .model import Interval

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name.

    Raises:
        Invalid: there is none.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("unknown_zone", f"there is no time zone {name!r}", "timezone") from None


def stretches(
    start: int, end: int, interval: Interval, zone: ZoneInfo
) -> Iterator[tuple[int, int]]:
    """Beginning and end of each hour, day, week (from Monday) or month that lies in [start, end).

    The first is the one that holds `start`; days are as long as the zone's clocks make them.
    """
    if interval == "hour":
        begin = start - (start + _offset(start, zone)) % HOUR
        while begin < end:
            yield begin, begin + HOUR
            begin += HOUR
        return
    day = _first_day(to_datetime(start).astimezone(zone).date(), interval)
    while (begin := _midnight(day, zone)) < end:
        day = _next_day(day, interval)
        yield begin, _midnight(day, zone)


def midnight(day: date, zone: ZoneInfo) -> int:
    """The instant at which a day begins."""
    return _midnight(day, zone)


def _offset(instant: int, zone: ZoneInfo) -> int:
    offset = to_datetime(instant).astimezone(zone).utcoffset() or timedelta()
    return offset // timedelta(microseconds=1)


def _first_day(day: date, interval: Interval) -> date:
    if interval == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if interval == "month" else day


def _next_day(day: date, interval: Interval) -> date:
    if interval == "month":
        return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return day + timedelta(days=7 if interval == "week" else 1)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return (datetime(day.year, day.month, day.day, tzinfo=zone) - _EPOCH) // timedelta(
        microseconds=1
    )
