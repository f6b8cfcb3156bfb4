"""The oracle's own calendar: ISO 8601 text and months, by counting days; of zones it asks their offset."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000
DAY = 86_400 * SECOND

_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[Tt ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?"
    r"\s?(?P<zone>[Zz]|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?",
    re.ASCII,
)
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class OffTheCalendar(ArithmeticError):
    """An instant before the year 1 or after the year 9999."""


@cache
def days_before_year(year: int) -> int:
    """Days from 1970-01-01 to the first of January, counted by the leap years between."""
    leaps = [y // 4 - y // 100 + y // 400 for y in (year - 1, 1969)]
    return (year - 1970) * 365 + leaps[0] - leaps[1]


@cache
def month_length(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else _LENGTHS[month - 1]


@cache
def days_of(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a date."""
    return days_before_year(year) + sum(month_length(year, m) for m in range(1, month)) + day - 1


@lru_cache(100_000)
def date_of(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day number, found by walking."""
    year = 1970 + days // 366
    while days_before_year(year + 1) <= days:
        year += 1
    while days_before_year(year) > days:
        year -= 1
    rest, month = days - days_before_year(year), 1
    while rest >= month_length(year, month):
        rest -= month_length(year, month)
        month += 1
    return year, month, rest + 1


def add_months(instant: int, months: int) -> int:
    """The same day and time some months later; a day the month lacks is its last day."""
    days, rest = divmod(instant, DAY)
    year, month, day = date_of(days)
    years, month0 = divmod(month - 1 + months, 12)
    year, month = year + years, month0 + 1
    if not 1 <= year <= 9999:
        raise OffTheCalendar(year)
    return days_of(year, month, min(day, month_length(year, month))) * DAY + rest


def add(instant: int, months: int, microseconds: int) -> int:
    """Months first, then the rest, which may lead beyond the years that can be written."""
    return (add_months(instant, months) if months else instant) + microseconds


@lru_cache(100_000)
def start_of(unit: str, shift: int, zone: ZoneInfo, now: int) -> int:
    """The first instant of a day, week and so on, found by looking at the clock of the zone."""
    year, month, day = local_date(zone, now)
    if unit in ("day", "week"):
        days = days_of(year, month, day)
        days -= (days + 3) % 7 if unit == "week" else 0  # 1970-01-01 was a Thursday
        year, month, day = date_of(days + shift * (7 if unit == "week" else 1))
    else:
        size = {"month": 1, "quarter": 3, "year": 12}[unit]
        months = ((year * 12 + month - 1) // size + shift) * size
        year, month, day = months // 12, months % 12 + 1, 1
    return midnight(zone, days_of(year, month, day))


@lru_cache(100_000)
def local_date(zone: ZoneInfo, instant: int) -> tuple[int, int, int]:
    offset = datetime.fromtimestamp(instant // SECOND, zone).utcoffset()
    assert offset is not None
    return date_of((instant // SECOND + int(offset.total_seconds())) * SECOND // DAY)


def midnight(zone: ZoneInfo, days: int) -> int:
    """The first quarter of an hour that a zone calls this day; zones differ by no less."""
    instant = days * DAY - 16 * 3600 * SECOND
    while days_of(*local_date(zone, instant)) < days:
        instant += 900 * SECOND
    return instant


@lru_cache(100_000)
def days_to(date: int, zone: ZoneInfo, now: int) -> int:
    """Days until a day and month come again, looked for day by day."""
    _, month, day = date_of(date // DAY)
    today = days_of(*local_date(zone, now))
    for away in range(367):
        year, found_month, found_day = date_of(today + away)
        if found_month == month and found_day == min(day, month_length(year, month)):
            return away
    raise AssertionError("it comes every year")


@lru_cache(100_000)
def read_instant(text: str) -> int | None:
    """Microseconds since 1970 of an ISO 8601 date or date-time; None when it is neither.

    A date is its midnight; no zone is UTC; digits beyond the microsecond are cut.
    """
    found = _ISO.fullmatch(text)
    if not found:
        return None
    year, month, day = (int(found[name]) for name in ("year", "month", "day"))
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= month_length(year, month):
        return None
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        return None
    fraction = int(((found["fraction"] or "") + "000000")[:6])
    gap = _zone(found["zone"] or "Z")
    if gap is None:
        return None
    seconds = (days_of(year, month, day) * 24 + hour) * 3600 + minute * 60 + second - gap
    instant = seconds * SECOND + fraction
    return instant if days_of(1, 1, 1) * DAY <= instant < days_of(10_000, 1, 1) * DAY else None


def _zone(text: str) -> int | None:
    """Seconds east of Greenwich; None when there is no such zone."""
    if text in "Zz":
        return 0
    hours, minutes = int(text[1:3]), int(text[3:].strip(":") or 0)
    if hours > 23 or minutes > 59:
        return None
    return (hours * 3600 + minutes * 60) * (-1 if text[0] == "-" else 1)
