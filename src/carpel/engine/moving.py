"""Points that move with the clock: where they are, and when they will have passed an instant.

A point moved by months stands still in its calendar: on the 28th to the 31st of March, a month
before is the 28th of February, four times over. So at some midnights it jumps back by a day.
"""

from __future__ import annotations

from carpel.kit.clock import DAY
from carpel.kit.instants import EARLIEST, LATEST, add_months

from .plan import Moving

# Adding months moves an instant by at most this much less or more than the same number of days.
_SLACK = 5 * DAY


def within(instant: int) -> int:
    """The instant, or the nearest one of the calendar."""
    return max(EARLIEST, min(LATEST, instant))


def bound(moving: Moving, now: int) -> int:
    """Where the point is at an instant; within a day it moves as the clock does."""
    shifted = add_months(now, moving.months) if moving.months else now
    return within(shifted + moving.microseconds)


def reached(moving: Moving, instant: int, now: int) -> int:
    """The first instant after now at which the point is at or after another; LATEST for never."""
    if not moving.months:
        return within(instant - moving.microseconds)
    middle = add_months(within(instant - moving.microseconds), -moving.months)
    start = max(now + 1, within(middle - _SLACK))
    while start <= within(middle + _SLACK):
        end = _midnight(start)
        found = start + max(0, instant - bound(moving, start))
        if found < end:
            return within(found)
        start = end
    return LATEST


def passed(moving: Moving, instant: int, now: int) -> int:
    """The first instant after now at which the point is after another; LATEST for never."""
    return reached(moving, instant + 1, now)


def jump_back(moving: Moving, now: int) -> tuple[int, int] | None:
    """The coming midnight and where the point is then, when that is not past where it is now."""
    midnight = _midnight(now)
    if not moving.months or midnight > LATEST:
        return None
    back = bound(moving, midnight)
    return (midnight, back) if back <= bound(moving, now) else None


def _midnight(now: int) -> int:
    """The first one after an instant."""
    return now - now % DAY + DAY
