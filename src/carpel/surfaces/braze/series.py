"""`GET /segments/data_series` (contracts/braze.md §3.3)."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from carpel.kit.clock import DAY
from carpel.kit.instants import EARLIEST, LATEST, to_datetime

from . import errors
from .context import Call
from .times import parse_time, written_offset

MOST_DAYS = 100
_UTC = ZoneInfo("UTC")
_SETTLED_WITHIN_S = 5.0


async def data_series(call: Call) -> dict[str, Any]:
    """The exact size at the end of each of `length` days, the oldest first; 0 before it was.

    A day is a calendar day in UTC; today's size is the one now. The last day is the one, as
    `ending_at` writes it, of the moment before (recorded for a bare date), but none that is to come.
    """
    segment = call.rooms.segments.by_id(call.workspace, call.query("segment_id") or "")
    if segment is None:
        raise errors.bad_segment_id()
    length = _length(call.query("length"))
    today = to_datetime(call.rooms.clock.now()).date()
    last_day = _last_day(call.query("ending_at"), today)
    await call.off_loop(call.rooms.segments.settle, [segment], 0, _SETTLED_WITHIN_S)
    sizes = await call.off_loop(call.rooms.history.daily_sizes, segment.no, last_day, length, _UTC)
    if last_day == today:  # history may be a moment behind
        sizes = [*sizes[:-1], (today, call.rooms.segments.count(segment).value)]
    return {"data": [{"time": day.isoformat(), "size": size or 0} for day, size in sizes]}


def _length(text: str | None) -> int:
    digits = (text or "").strip()
    if not (digits.isascii() and digits.isdigit()) or not 1 <= int(digits[:9]) <= MOST_DAYS:
        raise errors.bad_length()
    return int(digits)


def _last_day(text: str | None, today: date) -> date:
    if text is None or not text.strip():
        return today
    instant = parse_time(text)
    if instant is None or instant < EARLIEST + DAY * MOST_DAYS:
        raise errors.bad_ending_at()
    local = instant - 1 + written_offset(text)
    return min(today, to_datetime(min(local, LATEST)).date())
