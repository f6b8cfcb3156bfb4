"""The calendar of a time zone: where its units start, and how far anniversaries are."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from carpel.kit.instants import EARLIEST, LATEST, to_datetime

from .plan import CalendarStart, CalendarUnit

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_DAYS_OF_A_LEAP_YEAR = 366
_LEAP_YEAR = 2024
_UNIT_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def position(point: CalendarStart, now: int) -> int:
    """The instant at which the point stands; it stays there until the next unit starts."""
    started = _start(point.unit, point.shift, point.zone, _today(point.zone, now))
    return max(EARLIEST, min(LATEST, started + point.microseconds))


def next_start(unit: CalendarUnit, zone: str, now: int) -> int:
    """When the next unit starts, after now."""
    today = _today(zone, now)
    for shift in (0, 1, 2):  # a clock set back over midnight starts a day twice
        found = _start(unit, shift, zone, today)
        if found > now:
            return found
    return LATEST


@lru_cache(maxsize=64)
def days_to_anniversaries(zone: str, now: int) -> tuple[int, ...]:
    """For each day of a leap year, the days until it comes next; see plan.DaysToAnniversary."""
    today = _today(zone, now)
    first = date(_LEAP_YEAR, 1, 1)
    return tuple(
        _days_until(first + timedelta(days=day), today) for day in range(_DAYS_OF_A_LEAP_YEAR)
    )


def _days_until(wanted: date, today: date) -> int:
    for year in (today.year, today.year + 1):
        last = calendar.monthrange(year, wanted.month)[1]
        found = wanted.replace(year=year, day=min(wanted.day, last))
        if found >= today:
            return (found - today).days
    raise AssertionError("it comes every year")


def _today(zone: str, now: int) -> date:
    return to_datetime(max(EARLIEST + 2 * 86_400_000_000, now)).astimezone(ZoneInfo(zone)).date()


def _start(unit: CalendarUnit, shift: int, zone: str, today: date) -> int:
    """The first instant of a unit; far out it is the calendar's end."""
    try:
        first = _first_day(unit, shift, today)
        moment = datetime(first.year, first.month, first.day, tzinfo=ZoneInfo(zone))
        return (moment - _EPOCH) // _US
    except (OverflowError, ValueError):
        return LATEST if shift > 0 else EARLIEST


def _first_day(unit: CalendarUnit, shift: int, today: date) -> date:
    if unit == "day":
        return today + timedelta(days=shift)
    if unit == "week":
        return today - timedelta(days=today.weekday()) + timedelta(weeks=shift)
    months = _UNIT_MONTHS[unit]
    total = (today.year * 12 + today.month - 1) // months * months + shift * months
    return date(total // 12, total % 12 + 1, 1)
