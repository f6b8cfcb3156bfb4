"""Instants as text and as whole microseconds since 1970-01-01 UTC."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (compared with naive values only)
_DAY_US = 86_400_000_000
_SHAPE = re.compile(
    r"\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?\s?(Z|z|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?"
)

EARLIEST = -62_135_596_800_000_000  # 0001-01-01T00:00:00Z
LATEST = 253_402_300_799_999_999  # 9999-12-31T23:59:59.999999Z


def parse_instant(text: str) -> int | None:
    """Microseconds of an ISO 8601 date or date-time; None when the text is neither.

    A date means its midnight; a time without a zone is UTC; digits beyond the microsecond are cut.
    """
    if not _SHAPE.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper().replace(" Z", "Z"))
    except ValueError:
        return None
    try:
        gap = moment - (_EPOCH if moment.tzinfo else _NAIVE_EPOCH)
    except OverflowError:
        return None
    instant = gap.days * _DAY_US + gap.seconds * 1_000_000 + gap.microseconds
    return instant if EARLIEST <= instant <= LATEST else None


@lru_cache(maxsize=4_096)  # many things happen at one instant
def format_instant(instant: int) -> str:
    """RFC 3339 in UTC with `Z`; fractions of a second only when there are any."""
    text = (_NAIVE_EPOCH + timedelta(microseconds=instant)).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


def format_second(instant: int) -> str:
    """RFC 3339 in UTC with `Z`, cut to the second."""
    return format_instant(instant - instant % 1_000_000)


def to_datetime(instant: int) -> datetime:
    """The aware UTC datetime of an instant."""
    return _EPOCH + timedelta(microseconds=instant)


def start_of_day(instant: int, zone: tzinfo) -> int:
    """The midnight in a time zone with which the day of an instant began."""
    local = to_datetime(instant).astimezone(zone)
    gap = local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC) - _EPOCH
    return gap.days * _DAY_US + gap.seconds * 1_000_000 + gap.microseconds


def add_months(instant: int, months: int) -> int:
    """The same day and time `months` later; a day the month lacks becomes its last day."""
    moment = to_datetime(instant)
    total = moment.year * 12 + (moment.month - 1) + months
    year, month = divmod(total, 12)
    if not 1 <= year <= 9999:  # noqa: PLR2004  (the calendar's own bounds)
        return EARLIEST if year < 1 else LATEST
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    gap = moment.replace(year=year, month=month + 1, day=day) - _EPOCH
    return gap.days * _DAY_US + gap.seconds * 1_000_000 + gap.microseconds
